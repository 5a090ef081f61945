"""Texts of different length, side by side.

A network with a `Mask` does not see padding, so that texts of similar length share a batch. Without one, zeros behind a
text may win a maximum over time or move the state of an LSTM; then only texts of the very same length share a batch.
Either way a text has the output, and each of its words the relevance, that it has alone.
"""

from collections.abc import Iterator, Sequence

from lrp.arrays import Array
from lrp.errors import ShapeError
from lrp.graph import Network
from lrp.layers import Conv, Mask
from lrp.text.vocabulary import padded

POSITIONS = 8192  # words and padding of a batch: bounds the memory, large enough that numpy's overhead is small


def batches(network: Network, texts: Sequence[Array]) -> Iterator[tuple[list[int], Array]]:
    """(indices of texts, their numbers padded to (n, t)), each text once, short ones first."""
    (fixed,) = network.shapes[network.inputs[0]]
    masked = any(isinstance(node.layer, Mask) for node in network.nodes.values())
    widest = max((_extent(node.layer) for node in network.nodes.values() if isinstance(node.layer, Conv)), default=1)
    lengths = [_length(len(text), widest, masked, fixed) for text in texts]
    waiting: list[int] = []
    for index in sorted(range(len(texts)), key=lambda index: lengths[index]):
        full = (len(waiting) + 1) * lengths[index] > POSITIONS
        if waiting and (full or not (masked or lengths[index] == lengths[waiting[0]])):
            yield waiting, padded([texts[i] for i in waiting], lengths[waiting[-1]])
            waiting = []
        waiting.append(index)
    if waiting:
        yield waiting, padded([texts[i] for i in waiting], lengths[waiting[-1]])


def _length(words: int, widest: int, masked: bool, fixed: int | None) -> int:
    """The positions a text needs: a masked one for the windows over its last words, any one for a first window."""
    if fixed is not None:
        if words > fixed:
            raise ShapeError(f"network: texts of at most {fixed} words are expected, got one of {words}.")
        return fixed
    return max(words, 1) + widest - 1 if masked else max(words, widest)


def _extent(convolution: Conv) -> int:
    """From the first to the last tap of a kernel over time, in words."""
    return 1 + (convolution.weight.shape[0] - 1) * convolution.windows.steps[0]
