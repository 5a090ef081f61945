"""JSON from untrusted files: bounded in bytes, values and depth; nothing in it is executed or imported."""

import json
import math
from typing import Any, NoReturn

from lrp.errors import LoadError
from lrp.formats.container.reader import quoted

JSON_BYTES = 16 << 20
JSON_VALUES = 500_000  # counted as commas and opening brackets, wherever they are
JSON_DEPTH = 200
LARGEST_INTEGER = 2**63
LONGEST_NUMBER = 400  # characters


def parse_json(text: "str | bytes | memoryview", name: str, lists: bool = False) -> Any:
    """A JSON object, or with `lists` also a list; `name` says in errors what it is.

    Raises
    ------
    LoadError
        If it has more than JSON_BYTES bytes, JSON_VALUES values or JSON_DEPTH levels; if it is no JSON object, or has
        a key twice in one object, an integer of 2^63 or more, an infinite number or NaN. Size and number of values
        are checked before anything is parsed.
    """
    if len(text) > JSON_BYTES:
        raise LoadError(f"{name} has {len(text)} bytes of JSON; the limit is {JSON_BYTES}")
    try:
        content = text if isinstance(text, str) else bytes(text).decode("utf-8")
    except UnicodeDecodeError as error:
        raise LoadError(f"{name} is not valid JSON: it is not UTF-8 at byte {error.start}") from None
    values = sum(content.count(mark) for mark in ",[{")
    if values > JSON_VALUES:
        raise LoadError(f"{name} has about {values} values of JSON; the limit is {JSON_VALUES}")
    try:
        value = json.loads(
            content,
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_float,
            object_pairs_hook=_object,
        )
    except LoadError as error:
        raise LoadError(f"{name}: {error}") from None
    except RecursionError:
        raise LoadError(f"{name} is nested more than {JSON_DEPTH} deep; it is refused") from None
    except ValueError as error:
        raise LoadError(f"{name} is not valid JSON: {quoted(str(error))}") from None
    if not isinstance(value, (dict, list) if lists else dict):
        raise LoadError(f"{name} is JSON, but not an object in braces")
    _require_shallow(value, name)
    return value


def _require_shallow(value: Any, name: str) -> None:
    """Refuse a value that is nested deeper than JSON_DEPTH; level by level, without recursion."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > JSON_DEPTH:
            raise LoadError(f"{name} is nested more than {JSON_DEPTH} deep; it is refused")
        inner = [one.values() if isinstance(one, dict) else one for one in level]
        level = [child for one in inner for child in one if isinstance(child, (dict, list))]


def _refuse_constant(text: str) -> NoReturn:
    raise LoadError(f"the number {text} cannot be used")


def _integer(text: str) -> int:
    if len(text) > 20 or abs(int(text)) >= LARGEST_INTEGER:
        raise LoadError(f"the integer {quoted(text[:30])} is too large")
    return int(text)


def _float(text: str) -> float:
    if len(text) > LONGEST_NUMBER or not math.isfinite(float(text)):
        raise LoadError(f"the number {quoted(text[:30])} is too long or too large")
    return float(text)


def _object(pairs: "list[tuple[str, Any]]") -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise LoadError(f"the key {quoted(key)} occurs twice in one object")
            seen.add(key)
    return value
