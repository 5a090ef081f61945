"""Rules to and from text and plain data, and the registry that both go by."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Callable

import numpy as np

from lrp.errors import RuleError, did_you_mean
from lrp.rules import catalogue, nonlinear
from lrp.rules.algebra import Rule

RULES: dict[str, Callable[..., Rule]] = {
    function.__name__: function
    for function in (
        catalogue.zero,
        catalogue.epsilon,
        catalogue.gamma,
        catalogue.alpha_beta,
        catalogue.z_plus,
        catalogue.w_square,
        catalogue.flat,
        catalogue.z_box,
        nonlinear.identity,
        nonlinear.winner,
        nonlinear.gradient,
        nonlinear.uniform,
        nonlinear.signal,
        nonlinear.taylor,
    )
}


def parse(text: str) -> Rule:
    """The rule that a text form names: "epsilon:0.01", "alpha_beta:2,1", "z_box:0|0|0,1|1|1", "z_plus:bias=off".

    >>> parse("alpha_beta:2,1,sink=spread") == catalogue.alpha_beta(2, 1, sink="spread")
    True
    """
    return build(*options_of(text))


def options_of(text: str) -> tuple[str, list[Any], dict[str, Any]]:
    """The name, the numbers and the options that a text form spells, nothing checked yet."""
    name, _, rest = text.strip().partition(":")
    numbers: list[Any] = []
    options: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in rest.split(","))):
        key, equals, value = part.partition("=")
        if equals:
            options[key.strip()] = value.strip()
        else:
            numbers.append(_value(part))
    return name, numbers, options


def from_dict(data: dict[str, Any]) -> Rule:
    """The rule that `rule.to_dict()` described."""
    options = {key: value for key, value in data.items() if key not in ("name", "parameters", "low", "high")}
    numbers = [_value(p) if isinstance(p, str) else p for p in data["parameters"]]
    if "low" in data:
        numbers = [np.asarray(data["low"]), np.asarray(data["high"])]
    return build(data["name"], numbers, options)


def build(name: str, numbers: list[Any], options: dict[str, Any]) -> Rule:
    """Call the catalogue's function; a wrong name, number or option is a RuleError."""
    if name not in RULES:
        raise RuleError(f"rule: expected one of {sorted(RULES)}, got {name!r}{did_you_mean(name, RULES)}")
    try:
        return RULES[name](*numbers, **options)
    except RuleError:
        raise
    except (TypeError, ValueError, ZeroDivisionError) as error:
        given = ", ".join([*map(str, numbers), *(f"{k}={v}" for k, v in options.items())])
        raise RuleError(f"{name}: cannot be made of the parameters ({given}): {error}") from None


def _value(text: str) -> Any:
    """A number, or numbers apart by |, as the exact rational they spell; any other word stays a word."""
    try:
        values = [Fraction(piece) for piece in text.split("|")]
    except (ValueError, ZeroDivisionError):
        return text
    return values[0] if len(values) == 1 else np.array([float(value) for value in values])
