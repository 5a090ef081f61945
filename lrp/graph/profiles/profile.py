"""What a profile is: the conventions of one implementation as data, its defects included and named.

The same rule name gives different numbers in different libraries. A profile holds what a library does where the
published equations leave a choice or where the library departs from them: the options of its rules, the rules of the
layers that have no kernel, the layers it replaces in the backward pass, and the relevance it starts with.

    network.explain(x, composite="epsilon-plus-flat", profile="zennit")

The composite gives the rule of each node, the profile how the library computes it. A line that names a node or a class
(pool1=flat) is kept as written; what presets and wildcards do with pooling, sums and normalisation is decided by the
profile. The presets of a profile are the library's own names, spelled out in full.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lrp.errors import CompositeError, did_you_mean
from lrp.graph.composites import Composite, CompositeLike, lines_of
from lrp.graph.composites import composite as as_composite
from lrp.graph.graph import Graph
from lrp.graph.presets import DEFAULT_COMPOSITE
from lrp.graph.presets import preset as preset_lines
from lrp.layers import Layer
from lrp.rules import LinearRule, Rule, options_of, with_options


@dataclass(frozen=True)
class Preset:
    """A composite that a library names: its lines from the parameters behind the colon, and its start if it has one."""

    lines: Callable[..., str]
    start: str | None = None


def named_preset(template: str, start: str | None = None, **defaults: float) -> Preset:
    """A preset from its lines with {parameters} in them.

    >>> named_preset("*=epsilon:{eps}", eps=1e-9).lines("0.5")
    '*=epsilon:0.5'
    """
    return Preset(preset_lines(template, **defaults), start)


@dataclass(frozen=True)
class Profile:
    """The conventions of one implementation; the docstring of the module says how it meets a composite.

    options: the rules that the library has, each with its default options, overridden by those of the composite;
    None: all rules as published. lines: the rules of layers without a kernel, as a composite's lines.
    backward_layers: class name -> the function that makes the layer used in the backward pass from that of the forward
    pass. notes: every departure from the published equations that the profile reproduces. missing: known departures
    that it does not reproduce.
    """

    name: str
    version: str
    composite: str = DEFAULT_COMPOSITE
    start: str = "logit"
    options: Mapping[str, str] | None = None
    lines: str = ""
    presets: Mapping[str, Preset] = field(default_factory=dict)
    backward_layers: Mapping[str, Callable[[Layer], Layer]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def default_start(self, composite: CompositeLike) -> str:
        """The name of the start where the caller gives none: the preset's, or the library's."""
        preset = self._preset(composite)
        return self.start if preset is None or preset.start is None else preset.start

    def assign(self, graph: Graph, composite: CompositeLike, names: Iterable[str]) -> dict[str, Rule]:
        """The rule of each named node: the composite's, computed as this library computes it.

        CompositeError for a rule that the library does not have, and for what `Composite.assign` raises.
        """
        preset = self._preset(composite)
        if preset is None:
            chosen_composite = as_composite(self.composite if composite is None else composite, self.presets)
        else:
            text = str(self.composite if composite is None else composite)
            words = preset.lines(*filter(None, text.partition(":")[2].split(",")))
            chosen_composite = Composite(lines_of(words, optional=True), text)
        own = Composite(lines_of(self.lines, optional=True), self.name).choose(graph)
        chosen = {name: rule for name, (_, rule) in own.items()}
        for name, (line, rule) in chosen_composite.choose(graph).items():
            spelt_out = line.is_exact() and (preset is not None or not line.optional)
            if name not in chosen or spelt_out:
                chosen[name] = rule if preset is not None else self.with_library_options(rule)
        return chosen_composite.complete(graph, chosen, names)

    def backward_layer(self, layer: Layer) -> Layer:
        """The layer of the backward pass where the forward pass has `layer`."""
        replaced = self.backward_layers.get(type(layer).__name__)
        return layer if replaced is None else replaced(layer)

    def with_library_options(self, rule: Rule) -> Rule:
        """A published rule with the options of this library; options that the rule states itself are kept."""
        if not isinstance(rule, LinearRule) or self.options is None:
            return rule
        stated = rule.options()
        return with_options(rule, **{k: v for k, v in self._options(rule.name).items() if k not in stated})

    def _options(self, name: str) -> dict[str, str]:
        if self.options is None or name not in self.options:
            known = sorted(self.options or {})
            raise CompositeError(
                f"profile {self.name}: expected a rule that {self.version} has ({', '.join(known)}), got {name}; choose"
                f' one of them, or the profile "paper"{did_you_mean(name, known)}'
            )
        return options_of(f"{name}:{self.options[name]}")[2]

    def _preset(self, composite: CompositeLike) -> Preset | None:
        text = self.composite if composite is None else composite
        return self.presets.get(text.strip().partition(":")[0]) if isinstance(text, str) else None
