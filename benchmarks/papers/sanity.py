"""Adebayo et al. 2018 on this repository's models: which heatmaps ignore the upper layers?

    python benchmarks/papers/sanity.py [--mnist FOLDER] [--cifar FOLDER] [--pictures 500]

Replaces the weights by random ones from the logits down (cascading) and layer by layer (independent), prints how
alike the heatmaps stay (Spearman's rank correlation over pixels not 0 in both, its absolute value, and SSIM) when all
dense layers are random and when all layers are, says which methods ignore the upper layers, draws
docs/figures/sanity-*.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from common import FIGURES, ROOT, cifar_pictures, mnist_pictures

import lrp
from lrp.evaluation import Measurement, randomisation
from lrp.evaluation.measurement import mean, standard_error
from lrp.layers import Dense
from lrp.methods import parse
from lrp.views import Panel, Series, draw_panels

METHODS = (
    "gradient",
    "sensitivity",
    "smoothgrad:samples=5",
    "gradient_times_input",
    "integrated_gradients:steps=5",
    "deep_lift",
    "grad_cam",
    "guided_backprop",
    "guided_grad_cam",
    "deconvolution",
    "excitation_backprop",
    "lrp:epsilon",
    "lrp:alpha1-beta0",
    "lrp:alpha2-beta1",
    "lrp:epsilon-plus",
    "lrp:epsilon-gamma-box",
)
ALONE = 100  # pictures of the independent randomisation, which only the figure shows
IGNORES = 0.5  # a mean rank correlation above this, with a random dense head, is called ignoring it


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--cifar", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    options = parser.parse_args()
    if options.mnist:
        network = lrp.load(ROOT / "models/mnist-lenet/model.h5", dtype="float32", trusted=True)
        report("mnist", network, mnist_pictures(options.mnist, "test", network, options.pictures)[0])
    if options.cifar:
        network = lrp.load(ROOT / "models/cifar10-cnn/model.h5", dtype="float32", trusted=True)
        report("cifar10", network, cifar_pictures(options.cifar, "test", network, options.pictures)[0])


def report(name: str, network: lrp.Network, x: np.ndarray) -> None:
    """Both randomisations of all methods on one model."""
    dense = sum(isinstance(node.layer, Dense) for node in network.nodes.values())
    print(f"\n== {name}, {len(x)} pictures: similarity to the trained network's map, mean +- standard error")
    print(f"{'':32s}{'all ' + str(dense) + ' dense layers random':^45s}   all layers random")
    print(f"{'method':32s}{'|rank|':17s}{'rank':17s}{'ssim':17s}   |rank|")
    cascade: dict[str, Measurement] = {}
    alone: dict[str, Measurement] = {}
    for text in METHODS:
        method = parse(text)
        cascade[text] = found = randomisation(network, x, method)
        alone[text] = randomisation(network, x[:ALONE], method, cascading=False)
        cells = [
            with_error(found.curves[key].values[:, place], size)
            for key, place, size in (
                ("rank where it varies", dense, True),
                ("rank where it varies", dense, False),
                ("ssim", dense, False),
                ("rank where it varies", -1, True),
            )
        ]
        print(f"{text:32s}{cells[0]:17s}{cells[1]:17s}{cells[2]:17s}   {cells[3]}", flush=True)
    print(f"ignores the upper layers (rank correlation above {IGNORES} with a random dense head):")
    for text, found in cascade.items():
        value = float(mean(np.abs(found.curves["rank where it varies"].values))[dense])
        print(f"  {text:32s}{'YES' if value > IGNORES else 'no'} ({value:.3f})")
    panels = []
    for title, found_by in (("cascading", cascade), ("independent", alone)):
        for key in ("rank where it varies", "ssim"):
            lines = {
                text: Series(m.curves[key].x, m.curves[key].mean(), m.curves[key].standard_error())
                for text, m in found_by.items()
            }
            panels.append(Panel(f"{name}, {title}", "randomised", key, lines))
    draw_panels(panels, FIGURES / f"sanity-{name}.png")


def with_error(values: np.ndarray, size: bool) -> str:
    """Mean and standard error; of the absolute values, for a map that only changes its sign has not changed."""
    column = (np.abs(values) if size else values)[:, None]
    return f"{mean(column)[0]:.3f} +- {standard_error(column)[0]:.3f}"


if __name__ == "__main__":
    main()
