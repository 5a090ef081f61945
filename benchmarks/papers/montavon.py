"""Montavon et al. 2017 (deep Taylor decomposition): pairs of digits, and two relevance models for a deeper network.

    python benchmarks/papers/montavon.py --mnist FOLDER [--sgd 4000] [--adam 4000] [--pictures 200] [--cifar FOLDER]
                                         [--photographs FOLDER [--weights squeezenet.h5 --shown NAMES]]

The pairs: 28x56 pixels, a digit 0-3 beside a distractor 4-9, or two distractors; 400 detection neurons, sum pooling,
biases <= 0; the sum is to be 100 where a digit 0-3 is there and 0 elsewhere. The paper trains 300,000
iterations of SGD. Needs torch and matplotlib. Prints mean |R_f - sum R| and the mean sum of negative relevance of four
methods, and draws docs/figures/montavon-*.png.

The file of --weights: python -m models.architectures.convert_squeezenet FOLDER squeezenet.h5 writes one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import matplotlib
import numpy as np
import torch
from common import FIGURES, ROOT, read_mnist
from montavon_deep import draw, report_convolutions, report_deep, report_large

import lrp
from lrp import layers, rules
from lrp.taylor.certificates import conservative, positive
from lrp.taylor.nearest import nearest_root_of_sum

sys.path.insert(0, str(ROOT))
from models.architectures import Seeded, caffenet  # noqa: E402  (the models are beside the package, not in it)

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

Array = np.ndarray
OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "sgd": lambda parameters: torch.optim.SGD(parameters, 3e-5),
    "adam": lambda parameters: torch.optim.Adam(parameters, 1e-3),
}


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


def train(
    folder: Path, kind: str, counts: Sequence[int], rng: np.random.Generator
) -> Iterable[tuple[int, layers.Dense]]:
    """The 400 detection neurons after each of these numbers of iterations of one training."""
    pictures, labels = read_mnist(folder, "train")
    torch.manual_seed(0)
    model = torch.nn.Linear(1568, 400)
    torch.nn.init.normal_(model.weight, std=1568**-0.5)
    torch.nn.init.zeros_(model.bias)
    optimizer = OPTIMIZERS[kind](model.parameters())
    for iteration in range(1, max(counts) + 1):
        x, there = pairs(pictures, labels, 20, rng, 0.5)
        f = torch.relu(model(torch.tensor(x, dtype=torch.float32))).sum(1)
        loss = ((f - 100 * torch.tensor(there, dtype=torch.float32)) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            model.bias.clamp_(max=0)
        if iteration in counts:
            weight, bias = (p.detach().numpy().astype(float) for p in (model.weight, model.bias))
            yield iteration, layers.Dense(weight.T, bias)


def maps(layer: layers.Dense, x: Array, steps: int) -> tuple[Array, dict[str, Array]]:
    """f(x), and each method's heatmaps."""
    network = lrp.Network.sequential([layer, layers.ReLU(), layers.Dense(np.ones((400, 1)))], (1568,))
    f = network.forward(x).output[:, 0]
    gradient = network.gradient(x).gradient
    squares = gradient**2
    nearest = nearest_root_of_sum(layer, x, 0, 1, steps)
    root, distance = nearest.points, np.linalg.norm(nearest.points - x, axis=1)
    rest = np.maximum(layer.compute(root), 0).sum(axis=1)
    print(
        f"nearest root: mean f at the root {rest.mean():.3g}, at x {f.mean():.4g}; mean distance {distance.mean():.6g},"
    )
    print(f"  which no root in the box can undercut by more than {(distance - nearest.bound).max():.2g}")
    for part in (1e-6, 1e-3, 1e-2, 0.1, 0.3, 0.5):
        sums = slopes(network, root, x, part).sum(axis=1)
        print(f"  with the slope at {part:5g} of the way to x: mean |R_f - sum R| {np.abs(f - sums).mean():.4g}")
    found = {
        "sensitivity": squares * (f / np.maximum(squares.sum(axis=1), 1e-12))[:, None],
        "sensitivity, not rescaled": squares,
        "nearest root": slopes(network, root, x, 1e-2),
    }
    for name, rule in (("w^2", rules.w_square()), ("z^B", rules.z_box(0, 1))):
        found[name] = network.explain(x, 0, [("dense1", rule), ("dense2", rules.zero())]).relevance
        print(f"{name}: {conservative(found[name], f, 1e-9)}; {positive(found[name])}")
    return f, found


