"""The explained number S_c(x), its gradient's starting point, and the result's form: where every method starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import GraphError, InputError, ShapeError, did_you_mean
from lrp.graph import Explanation, InputLike, Network, TargetLike, Trace, at_target, picked, target_numbers
from lrp.layers import Input, Softmax


@dataclass(frozen=True, eq=False)
class Score:
    """S_c of each sample: the output `node` at `target`, before a final softmax.

    x: the caller's input, whose form the result has.
    """

    network: Network
    trace: Trace
    node: str
    target: Array
    x: InputLike

    @property
    def logits(self) -> Array:
        """(n, ...) the outputs before a final softmax."""
        return self.trace.values[self.node]

    @property
    def value(self) -> Array:
        """(n,) the explained number."""
        return picked(self.logits, self.target)

    @property
    def one(self) -> Array:
        """(n, ...) 1 at the target, 0 elsewhere: dS_c/dlogits, where a gradient starts."""
        return at_target(self.logits, self.target, arrays.scalar(1, self.logits))

    @property
    def inputs(self) -> dict[str, Array]:
        """The network's inputs by name, in its arithmetic."""
        return {name: self.trace.values[name] for name in self.network.inputs}

    def at(self, inputs: dict[str, Array]) -> Score:
        """The same targets at other inputs."""
        return Score(self.network, self.network.forward(inputs), self.node, self.target, self.x)

    def form(self, by_name: dict[str, Array]) -> Any:
        """Arrays at the inputs in the form of x; of another node's output the array itself."""
        if set(by_name) != set(self.network.inputs):
            (array,) = by_name.values()
            return array
        return like_input(self.x, {name: by_name[name] for name in self.network.inputs})

    def explanation(
        self, method: str, maps: dict[str, Array], settings: dict[str, Any] | None = None, **fields: Any
    ) -> Explanation:
        """The result of a method that computed `maps`, the relevance at the inputs (or at one node), by name."""
        return Explanation(method, self.form(maps), self.target, self.value, settings or {}, relevances=maps, **fields)


def like_input(x: InputLike, by_name: dict[str, Array]) -> Any:
    """Arrays at the inputs, by name in the network's order, in the form of x."""
    if isinstance(x, Mapping):
        return by_name
    parts = tuple(by_name.values())
    return parts if len(parts) > 1 or isinstance(x, tuple) else parts[0]


def logit_node(network: Network) -> str:
    """The first output's node, or the node below it where it is a softmax."""
    node = network.nodes[network.outputs[0]]
    return node.inputs[0] if isinstance(node.layer, Softmax) else node.name


def score(network: Network, x: InputLike, target: TargetLike = None) -> Score:
    """The forward pass and the explained number; target None: each sample's largest logit."""
    trace, node = network.forward(x), logit_node(network)
    return Score(network, trace, node, target_numbers(target, trace.values[node], network.metadata.classes), x)


def explained_nodes(network: Network, layer: str | None, method: str) -> tuple[str, ...]:
    """The inputs, or the one node `layer`; GraphError for an unknown node, InputError for inputs of token numbers."""
    if layer is None:
        no_tokens(network, method)
        return network.inputs
    if layer not in network.nodes:
        raise GraphError(
            f"{method}: layer: expected one of {', '.join(network.nodes)}, got {layer!r}"
            f"{did_you_mean(layer, network.nodes)}"
        )
    return (layer,)


def no_tokens(network: Network, method: str) -> None:
    """Raise InputError where an input is token numbers, with respect to which nothing can be differentiated."""
    for name in network.inputs:
        layer = network.nodes[name].layer
        if isinstance(layer, Input) and layer.tokens:
            raise InputError(
                f"{method}: expected inputs of real numbers, got token numbers at {name!r}; explain the output of the"
                " embedding (gradient, squared_gradient, gradient_times_input and lrp take its node's name as layer)"
            )


def single_input(network: Network, method: str) -> str:
    """The name of the only input; InputError where there are several."""
    if len(network.inputs) != 1:
        raise InputError(
            f"{method}: expected a network with one input, got {len(network.inputs)} ({', '.join(network.inputs)})"
        )
    no_tokens(network, method)
    return network.inputs[0]


def numbers(value: Any, subject: str) -> Array:
    """The value as an array; InputError unless it holds finite numbers."""
    array = np.asarray(value)
    if array.dtype.kind not in "iufO":
        raise InputError(
            f"{subject}: expected numbers, got {value!r}"
            if array.ndim == 0
            else f"{subject}: expected numbers, got dtype {array.dtype}"
        )
    arrays.check_finite(array, subject)
    return array


def baselines(scored: Score, baseline: InputLike, method: str) -> dict[str, Array]:
    """The baseline of each input, of its shape: from a number for all, an array that broadcasts, a tuple, a dict."""
    no_tokens(scored.network, method)
    names = scored.network.inputs
    if isinstance(baseline, Mapping):
        given = dict(baseline)
    elif isinstance(baseline, tuple):
        given = dict(zip(names, baseline, strict=False)) if len(baseline) == len(names) else {}
    else:
        given = {name: baseline for name in names}
    if set(given) != set(names):
        raise InputError(f"{method}: expected a baseline for each of {', '.join(names)}, got {len(given)}")
    result = {}
    for name, x in scored.inputs.items():
        value = arrays.cast(numbers(given[name], f"{method}: baseline"), arrays.dtype_name(x))
        try:
            result[name] = np.broadcast_to(value, x.shape).copy()
        except ValueError:
            raise ShapeError(
                f"{method}: expected a baseline that broadcasts to the input's shape {x.shape}, got {value.shape}"
            ) from None
    return result
