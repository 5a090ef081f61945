"""What the child can parse as a whole, by name, with the bounds of each: JSON, prototxt, models, numpy, pictures.

A parser takes an open file and gives plain data (what JSON can hold) and arrays. `run` is the only way to call one: it
turns every exception into a LoadError, so that a defect of a parser is an error about the file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, BinaryIO

from lrp.errors import LoadError
from lrp.formats.container import picture
from lrp.formats.container.archive import read_members
from lrp.formats.container.caffe_message import parse_blob, parse_layers
from lrp.formats.container.files import view
from lrp.formats.container.json_text import JSON_BYTES, parse_json
from lrp.formats.container.numpy_file import parse_numpy
from lrp.formats.container.onnx_message import OnnxParser
from lrp.formats.container.prototxt import plain_message
from lrp.formats.container.prototxt_parser import LONGEST, parse_prototxt
from lrp.formats.container.reader import Array, Limits, quoted
from lrp.formats.container.wire import BYTES, VARINT, MessageError, WireReader

MOST_FIELDS = 1_500_000
MIB = 1 << 20


@dataclass(frozen=True)
class Parsed:
    """What a parser gives: plain data, and the arrays that the plain data names by their index."""

    value: Any
    arrays: tuple[Array, ...] = ()


@dataclass(frozen=True)
class Source:
    """A file to parse: the open stream at its start, and its bytes, mapped into memory (see `files.view`)."""

    stream: BinaryIO
    content: memoryview


def source_of(stream: BinaryIO) -> Source:
    """The source that a stream is; it is mapped here, before the limit of open files forbids that."""
    content = view(stream)
    stream.seek(0)
    return Source(stream, content)


@dataclass(frozen=True)
class Parser:
    """parse(source, name, limits, **arguments).

    memory: bytes that it may use beside the file itself; results: bytes of its arrays; both as functions of the limits
    and the file's size.
    """

    parse: Callable[..., Parsed]
    memory: Callable[[Limits, int], int]
    results: Callable[[Limits, int], int]
    prepare: Callable[[], None] = lambda: None


def _json(source: Source, name: str, limits: Limits, lists: bool = False) -> Parsed:
    return Parsed(parse_json(source.content, name, lists))


def _prototxt(source: Source, name: str, limits: Limits) -> Parsed:
    content = bytes(source.content[: LONGEST + 1])
    if len(content) > LONGEST or b"\0" in content:
        raise LoadError(f"{name} is no text of at most {LONGEST} bytes; expected a prototxt")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        text = content.decode("latin-1")  # comments of old files
    return Parsed(plain_message(parse_prototxt(text, name)))


def _model(source: Source, name: str, limits: Limits) -> Parsed:
    """{"onnx": model}, {"caffe": layers}, or {} if the bytes are neither; recognised by the fields at the top."""
    content, wire = source.content, WireReader(MOST_FIELDS)
    try:
        found = {(number, kind) for number, kind, _ in wire.fields(content)}
    except MessageError:
        return Parsed({})
    if {(7, BYTES), (1, VARINT)} <= found:
        parser = OnnxParser(wire)
        try:
            model = parser.model(content)
        except MessageError as error:
            raise LoadError(f"{name} is no ONNX model, or it is damaged: {error}") from None
        return Parsed({"onnx": model}, tuple(parser.arrays))
    if not {(2, BYTES), (100, BYTES)} & found:
        return Parsed({})
    try:
        layers, arrays = parse_layers(content, wire)
    except MessageError as error:
        raise LoadError(f"{name} is no binary caffemodel, or it is damaged: {error}") from None
    return Parsed({"caffe": layers}, tuple(arrays))


def _blob(source: Source, name: str, limits: Limits) -> Parsed:
    try:
        return Parsed(None, (parse_blob(source.content, WireReader(MOST_FIELDS)),))
    except MessageError as error:
        raise LoadError(f"{name} is no binaryproto with one blob, or it is damaged: {error}") from None


def _numpy(source: Source, name: str, limits: Limits) -> Parsed:
    names, arrays = parse_numpy(source.stream, source.content, name, limits)
    return Parsed(names, tuple(arrays))


def _picture(source: Source, name: str, limits: Limits, **arguments: Any) -> Parsed:
    return Parsed(None, (picture.parse_picture(source.stream, name, **arguments),))


def _keras_archive(source: Source, name: str, limits: Limits) -> Parsed:
    """The two JSON members of a .keras archive; {} where there is none of them."""
    members = read_members(source.stream, name, {"config.json": JSON_BYTES, "metadata.json": MIB}, limits)
    return Parsed({key: parse_json(content, f"{name}: {key}") for key, content in members.items()})


def _fixed(size: int) -> Callable[[Limits, int], int]:
    return lambda limits, length: size


PARSERS: dict[str, Parser] = {
    "json": Parser(_json, _fixed(160 * MIB), _fixed(0)),
    "prototxt": Parser(_prototxt, _fixed(160 * MIB), _fixed(0)),
    "model": Parser(_model, lambda limits, size: 320 * MIB + size, lambda limits, size: 2 * size + MIB),
    "blob": Parser(_blob, lambda limits, size: 64 * MIB + size, lambda limits, size: size + MIB),
    "numpy": Parser(
        _numpy, lambda limits, size: 2 * limits.budget(size) + 64 * MIB, lambda limits, size: limits.budget(size) + MIB
    ),
    "picture": Parser(_picture, _fixed(400 * MIB), _fixed(4 * picture.PICTURE_PIXELS), picture.prepare),
    "keras_archive": Parser(_keras_archive, _fixed(160 * MIB), _fixed(0)),
}


def parse_seconds(limits: Limits, size: int) -> float:
    """Seconds of processor time that parsing a file of `size` bytes may take."""
    return min(limits.longest, limits.time(size) + 3)


def run(parser: Parser, source: Source, name: str, limits: Limits, arguments: dict[str, Any]) -> Parsed:
    """Parse a file; every error is a LoadError about it."""
    try:
        return parser.parse(source, name, limits, **arguments)
    except LoadError:
        raise
    except MemoryError:
        raise LoadError(f"{name}: reading it needs more memory than the limit allows") from None
    except Exception as error:
        shown = quoted(f"{type(error).__name__}: {str(error)[:100]}")
        raise LoadError(f"{name} is damaged, or not of the kind that was expected ({shown})") from None
