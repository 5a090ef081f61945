"""The rule of each node: a composite is a list of lines `pattern=rule`; the published ones are in `presets.py`.

A pattern is a node's name with wildcards (conv*), a layer's class name (Conv), or several with | between them;
`first:` before it keeps those that no other match precedes on the way from the input; Class<Input is a node that takes
the output of a layer of class Input (ReLU<Conv). The first line that fits wins.
A full name or a class name reaches every node that accepts the rule; a pattern with a wildcard reaches the nodes that
need one (a ReLU keeps its identity under *=epsilon). `z_box` without numbers takes the network's own input range.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lrp.errors import CompositeError, RuleError, did_you_mean
from lrp.graph.graph import Graph
from lrp.graph.metadata import Metadata
from lrp.graph.node import Node
from lrp.graph.presets import PRESETS
from lrp.rules import Rule, options_of, with_options, z_box
from lrp.rules import parse as parse_rule


@dataclass(frozen=True)
class InputBox:
    """z_box with the bounds of the network that it meets."""

    options: tuple[tuple[str, Any], ...] = ()

    def text(self) -> str:
        return "z_box" + (":" + ",".join(f"{k}={v}" for k, v in self.options) if self.options else "")

    def resolve(self, metadata: Metadata) -> Rule:
        """The rule itself; CompositeError where the network does not know its input's range."""
        bounds = metadata.bounds()
        if bounds is None:
            raise CompositeError(
                "z_box: expected the input's bounds, got none, and the model stores no input range; write them behind a"
                " colon, such as epsilon-gamma-box:-3,3.5 or z_box:0,1"
            )
        return z_box(*bounds, **dict(self.options))


@dataclass(frozen=True)
class RuleAssignment:
    """One pattern and its rule. An optional line may match nothing."""

    pattern: str
    rule: Rule | InputBox
    optional: bool = False

    def __str__(self) -> str:
        return f"{self.pattern}={self.rule.text()}"

    def matches(self, node: Node, graph: Graph) -> bool:
        """Whether one of the alternatives names the node or its class, and an input of the class behind its <."""
        kind = type(node.layer).__name__
        sources = {type(graph.nodes[name].layer).__name__ for name in node.inputs}
        return any(
            (fnmatchcase(node.name, one) or one == kind) and (not source or source in sources)
            for one, source in self.alternatives()
        )

    def reaches(self, node: Node, rule: Rule) -> bool:
        """Whether the line sets the node's rule: wildcards leave nodes alone that have a rule of their own."""
        if not node.layer.accepts(rule):
            return False
        if node.layer.default_rule is None:
            return True
        kind = type(node.layer).__name__
        return any(one in (node.name, kind) for one, _ in self.alternatives())

    def is_exact(self) -> bool:
        """Whether the pattern spells names or classes out, without a wildcard."""
        return not any(mark in self.pattern for mark in "*?[")

    def alternatives(self) -> list[tuple[str, str]]:
        """Each alternative, with the class that its input must have, or "" for any."""
        words = [word.partition("<") for word in self.pattern.removeprefix("first:").split("|")]
        return [(one, source) for one, _, source in words]


@dataclass(frozen=True)
class Composite:
    """Lines in order, and the text that spells them."""

    lines: tuple[RuleAssignment, ...]
    name: str

    def assign(self, graph: Graph, names: Iterable[str] | None = None) -> dict[str, Rule]:
        """The rule of each named node (all but the inputs by default), before any arithmetic.

        CompositeError where a line matches no node, or a node is left without a rule.
        """
        chosen = {name: rule for name, (_, rule) in self.choose(graph).items()}
        return self.complete(graph, chosen, graph.nodes if names is None else names)

    def choose(self, graph: Graph) -> dict[str, tuple[RuleAssignment, Rule]]:
        """For each node that a line reaches, the first such line and its rule; CompositeError as in assign()."""
        chosen: dict[str, tuple[RuleAssignment, Rule]] = {}
        for line in self.lines:
            matched = [node for node in graph.nodes.values() if line.matches(node, graph)]
            if line.pattern.startswith("first:"):
                matched = _first(graph, matched)
            rule = line.rule
            if isinstance(rule, InputBox) and matched:
                rule = rule.resolve(graph.metadata)
            reached = {n.name: (line, rule) for n in matched if isinstance(rule, Rule) and line.reaches(n, rule)}
            if not reached and not line.optional:
                raise CompositeError(_unmatched(line, matched, graph))
            chosen = {**reached, **chosen}
        return chosen

    def complete(self, graph: Graph, chosen: dict[str, Rule], names: Iterable[str]) -> dict[str, Rule]:
        """The rule of each named node: the chosen one, or its layer's default; CompositeError where there is none."""
        return {name: self._rule(graph.nodes[name], chosen) for name in names if graph.nodes[name].inputs}

    def _rule(self, node: Node, chosen: dict[str, Rule]) -> Rule:
        rule = chosen.get(node.name, node.layer.default_rule)
        if rule is None:
            raise CompositeError(
                f"{node.name}: the composite {self.name!r} gives no rule to this {type(node.layer).__name__} layer; add"
                f" a line such as {node.name}=RULE (it takes {', '.join(k.__name__ for k in node.layer.rules)}; see lrp"
                " rules)"
            )
        return rule


