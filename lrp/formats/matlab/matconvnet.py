"""MatConvNet networks: simplenn (a chain) and DagNN (a graph), from a v7.3 .mat file.

Filters are (h, w, in/groups, out), the groups follow from the depth of the input. Pooling rounds down and its average
leaves padding out; LRN's alpha is not divided by N; the moments of bnorm are [mu sigma], sigma with epsilon in it.
A fully connected layer is a convolution as large as its map; a map of 1 x 1 at the end is given as (n, c).
"""

from __future__ import annotations

from lrp.formats.build import Builder, Tensor
from lrp.formats.container import quoted
from lrp.formats.matlab.mat73 import Variable
from lrp.formats.matlab.matconvnet_blocks import BLOCKS, READERS, Part, row
from lrp.graph import Metadata, Network
from lrp.layers import Shape

LOSSES = {"softmaxloss", "loss"}
MOST_LAYERS = 5_000


def read_simple(net: Variable, layers: Variable, dtype: str) -> Network:
    """A simplenn network: each layer takes the one before it; a loss at the end is left out."""
    b = Builder(net.file.name)
    parts = [_simple_part(layer, number) for number, layer in enumerate(layers.elements(), start=1)]
    if not parts or len(parts) > MOST_LAYERS:
        raise layers.fail(f"expected between 1 and {MOST_LAYERS} layers, got {len(parts)}")
    depth = next((part.filters().shape[1] for kind, part in parts if kind == "conv"), None)
    x = b.input("input", _input_shape(net, depth))
    for number, (kind, part) in enumerate(parts):
        if kind in LOSSES and number == len(parts) - 1:
            continue
        if kind not in READERS:
            raise part.settings.fail(f"layers of type {quoted(kind)} are not read")
        x = READERS[kind](b, part, [x])
    return _finished(b, net, {"output": x}, dtype)


def _simple_part(layer: Variable, number: int) -> tuple[str, Part]:
    """(type, layer); weights{} in newer files, filters and biases in older ones."""
    weights = layer.field("weights")
    if weights is not None:
        arrays = [cell.array() for cell in weights.cells()]
    else:
        found = [layer.field(name) for name in ("filters", "biases")]
        arrays = [one.array() for one in found if one is not None]
    name = layer.field("name")
    kind = layer.need("type").text()
    return kind, Part((name.text() if name is not None else "") or f"{kind}{number}", layer, arrays)


def read_dag(net: Variable, dtype: str) -> Network:
    """A DagNN: blocks between named variables, their arrays among net.params."""
    b = Builder(net.file.name)
    arrays = {one.need("name").text(): one for one in net.need("params").elements()}
    layers = net.need("layers").elements()
    if not layers or len(layers) > MOST_LAYERS:
        raise net.fail(f"expected between 1 and {MOST_LAYERS} layers, got {len(layers)}")
    waiting = [(layer, layer.need("inputs").texts(), layer.need("outputs").texts()) for layer in layers]
    made = {name for _, _, outputs in waiting for name in outputs}
    values: dict[str, Tensor] = {}
    taken: set[str] = set()
    while waiting:
        left = []
        for layer, inputs, outputs in waiting:
            if any(name in made and name not in values for name in inputs):
                left.append((layer, inputs, outputs))
                continue
            kind = layer.need("type").text().removeprefix("dagnn.")
            if kind == "Loss":
                made -= set(outputs)
                continue
            if kind not in BLOCKS or len(outputs) != 1:
                raise layer.fail(f"blocks of type {quoted(kind)} with {len(outputs)} outputs are not read")
            listed = layer.field("params")
            names = [] if listed is None or listed.empty else listed.texts()
            absent = [name for name in names if name not in arrays]
            if absent:
                raise layer.fail(f"its parameter {quoted(absent[0])} is not among net.params")
            part = Part(
                layer.need("name").text(), layer.need("block"), [arrays[n].need("value").array() for n in names]
            )
            for name in inputs:
                if name not in values:
                    depth = part.filters().shape[1] if kind == "Conv" else None
                    values[name] = b.input(name, _input_shape(net, depth, name))
            values[outputs[0]] = BLOCKS[kind](b, part, [values[name] for name in inputs])
            taken.update(inputs)
        if len(left) == len(waiting):
            raise net.fail(f"its layers form a cycle at {quoted(left[0][0].need('name').text())}")
        waiting = left
    ends = {name: value for name, value in values.items() if name in made and name not in taken}
    return _finished(b, net, ends, dtype)


def _finished(b: Builder, net: Variable, ends: dict[str, Tensor], dtype: str) -> Network:
    """The network, with the classes that net.meta names where there are as many as scores."""
    rows = {name: row(b, f"{x.node}row", x) for name, x in ends.items()}
    scores = next(iter(rows.values()), None)
    classes: list[str] = []
    meta = net.field("meta") or net
    described = meta.field("classes")
    if described is not None and described.kind == "struct":
        found = described.field("description") or described.field("name")
        classes = found.texts() if found is not None and not found.empty else []
    if scores is None or scores.rank != 2 or scores.shape[1] != len(classes):
        classes = []
    return b.network(rows, Metadata(classes=tuple(classes)), dtype)


def _input_shape(net: Variable, depth: int | None, name: str = "") -> Shape:
    """(c, h, w) from meta.inputs or meta.normalization.imageSize; free if the file does not state it."""
    meta = net.field("meta") or net
    listed = meta.field("inputs")
    for one in listed.elements() if listed is not None and not listed.empty else []:
        size, called = one.field("size"), one.field("name")
        if size is not None and called is not None and called.text() == name and len(size.integers()) >= 3:
            h, w, c = size.integers()[:3]
            return c, h, w
    normalization = meta.field("normalization")
    size = None if normalization is None else normalization.field("imageSize")
    if size is not None and len(size.integers()) >= 2:
        h, w, c = (*size.integers(), 1)[:3] if len(size.integers()) == 2 else size.integers()[:3]
        return c, h, w
    if depth is None:
        raise net.fail("the size of its input is not stated by meta.inputs or meta.normalization.imageSize")
    return depth, None, None
