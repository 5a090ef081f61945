"""Train the recurrent newsgroup classifier: an LSTM, the maximum over its outputs; its word vectors begin as those of
the convolutional one and are learnt further.

    python models/newsgroups-lstm/train.py FOLDER_WITH_THE_ARCHIVE
"""

import sys
from pathlib import Path

import numpy as np
import torch
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import newsgroups_training as training  # noqa: E402  (the folder above is not a package)

from lrp.graph import Node  # noqa: E402
from lrp.layers import LSTM, Dense, Embedding, GlobalMaxPool, Input, Mask, ReLU  # noqa: E402

SIZE = 100  # of a word vector
FEATURES = 128  # of the state
DROPOUT = 0.3  # of the features, in training
EPOCHS = 5
VECTORS = Path(__file__).resolve().parents[1] / "newsgroups-cnn" / "model.h5"  # the word vectors to begin with


class Reader(nn.Module):
    """An LSTM from left to right that tells its output after every word."""

    def __init__(self) -> None:
        super().__init__()
        self.recurrent = nn.LSTM(SIZE, FEATURES, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.recurrent(x)[0]  # (n, t, features)


def build(words: int, classes: int) -> training.Classifier:
    return training.Classifier(words, SIZE, Reader(), FEATURES, classes, DROPOUT)


def convert(weights: dict[str, np.ndarray]) -> list[Node]:
    """The same network for this package: PyTorch's gates stand in the order i, f, g, o, and so do the package's."""
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    recurrent = {name: weights[f"sequence.recurrent.{name}_l0"] for name in names}
    lstm = LSTM(recurrent["weight_ih"].T, recurrent["weight_hh"].T, recurrent["bias_ih"] + recurrent["bias_hh"],
                output="sequence")  # fmt: skip
    return [
        Node("words", Input((None,), tokens=True)),
        Node("vectors", Embedding(weights["vectors.table.weight"]), "words"),
        Node("lstm", lstm, "vectors"),
        Node("relu", ReLU(), "lstm"),
        Node("mask", Mask(), ("relu", "words")),
        Node("maximum", GlobalMaxPool(), "mask"),
        Node("logits", Dense(weights["output.weight"].T, weights["output.bias"]), "maximum"),
    ]


if __name__ == "__main__":
    training.main(Path(__file__).with_name("model.h5"), build, convert, EPOCHS, VECTORS)