def _first(graph: Graph, matched: list[Node]) -> list[Node]:
    """Those of the matched nodes that have no other one above them."""
    names = {node.name for node in matched}
    return [node for node in matched if not names & (graph.ancestors(node.name) - {node.name})]


def _unmatched(line: RuleAssignment, matched: list[Node], graph: Graph) -> str:
    if matched:
        kinds = sorted({type(node.layer).__name__ for node in matched})
        return (
            f"line '{line}': expected a rule that {', '.join(kinds)} layers accept, got one that none of the matched"
            " nodes takes"
        )
    return (
        f"line '{line}': expected a pattern that matches a node, got one that matches none; "
        f"the nodes are {', '.join(graph.nodes)}{_nearest(line, graph)}"
    )


def _nearest(line: RuleAssignment, graph: Graph) -> str:
    """The node or class name that an alternative of the pattern may have meant."""
    known = [*graph.nodes, *dict.fromkeys(type(node.layer).__name__ for node in graph.nodes.values())]
    hints = (did_you_mean(one, known) for one, _ in line.alternatives()) if line.is_exact() else ()
    return next(filter(None, hints), "")


def parse(text: str, other_names: Iterable[str] = ()) -> Composite:
    """A preset ("epsilon-plus-flat", "epsilon-gamma-box:-3,3.5") or lines ("conv1=z_box:0,1 conv*=gamma *=epsilon").

    CompositeError for a text that is neither; other_names: more names that the text could have meant.

    >>> [str(line) for line in parse("conv1=flat *=epsilon").lines]
    ['conv1=flat', '*=epsilon:1e-06']
    """
    name, _, parameters = text.strip().partition(":")
    if name in PRESETS:
        try:
            lines = PRESETS[name](*filter(None, parameters.split(",")))
        except CompositeError as error:
            raise CompositeError(f"composite {name}: {error}") from None
        return Composite(lines_of(lines, optional=True), text.strip())
    if "=" not in text:
        raise CompositeError(
            f"composite: expected one of {', '.join([*other_names, *PRESETS])}, or lines such as 'conv*=gamma"
            f" *=epsilon', got {text!r}{did_you_mean(name, [*other_names, *PRESETS])}"
        )
    return Composite(lines_of(text), text.strip())


def composite(
    value: Composite | Rule | str | Iterable[tuple[str, Rule | str]], other_names: Iterable[str] = ()
) -> Composite:
    """A composite from a name, from lines as text, from (pattern, rule) pairs, or from one rule.

    A single rule is for all nodes that need one. other_names: as in parse().

    >>> composite([("conv1", "flat"), ("*", "epsilon:0.1")]).name
    'conv1=flat *=epsilon:0.1'
    >>> from lrp.rules import epsilon
    >>> composite(epsilon(0.1)).name
    '*=epsilon:0.1'
    """
    if isinstance(value, Composite):
        return value
    if isinstance(value, str):
        return parse(value, other_names)
    pairs = [("*", value)] if isinstance(value, Rule) else value
    lines = tuple(
        RuleAssignment(pattern, parse_rule(rule) if isinstance(rule, str) else rule, optional=isinstance(value, Rule))
        for pattern, rule in pairs
    )
    return Composite(lines, " ".join(map(str, lines)))


def lines_of(text: str, optional: bool = False) -> tuple[RuleAssignment, ...]:
    """The lines that a text spells, in order; an optional one may match no node."""
    return tuple(_line(word, optional) for word in text.split())


def _line(word: str, optional: bool = False) -> RuleAssignment:
    pattern, equals, rule = word.partition("=")
    if not (pattern and equals and rule):
        raise CompositeError(f"line {word!r}: expected pattern=rule without spaces inside, such as conv*=gamma:0.25")
    name, numbers, options = options_of(rule)
    try:
        if name == "z_box" and not numbers:
            with_options(z_box(0, 0), **options)  # raises here if an option is wrong
            return RuleAssignment(pattern, InputBox(tuple(options.items())), optional)
        return RuleAssignment(pattern, parse_rule(rule), optional)
    except RuleError as error:
        raise CompositeError(f"line {word!r}: {error}") from None


# one of a name, lines as text, (pattern, rule) pairs, a rule for all nodes that need one; None: the default
CompositeLike = Composite | Rule | str | Iterable[tuple[str, Rule | str]] | None
