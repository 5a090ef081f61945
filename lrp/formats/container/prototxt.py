"""A parsed prototxt: messages whose fields are read by type; prototxt_parser.py makes them from text."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from lrp.errors import LoadError
from lrp.formats.container.reader import quoted


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value as it is written: a quoted string, or a word or number."""

    text: str
    quoted: bool


@dataclass(frozen=True, slots=True)
class Message:
    """Fields by name, each with its values in order. `where` says in errors what the message is."""

    where: str
    fields: dict[str, list[Scalar | Message]] = field(default_factory=dict)

    def fail(self, name: str, expected: str) -> LoadError:
        """The error about one field."""
        shown = [value.text[:200] if isinstance(value, Scalar) else "{...}" for value in self.fields.get(name, [])[:20]]
        return LoadError(f"{self.where}: expected {name} to be {expected}, got {quoted(', '.join(shown))}")

    def only(self, *names: str) -> None:
        """Refuse every field but these: a setting that is not understood could change the numbers."""
        for name in self.fields:
            if name not in names:
                raise LoadError(f"{self.where}: the field {quoted(name)} is not known; expected {', '.join(names)}")

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


def plain_message(message: Message) -> dict[str, Any]:
    """The message as lists and dicts, for the way from the child process: a scalar is [text, quoted]."""
    return {
        name: [plain_message(v) if isinstance(v, Message) else [v.text, v.quoted] for v in values]
        for name, values in message.fields.items()
    }


def message_of(fields: dict[str, Any], where: str) -> Message:
    """The inverse of plain_message; `where` says in errors what the message is."""
    return Message(
        where,
        {
            name: [
                message_of(v, f"{where}: {name}") if isinstance(v, dict) else Scalar(str(v[0]), bool(v[1]))
                for v in values
            ]
            for name, values in fields.items()
        },
    )
