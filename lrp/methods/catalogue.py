"""Every method by name, and the text form of a method with its settings: name, or name:key=value,key=value.

lrp:epsilon-gamma-box:-3,3.5     all that follows lrp: is a composite, as network.explain takes it
sensitivity:inf                  a value without a key is the method's first setting
smoothgrad:samples=10,method=gradient_times_input
deep_lift:reveal_cancel   integrated_gradients:steps=100,baseline=-1   pattern_net:patterns.h5
prediction_difference:others.h5,training_size=60000,window=4     a file of arrays with the background pictures as x
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lrp.arrays import Array
from lrp.errors import InputError, LrpError, SettingError, did_you_mean
from lrp.formats.results import load_arrays
from lrp.methods.gradients import (
    cam,
    deconvolution,
    grad_cam,
    gradient,
    gradient_times_input,
    guided_backprop,
    guided_grad_cam,
    integrated_gradients,
    sensitivity,
    smoothgrad,
    squared_gradient,
)
from lrp.methods.method import Entry, Method, required
from lrp.methods.perturbation import blur_saliency, meaningful_perturbation, occlusion, prediction_difference, shapley
from lrp.methods.propagation import (
    contrastive_excitation_backprop,
    deep_lift,
    excitation_backprop,
    pattern_attribution,
    pattern_net,
    relevance_propagation,
    rule_named,
)
from lrp.methods.random_map import random_map


def _pictures(path: str) -> Array:
    """The array x of a file of arrays."""
    arrays = load_arrays(path)
    if "x" not in arrays:
        raise InputError(f"{path}: expected a file of arrays with the pictures as x, got {', '.join(arrays)}")
    return arrays["x"]


_LAYER = {"layer": str}

METHODS: dict[str, Entry] = {
    "lrp": Entry(
        relevance_propagation,
        {"composite": str},
        example="lrp:epsilon-plus-flat",
        use="relevance with a ledger",
        limits="depends on the composite",
        sums_to="S(x), up to what the ledger names",
    ),
    "gradient": Entry(gradient, _LAYER, example="gradient", use="local change", limits="does not explain the value S"),
    "squared_gradient": Entry(
        squared_gradient,
        _LAYER,
        example="squared_gradient",
        use="sensitivity analysis of texts",
        limits="no sign",
        sums_to="the squared norm of dS/dx",
    ),
    "sensitivity": Entry(
        sensitivity, {"norm": str}, example="sensitivity:inf", use="the pixels where a change matters", limits="no sign"
    ),
    "gradient_times_input": Entry(
        gradient_times_input,
        _LAYER,
        example="gradient_times_input",
        use="a first decomposition",
        limits="0 wherever x is 0; complete without biases only",
    ),
    "deconvolution": Entry(
        deconvolution,
        {"norm": str},
        example="deconvolution:2",
        use="what excites the features",
        limits="ReLU only; the forward pass enters by pooling alone",
    ),
    "guided_backprop": Entry(
        guided_backprop,
        {"norm": str},
        example="guided_backprop",
        use="fine structure",
        limits="ReLU only; ignores the upper layers",
    ),
    "integrated_gradients": Entry(
        integrated_gradients,
        {"steps": int, "baseline": float, "scheme": str},
        example="integrated_gradients:steps=100,baseline=-1",
        use="a decomposition on any network",
        limits="exact in the limit of steps only",
        sums_to="S(x) - S(r), up to gap()",
    ),
    "smoothgrad": Entry(
        smoothgrad,
        {"samples": int, "spread": float, "combine": str, "sigma": float, "method": lambda text: parse(text)},
        example="smoothgrad:samples=10,combine=square,method=gradient_times_input",
        use="less noise",
        limits="has the limits of its base method",
    ),
    "occlusion": Entry(
        occlusion,
        {"window": int, "stride": int, "baseline": float},
        example="occlusion:window=4",
        use="the effect of covering, measured directly",
        limits="sees one window at a time",
    ),
    "prediction_difference": Entry(
        prediction_difference,
        {"background": _pictures, "training_size": int, "window": int, "stride": int},
        example="prediction_difference:FILE.h5,training_size=60000,window=4",
        use="covering without a baseline",
        limits="the windows' content is drawn without regard to the pixels around them",
    ),
    "cam": Entry(
        cam,
        example="cam",
        use="location of a class",
        limits="needs a pooling head",
        sums_to="S(x) - b at the map's own size",
    ),
    "grad_cam": Entry(
        grad_cam,
        _LAYER,
        example="grad_cam:LAYER",
        use="location on any convolution",
        limits="coarse; one mean gradient for all positions",
    ),
    "guided_grad_cam": Entry(
        guided_grad_cam, _LAYER, example="guided_grad_cam:LAYER", use="location with fine structure", limits="ReLU only"
    ),
    "deep_lift": Entry(
        deep_lift,
        {"rule": rule_named, "baseline": float},
        example="deep_lift:reveal_cancel,baseline=0.5",
        use="differences from a reference, with a ledger",
        limits="no rule for normalisation within a sample",
        sums_to="S(x) - S(r)",
    ),
    "excitation_backprop": Entry(
        excitation_backprop,
        _LAYER,
        example="excitation_backprop",
        use="what the winning neurons depend on",
        limits="no negative evidence; ignores the upper layers",
        sums_to="1",
    ),
    "contrastive_excitation_backprop": Entry(
        contrastive_excitation_backprop,
        _LAYER,
        example="contrastive_excitation_backprop:LAYER",
        use="one class against the others",
        limits="the positive part at one layer only",
    ),
    "pattern_net": Entry(
        pattern_net,
        {"patterns": load_arrays},
        example="pattern_net:FILE.h5",
        use="the signal, not the filter",
        limits="ReLU only; needs data to estimate from",
    ),
    "pattern_attribution": Entry(
        pattern_attribution,
        {"patterns": load_arrays},
        example="pattern_attribution:FILE.h5",
        use="the contribution of the signal",
        limits="ReLU only; needs data to estimate from; does not conserve",
    ),
    "meaningful_perturbation": Entry(
        meaningful_perturbation,
        {"game": str, "cell": int, "mask_blur": float, "blur": float, "jitter": int, "steps": int},
        example="meaningful_perturbation:preservation,cell=2",
        use="the smallest part that decides",
        limits="defaults are for 224 pixels; a local optimum",
    ),
    "blur_saliency": Entry(
        blur_saliency,
        {"spot": float, "blur": float, "spacing": int},
        example="blur_saliency:spot=5",
        use="the pixels that the outputs depend on",
        limits="no sign; blind to uniform regions",
    ),
    "shapley": Entry(
        shapley,
        {"samples": int, "baseline": float},
        example="shapley:samples=100",
        use="Shapley values, exact up to 12 features",
        limits="sampled above, with standard errors",
        sums_to="S(x) - S(r)",
    ),
    "random": Entry(random_map, example="random", use="the control of an evaluation", limits="explains nothing"),
}


def parse(text: str) -> Method:
    """The method and the settings that a text names.

    Parameters
    ----------
    text : str
        The name of a method in METHODS, alone or with settings behind a colon.

    Returns
    -------
    Method
        Callable as method(network, x, target).

    Raises
    ------
    SettingError
        For an unknown method or setting, a value that cannot be converted, or a missing setting without a default.

    Examples
    --------
    >>> parse("sensitivity:inf").settings
    {'norm': 'inf'}
    >>> parse("grad_cam:relu2").settings
    {'layer': 'relu2'}
    """
    method = named(text)
    for setting in required(method.function):
        if setting not in method.settings:
            key = method_key(text)
            example = METHODS[key].example
            raise SettingError(f"{key}: expected the setting {setting}, such as {example}, got none")
    return method


def named(text: str) -> Method:
    """As parse(), but a setting without a default may be missing: the caller gives it."""
    key, rest = method_key(text), text.strip().partition(":")[2]
    entry = METHODS[key]
    settings: dict[str, Any] = {"composite": rest} if rest and key == "lrp" else {}
    for index, part in enumerate(rest.split(",") if rest and key != "lrp" else []):
        setting, equals, value = part.partition("=")
        if not equals and index == 0 and entry.converters:
            setting, value = next(iter(entry.converters)), part
        if setting not in entry.converters:
            known = ", ".join(entry.converters) or "none"
            near = did_you_mean(setting, entry.converters)
            raise SettingError(f"{key}: expected settings among {known}, got {part!r}{near}")
        settings[setting] = _converted(entry.converters[setting], value, f"{key}: {setting}")
    return Method(text.strip(), entry.function, settings)


def method_key(text: str) -> str:
    """The key in METHODS of the method that a text names; SettingError for an unknown one."""
    name = text.partition(":")[0].strip()
    key = name.replace("-", "_")
    if key not in METHODS:
        raise SettingError(f"method: expected one of {', '.join(METHODS)}, got {name!r}{did_you_mean(key, METHODS)}")
    return key


def _converted(converter: Callable[[str], Any], value: str, subject: str) -> Any:
    """A setting's value from its text."""
    try:
        return converter(value)
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
        first = True
        for part in word.split(","):
            if first or part.partition(":")[0].strip().replace("-", "_") in METHODS:
                texts.append(part)
            else:
                texts[-1] += "," + part
            first = False
    return [text for text in texts if text.strip()]
