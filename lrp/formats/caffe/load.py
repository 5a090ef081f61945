"""Caffe: the arrays of `Net::ToHDF5` (*.caffemodel.h5) with the net's prototxt. No Caffe and no protobuf is needed.

    /data/<layer name>/<i>    blob i of the layer; the layer's name may itself hold "/"
    /diff/...                 gradients of a snapshot, ignored

The network takes Caffe's own arrays (n, c, h, w) and gives relevance in that order. What is read is listed in
docs/formats.md; a layer or setting that is not known is a LoadError that names it.
"""

from __future__ import annotations

from collections.abc import Sequence

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build import Builder, Tensor
from lrp.formats.caffe.blobs import Blobs, HDF5Blobs
from lrp.formats.caffe.caffemodel import BinaryBlobs
from lrp.formats.caffe.layers import LAYERS
from lrp.formats.caffe.net import CaffeLayer, CaffeNet, read_net, sample
from lrp.formats.caffe.reader_context import Context
from lrp.formats.caffe.shapes import SHAPES
from lrp.formats.container import Message, Reader, quoted
from lrp.graph import Metadata, Network
from lrp.layers import Shape

READERS = LAYERS | SHAPES
# layers beside the prediction, in a net that was also trained or tested: the output does not depend on them
ASIDE = {"Accuracy", "Silence", "HDF5Output"}


def is_caffe(file: Reader) -> bool:
    """Whether the file looks like one that Net::ToHDF5 wrote: groups in /data, and no dataset beside them."""
    names = file.children("/data")
    return file.kind("/data") == "group" and bool(names) and file.kind(f"/data/{names[0]}") == "group"


def read(file: Reader, prototxt: Message | None, dtype: str = "float64") -> Network:
    """The network of an opened caffemodel.h5 and its prototxt."""
    return build(_required(prototxt, file.name), HDF5Blobs(file), dtype)


def read_binary(
    layers: Sequence[tuple[str, list[int]]],
    arrays: Sequence[Array],
    name: str,
    prototxt: Message | None,
    dtype: str = "float64",
) -> Network:
    """The network of a binary caffemodel, as `read_model` gives it, and its prototxt; `name` is the file's."""
    return build(_required(prototxt, name), BinaryBlobs(layers, arrays, name), dtype)


def _required(prototxt: Message | None, name: str) -> CaffeNet:
    if prototxt is None:
        raise LoadError(
            f"{name} holds the weights of a Caffe net and no architecture; give its deploy.prototxt as the architecture"
        )
    return read_net(prototxt)


def build(net: CaffeNet, blobs: Blobs, dtype: str = "float64") -> Network:
    """The network of a net's description and its blobs."""
    builder = Builder(blobs.name)
    tokens = _token_inputs(net)
    context = Context(builder, blobs, net.layers)
    declared = dict(net.inputs)
    values: dict[str, Tensor] = {}
    ends: dict[str, Tensor] = {}

    def value(layer: CaffeLayer, bottom: str) -> Tensor:
        """The present value of a name; an input becomes a node where it is first used."""
        if bottom not in values and bottom in declared:
            values[bottom] = builder.input(bottom, declared[bottom], bottom in tokens)
        if bottom not in values:
            raise builder.fail(layer.name, f"its bottom {quoted(bottom)} is the top of no layer before it")
        return values[bottom]

    for layer in net.layers:
        if layer.kind in ASIDE or layer.kind.endswith("Loss"):
            continue
        if layer.kind in INPUTS:
            declared.update(INPUTS[layer.kind](layer))
            continue
        if layer.kind not in READERS:
            raise builder.fail(layer.name, f"layers of type {quoted(layer.kind)} are not read")
        xs = [value(layer, bottom) for bottom in layer.bottoms]
        tops = context.checked(layer, READERS[layer.kind], xs)
        for bottom in layer.bottoms:
            ends.pop(bottom, None)
        for top, tensor in zip(layer.tops, tops, strict=True):
            values[top] = ends[top] = tensor
    if not ends:
        raise LoadError(
            f"{blobs.name}: the prototxt leaves no output: every layer is an input, a loss or not of test time"
        )
    return builder.network(ends, Metadata(), dtype)


def _token_inputs(net: CaffeNet) -> set[str]:
    """The names that Embed layers alone take: whole numbers that index."""
    embedded = {bottom for layer in net.layers if layer.kind == "Embed" for bottom in layer.bottoms}
    return embedded - {bottom for layer in net.layers if layer.kind != "Embed" for bottom in layer.bottoms}


def _input_layer(layer: CaffeLayer) -> dict[str, Shape]:
    """Input { input_param { shape { dim: ... } } }: a shape for each top, or one for all."""
    shapes = layer.settings("input_param", "shape").messages("shape")
    lengths = [sample(shape.integers("dim"), layer.fields.where) for shape in shapes]
    return _for_tops(layer, lengths)


def _dummy_data(layer: CaffeLayer) -> dict[str, Shape]:
    """DummyData { shape }, or num, channels, height and width: its numbers are made up, so it is an input."""
    names = ("num", "channels", "height", "width")
    settings = layer.settings("dummy_data_param", "shape", "data_filler", *names)
    lengths = [shape.integers("dim") for shape in settings.messages("shape")]
    if not lengths:
        lengths = [list(row) for row in zip(*(settings.integers(name) for name in names))]
    return _for_tops(layer, [sample(row, layer.fields.where) for row in lengths])


def _memory_data(layer: CaffeLayer) -> dict[str, Shape]:
    """MemoryData { batch_size channels height width }: the first top is the picture, the second its label."""
    settings = layer.settings("memory_data_param", "batch_size", "channels", "height", "width")
    row = [1, *(settings.integer(name, 0) for name in ("channels", "height", "width"))]
    return {layer.tops[0]: sample(row, layer.fields.where)} if layer.tops else {}


def _elsewhere(layer: CaffeLayer) -> dict[str, Shape]:
    raise LoadError(
        f"{layer.fields.where}: a {layer.kind} layer reads pictures whose size the prototxt does not state; give the "
        "net's deploy.prototxt"
    )


def _for_tops(layer: CaffeLayer, shapes: list[Shape]) -> dict[str, Shape]:
    """One shape for each top, or one for all of them."""
    if len(shapes) == 1:
        shapes = shapes * len(layer.tops)
    if len(shapes) != len(layer.tops):
        raise LoadError(
            f"{layer.fields.where}: expected one shape for each of {len(layer.tops)} tops, got {len(shapes)}"
        )
    return dict(zip(layer.tops, shapes, strict=True))


INPUTS = {
    "Input": _input_layer,
    "DummyData": _dummy_data,
    "MemoryData": _memory_data,
    "Data": _elsewhere,
    "ImageData": _elsewhere,
    "HDF5Data": _elsewhere,
    "WindowData": _elsewhere,
}
