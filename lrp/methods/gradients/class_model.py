"""The picture that a class would like to see."""

from __future__ import annotations

from typing import Any

import numpy as np

from lrp import arrays
from lrp.graph import Network
from lrp.methods.gradients.gradient import gradients
from lrp.methods.result import Attribution
from lrp.methods.score import score, single_input
from lrp.methods.tools import number, whole


def class_model(
    network: Network, x: Any, target: Any = None, steps: int = 200, rate: float = 1.0, decay: float = 0.01
) -> Attribution:
    """Ascent on S_c(I) - decay ||I||^2:  I <- I + rate (dS_c/dI - 2 decay I), from I = x

    Source: Simonyan et al. 2013, class model visualisation

    x: where the ascent begins, zeros in the paper (in the network's own units, mean subtracted). S_c is the logit, not
    the probability, which could be raised by pulling the others down. relevance is the picture itself;
    details["scores"] (steps + 1, n) the logit on the way. A large rate overshoots: the curve tells.
    """
    name = single_input(network, "class_model")
    whole("class_model: steps", steps)
    number("class_model: rate", rate, above=0)
    number("class_model: decay", decay, least=0)
    found = score(network, x, target)
    scores = [found.value]
    for _ in range(steps):
        picture = found.inputs[name]
        two = arrays.scalar(2 * decay, picture)
        picture = picture + arrays.scalar(rate, picture) * (gradients(found)[name] - two * picture)
        found = found.at({name: picture})
        scores.append(found.value)
    settings = {"steps": steps, "rate": rate, "decay": decay}
    details = {"scores": np.stack(scores)}
    return Attribution("class_model", found.form(found.inputs), found.target, found.value, settings, details=details)
