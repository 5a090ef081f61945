"""The text format of protocol buffers, as far as network descriptions use it; needs no schema and no library.

    name: "conv1"  kernel_size: 3  pool: MAX  bias_term: false  shape { dim: 1 dim: [3, 23] }   # a comment

`parse` returns a tree of `Message`. What a field means is for the reader to say: `Message` hands values out by the
type that is asked for and `only` refuses fields that nobody has asked about.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import NoReturn

from lrp.errors import LoadError
from lrp.formats.container.reader import show

DEPTH = 32
LONGEST = 16 << 20
TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+|\#[^\n]*)
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<number>[-+]?(?:0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?))
      | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<mark>[-:{}<>\[\],;])""",
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
CONTROL = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
CLOSING = {"{": "}", "<": ">"}


@dataclass(frozen=True)
class Scalar:
    """One value as it stands in the text: a quoted string, or a word or number."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Message:
    """Fields by name, each with its values in order. `where` says in errors what the message is."""

    where: str
    fields: dict[str, list[Scalar | Message]] = field(default_factory=dict)

    def fail(self, name: str, expected: str) -> LoadError:
        """The error about one field."""
        shown = [value.text if isinstance(value, Scalar) else "{...}" for value in self.fields.get(name, [])]
        return LoadError(f"{self.where}: expected {name} to be {expected}, got {show(', '.join(shown))}")

    def only(self, *names: str) -> None:
        """Refuse every field but these: a setting that is not understood could change the numbers."""
        for name in self.fields:
            if name not in names:
                raise LoadError(f"{self.where}: the field {show(name)} is not known; expected {', '.join(names)}")

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def scalars(self, name: str) -> list[Scalar]:
        """All plain values of a field."""
        values = [value for value in self.fields.get(name, []) if isinstance(value, Scalar)]
        if len(values) != len(self.fields.get(name, [])):
            raise self.fail(name, "plain values")
        return values

    def _one(self, name: str) -> Scalar | None:
        values = self.scalars(name)
        if len(values) > 1:
            raise self.fail(name, "given once")
        return values[0] if values else None

    def messages(self, name: str) -> list[Message]:
        """All messages of a field."""
        values = [value for value in self.fields.get(name, []) if isinstance(value, Message)]
        if len(values) != len(self.fields.get(name, [])):
            raise self.fail(name, "a message in braces")
        return values

    def message(self, name: str) -> Message:
        """The one message of a field; an empty one where it is absent."""
        values = self.messages(name)
        if len(values) > 1:
            raise self.fail(name, "given once")
        return values[0] if values else Message(f"{self.where}: {name}")

    def texts(self, name: str) -> list[str]:
        """All strings of a field."""
        return [value.text for value in self.scalars(name)]

    def text(self, name: str, default: str = "") -> str:
        """A string."""
        value = self._one(name)
        return default if value is None else value.text

    def integers(self, name: str) -> list[int]:
        """All whole numbers of a field."""
        try:
            values = [
                int(value.text, 0) if "x" in value.text.lower() else int(value.text) for value in self.scalars(name)
            ]
        except ValueError:
            raise self.fail(name, "whole numbers") from None
        if any(abs(value) > 2**31 for value in values):
            raise self.fail(name, "whole numbers below 2^31")
        return values

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        return default if self._one(name) is None else self.integers(name)[0]

    def numbers(self, name: str) -> list[float]:
        """All numbers of a field, finite."""
        try:
            values = [float(value.text.rstrip("fF")) for value in self.scalars(name)]
        except ValueError:
            raise self.fail(name, "numbers") from None
        if not all(map(math.isfinite, values)):
            raise self.fail(name, "finite")
        return values

    def number(self, name: str, default: float) -> float:
        """A number."""
        return default if self._one(name) is None else self.numbers(name)[0]

    def flag(self, name: str, default: bool) -> bool:
        """true or false."""
        value = self._one(name)
        if value is None:
            return default
        if value.text not in ("true", "false", "True", "False", "t", "f", "1", "0"):
            raise self.fail(name, "true or false")
        return value.text in ("true", "True", "t", "1")

    def choice(self, name: str, default: str, *words: str) -> str:
        """One of the words of an enumeration, in the order of their numbers, by which they may also be given."""
        value = self._one(name)
        if value is None:
            return default
        if value.text.isdigit() and int(value.text) < len(words):
            return words[int(value.text)]
        if value.text not in words:
            raise self.fail(name, " or ".join(words))
        return value.text


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int


class _Parser:
    def __init__(self, text: str, name: str) -> None:
        if len(text) > LONGEST:
            raise LoadError(f"{name} has {len(text)} characters; the limit is {LONGEST}")
        self.name = name
        self.tokens: list[_Token] = []
        position, line = 0, 1
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise LoadError(f"{name}, line {line}: {show(text[position : position + 20])} is not understood")
            if match.lastgroup != "space":
                self.tokens.append(_Token(str(match.lastgroup), match.group(), line))
            line += match.group().count("\n")
            position = match.end()
        self.tokens.append(_Token("end", "the end", line))
        self.next = 0

    def fail(self, expected: str) -> NoReturn:
        token = self.tokens[self.next]
        raise LoadError(f"{self.name}, line {token.line}: expected {expected}, got {show(token.text)}")

    def take(self, *marks: str) -> str:
        """The next token if it is one of the marks, which is consumed; otherwise ""."""
        token = self.tokens[self.next]
        if token.kind == "mark" and token.text in marks:
            self.next += 1
            return token.text
        return ""

    def message(self, where: str, closing: str, depth: int) -> Message:
        """Fields up to the closing mark ("" for the end of the text)."""
        if depth > DEPTH:
            raise LoadError(f"{self.name}: nested more than {DEPTH} deep; it is refused")
        result = Message(where)
        while True:
            if self.tokens[self.next].kind == "end" and not closing or closing and self.take(closing):
                return result
            token = self.tokens[self.next]
            if token.kind != "word":
                self.fail(f"the name of a field or {closing or 'the end'}")
            self.next += 1
            colon = self.take(":")
            values = result.fields.setdefault(token.text, [])
            if colon and self.take("["):
                while not self.take("]"):
                    values.append(self.value(f"{where}: {token.text}", depth))
                    if not self.take(",") and self.tokens[self.next].text != "]":
                        self.fail("a comma or ]")
            elif colon or self.tokens[self.next].text in CLOSING:
                values.append(self.value(f"{where}: {token.text}", depth))
            else:
                self.fail("a colon or a brace")
            self.take(",", ";")

    def value(self, where: str, depth: int) -> Scalar | Message:
        """A string (adjacent pieces joined), a number, a word, or a message."""
        mark = self.take("{", "<")
        if mark:
            return self.message(where, CLOSING[mark], depth + 1)
        sign = self.take("-")
        token = self.tokens[self.next]
        if token.kind == "string" and not sign:
            pieces = []
            while self.tokens[self.next].kind == "string":
                pieces.append(_unescaped(self.tokens[self.next].text[1:-1]))
                self.next += 1
            return Scalar("".join(pieces), True)
        if token.kind not in ("number", "word"):
            self.fail("a value")
        self.next += 1
        return Scalar(sign + token.text, False)


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        octal, hexadecimal, other = match.groups()
        if octal or hexadecimal:
            return chr(int(octal, 8) if octal else int(hexadecimal, 16))
        return CONTROL.get(other, other)

    return ESCAPE.sub(one, text)


def parse(text: str, name: str) -> Message:
    """The message that a text in protocol buffers' text format holds; LoadError with the line where it is none."""
    return _Parser(text, name).message(name, "", 0)
