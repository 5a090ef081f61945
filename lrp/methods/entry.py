"""One entry to all explanation methods."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from lrp.errors import SettingError, did_you_mean
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.catalogue import named
from lrp.methods.method import Method, required

# a name or text form of the catalogue, or method(network, x, target, ...)
MethodLike = str | Callable[..., Explanation]


def explain(
    network: Network, x: InputLike, target: TargetLike = None, *, method: MethodLike = "lrp", **settings: Any
) -> Explanation:
    """Explain one output of each sample by a method of the catalogue, or by a function of the same form.

    The same settings have the same names in all methods:

        baseline    r, the reference of integrated_gradients, deep_lift, occlusion and shapley
        samples     the number of random draws of smoothgrad and shapley
        rng         the random number generator of the methods that draw
        composite   the rules of lrp; None: `lrp.graph.DEFAULT_COMPOSITE`
        layer       the node that is looked at instead of the input, or the node of the feature maps
        norm        the norm over the channels of sensitivity, deconvolution and guided_backprop

    A method's other settings are in its docstring. `network.explain` is the same as method="lrp", with options for
    memory and progress.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    method : str or callable
        A name in `lrp.methods.METHODS`, alone or with settings ("sensitivity:inf"), or a function
        method(network, x, target, **settings) -> Explanation.
    **settings
        The method's settings. Those of the text form are overridden.

    Returns
    -------
    Explanation
        The same type for every method.

    Raises
    ------
    SettingError
        For an unknown method or setting, with the nearest known name, or a missing setting without a default.

    Examples
    --------
    >>> import numpy as np
    >>> import lrp
    >>> network = lrp.Network.sequential([lrp.layers.Dense(np.array([[2.0], [-1.0]]))], (2,))
    >>> lrp.explain(network, [[3.0, 1.0]]).relevance.round(5)
    array([[ 6., -1.]])
    >>> lrp.explain(network, [[3.0, 1.0]], method="integrated_gradients", baseline=0.0, steps=4).relevance
    array([[ 6., -1.]])
    """
    chosen = named(method) if isinstance(method, str) else method
    if not callable(chosen):
        raise SettingError(f"explain: method: expected a name or a function, got {method!r}")
    given: dict[str, Any] = {}
    if isinstance(chosen, Method):
        given, chosen = dict(chosen.settings), chosen.function
    given |= settings
    _check(chosen, given)
    return chosen(network, x, target, **given)


def _check(function: Callable[..., Explanation], given: dict[str, Any]) -> None:
    """SettingError for a setting that the method does not have, or for a missing one."""
    name = getattr(function, "__name__", "method")
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = [p.name for p in parameters if p.name not in ("network", "x", "target")]
    for setting in given:
        if setting not in known:
            raise SettingError(
                f"{name}: expected settings among {', '.join(known) or 'none'}, got"
                f" {setting!r}{did_you_mean(setting, known)}"
            )
    for setting in required(function):
        if setting not in given:
            raise SettingError(f"{name}: expected a value for the setting {setting}, got none")
