"""The rules that composites given by name assign to the nodes of one network, computed once."""

from __future__ import annotations

from collections.abc import Callable

from lrp.rules import Rule

Key = tuple[str, str | None, str]  # profile, composite, the node where the backward pass starts


class AssignedRules:
    """A cache that belongs to one network. A graph does not change, so neither does what a composite assigns to it.

    Assigning takes about as long as explaining a small network. Several threads may use it: reading and setting an
    entry of a dict are atomic, and two threads that compute the same entry compute equal ones.
    """

    def __init__(self) -> None:
        self._known: dict[Key, dict[str, Rule]] = {}

    def get(self, key: Key, assign: Callable[[], dict[str, Rule]]) -> dict[str, Rule]:
        """A copy of the rules that are known for the key, or of those that assign() gives."""
        rules = self._known.get(key)
        if rules is None:
            rules = self._known[key] = assign()
        return dict(rules)
