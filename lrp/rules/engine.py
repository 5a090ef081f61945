"""The one place where relevance is divided: any rule of `lrp.rules.algebra` on any linear layer.

Two implementations of one contract: `reference.py` follows the formulas line by line, `fast.py` saves work and memory.
`distribute` chooses. Both give the same decisions (which group is defined for which neuron), and numbers that differ by
rounding alone; in rational arithmetic they are equal with ==.
"""

from __future__ import annotations

from lrp.arrays import Array
from lrp.implementation import use_reference
from lrp.rules import fast, reference
from lrp.rules.algebra import LinearRule
from lrp.rules.propagation import Propagation, all_to_inputs, difference_as_dropped, with_dropped
from lrp.rules.reference import Linear

__all__ = ["Linear", "Propagation", "all_to_inputs", "difference_as_dropped", "distribute", "with_dropped"]


def distribute(rule: LinearRule, layer: Linear, x: Array, z: Array, R: Array) -> Propagation:
    """Divide R, the relevance of z = apply(weight, x) + bias, over the entries of x.

    Parameters
    ----------
    rule : the table of groups; see `lrp.rules.algebra`
    layer : a linear map with its adjoint
    x : the layer's input, samples first
    z : the layer's output at x, bias included
    R : the relevance of z, of its shape

    Returns
    -------
    Propagation
        The relevance of x, and per sample what bias and stabilizer took and what was dropped. It does not conserve by
        itself where a bias or a stabilizer takes its part or a group is undefined.
    """
    divide = reference.divide if use_reference() else fast.divide
    return divide(rule, layer, x, z, R)
