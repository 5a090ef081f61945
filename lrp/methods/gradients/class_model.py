"""Class model visualisation: gradient ascent on the score, starting from x."""

from __future__ import annotations

import numpy as np

from lrp import arrays
from lrp.graph import Explanation, InputLike, Network, TargetLike
from lrp.methods.gradients.gradient import gradients
from lrp.methods.score import score, single_input
from lrp.methods.tools import number, whole


def class_model(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    steps: int = 200,
    rate: float = 1.0,
    decay: float = 0.01,
) -> Explanation:
    """Ascent on S_c(I) - decay ||I||^2:  I <- I + rate (dS_c/dI - 2 decay I), from I = x

    Source: Simonyan et al. 2013, class model visualisation

    S_c is the logit, not the probability, which could be raised by lowering the other logits. A large rate overshoots;
    details["scores"] shows it. Unit: that of the input. Does not explain x: the result is a picture of the class.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        Where the ascent starts: zeros in the paper (in the network's own units, mean subtracted).
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    steps : int
        The number of steps.
    rate : float
        The length of a step.
    decay : float
        The weight of ||I||^2.

    Returns
    -------
    Explanation
        relevance: the picture itself; details: "scores" (steps + 1, n), the logit before and after each step.

    Raises
    ------
    InputError
        For a network with several inputs or token numbers.
    SettingError
        For a setting out of its range.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]]))], (2,))
    >>> class_model(network, [[0.0, 0.0]], steps=1, rate=0.5, decay=0.0).relevance
    array([[ 1. , -0.5]])
    """
    name = single_input(network, "class_model")
    whole("class_model: steps", steps)
    number("class_model: rate", rate, above=0)
    number("class_model: decay", decay, least=0)
    scored = score(network, x, target)
    scores = [scored.value]
    for _ in range(steps):
        picture = scored.inputs[name]
        two = arrays.scalar(2 * decay, picture)
        picture = picture + arrays.scalar(rate, picture) * (gradients(scored)[name] - two * picture)
        scored = scored.at({name: picture})
        scores.append(scored.value)
    settings = {"steps": steps, "rate": rate, "decay": decay}
    details = {"scores": np.stack(scores)}
    return scored.explanation("class_model", scored.inputs, settings, details=details)
