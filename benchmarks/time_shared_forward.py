"""How much the shared forward pass of perturbation tests saves over the plain loop; and that both give the same curves.

    python benchmarks/time_shared_forward.py

Random pictures, cumulative regions, float64; processor time of this process, one BLAS thread set by the caller.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

import lrp
from lrp.evaluation import Uniform, region_perturbation
from lrp.layers import Conv, Dense, Flatten, MaxPool, ReLU

MODELS = Path(__file__).resolve().parents[1] / "models"


def vgg_like(side: int) -> lrp.Network:
    """Three blocks of two 3x3 convolutions and a max-pooling, then two dense layers; seeded random weights."""
    rng = np.random.default_rng(0)
    layers: list[lrp.layers.Layer] = []
    before = 3
    for width in (16, 32, 64):
        for _ in range(2):
            layers += [Conv(rng.normal(size=(3, 3, before, width)) / np.sqrt(9 * before), None, padding="same"), ReLU()]
            before = width
        layers.append(MaxPool(2))
    flat = (side // 8) ** 2 * before
    layers += [Flatten(), Dense(rng.normal(size=(flat, 64)) / np.sqrt(flat)), ReLU(), Dense(rng.normal(size=(64, 10)))]
    return lrp.Network.sequential(layers, (side, side, 3))


def main() -> None:
    """A row a network."""
    cases = [
        ("models/mnist-lenet", lrp.load(MODELS / "mnist-lenet/model.h5", trusted=True), 4, 30, 30),
        ("models/cifar10-cnn", lrp.load(MODELS / "cifar10-cnn/model.h5", trusted=True), 4, 30, 10),
        ("VGG-like, 64 x 64", vgg_like(64), 9, 40, 4),
        ("VGG-like, 128 x 128", vgg_like(128), 9, 40, 2),
        ("VGG-like, 224 x 224", vgg_like(224), 9, 40, 1),
    ]
    print(f"{'network':22s}{'region':>8s}{'steps':>7s}{'plain ms':>11s}{'shared ms':>11s}{'gain':>7s}   difference")
    for name, network, size, steps, pictures in cases:
        rng = np.random.default_rng(1)
        x = rng.uniform(-1, 1, (pictures, *network.shapes["input"]))
        R = rng.normal(size=x.shape)
        seconds, curves = {}, {}
        for shared in (False, True, False, True):
            begin = time.process_time()
            found = region_perturbation(
                network, x, R, size=size, steps=steps, repetitions=1, replacement=Uniform(-1, 1), shared=shared
            )
            taken = time.process_time() - begin
            seconds[shared] = min(taken, seconds.get(shared, taken))
            curves[shared] = found.curves["morf"].values
        per_step = {k: 1000 * v / (2 * steps * pictures) for k, v in seconds.items()}
        worst = np.abs(curves[True] - curves[False]).max()
        print(
            f"{name:22s}{size:>6d}^2{steps:>7d}{per_step[False]:>11.2f}{per_step[True]:>11.2f}"
            f"{per_step[False] / per_step[True]:>7.1f}   {worst:.1e}",
            flush=True,
        )


if __name__ == "__main__":
    main()
