"""The text format of protocol buffers, as far as network descriptions use it; needs no schema and no library.

name: "conv1"  kernel_size: 3  pool: MAX  bias_term: false  shape { dim: 1 dim: [3, 23] }   # a comment
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn

from lrp.errors import LoadError
from lrp.formats.container.prototxt import Message, Scalar
from lrp.formats.container.reader import quoted

DEPTH = 32
LONGEST = 4 << 20
MOST_TOKENS = 500_000
TOKEN = re.compile(
    r"""(?P<space>[ \t\r\n\f\v]+|\#[^\n]*)
      | (?P<word>[A-Za-z_][\w.]*)
      | (?P<number>[-+]?(?:0[xX][0-9A-Fa-f]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?))
      | (?P<string>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
      | (?P<mark>[-:{}<>\[\],;])""",
    re.VERBOSE,
)
ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.))", re.DOTALL)
CONTROL = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
CLOSING = {"{": "}", "<": ">"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int


class _Parser:
    def __init__(self, text: str, name: str) -> None:
        if len(text) > LONGEST:
            raise LoadError(f"{name} has {len(text)} characters; the limit of a prototxt is {LONGEST}")
        self.name = name
        self.tokens: list[_Token] = []
        position, line = 0, 1
        while position < len(text):
            match = TOKEN.match(text, position)
            if match is None:
                raise LoadError(f"{name}, line {line}: {quoted(text[position : position + 20])} is not understood")
            if len(self.tokens) > MOST_TOKENS:
                raise LoadError(f"{name} has more than {MOST_TOKENS} words and numbers; it is refused")
            if match.lastgroup != "space":
                self.tokens.append(_Token(str(match.lastgroup), match.group(), line))
            line += match.group().count("\n")
            position = match.end()
        self.tokens.append(_Token("end", "the end", line))
        self.next = 0

    def fail(self, expected: str) -> NoReturn:
        token = self.tokens[self.next]
        raise LoadError(f"{self.name}, line {token.line}: expected {expected}, got {quoted(token.text)}")

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


def parse_prototxt(text: str, name: str) -> Message:
    """The message that a text in protocol buffers' text format holds; LoadError with the line if it is not one."""
    return _Parser(text, name).message(name, "", 0)
