"""The MNIST files as arrays: four IDX files, gzipped or not, in a folder that the user has."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

PARTS = {"train": "train", "test": "t10k"}


def read_idx(path: Path) -> NDArray[np.uint8]:
    """One IDX file of unsigned bytes.

    Layout, big-endian: two zero bytes, the type (8 = unsigned byte), the number of axes, each axis' length, the bytes.
    """
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if len(data) < 4 or data[:3] != b"\x00\x00\x08":
        raise ValueError(f"{path}: expected an IDX file of unsigned bytes, got one that begins with {data[:4]!r}")
    axes = data[3]
    shape = tuple(int(n) for n in np.frombuffer(data, ">u4", count=axes, offset=4))
    return np.frombuffer(data, np.uint8, offset=4 + 4 * axes).reshape(shape)


def read_mnist(folder: Path, part: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures (n, 28, 28, 1) and labels (n,), both uint8; part "train" (60,000) or "test" (10,000)."""
    return (
        read_idx(_file(folder, f"{PARTS[part]}-images-idx3-ubyte"))[..., np.newaxis],
        read_idx(_file(folder, f"{PARTS[part]}-labels-idx1-ubyte")),
    )


def _file(folder: Path, name: str) -> Path:
    """The file, gzipped or not."""
    for candidate in (folder / f"{name}.gz", folder / name):
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"{folder}: expected the MNIST file {name}.gz (or without .gz), got a folder without it")