def slopes(network: lrp.Network, root: Array, x: Array, part: float) -> Array:
    """The gradient on the side of x, for at the root itself f is not differentiable, times x - root."""
    return np.asarray(network.gradient(root + part * (x - root)).gradient * (x - root))


def report_pairs(folder: Path, name: str, layer: layers.Dense, count: int, steps: int) -> None:
    """The experiment on pairs, for one training."""
    pictures, labels = read_mnist(folder, "test")
    x, there = pairs(pictures, labels, 3 * count, np.random.default_rng(1), 0.5)  # the same after every training
    f = np.maximum(layer.compute(x), 0).sum(axis=1)
    print(f"pairs, {name} of 20; {100 * ((f > 50) == there).mean():.1f} % right, largest bias {layer.bias.max():.3g};")
    print(f"  mean f {f[there].mean():.1f} with and {f[~there].mean():.1f} without a digit 0-3")
    x = x[there][:count]
    f, found = maps(layer, x, steps)
    print(f"{'method':28}mean |R_f - sum R|   mean sum min(0, R)   correlation of R_f and sum R   ({len(x)} pictures)")
    for name, R in found.items():
        total = R.sum(axis=1)
        gap, low = np.abs(f - total).mean(), np.minimum(R, 0).sum(axis=1).mean()
        print(f"{name:28}{gap:17.4g}   {low:18.4g}   {np.corrcoef(f, total)[0, 1]:14.3f}")
    scatter(f, found)
    shown = {"input": x, **{name: R for name, R in found.items() if name != "sensitivity, not rescaled"}}
    draw({name: R[:6] for name, R in shown.items()}, "montavon-pairs.png", (28, 56))


def scatter(f: Array, found: dict[str, Array]) -> None:
    """R_f against sum R."""
    figure, axes = pyplot.subplots(1, len(found), figsize=(15, 3.2))
    for axis, (name, R) in zip(axes, found.items(), strict=True):
        axis.plot(f, R.sum(axis=1), ".", markersize=3)
        axis.plot([0, f.max()], [0, f.max()], linewidth=0.5)
        axis.set_title(name), axis.set_xlabel("R_f"), axis.set_ylabel("sum R")
    figure.tight_layout()
    figure.savefig(FIGURES / "montavon-scatter.png", dpi=80)
    pyplot.close(figure)


def main() -> None:
    """Train, measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path, required=True)
    parser.add_argument("--cifar", type=Path)
    parser.add_argument("--photographs", type=Path, help="pictures for the networks of ImageNet's size")
    parser.add_argument("--weights", type=Path, help="a native file of such a network, trained")
    parser.add_argument("--shown", nargs="*", default=[], help="names of the photographs that are drawn")
    parser.add_argument("--sgd", type=int, nargs="*", default=[4000], help="report after so many iterations of it")
    parser.add_argument("--adam", type=int, nargs="*", default=[], help="the same for another training, with Adam")
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--steps", type=int, default=1500, help="of the search for the nearest root")
    options = parser.parse_args()
    torch.set_num_threads(1)
    FIGURES.mkdir(exist_ok=True)
    report_deep(options.mnist, options.pictures)
    if options.cifar:
        report_convolutions(options.cifar, options.pictures // 4)
    if options.photographs and options.weights:
        trained = lrp.load(options.weights, "float64")
        report_large(options.weights.stem, trained, options.photographs, 12, options.shown)
    if options.photographs:
        report_large("CaffeNet with random weights", caffenet(Seeded(0)), options.photographs, 2)
    for kind, counts in (("adam", options.adam), ("sgd", options.sgd)):  # the last one is drawn
        for count, layer in train(options.mnist, kind, counts, np.random.default_rng(0)) if counts else ():
            report_pairs(options.mnist, f"{count} iterations ({kind})", layer, options.pictures, options.steps)


if __name__ == "__main__":
    main()
