"""Converts published SqueezeNet 1.0 weights to a native HDF5 file, class names and preprocessing included.

    python -m models.architectures.convert_squeezenet FOLDER squeezenet.h5

FOLDER holds squeezenet_v1.0_decoded.npz (`<layer>.W` (out, in, h, w) and `<layer>.b`, `/` written `__`) and
imagenet_classes.json ({"0": [identifier, name], ...}). The file is yours: it is not part of the repository.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

import lrp
from models.architectures.squeezenet import squeezenet
from models.architectures.weights import Arrays

PARTS = {"conv1x1_1": "squeeze1x1", "conv1x1_2": "expand1x1", "conv3x3_2": "expand3x3", "conv_final": "conv10"}


def published_name(stored: str) -> str:
    """fire2__conv1x1_1 -> fire2/squeeze1x1"""
    block, _, part = stored.rpartition("__")
    return f"{block}/{PARTS[part]}" if block else PARTS.get(part, part)


def convert(folder: Path, dtype: str = "float32") -> lrp.Network:
    """The network with the folder's weights and class names."""
    with np.load(folder / "squeezenet_v1.0_decoded.npz", allow_pickle=False) as stored:
        kernels = {published_name(key[:-2]): stored[key] for key in stored.files if key.endswith(".W")}
        biases = {published_name(key[:-2]): stored[key] for key in stored.files if key.endswith(".b")}
    names = json.loads((folder / "imagenet_classes.json").read_text(encoding="utf-8"))
    classes = tuple(names[str(index)][1] for index in range(1000))
    return squeezenet(Arrays(kernels, biases), classes, dtype)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Convert published SqueezeNet 1.0 weights to native HDF5.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    lrp.save(convert(options.folder), options.target)


if __name__ == "__main__":
    main()
