"""Which rules a layer takes: the questions that several layers ask about a rule."""

from __future__ import annotations

from typing import Any

from lrp.errors import RuleError
from lrp.rules import Group, LinearRule, Rule, Sink, Term


def linear_rule(rule: Rule, layer: Any) -> LinearRule:
    """The rule, known to have a table; RuleError for any other."""
    if not isinstance(rule, LinearRule):
        raise RuleError(f"{type(layer).__name__}: expected a rule with a table such as epsilon, got {rule.text()!r}")
    return rule


def is_proportional(rule: Rule) -> bool:
    """Whether the rule divides in proportion to the contributions x w: zero or epsilon."""
    return isinstance(rule, LinearRule) and rule.groups == (Group((Term(),)),)


def reads_products(rule: LinearRule) -> bool:
    """Whether the rule goes by the products x w alone; flat and w_square do not."""
    return all(term.source is Term().source and term.weight is Term().weight for g in rule.groups for term in g.terms)


def keeps_losses(rule: Rule) -> bool:
    """Whether the relevance of bias and stabilizer stays on the ledger (sink=keep)."""
    return not isinstance(rule, LinearRule) or rule.sink is Sink.KEEP


def counts_bias(rule: Rule) -> bool:
    """Whether the bias counts as one more input (bias=on, or bias=whole)."""
    return not isinstance(rule, LinearRule) or rule.bias
