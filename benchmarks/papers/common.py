"""What the scripts of this folder share: pictures of MNIST and CIFAR-10, and statements about differences."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lrp import Network
from lrp.evaluation.measurement import mean, standard_error

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "models"))

from mnist import read_mnist  # noqa: E402  (the folder of the models is no package)

FIGURES = ROOT / "docs" / "figures"
Floats = NDArray[np.floating]


def mnist_pictures(folder: Path, part: str, network: Network, count: int) -> tuple[Floats, NDArray[np.int64]]:
    """The first `count` pictures of a part as the network takes them, with their labels."""
    pictures, labels = read_mnist(folder, part)
    return prepared(network, pictures[:count]), labels[:count].astype(int)


def cifar_pictures(folder: Path, part: str, network: Network, count: int) -> tuple[Floats, NDArray[np.int64]]:
    """The same for CIFAR-10's binary files: part "data" (training) or "test"."""
    files = sorted(folder.glob(f"{part}_batch*.bin"))
    if not files:
        raise SystemExit(f"{folder}: expected {part}_batch*.bin of CIFAR-10's binary version, got none")
    rows = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, 3073) for file in files])[:count]
    return prepared(network, rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), rows[:, 0].astype(int)


def prepared(network: Network, pixels: NDArray[np.uint8]) -> Floats:
    """Pixels 0 .. 255 through the network's own preprocessing."""
    preprocessing = network.metadata.preprocessing
    if preprocessing is None:
        raise SystemExit("expected a model that stores its preprocessing")
    return preprocessing(pixels).astype(network.dtype)


def accuracy(network: Network, x: Floats, labels: NDArray[np.int64]) -> float:
    """The share of pictures whose largest logit is their label."""
    found = [network.forward(x[i : i + 100]).output.argmax(axis=1) for i in range(0, len(x), 100)]
    return float((np.concatenate(found) == labels).mean())


def difference(a: Floats, b: Floats) -> tuple[float, float]:
    """(mean, standard error) of a - b over the same pictures: paired, so that the pictures' own spread cancels."""
    d = (np.asarray(a) - np.asarray(b))[:, None]
    return float(mean(d)[0]), float(standard_error(d)[0])


def verdict(a: Floats, b: Floats) -> str:
    """Whether a > b holds, by twice the paired standard error."""
    value, error = difference(a, b)
    outcome = "holds" if value > 2 * error else "is REVERSED" if value < -2 * error else "is UNDECIDED"
    return f"{outcome} (difference {value:+.4g} +- {error:.2g})"
