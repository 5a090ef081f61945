"""Every method by name, and the text form that the command line takes: name, or name:key=value,key=value.

lrp:epsilon-gamma-box:-3,3.5     behind lrp: a composite, as network.explain takes it
sensitivity:inf                  a value without a key is the method's first setting
smoothgrad:samples=10,method=gradient_input
deep_lift:reveal_cancel   integrated_gradients:steps=100,baseline=-1   pattern_net:patterns.h5
prediction_difference:others.h5,window=4     a file of arrays with the pictures to draw from as x
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.errors import InputError, LrpError, SettingError, did_you_mean
from lrp.formats.results import load_arrays
from lrp.graph import Network
from lrp.methods.gradients import (
    cam,
    deconvolution,
    grad_cam,
    gradient,
    gradient_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    sensitivity,
    smoothgrad,
)
from lrp.methods.perturbation import blur_saliency, meaningful_perturbation, occlusion, prediction_difference, shapley
from lrp.methods.propagation import (
    contrastive_excitation_backprop,
    deep_lift,
    excitation_backprop,
    pattern_attribution,
    pattern_net,
    random_map,
    relevance_propagation,
    rule_named,
)
from lrp.methods.result import Attribution


def _pictures(path: str) -> Array:
    """The array x of a file of arrays."""
    found = load_arrays(path)
    if "x" not in found:
        raise InputError(f"{path}: expected a file of arrays with the pictures as x, got {', '.join(found)}")
    return found["x"]


@dataclass(frozen=True)
class Entry:
    """A method and how the text of each of its settings is read; the first may stand without its key."""

    function: Callable[..., Attribution]
    readers: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)


METHODS: dict[str, Entry] = {
    "lrp": Entry(relevance_propagation, {"composite": str}),
    "gradient": Entry(gradient),
    "sensitivity": Entry(sensitivity, {"norm": str}),
    "gradient_input": Entry(gradient_input),
    "deconvolution": Entry(deconvolution, {"norm": str}),
    "guided_backprop": Entry(guided_backprop, {"norm": str}),
    "integrated_gradients": Entry(integrated_gradients, {"steps": int, "baseline": float, "scheme": str}),
    "smoothgrad": Entry(
        smoothgrad,
        {"samples": int, "spread": float, "combine": str, "sigma": float, "method": lambda text: parse(text)},
    ),
    "occlusion": Entry(occlusion, {"window": int, "stride": int, "value": float}),
    "prediction_difference": Entry(prediction_difference, {"samples": _pictures, "window": int, "stride": int}),
    "cam": Entry(cam),
    "grad_cam": Entry(grad_cam, {"layer": str}),
    "guided_grad_cam": Entry(guided_grad_cam, {"layer": str}),
    "deep_lift": Entry(deep_lift, {"rule": rule_named, "baseline": float}),
    "excitation_backprop": Entry(excitation_backprop, {"layer": str}),
    "contrastive_excitation_backprop": Entry(contrastive_excitation_backprop, {"layer": str}),
    "pattern_net": Entry(pattern_net, {"patterns": load_arrays}),
    "pattern_attribution": Entry(pattern_attribution, {"patterns": load_arrays}),
    "meaningful_perturbation": Entry(
        meaningful_perturbation,
        {"game": str, "cell": int, "mask_blur": float, "blur": float, "jitter": int, "steps": int},
    ),
    "blur_saliency": Entry(blur_saliency, {"spot": float, "blur": float, "spacing": int}),
    "shapley": Entry(shapley, {"orders": int, "baseline": float}),
    "random": Entry(random_map),
}


@dataclass(frozen=True, eq=False)
class Method:
    """A method with its settings: called like the functions of this package. text: how it was written."""

    text: str
    function: Callable[..., Attribution]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def __name__(self) -> str:
        """What results call it."""
        return self.text

    def __call__(
        self, network: Network, x: Any, target: Any = None, rng: np.random.Generator | None = None
    ) -> Attribution:
        """rng: for the methods that draw random numbers; the others do not look at it."""
        settings = dict(self.settings)
        if rng is not None and "rng" in inspect.signature(self.function).parameters:
            settings["rng"] = rng
        return self.function(network, x, target, **settings)


def parse(text: str) -> Method:
    """The method that a text names; SettingError for an unknown name or setting.

    >>> parse("sensitivity:inf").settings
    {'norm': 'inf'}
    """
    name, _, rest = text.strip().partition(":")
    key = name.strip().replace("-", "_")
    if key not in METHODS:
        raise SettingError(f"method: expected one of {', '.join(METHODS)}, got {name!r}{did_you_mean(key, METHODS)}")
    entry = METHODS[key]
    settings: dict[str, Any] = {"composite": rest} if rest and key == "lrp" else {}
    for index, part in enumerate(rest.split(",") if rest and key != "lrp" else []):
        word, equals, value = part.partition("=")
        if not equals and index == 0 and entry.readers:
            word, value = next(iter(entry.readers)), part
        if word not in entry.readers:
            known = ", ".join(entry.readers) or "none"
            raise SettingError(f"{key}: expected settings among {known}, got {part!r}")
        settings[word] = _read(entry.readers[word], value, f"{key}: {word}")
    parameters = inspect.signature(entry.function).parameters.values()
    for wanted in (p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty):
        if wanted not in settings:
            raise SettingError(f"{key}: expected a file of {wanted}, such as {key}:{wanted}.h5, got none")
    return Method(text.strip(), entry.function, settings)


def _read(reader: Callable[[str], Any], value: str, subject: str) -> Any:
    """A setting's value from its text."""
    try:
        return reader(value)
    except LrpError:
        raise
    except ValueError:
        raise SettingError(f"{subject}: expected a number, got {value!r}") from None


def split(words: list[str]) -> list[str]:
    """Method texts from words of the command line: separated by blanks, or by commas before a method's name.

    >>> split(["gradient,lrp:epsilon-gamma-box:-3,3.5,random"])
    ['gradient', 'lrp:epsilon-gamma-box:-3,3.5', 'random']
    """
    texts: list[str] = []
    for word in words:
        fresh = True
        for part in word.split(","):
            if fresh or part.partition(":")[0].strip().replace("-", "_") in METHODS:
                texts.append(part)
            else:
                texts[-1] += "," + part
            fresh = False
    return [text for text in texts if text.strip()]
