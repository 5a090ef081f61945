"""The relevance of local descriptors, from that of the dimensions that they were pooled to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.rules import LinearRule, Sink


@dataclass(frozen=True)
class Divided:
    """The division of the relevance R_d of pooled dimensions, entry by entry; arrays of the shape of R."""

    factor: Array  # R_d / stab(sum_l m_d(l)), 0 in the zero set
    everywhere: Array  # what is divided over all L descriptors of the picture in equal parts
    stabilizer: Array  # what goes to the stabilizer
    dropped: Array  # what is lost where the stabilized sum is 0 and the sum itself is not


def divide(R: Array, total: Array, rule: LinearRule) -> Divided:
    """R_l = sum_{d not in Z} R_d m_d(l) / stab(sum_l' m_d(l'))  +  (1/L) sum_{d in Z} R_d

    Z = {d: sum_l m_d(l) = 0} is the zero set. Source: Lapuschkin et al. 2016, relevance of a local descriptor

    R and total = sum_l m_d(l) have one shape. Conserves but for the stabilizer, whose part the rule's option
    sink=spread divides over all descriptors as well.
    """
    zero_set = total == 0
    nothing = arrays.zeros(R.shape, R)
    shift = rule.stabilizer.shift(total)
    defined = ~zero_set & (total + shift != 0)
    factor = arrays.divide_where(R, total + shift, defined)
    leak, everywhere = factor * shift, np.where(zero_set, R, nothing)
    dropped = np.where(zero_set | defined, nothing, R)
    if rule.sink is Sink.SPREAD:
        return Divided(factor, everywhere + leak, nothing, dropped)
    return Divided(factor, everywhere, leak, dropped)


def widened(array: Array) -> Array:
    """float64 of a float array, for sums over tens of thousands of descriptors; rationals as they are."""
    return array if arrays.is_exact(array) else array.astype(np.float64, copy=False)
