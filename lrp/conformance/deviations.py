"""Known ways in which implementations depart from the published equations: each a profile and a sentence.

For a case that does not agree they are tried one by one, then in pairs; the one that reproduces the other numbers is
the likely reason. A deviation is data, like a library's profile, and is computed by the same engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lrp.graph import PROFILES, Composite, Profile, averaged, lines_of, squared_variance
from lrp.rules import LinearRule, with_options

KERNEL_RULES = ("zero", "epsilon", "gamma", "alpha_beta", "z_plus", "z_box", "w_square", "flat")
_POOLS = "AvgPool|SumPool|GlobalAvgPool|GlobalSumPool"


@dataclass(frozen=True)
class Deviation:
    """One departure: a sentence, and how it is computed.

    options: rule name -> options that override the case's own. lines: rules by layer class, over the case's own.
    backward_layers: layer class -> the layer that is used in the backward pass. start: another start of the relevance.
    """

    words: str
    options: tuple[tuple[str, str], ...] = ()
    lines: str = ""
    backward_layers: tuple[tuple[str, Any], ...] = ()
    start: str | None = None

    def profile(self) -> Profile:
        """The profile of an implementation that departs in this way only."""
        forced = dict(self.options)
        return _Forced(
            self.words,
            "an implementation",
            options={name: forced.get(name, "") for name in KERNEL_RULES},
            lines=self.lines,
            backward_layers=dict(self.backward_layers),
        )

    def __and__(self, other: Deviation) -> Deviation:
        """Both at once."""
        options = dict(self.options)
        for name, text in other.options:
            options[name] = ",".join(filter(None, (options.get(name, ""), text)))
        return Deviation(
            f"{self.words}; and {other.words}",
            tuple(options.items()),
            f"{self.lines} {other.lines}".strip(),
            self.backward_layers + other.backward_layers,
            other.start or self.start,
        )


class _Forced(Profile):
    """A profile whose options and lines override those of the composite, at every node."""

    def with_library_options(self, rule: Any) -> Any:
        if not isinstance(rule, LinearRule):
            return rule
        return with_options(rule, **self._options(rule.name))

    def assign(self, network: Any, asked: Any, names: Any) -> Any:
        own = Composite(lines_of(self.lines, optional=True), self.name).choose(network)
        rules = super().assign(network, asked, names)
        return {name: own[name][1] if name in own else rule for name, rule in rules.items()}


def _every(text: str, *but: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name in KERNEL_RULES if name not in but)


def _stabilized(eps: str) -> Deviation:
    return Deviation(f"a stabilizer of {eps} in rules that have none", _every(f"eps={eps}", "epsilon"))


def _instead(rule: str) -> Deviation:
    return Deviation(f"the rule {rule} was used", lines=f"Dense|Conv|ConvTranspose={rule}")


SINGLE: tuple[Deviation, ...] = (
    Deviation(
        "the bias is added in full to both halves of alpha-beta",
        (("alpha_beta", "bias=whole"), ("z_plus", "bias=whole")),
    ),
    Deviation("the bias is added in full: gamma does not scale it", (("gamma", "bias=whole"),)),
    Deviation("the bias has no part in the denominator", _every("bias=off")),
    Deviation(
        "the bias has a part in the denominator although it is switched off", _every("bias=on", "w_square", "flat")
    ),
    Deviation("the bias, squared, counts in the denominator of w^2", (("w_square", "bias=on"),)),
    Deviation("the bias counts in the denominator of flat, as one more input", (("flat", "bias=on"),)),
    Deviation("the stabilizer is added whatever the sign of z", _every("stab=plus")),
    Deviation("the stabilizer clips small denominators and leaves the others alone", _every("stab=clip")),
    Deviation("the stabilizer has no effect (epsilon is lost)", (("epsilon", "eps=0"),)),
    *map(_stabilized, ("1e-4", "1e-6", "1e-7", "1e-9", "1e-12", "1e-16")),
    Deviation("a denominator that is exactly zero is replaced by 1e-7", _every("zero=1e-7")),
    Deviation("at a zero denominator relevance is passed on undivided", _every("zero=1")),
    Deviation("the messages are not divided by their sum", _every("stab=one")),
    Deviation("the sign of the weight alone decides, as if every input were positive", _every("sign=weight")),
    Deviation("negative inputs contribute nothing", _every("sign=positive")),
    Deviation("a one-sided neuron is renormalised, so that nothing is dropped", _every("one_sided=renormalise")),
    Deviation("a one-sided neuron is not renormalised: its share is dropped", _every("one_sided=drop")),
    Deviation("what bias and stabilizer take is spread over the inputs", _every("sink=spread")),
    Deviation("what bias and stabilizer take is not spread over the inputs", _every("sink=keep")),
    Deviation("zero padding counts as an input of w^2 and flat", _every("padding=count")),
    Deviation(
        "ties are duplicated: every winner of a max-pooling receives all relevance",
        lines="MaxPool|GlobalMaxPool=winner:all",
    ),
    Deviation("ties go to the first winner", lines="MaxPool|GlobalMaxPool=winner:first"),
    Deviation("ties are shared among the winners", lines="MaxPool|GlobalMaxPool=winner:share"),
    Deviation("max-pooling is treated as average pooling", lines="MaxPool|GlobalMaxPool=zero"),
    Deviation("max-pooling is treated as average pooling by equal parts", lines="MaxPool|GlobalMaxPool=flat"),
    Deviation("gradient fallback: average pooling has no rule", lines=f"{_POOLS}=gradient"),
    Deviation("gradient fallback: sums have no rule, each branch receives the whole", lines="Add|Average=gradient"),
    Deviation("gradient fallback: LRN has no rule", lines="LRN=gradient"),
    Deviation("gradient fallback: products have no rule", lines="Multiply=gradient"),
    Deviation("gradient fallback: batch normalisation has no rule", lines="BatchNorm=gradient"),
    Deviation(
        "gradient fallback: activations multiply relevance by their slope", lines="ReLU|LeakyReLU|Tanh|Sigmoid=gradient"
    ),
    Deviation("gradient fallback: kernels have no rule", lines="Dense|Conv|ConvTranspose=gradient"),
    Deviation(
        "average pooling and sums ignore the rule: contributions over their sum", lines=f"{_POOLS}|Add|Average=zero"
    ),
    Deviation("batch normalisation passes relevance unchanged", lines="BatchNorm=identity"),
    Deviation("batch normalisation takes the zero rule, its shift keeps its part", lines="BatchNorm=zero"),
    Deviation("batch normalisation squares its variance", backward_layers=(("BatchNorm", squared_variance),)),
    Deviation("LRN passes relevance unchanged", lines="LRN=identity"),
    Deviation("LRN as a Taylor step whose messages are not divided by their sum", lines="LRN=zero:stab=one"),
    Deviation(
        "max-pooling is treated as average pooling in the backward pass",
        backward_layers=(("MaxPool", averaged), ("GlobalMaxPool", averaged)),
    ),
    Deviation("relevance starts with 1, not with the logit", start="one"),
    Deviation("relevance starts with the positive part of the logit", start="relu"),
    *(
        _instead(rule)
        for rule in ("zero", "epsilon:1e-06", "alpha_beta:1,0", "alpha_beta:2,1", "z_plus", "w_square", "flat")
    ),
)


def libraries() -> Iterator[Profile]:
    """The profiles of whole implementations; one that agrees is named in the report."""
    yield from (profile for name, profile in PROFILES.items() if name != "paper")
