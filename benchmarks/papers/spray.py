"""Lapuschkin et al. 2019 on MNIST with a planted tag: does SpRAy find that the network relies on it?

    python benchmarks/papers/spray.py MNIST_FOLDER [--seeds 5]

A bright square in a corner is planted into half of the training pictures of one class, and a perceptron is trained on them
(20 s per seed). The training pictures of that class are explained and clustered: purity and recall of the cluster of the tag, for the
heatmaps and for the pictures themselves. Then the corner of all training pictures is masked, and the network trained anew: accuracy on clean
test pictures, and the share of tagged test pictures of other classes that are taken for the class, before and after. Prints means
with standard errors over seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from mnist import read_mnist
from small_networks import perceptron, trained

from lrp import Network
from lrp.arrays import Array
from lrp.layers import ReLU
from lrp.spray import analyse, comparable

TRAINING, EXPLAINED, TESTED = 12_000, 400, 2_000
CLASS, SIDE = 4, 3  # the class with the tag, and its side in pixels
COMPOSITE = "epsilon-plus"
WIDTHS = (784, 100, 10)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    arguments = parser.parse_args()
    x, labels = read_mnist(arguments.folder, "train")
    test, test_labels = read_mnist(arguments.folder, "test")
    rows = [
        one_seed(seed, _pictures(x), labels, _pictures(test)[:TESTED], test_labels[:TESTED])
        for seed in range(arguments.seeds)
    ]
    print(f"| over {arguments.seeds} seeds | mean | standard error |\n|---|---|---|")
    for name in rows[0]:
        values = np.array([row[name] for row in rows])
        print(f"| {name} | {values.mean():.3f} | {values.std(ddof=1) / np.sqrt(len(values)):.3f} |")


def one_seed(seed: int, x: Array, labels: Array, test: Array, test_labels: Array) -> dict[str, float]:
    """All numbers of one draw of pictures, tags and initial weights."""
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(len(x))[:TRAINING]
    pictures, y = x[chosen].copy(), labels[chosen]
    has_tag = (y == CLASS) & (rng.random(TRAINING) < 0.5)
    pictures[has_tag] = tagged(pictures[has_tag])
    network = trained(perceptron(ReLU(), WIDTHS, seed), pictures, y)
    own = np.flatnonzero(y == CLASS)[:EXPLAINED]
    relevance = network.explain(pictures[own], CLASS, COMPOSITE, keep=()).relevance
    found: dict[str, float] = {}
    for name, maps in (("heatmaps", relevance), ("pictures", pictures[own])):
        for clusters in (2, None):
            labels_found = analyse(comparable(maps.reshape(-1, 28, 28)), clusters).labels
            count = "2 clusters" if clusters else "clusters by the eigengap"
            found |= {f"{name}, {count}: {key}": v for key, v in quality(labels_found, has_tag[own]).items()}
    found |= {f"before, {key}": v for key, v in reliance(network, test, test_labels).items()}
    masked = pictures.copy()
    corner(masked)[:] = 0
    without = trained(perceptron(ReLU(), WIDTHS, seed), masked, y)
    found |= {f"after masking, {key}": v for key, v in reliance(without, test, test_labels, mask=True).items()}
    return found


def tagged(x: Array) -> Array:
    """The pictures with the tag."""
    result = x.copy()
    corner(result)[:] = 1
    return result


def corner(x: Array) -> Array:
    """The pixels of the tag, to be written to."""
    return x.reshape(-1, 28, 28)[:, 1 : 1 + SIDE, 1 : 1 + SIDE]


def quality(clusters: Array, has_tag: Array) -> dict[str, float]:
    """Purity and recall of the cluster that holds most tagged samples."""
    best = np.bincount(clusters[has_tag]).argmax()
    inside = clusters == best
    return {"purity": float(has_tag[inside].mean()), "recall": float(inside[has_tag].mean())}


def reliance(network: Network, x: Array, y: Array, mask: bool = False) -> dict[str, float]:
    """Accuracy on clean pictures, and how many tagged pictures of other classes are taken for the class."""
    clean, other = x.copy(), tagged(x[y != CLASS])
    if mask:
        corner(clean)[:] = 0
        corner(other)[:] = 0
    accuracy = (network.forward(clean).output.argmax(axis=1) == y).mean()
    mistaken = (network.forward(other).output.argmax(axis=1) == CLASS).mean()
    return {
        "accuracy on clean pictures": float(accuracy),
        "tagged pictures of other classes taken for it": float(mistaken),
    }


def _pictures(x: Array) -> Array:
    """(n, 784) from 0 to 1."""
    return np.asarray(x, dtype=np.float64).reshape(len(x), -1) / (255 if x.max() > 1 else 1)


if __name__ == "__main__":
    main()
