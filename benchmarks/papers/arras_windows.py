"""Deletion curves of a network of windows without computing the network again: an exact shortcut, up to rounding.

    z_{j,t} = b_j + sum_k P_k[word_{t+k}]_j         P_k = E w_k: what a word adds to the window that begins k before it

A deleted word has the zero vector, so that its deletion takes P_k[word] out of the windows it stood in, and nothing
else changes before the maximum over t. A word costs additions instead of a product of matrices.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrp.layers import Conv, Dense, Embedding, GlobalMaxPool, Input, Mask, ReLU
from lrp.text import TextModel
from lrp.text.vocabulary import PADDING

FORM = (Input, Embedding, Conv, ReLU, Mask, GlobalMaxPool, Dense)


@dataclass(frozen=True, eq=False)
class Windows:
    """parts: P_k (words, features) for each offset k; bias (features,); the dense layer on top."""

    parts: tuple[np.ndarray, ...]
    bias: np.ndarray
    output: Dense

    @classmethod
    def of(cls, model: TextModel) -> "Windows | None":
        """The windows of a network of the form above with one window a word, or None for any other network."""
        layers = [node.layer for node in model.network.nodes.values()]
        if tuple(map(type, layers)) != FORM:
            return None
        table, convolution, output = layers[1].weight, layers[2], layers[-1]
        width = len(convolution.weight)
        if (convolution.stride, convolution.dilation, convolution.padding) != ((1,), (1,), ((0, width - 1),)):
            return None
        return cls(tuple(table @ kernel for kernel in convolution.weight), convolution.bias, output)

    def curve(self, texts: Sequence[np.ndarray], rankings: Sequence[np.ndarray], labels: np.ndarray,
              counts: Sequence[int]) -> np.ndarray:
        """What lrp.text.deletion.deletion_curve computes with the network itself; counts ascend."""
        right = np.zeros(len(counts))
        for text, order, label in zip(texts, rankings, labels):
            numbers = np.append(text, [PADDING] * (len(self.parts) - 1))
            z = self.bias + sum(part[numbers[k:k + len(text)]] for k, part in enumerate(self.parts))  # (t, features)
            pooled = np.zeros((len(counts), z.shape[1]), z.dtype)
            deleted = 0
            for row, count in zip(pooled, counts):
                for k, part in enumerate(self.parts):
                    positions = order[deleted:count]
                    positions = positions[positions >= k]
                    z[positions - k] -= part[text[positions]]
                deleted = count
                row[:] = z.max(axis=0, initial=0)  # ReLU and maximum over time in one
            right += self.output.compute(pooled).argmax(axis=1) == label
        return right / len(texts)
