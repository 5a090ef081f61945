"""Montavon et al. 2017 (deep Taylor decomposition): pairs of digits, and two relevance models for a deeper network.

    python benchmarks/papers/montavon.py --mnist FOLDER [--iterations 4000] [--pictures 200] [--cifar FOLDER]

The pairs: 28x56 pixels, a digit 0-3 beside a distractor 4-9, or two distractors; 400 detection neurons, sum pooling,
biases <= 0; the sum is to be 100 where a digit 0-3 is there and 0 elsewhere. The paper trains 300,000 iterations. Needs
torch and matplotlib. Prints mean |R_f - sum R| and the mean sum of negative relevance of four methods, and draws
docs/figures/montavon-pairs.png and montavon-scatter.png.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import matplotlib
import numpy as np
import torch
from common import FIGURES, ROOT, accuracy, cifar_pictures, mnist_pictures, read_mnist

import lrp
from lrp import layers, rules
from lrp.taylor.certificates import conservative, positive
from lrp.taylor.nearest import nearest_root_of_sum
from lrp.taylor.relevance_models import MinMax, fit_min_max

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

Array = np.ndarray


def pairs(pictures: Array, labels: Array, count: int, rng: np.random.Generator, share: float) -> tuple[Array, Array]:
    """(count, 1568) pictures in 0 .. 1, and whether a digit 0-3 is in them, on either side."""
    targets, others = np.flatnonzero(labels < 4), np.flatnonzero(labels > 3)
    there = rng.random(count) < share
    left = np.where(there, rng.choice(targets, count), rng.choice(others, count))
    right = rng.choice(others, count)
    swap = rng.random(count) < 0.5
    left, right = np.where(swap, right, left), np.where(swap, left, right)
    both = np.concatenate([pictures[left, ..., 0], pictures[right, ..., 0]], axis=2)
    return both.reshape(count, -1) / 255.0, there


def train(folder: Path, iterations: int, rng: np.random.Generator) -> layers.Dense:
    """The 400 detection neurons."""
    pictures, labels = read_mnist(folder, "train")
    model = torch.nn.Linear(1568, 400)
    torch.nn.init.normal_(model.weight, std=1568**-0.5)
    torch.nn.init.zeros_(model.bias)
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    for _ in range(iterations):
        x, there = pairs(pictures, labels, 20, rng, 0.5)
        f = torch.relu(model(torch.tensor(x, dtype=torch.float32))).sum(1)
        loss = ((f - 100 * torch.tensor(there, dtype=torch.float32)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.bias.clamp_(max=0)
    weight, bias = (p.detach().numpy().astype(float) for p in (model.weight, model.bias))
    return layers.Dense(weight.T, bias)


def maps(layer: layers.Dense, x: Array, steps: int) -> tuple[Array, dict[str, Array]]:
    """f(x), and each method's heatmaps."""
    network = lrp.Network.sequential([layer, layers.ReLU(), layers.Dense(np.ones((400, 1)))], (1568,))
    f = network.forward(x).output[:, 0]
    gradient = network.gradient(x).gradient
    squares = gradient**2
    root = nearest_root_of_sum(layer, x, 0, 1, steps)
    rest = np.maximum(layer.compute(root), 0).sum(axis=1)
    print(f"nearest root: mean f at the root {rest.mean():.3g}, at x {f.mean():.4g}")
    above = network.gradient(root + 1e-2 * (x - root)).gradient  # the slope on the side of x
    found = {
        "sensitivity": squares * (f / np.maximum(squares.sum(axis=1), 1e-12))[:, None],
        "sensitivity, not rescaled": squares,
        "nearest root": above * (x - root),
    }
    for name, rule in (("w^2", rules.w_square()), ("z^B", rules.z_box(0, 1))):
        found[name] = network.explain(x, 0, [("dense1", rule), ("dense2", rules.zero())]).relevance
    return f, found


def report_pairs(folder: Path, iterations: int, count: int, steps: int) -> None:
    """The experiment on pairs."""
    rng = np.random.default_rng(0)
    layer = train(folder, iterations, rng)
    pictures, labels = read_mnist(folder, "test")
    x, there = pairs(pictures, labels, 2 * count, rng, 0.5)
    f = np.maximum(layer.compute(x), 0).sum(axis=1)
    print(
        f"pairs: {iterations} iterations of 20; {100 * ((f > 50) == there).mean():.1f} % right, largest bias", end=" "
    )
    print(f"{layer.bias.max():.3g}; mean f {f[there].mean():.1f} with and {f[~there].mean():.1f} without a digit 0-3")
    x = x[there][:count]
    f, found = maps(layer, x, steps)
    print(f"{'method':28}mean |R_f - sum R|   mean sum min(0, R)   correlation of R_f and sum R   ({len(x)} pictures)")
    for name, R in found.items():
        total = R.sum(axis=1)
        gap, low = np.abs(f - total).mean(), np.minimum(R, 0).sum(axis=1).mean()
        print(f"{name:28}{gap:17.4g}   {low:18.4g}   {np.corrcoef(f, total)[0, 1]:14.3f}")
    draw(f, x, found)


