"""What a Caffe prototxt says: the layers of the net as it runs at test time, in order, with their settings.

Both the present form (`layer { type: "Convolution" }`) and the one before (`layers { type: CONVOLUTION }`) are read;
layers that the test phase excludes are left out. The oldest form (V0, a `layer` inside `layers`) is refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from lrp.errors import LoadError
from lrp.formats.container import Message, Scalar, quoted
from lrp.layers import Shape

# the names of the enumeration that files of the form before used -> the names of today
V1_TYPES = {
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
}
MOST_LAYERS = 20_000


@dataclass(frozen=True)
class CaffeLayer:
    """One layer: names of what it takes (bottoms) and gives (tops), its settings, the names of shared parameters."""

    name: str
    kind: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    fields: Message
    parameters: tuple[str, ...]

    def settings(self, name: str, *known: str) -> Message:
        """The message with the layer's own settings; a field that is not among `known` is an error."""
        message = self.fields.message(name)
        message.only(*known, "engine")
        return message


@dataclass(frozen=True)
class CaffeNet:
    """inputs: name -> shape of one sample, channels first."""

    name: str
    inputs: dict[str, Shape]
    layers: tuple[CaffeLayer, ...]


def read_net(message: Message) -> CaffeNet:
    """The net that a prototxt describes, as it runs at test time."""
    name = message.where
    if "net" in message or "train_net" in message:
        raise LoadError(f"{name} describes how a net was trained (a solver); give the prototxt of the net itself")
    old, new = message.messages("layers"), message.messages("layer")
    if not old and not new:
        raise LoadError(f"{name} describes no layer; expected `layer {{ ... }}` or `layers {{ ... }}`")
    if len(old) + len(new) > MOST_LAYERS:
        raise LoadError(f"{name} describes {len(old) + len(new)} layers; the limit is {MOST_LAYERS}")
    layers = [_layer(one, name, bool(old)) for one in (old or new) if _runs_at_test(one)]
    return CaffeNet(message.text("name"), _inputs(message), tuple(layers))


def _layer(message: Message, name: str, old: bool) -> CaffeLayer:
    if "layer" in message:
        raise LoadError(
            f"{name}: a layer inside `layers` is the oldest form of prototxt, which is not read; upgrade it with "
            "Caffe's own upgrade_net_proto_text"
        )
    title = message.text("name")
    where = f"{name}: layer {quoted(title)}"
    kind = message.text("type")
    if old and kind not in V1_TYPES:
        raise LoadError(f"{where}: expected one of the types of `layers` ({', '.join(V1_TYPES)}), got {quoted(kind)}")
    named = Message(where, {key: _renamed(values, where, key) for key, values in message.fields.items()})
    shared = tuple(
        value.text if isinstance(value, Scalar) else value.text("name") for value in message.fields.get("param", [])
    )
    return CaffeLayer(
        title, V1_TYPES.get(kind, kind), tuple(message.texts("bottom")), tuple(message.texts("top")), named, shared
    )


def _renamed(values: list[Scalar | Message], where: str, key: str) -> list[Scalar | Message]:
    """The values, their messages calling themselves by the layer's name."""
    return [Message(f"{where}: {key}", value.fields) if isinstance(value, Message) else value for value in values]


def _runs_at_test(message: Message) -> bool:
    """Whether the rules of a layer admit the test phase, level 0, no stage."""
    include, exclude = message.messages("include"), message.messages("exclude")
    if include and exclude:
        raise LoadError(f"{message.where}: a layer has rules to include or to exclude it, but not both")
    return any(map(_met, include)) if include else not any(map(_met, exclude))


def _met(rule: Message) -> bool:
    """Whether the test phase at level 0 without stages meets one rule."""
    rule.only("phase", "min_level", "max_level", "stage", "not_stage")
    phase = rule.choice("phase", "TEST", "TRAIN", "TEST") == "TEST"
    level = rule.integer("min_level", 0) <= 0 <= rule.integer("max_level", 0)
    return phase and level and "stage" not in rule


def _inputs(message: Message) -> dict[str, Shape]:
    """The inputs that are declared before the layers: `input` with `input_shape` messages or four `input_dim` each."""
    names, shapes = message.texts("input"), message.messages("input_shape")
    if len(set(names)) < len(names):
        raise LoadError(f"{message.where}: an input occurs twice among {quoted(', '.join(names))}")
    if shapes:
        lengths = [shape.integers("dim") for shape in shapes]
    else:
        numbers = message.integers("input_dim")
        lengths = [numbers[4 * i : 4 * i + 4] for i in range(len(names))] if len(numbers) == 4 * len(names) else []
    if len(lengths) != len(names):
        raise LoadError(f"{message.where}: expected an input_shape, or four input_dim, for each of {len(names)} inputs")
    return {one: sample(shape, message.where) for one, shape in zip(names, lengths, strict=True)}


def sample(lengths: list[int], where: str) -> Shape:
    """The shape of one sample: the first length is the batch's and free."""
    if len(lengths) < 2 or min(lengths) < 1:
        raise LoadError(f"{where}: expected an input shape of at least two positive lengths, got {lengths}")
    return tuple(lengths[1:])
