"""Ancona et al. 2018 on MNIST perceptrons with ReLU, tanh, sigmoid and softplus: sensitivity-n of five methods.

    python benchmarks/papers/sensitivity_n.py MNIST_FOLDER [--pictures 500]

Trains the four networks (a minute each), prints the mean correlation with standard errors at n = 1, 1/16 and 1/2 of the
pixels, says which parts of the paper's pattern hold, and draws docs/figures/sensitivity-n.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import FIGURES, verdict
from mnist import read_mnist
from small_networks import perceptron, trained

from lrp.evaluation import Measurement, removals, sensitivity_n
from lrp.layers import Activation, ReLU, Sigmoid, Softplus, Tanh
from lrp.methods import parse
from lrp.views import Panel, Series, draw_panels

ACTIVATIONS: dict[str, Activation] = {"relu": ReLU(), "tanh": Tanh(), "sigmoid": Sigmoid(), "softplus": Softplus()}
METHODS = {
    "gradient x input": "gradient_times_input",
    "LRP epsilon": "lrp:epsilon:0.0001",
    "DeepLIFT rescale": "deep_lift",
    "integrated gradients": "integrated_gradients:steps=20",
    "occlusion-1": "occlusion",
}
SIZES = (1, 4, 16, 49, 98, 196, 392, 627)
TRAINING = 20_000


def main() -> None:
    """Train, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    x, labels = (a[:TRAINING] for a in read_mnist(options.folder, "train"))
    test, wanted = (a[: options.pictures] for a in read_mnist(options.folder, "test"))
    x, test = x.reshape(len(x), -1) / 255, test.reshape(len(test), -1) / 255
    found: dict[str, dict[str, Measurement]] = {}
    panels = []
    for name, activation in ACTIVATIONS.items():
        network = trained(perceptron(activation, (784, 128, 64, 10)), x, labels.astype(int))
        right = (network.forward(test).output.argmax(axis=1) == wanted).mean()
        print(
            f"\n== {name}: accuracy {right:.3f} on {len(test)} pictures; mean correlation at n = 1, 49, 392", flush=True
        )
        target = list(network.forward(test).output.argmax(axis=1))
        removed = removals(network, test, target, sizes=SIZES, subsets=50)
        found[name] = {
            method: sensitivity_n(network, test, parse(text)(network, test, target), removed=removed)
            for method, text in METHODS.items()
        }
        lines = {}
        for method, measurement in found[name].items():
            curve = measurement.curves["correlation"]
            mean, error = curve.mean(), curve.standard_error()
            cells = [f"{mean[SIZES.index(n)]:.3f} +- {error[SIZES.index(n)]:.3f}" for n in (1, 49, 392)]
            print(f"{method:22s}" + "   ".join(cells), flush=True)
            lines[method] = Series(curve.x, mean, error)
        panels.append(Panel(f"MNIST perceptron, {name}", "n", "correlation", lines))
    statements(found)
    draw_panels(panels, FIGURES / "sensitivity-n.png")


def statements(found: dict[str, dict[str, Measurement]]) -> None:
    """The parts of the paper's pattern, each by the pictures' mean correlation over all n."""

    def r(activation: str, method: str) -> np.ndarray:
        return np.asarray(found[activation][method].numbers["correlation"])

    print("\nthe paper's pattern:")
    same = np.nanmax(np.abs(r("relu", "gradient x input") - r("relu", "LRP epsilon")))
    print(f"  LRP epsilon = gradient x input with ReLU: largest difference of a picture's mean correlation {same:.2g}")
    for activation in ACTIVATIONS:
        one = found[activation]["occlusion-1"].curves["correlation"].values[:, 0]
        print(f"  {activation}: occlusion-1 is exact at n = 1: smallest correlation {np.nanmin(one):.6f}")
        close = np.corrcoef(
            np.nan_to_num(r(activation, "integrated gradients")), np.nan_to_num(r(activation, "DeepLIFT rescale"))
        )[0, 1]
        gap = np.nanmean(np.abs(r(activation, "integrated gradients") - r(activation, "DeepLIFT rescale")))
        print(f"  {activation}: integrated gradients ~ DeepLIFT: mean difference {gap:.3f}, correlated {close:.3f}")
    for activation in ("sigmoid", "softplus"):
        for other in ("gradient x input", "DeepLIFT rescale", "integrated gradients"):
            print(
                f"  {activation}: {other} > LRP epsilon {verdict(r(activation, other), r(activation, 'LRP epsilon'))}"
            )
    for activation in ("relu", "tanh"):
        print(
            f"  {activation}: DeepLIFT > gradient x input"
            f" {verdict(r(activation, 'DeepLIFT rescale'), r(activation, 'gradient x input'))}"
        )


if __name__ == "__main__":
    main()
