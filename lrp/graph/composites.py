"""Which rule at which node: composites are lines of `pattern=rule`, and the published ones are such lines too.

A pattern is a node's name with wildcards (conv*), a layer's class name (Conv), or several with | between them;
`first:` before it keeps those that no other match precedes on the way from the input; Class<Input is a node that takes
the output of a layer of class Input (ReLU<Conv). The first line that fits wins.
A full name or a class name reaches every node that accepts the rule; a pattern with a wildcard reaches the nodes that
need one (a ReLU keeps its identity under *=epsilon). `z_box` without numbers takes the network's own input range.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from lrp.arrays import Number
from lrp.errors import CompositeError, RuleError, did_you_mean
from lrp.graph.graph import Graph
from lrp.graph.node import Node
from lrp.rules import Rule, number_text, options_of, with_options, z_box
from lrp.rules import parse as parse_rule


@dataclass(frozen=True)
class InputBox:
    """z_box with the bounds of the network that it meets."""

    options: tuple[tuple[str, Any], ...] = ()

    def text(self) -> str:
        return "z_box" + (":" + ",".join(f"{k}={v}" for k, v in self.options) if self.options else "")

    def resolve(self, graph: Graph) -> Rule:
        """The rule itself; CompositeError where the network does not know its input's range."""
        bounds = graph.metadata.bounds()
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
            for one, source in self._alternatives()
        )

    def reaches(self, node: Node, rule: Rule) -> bool:
        """Whether the line sets the node's rule: wildcards leave nodes alone that have a rule of their own."""
        if not node.layer.accepts(rule):
            return False
        if node.layer.default_rule is None:
            return True
        kind = type(node.layer).__name__
        return any(one in (node.name, kind) for one, _ in self._alternatives())

    def is_exact(self) -> bool:
        """Whether the pattern spells names or classes out, without a wildcard."""
        return not any(mark in self.pattern for mark in "*?[")

    def _alternatives(self) -> list[tuple[str, str]]:
        """Each alternative, with the class that its input must have, or "" for any."""
        words = [word.partition("<") for word in self.pattern.removeprefix("first:").split("|")]
        return [(one, source) for one, _, source in words]


@dataclass(frozen=True)
class Composite:
    """Lines in order, and the text they came from."""

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
                rule = rule.resolve(graph)
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
        f"the nodes are {', '.join(graph.nodes)}"
    )


# What every preset does with the layers that have no kernel, as zennit's base map does; lines may match nothing.
_CELLS = "SimpleRNN|LSTM|GRU|MultiHeadAttention"
_SUMS = "AvgPool|SumPool|GlobalAvgPool|GlobalSumPool|MaskedMean|Interpolate|Add|Subtract|WeightedAdd|Average|LRN"
_BASE = f"BatchNorm|Affine=identity {_SUMS}|{_CELLS}=epsilon:{{eps}} Multiply=uniform Softmax=taylor"
_KERNEL, _CONV, _DENSE = "Conv|ConvTranspose|Dense", "Conv|ConvTranspose", "Dense"


def preset(template: str, **defaults: Number) -> Callable[..., str]:
    """A function from the preset's parameters, in the order of `defaults`, to its lines."""

    def lines(*parameters: str) -> str:
        if len(parameters) > len(defaults):
            raise CompositeError(
                f"expected at most {len(defaults)} parameters ({', '.join(defaults)}), got {len(parameters)}"
            )
        numbers = {**{key: number_text(value) for key, value in defaults.items()}, **dict(zip(defaults, parameters))}
        base = _BASE.format(eps=numbers.get("eps", "1e-06"))
        return template.format(BASE=base, KERNEL=_KERNEL, CONV=_CONV, DENSE=_DENSE, **numbers)

    return lines


def _boxed(template: str, **defaults: Number) -> Callable[..., str]:
    """A preset whose first two parameters are the box's bounds; without them the network's own input range."""
    rest = preset(template, **defaults)

    def lines(*parameters: str) -> str:
        if len(parameters) == 1:
            raise CompositeError("expected two bounds, low and high, got one number")
        box = "z_box" + (":" + ",".join(parameters[:2]) if parameters else "")
        return rest(*parameters[2:]).replace("BOX", box)

    return lines


DEFAULT_COMPOSITE = "epsilon"  # what None means: no other preset fits every network (see docs/methods.md)

PRESETS: dict[str, Callable[..., str]] = {
    "epsilon": preset("Multiply=uniform Softmax=taylor *=epsilon:{eps}", eps=1e-6),
    "epsilon-plus": preset("{CONV}=z_plus {DENSE}=epsilon:{eps} {BASE}", eps=1e-6),
    "epsilon-plus-flat": preset("first:{KERNEL}=flat {CONV}=z_plus {DENSE}=epsilon:{eps} {BASE}", eps=1e-6),
    "epsilon-alpha2-beta1": preset("{CONV}=alpha_beta:2,1 {DENSE}=epsilon:{eps} {BASE}", eps=1e-6),
    "epsilon-alpha2-beta1-flat": preset(
        "first:{KERNEL}=flat {CONV}=alpha_beta:2,1 {DENSE}=epsilon:{eps} {BASE}", eps=1e-6
    ),
    "epsilon-gamma-box": _boxed(
        "first:{CONV}=BOX {CONV}=gamma:{gamma} {DENSE}=epsilon:{eps} {BASE}", gamma=0.25, eps=1e-6
    ),
    "alpha1-beta0": preset("{KERNEL}=alpha_beta:1,0 {BASE}", eps=1e-6),
    "alpha2-beta1": preset("{KERNEL}=alpha_beta:2,1 {BASE}", eps=1e-6),
    "deep-taylor": _boxed(
        "first:{KERNEL}=BOX {KERNEL}=z_plus:bias=off MaxPool|GlobalMaxPool=zero BatchNorm|Affine=identity "
        f"{_SUMS}|{_CELLS}=z_plus Multiply=uniform Softmax=taylor"
    ),
    "excitation-backprop": preset("{KERNEL}=z_plus {BASE}", eps=1e-6),
}


def parse(text: str) -> Composite:
    """A preset ("epsilon-plus-flat", "epsilon-gamma-box:-3,3.5") or lines ("conv1=z_box:0,1 conv*=gamma *=epsilon").

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
            f"composite: expected one of {', '.join(PRESETS)}, or lines such as 'conv*=gamma *=epsilon', got {text!r}"
            f"{did_you_mean(name, PRESETS)}"
        )
    return Composite(lines_of(text), text.strip())


CompositeLike = Composite | str | Rule | Iterable[tuple[str, Rule | str]] | None


def composite(value: Composite | str | Rule | Iterable[tuple[str, Rule | str]]) -> Composite:
    """A composite from a name, from lines as text, from (pattern, rule) pairs, or from one rule.

    A single rule reaches every node that needs one, as the line "*=rule" does.
    """
    if isinstance(value, Composite):
        return value
    if isinstance(value, Rule):
        return Composite((RuleAssignment("*", value),), f"*={value.text()}")
    if isinstance(value, str):
        return parse(value)
    lines = tuple(
        RuleAssignment(pattern, parse_rule(rule) if isinstance(rule, str) else rule) for pattern, rule in value
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
            with_options(z_box(0, 0), **options)  # a wrong option is told now
            return RuleAssignment(pattern, InputBox(tuple(options.items())), optional)
        return RuleAssignment(pattern, parse_rule(rule), optional)
    except RuleError as error:
        raise CompositeError(f"line {word!r}: {error}") from None
