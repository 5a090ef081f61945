"""Profiles: the conventions of one implementation as data, its defects included and named.

The same rule name gives different numbers in different libraries. A profile says what a library does where the
published equations leave a choice or where the library departs from them: which options its rules have, what it does
with the layers that have no kernel, which layer it uses instead of another in the backward pass, and where it starts.

    network.explain(x, composite="epsilon-plus-flat", profile="zennit")

The composite says which rule a node gets, the profile how the library computes it. A line that names a node or a class
(pool1=flat) is kept as it is written; what presets and wildcards would do with pooling, sums and normalisation is
the library's to say. The presets of a profile are the library's own names, spelled out in full. `lrp.graph.profiles`
holds the profiles themselves; the engine knows none of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from lrp.errors import CompositeError
from lrp.graph.composites import DEFAULT_COMPOSITE, Composite, CompositeLike, lines_of
from lrp.graph.composites import composite as as_composite
from lrp.graph.graph import Graph
from lrp.layers import Layer
from lrp.rules import LinearRule, Rule, options_of, with_options


@dataclass(frozen=True)
class Preset:
    """One of a library's own names: its lines from the parameters behind the colon, and its start where it has one."""

    lines: Callable[..., str]
    start: str | None = None


@dataclass(frozen=True)
class Profile:
    """What one implementation does. See the module's docstring for how it meets a composite.

    options: the rules that the library has, each with the options that are defaults, overridden by the composite;
    None: all rules as published. lines: what it does with layers of its own choice, as a composite's lines.
    backward_layers: class name -> the layer that is used instead in the backward pass. notes: every departure from the
    published equations that the profile reproduces. missing: those that it knows of and does not reproduce.
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

    def default_start(self, given: CompositeLike) -> str:
        """The start where the caller states none."""
        preset = self._preset(given)
        return self.start if preset is None or preset.start is None else preset.start

    def assign(self, graph: Graph, given: CompositeLike, names: Iterable[str]) -> dict[str, Rule]:
        """The rule of each named node: the composite's, computed as this library computes it.

        CompositeError for a rule that the library does not have, beside what `Composite.assign` raises.
        """
        preset = self._preset(given)
        if preset is None:
            composite = as_composite(self.composite if given is None else given)
        else:
            text = str(self.composite if given is None else given)
            words = preset.lines(*filter(None, text.partition(":")[2].split(",")))
            composite = Composite(lines_of(words, optional=True), text)
        own = Composite(lines_of(self.lines, optional=True), self.name).choose(graph)
        chosen = {name: rule for name, (_, rule) in own.items()}
        for name, (line, rule) in composite.choose(graph).items():
            spelt_out = line.is_exact() and (preset is not None or not line.optional)
            if name not in chosen or spelt_out:
                chosen[name] = rule if preset is not None else self.with_library_options(rule)
        return composite.complete(graph, chosen, names)

    def backward_layer(self, layer: Layer) -> Layer:
        """The layer that relevance meets where the forward pass had `layer`."""
        replaced = self.backward_layers.get(type(layer).__name__)
        return layer if replaced is None else replaced(layer)

    def with_library_options(self, rule: Rule) -> Rule:
        """A published rule as this library computes it: options that the rule states itself are kept."""
        if not isinstance(rule, LinearRule) or self.options is None:
            return rule
        stated = rule.options()
        return with_options(rule, **{k: v for k, v in self._options(rule.name).items() if k not in stated})

    def _options(self, name: str) -> dict[str, str]:
        if self.options is None or name not in self.options:
            known = ", ".join(sorted(self.options or {}))
            raise CompositeError(
                f"profile {self.name}: expected a rule that {self.version} has ({known}), got {name}; choose one of"
                ' them, or the profile "paper"'
            )
        return options_of(f"{name}:{self.options[name]}")[2]

    def _preset(self, given: CompositeLike) -> Preset | None:
        text = self.composite if given is None else given
        return self.presets.get(text.strip().partition(":")[0]) if isinstance(text, str) else None
