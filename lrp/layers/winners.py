"""The rule `winner`: all relevance goes to the largest input, as in pooling by the maximum and in Maximum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from lrp import arrays
from lrp.arrays import Array
from lrp.rules import Propagation, Stabilizer, Ties, Winner, all_to_inputs, difference_as_dropped


def to_winners(rule: Winner, R: Array, y: Array, route: Callable[[Array], tuple[Array, ...]]) -> Propagation:
    """R_i = R y / (y + eps s(y)) for the winner i of each output y, 0 for the other inputs

    Source: Bach et al. 2015, max-pooling

    route(R) brings relevance of the shape of y to the winners, one array per input, with ties as the rule states.
    With ties "all" each winner receives the whole, and what exceeds R is counted as a negative `dropped`.
    """
    if not rule.eps:
        parts = route(R)
        return difference_as_dropped(R, *parts) if rule.ties is Ties.ALL else all_to_inputs(*parts)
    shift = Stabilizer(rule.eps).shift(y)
    s = R / (y + shift)
    divided, to_shift = difference_as_dropped(s * y, *route(s * y)), s * shift
    gross = divided.gross + arrays.sum_abs(to_shift)
    return replace(divided, stabilizer=arrays.sum_per_sample(to_shift), gross=gross)
