"""lrp rules: every rule of the registry with the equation and the source of its docstring."""

from __future__ import annotations

import inspect

import pytest

from lrp.graph import PRESETS
from lrp.rules import RULES, epsilon

from .conftest import Run, sentence


def test_every_rule_with_equation_and_source(run: Run) -> None:
    code, out, _ = run("rules")
    assert code == 0
    for name, function in RULES.items():
        doc = inspect.getdoc(function) or ""
        sources = [line for line in doc.splitlines() if line.startswith("Source: ")]
        assert all(f"    {line}\n" in out for line in [doc.splitlines()[0], *sources])
        assert any(line.split(":")[0] == name for line in out.splitlines())


def test_parameters_and_their_defaults(run: Run) -> None:
    out = run("rules")[1]
    assert "\nalpha_beta:alpha,beta   (2, 1)\n" in out and "\nz_box:low,high\n" in out and "\nz_plus\n" in out


def test_every_composite_with_its_lines(run: Run) -> None:
    out = run("rules")[1]
    assert all(
        any(line.split()[:1] == [name] and lines() in line for line in out.splitlines())
        for name, lines in PRESETS.items()
    )


def test_one_rule_in_full(run: Run) -> None:
    code, out, _ = run("rules", "epsilon")
    assert code == 0 and str(epsilon()) in out and "sink" in out
    assert "The stabilizer takes eps s(z_j)" in out


@pytest.mark.parametrize("name", RULES)
def test_each_rule_in_full(run: Run, name: str) -> None:
    code, out, _ = run("rules", name)
    doc = inspect.getdoc(RULES[name]) or ""
    assert code == 0 and all(line in out for line in doc.splitlines())


def test_an_unknown_rule(run: Run) -> None:
    code, _, error = run("rules", "epsilom")
    assert code == 2 and "rule: expected one of zero, epsilon, gamma" in sentence(error, "rules")
