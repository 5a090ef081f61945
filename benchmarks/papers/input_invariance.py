"""Kindermans et al. 2019 on an MNIST perceptron: which heatmaps survive a constant shift that the network undoes?

    python benchmarks/papers/input_invariance.py MNIST_FOLDER [--pictures 500]

Trains the network (a minute), shifts its input by -1 everywhere and by a checkerboard, takes the shift back in the
first bias, prints for each method the relative difference of the heatmaps, and draws docs/figures/input-invariance.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import FIGURES
from mnist import read_mnist
from small_networks import perceptron, trained

from lrp import Explanation, Network
from lrp.evaluation import Measurement, input_invariance, shifted
from lrp.layers import ReLU
from lrp.methods import (
    Estimator,
    deep_lift,
    estimate_patterns,
    gradient,
    gradient_times_input,
    guided_backprop,
    integrated_gradients,
    pattern_attribution,
    pattern_net,
    relevance_propagation,
    sensitivity,
    smoothgrad,
)
from lrp.views import Panel, Series, draw_panels

Call = Callable[..., Explanation]
TRAINING = 20_000
# what the paper found: (uniform shift, checkerboard)
PUBLISHED = {
    "gradient": (True, True),
    "guided backpropagation": (True, True),
    "PatternNet, linear": (True, True),
    "PatternNet, two_component": (True, True),
    "gradient x input": (False, False),
    "integrated gradients, zero": (False, False),
    "integrated gradients, black": (True, False),
    "LRP zero rule": (False, False),
    "PatternAttribution, linear": (True, True),
    "PatternAttribution, two_component": (True, True),
    "SmoothGrad of gradient": (True, True),
    "SmoothGrad of gradient x input": (False, False),
}


def main() -> None:
    """Train, shift, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    x, labels = (a[:TRAINING] for a in read_mnist(options.folder, "train"))
    test, wanted = (a[: options.pictures] for a in read_mnist(options.folder, "test"))
    x, test = x.reshape(len(x), -1) / 255, test.reshape(len(test), -1) / 255
    network = trained(perceptron(ReLU(), (784, 256, 256, 10)), x, labels.astype(int))
    right = (network.forward(test).output.argmax(axis=1) == wanted).mean()
    print(f"perceptron 784-256-256-10, ReLU: accuracy {right:.3f} on {len(test)} pictures")
    board = np.indices((28, 28)).sum(axis=0) % 2 * 1.0 - 0.5
    panels = []
    for index, (name, m) in enumerate((("uniform shift -1", -np.ones(784)), ("checkerboard", board.ravel()))):
        print(f"\n== {name}: mean and largest relative difference of the heatmaps; passes below 1e-9")
        lines = {}
        for method, (call, after) in methods(network, x[:2000], m).items():
            found = input_invariance(network, test, call, m, shifted_method=after)
            report(method, found, index)
            lines[method] = Series(found.curves["difference"].x, found.curves["difference"].mean())
        panels.append(Panel(name, "share of the shift", "relative difference", lines))
    draw_panels(panels, FIGURES / "input-invariance.png")


def methods(network: Network, data: np.ndarray, m: np.ndarray) -> dict[str, tuple[Call, Any]]:
    """Each method, and what it becomes on shifted data (None: itself)."""
    patterns = {kind: estimate_patterns(network, [data], kind) for kind in Estimator}

    def black(t: float) -> Call:
        return partial(integrated_gradients, baseline=float((data + t * m).min()), steps=20)

    def moved(method: Call) -> Callable[[float], Call]:
        return lambda t: partial(method, baseline=t * m)

    def again(method: Call, kind: Estimator) -> Callable[[float], Call]:
        return lambda t: partial(method, patterns=estimate_patterns(shifted(network, t * m), [data + t * m], kind))

    pairs = {
        f"{name}, {kind.value}": (partial(method, patterns=patterns[kind]), again(method, kind))
        for name, method in (("PatternNet", pattern_net), ("PatternAttribution", pattern_attribution))
        for kind in Estimator
    }
    zero = partial(integrated_gradients, steps=20)
    noise = partial(smoothgrad, samples=10, sigma=0.15)
    noise_input = partial(smoothgrad, samples=10, sigma=0.15, method=gradient_times_input)
    return {
        "gradient": (gradient, None),
        "sensitivity": (sensitivity, None),
        "guided backpropagation": (guided_backprop, None),
        **pairs,
        "gradient x input": (gradient_times_input, None),
        "integrated gradients, zero": (zero, None),
        "integrated gradients, black": (black(0.0), black),
        "integrated gradients, shifted": (zero, lambda t: partial(zero, baseline=t * m)),
        "DeepLIFT, zero": (deep_lift, None),
        "DeepLIFT, shifted": (deep_lift, moved(deep_lift)),
        "LRP zero rule": (partial(relevance_propagation, composite="*=zero"), None),
        "LRP z+": (partial(relevance_propagation, composite="*=z_plus"), None),
        "LRP w^2 below": (partial(relevance_propagation, composite="dense1=w_square *=zero"), None),
        "SmoothGrad of gradient": (noise, None),
        "SmoothGrad of gradient x input": (noise_input, None),
    }


def report(method: str, found: Measurement, index: int) -> None:
    """One line, with what the paper says where it says something."""
    values = found.numbers["difference"]
    passes = bool(found.numbers["passes"].all())
    comparison = "not in the paper"
    if method in PUBLISHED:
        comparison = "as published" if PUBLISHED[method][index] is passes else "NOT as published"
    word = "passes" if passes else "fails"
    print(f"{method:36s}{values.mean():12.3g}{values.max():12.3g}   {word:7s}{comparison}", flush=True)


if __name__ == "__main__":
    main()