def draw(f: Array, x: Array, found: dict[str, Array]) -> None:
    """Heatmaps of six pictures, and R_f against sum R."""
    shown = {name: R for name, R in found.items() if name != "sensitivity, not rescaled"}
    figure, axes = pyplot.subplots(len(shown) + 1, 6, figsize=(12, 6))
    for row, (name, R) in enumerate({"input": x, **shown}.items()):
        for column in range(6):
            picture, axis = R[column].reshape(28, 56), axes[row, column]
            axis.imshow(
                picture, cmap="gray" if not row else "seismic", vmin=-abs(picture).max(), vmax=abs(picture).max()
            )
            axis.set_xticks([]), axis.set_yticks([])
        axes[row, 0].set_ylabel(name)
    figure.savefig(FIGURES / "montavon-pairs.png", dpi=80)
    figure, axes = pyplot.subplots(1, len(found), figsize=(15, 3.2))
    for axis, (name, R) in zip(axes, found.items(), strict=True):
        axis.plot(f, R.sum(axis=1), ".", markersize=3)
        axis.plot([0, f.max()], [0, f.max()], linewidth=0.5)
        axis.set_title(name), axis.set_xlabel("R_f"), axis.set_ylabel("sum R")
    figure.tight_layout()
    figure.savefig(FIGURES / "montavon-scatter.png", dpi=80)


def report_deep(folder: Path, count: int) -> None:
    """Two detection-pooling layers: the training-free and the min-max relevance model."""
    network = lrp.load(ROOT / "models" / "mnist-deep-taylor" / "model.h5", "float64")
    first, second, pool1 = network.nodes["dense1"].layer, network.nodes["dense2"].layer, "sumpool1"
    lines = [("dense1", rules.z_box(0, 1)), ("dense2", rules.z_plus(bias=False)), ("sumpool*", rules.zero())]
    x, labels = mnist_pictures(folder, "test", network, count)
    print(f"two layers: {100 * accuracy(network, x, labels):.1f} % right on {count} pictures")
    free = network.explain(x, None, lines, start="relu")
    f = free.ledger.start
    print(f"training-free: {conservative(free.relevance, f, 1e-6)}; {positive(free.relevance, 1e-9)}")

    def seen(pictures: Array) -> tuple[Array, Array, Array]:
        explained = network.explain(pictures, None, lines, start="relu")
        flat, R = pictures.reshape(len(pictures), -1), explained.relevances[pool1].reshape(len(pictures), -1)
        return flat, explained.relevances["relu2"].reshape(len(pictures), -1), R

    training, _ = mnist_pictures(folder, "train", network, 5 * count)
    start = MinMax(first.weight, np.zeros((second.weight.shape[1], len(first.bias))), first.bias, 4)
    model, losses = fit_min_max(start, *seen(training), np.random.default_rng(0), epochs=15)
    line = model.line(*seen(x), rules.z_box(0, 1))
    print(f"min-max: loss {losses[0]:.4g} -> {losses[-1]:.4g} in {len(losses)} epochs of {len(training)} pictures")
    missed = np.abs(line.received - line.passed)
    print(
        f"min-max: mean R_f {f.mean():.4g}, mean |R_f - sum R| {missed.mean():.4g}, worst {missed.max():.4g};", end=" "
    )
    print(f"the ledger closes for {100 * line.closes().mean():.0f} % of the pictures")
    flat, upper, R = seen(x)
    lowest = positive(model.distribute(flat, upper, R, rules.z_box(0, 1)).parts[0], 1e-9)
    print(f"min-max: {lowest}")


def report_convolutions(folder: Path, count: int) -> None:
    """The training-free model on an ordinary convolutional network, whose biases have both signs."""
    network = lrp.load(ROOT / "models" / "cifar10-cnn" / "model.h5", "float64")
    x, _ = cifar_pictures(folder, "test", network, count)
    explained = network.explain(x, None, f"deep-taylor:{x.min()},{x.max()}", start="relu")
    print(f"CIFAR-10, training-free: mean f {explained.ledger.start.mean():.4g};", end=" ")
    R = np.asarray(explained.relevance)
    print(f"{conservative(R, explained.ledger.start, 1e-6)}; {positive(R, 1e-9)}")


def main() -> None:
    """Train, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--cifar", type=Path)
    parser.add_argument("--iterations", type=int, default=4000)
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--steps", type=int, default=300, help="of the search for the nearest root")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    FIGURES.mkdir(exist_ok=True)
    report_deep(options.mnist, options.pictures)
    if options.cifar:
        report_convolutions(options.cifar, options.pictures // 4)
    report_pairs(options.mnist, options.iterations, options.pictures, options.steps)


if __name__ == "__main__":
    main()
