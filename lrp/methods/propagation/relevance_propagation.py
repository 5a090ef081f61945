"""Layer-wise relevance propagation as one of the methods."""

from __future__ import annotations

from dataclasses import replace

from lrp.arrays import Array
from lrp.graph import CompositeLike, Explanation, InputLike, Network, Profile, Start, TargetLike
from lrp.methods.score import explained_nodes


def relevance_propagation(
    network: Network,
    x: InputLike,
    target: TargetLike = None,
    *,
    composite: CompositeLike = None,
    start: Start | str | float | Array | None = None,
    output: str | None = None,
    profile: Profile | str = "paper",
    layer: str | None = None,
) -> Explanation:
    """f(x) = ... = sum_d R_d^(l+1) = sum_d R_d^(l) = ... = sum_d R_d^(1), up to what the ledger names

    Source: Bach et al. 2015, layer-wise relevance propagation

    It is `network.explain`. Unit: that of the explained output. The map depends on the composite, the rule of each
    layer; does not choose one that fits the network's layers and data.

    Parameters
    ----------
    network : Network
        The network to explain.
    x : InputLike
        A batch, in a form that `network.forward` takes.
    target : TargetLike
        The output to explain, one for all samples or one per sample; None: each sample's largest logit.
    composite : CompositeLike
        A name, lines, or (pattern, rule) pairs; None: the profile's, `lrp.graph.DEFAULT_COMPOSITE` for "paper".
    start : Start, str, float or array, optional
        The relevance of the output; None: the profile's, "logit" for "paper".
    output : str, optional
        The name of the output to explain; None: the first.
    profile : Profile or str
        The library whose conventions the rules are computed by.
    layer : str, optional
        The node whose output takes the place of x, such as an embedding; None: the inputs.

    Returns
    -------
    Explanation
        With ledger, relevances, trace, rules, start and profile; expected: the relevance at the start.

    Raises
    ------
    CompositeError
        For a composite that does not fit the network.
    TargetError
        For a target or an output that the network does not have.
    GraphError
        Where layer is no node of the network.

    Examples
    --------
    >>> import numpy as np
    >>> from lrp import Network, layers
    >>> network = Network.sequential([layers.Dense(np.array([[2.0], [-1.0]]))], (2,))
    >>> explanation = relevance_propagation(network, [[3.0, 1.0]], composite="*=zero")
    >>> explanation.relevance, explanation.gap()
    (array([[ 6., -1.]]), array([0.]))
    """
    explanation = network.explain(x, target, composite, start=start, output=output, profile=profile)
    if layer is None:
        return explanation
    (node,) = explained_nodes(network, layer, "lrp")
    relevance = explanation.relevances.get(node, 0 * explanation.trace.values[node])
    return replace(explanation, relevance=relevance)
