"""Prints a model's accuracy on MNIST's test set, by our own forward pass: python models/measure.py MODEL FOLDER"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from mnist import read_mnist

import lrp

BATCH = 500


def accuracy(network: lrp.Network, folder: Path) -> float:
    """The part of the 10,000 test pictures whose largest output is the label's."""
    pictures, labels = read_mnist(folder, "test")
    preprocessing, right = network.metadata.preprocessing, 0
    for begin in range(0, len(labels), BATCH):
        x = preprocessing(pictures[begin : begin + BATCH])
        right += int((network.forward(x).output.argmax(1) == labels[begin : begin + BATCH]).sum())
    return right / len(labels)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure a model on MNIST's 10,000 test pictures.")
    parser.add_argument("model", type=Path)
    parser.add_argument("folder", type=Path, help="the folder with MNIST's IDX files")
    parser.add_argument("--dtype", default="float32", choices=("float32", "float64"))
    arguments = parser.parse_args()
    network = lrp.load(arguments.model, dtype=arguments.dtype)
    print(f"model     {arguments.model}")
    print(f"sha256    {hashlib.sha256(arguments.model.read_bytes()).hexdigest()}")
    print(f"accuracy  {accuracy(network, arguments.folder):.2%} of the 10,000 test pictures, {arguments.dtype}")


if __name__ == "__main__":
    main()
