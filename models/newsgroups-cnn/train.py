"""Train the convolutional newsgroup classifier of Arras et al. 2016, with word vectors learnt along.

python models/newsgroups-cnn/train.py FOLDER_WITH_THE_ARCHIVE
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import newsgroups_training as training  # noqa: E402  (the folder above is not a package)

from lrp.graph import Node  # noqa: E402
from lrp.layers import Conv, Dense, Embedding, GlobalMaxPool, Input, Mask, ReLU  # noqa: E402

SIZE = 100  # of a word vector
FEATURES = 400
WIDTH = 2  # of the filters, in words
DROPOUT = 0.5  # of the features, in training
EPOCHS = 10


class Windows(nn.Module):
    """The convolution over WIDTH neighbouring words; the last word's window ends in one zero vector."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(SIZE, FEATURES, WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.pad(x.transpose(1, 2), (0, WIDTH - 1))
        return self.convolution(x).transpose(1, 2)  # (n, t, features)


def build(words: int, classes: int) -> training.Classifier:
    return training.Classifier(words, SIZE, Windows(), FEATURES, classes, DROPOUT)


def convert(weights: dict[str, np.ndarray]) -> list[Node]:
    """The same network for this package; PyTorch's kernel (out, in, width) becomes (width, in, out)."""
    kernel = weights["sequence.convolution.weight"].transpose(2, 1, 0)
    return [
        Node("words", Input((None,), tokens=True)),
        Node("vectors", Embedding(weights["vectors.table.weight"]), "words"),
        Node("windows", Conv(kernel, weights["sequence.convolution.bias"], padding=((0, WIDTH - 1),)), "vectors"),
        Node("relu", ReLU(), "windows"),
        Node("mask", Mask(), ("relu", "words")),
        Node("maximum", GlobalMaxPool(), "mask"),
        Node("logits", Dense(weights["output.weight"].T, weights["output.bias"]), "maximum"),
    ]


if __name__ == "__main__":
    training.main(Path(__file__).with_name("model.h5"), build, convert, EPOCHS)
