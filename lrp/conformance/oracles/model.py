"""A network of this package as a torch module with the same weights: one torch module for each layer with numbers.

Inside, arrays are channels-first as in torch; the relevance is returned in the network's own layout. Layers without a
torch module (flatten, concatenation, padding) are functions of the forward pass.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from lrp import layers as L
from lrp.arrays import Array
from lrp.errors import MissingExtraError, RuleError
from lrp.graph import Network, Node
from lrp.layers import Pairs, Windows


def torch_library() -> ModuleType:
    """torch, or the error that names the extra."""
    try:
        import torch
    except ImportError:
        raise MissingExtraError(
            "oracles: expected torch to be installed, got none; install the extra with: pip install 'lrp[oracles]'"
        ) from None
    return torch


def build(network: Network, joined: Callable[[], Any]) -> Any:
    """The torch module. joined: makes the module that adds two tensors, in the form that the library expects.

    RuleError for a layer that this adapter cannot convert.
    """
    torch = torch_library()
    last = logits_of(network)
    wanted = network.ancestors(last)
    modules = {node.name: _module(torch, node, joined) for node in network.nodes.values()}

    class Model(torch.nn.Module):  # type: ignore[name-defined]
        """The nodes in order; modules are registered by their place, for names may hold dots."""

        def __init__(self) -> None:
            super().__init__()
            self.parts = torch.nn.ModuleList([m for m in modules.values() if m is not None])
            self.double()

        def forward(self, *xs: Any) -> Any:
            values = dict(zip(network.inputs, xs, strict=True))
            for node in network.nodes.values():
                if node.inputs and node.name in wanted:
                    values[node.name] = _compute(torch, node, modules[node.name], [values[i] for i in node.inputs])
            return values[last]

    model = Model().eval()
    model.places = {name: module for name, module in modules.items() if module is not None}
    return model


def logits_of(network: Network) -> str:
    """The output node, or the input of a final softmax."""
    node = network.nodes[network.outputs[0]]
    return node.inputs[0] if isinstance(node.layer, L.Softmax) else node.name


def as_tensors(network: Network, x: Array, torch: ModuleType) -> list[Any]:
    """The inputs as torch tensors, channels first, with gradients enabled."""
    given = [x] if len(network.inputs) == 1 else list(x)
    return [torch.tensor(np.moveaxis(a, -1, 1).copy(), dtype=torch.float64, requires_grad=True) for a in given]


def as_arrays(tensors: list[Any]) -> Any:
    """Torch's arrays of the inputs in the network's layout: one array, or a tuple for several inputs."""
    found = tuple(np.moveaxis(t.detach().numpy(), 1, -1) for t in tensors)
    return found[0] if len(found) == 1 else found


def _module(torch: ModuleType, node: Node, joined: Callable[[], Any]) -> Any:
    """The torch module of a layer; None for a layer without one."""
    layer, nn = node.layer, torch.nn
    if isinstance(layer, L.Dense):
        module = nn.Linear(*layer.weight.shape, bias=layer.bias is not None)
        return _with_weights(torch, module, layer.weight.T, layer.bias)
    if isinstance(layer, L.Conv):
        axes = layer.weight.ndim - 2
        kernel = np.moveaxis(layer.weight, (-1, -2), (0, 1))
        channels = layer.weight.shape[-2] * layer.groups
        padding = _symmetric(node, layer.windows)
        module = (nn.Conv1d, nn.Conv2d, nn.Conv3d)[axes - 1](
            channels,
            layer.weight.shape[-1],
            layer.weight.shape[:-2],
            layer.stride,
            padding,
            layer.dilation,
            layer.groups,
            layer.bias is not None,
        )
        return _with_weights(torch, module, kernel, layer.bias)
    if isinstance(layer, (L.MaxPool, L.AvgPool)):
        padding = _symmetric(node, layer.windows)
        if isinstance(layer, L.MaxPool):
            return (nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d)[len(layer.size) - 1](layer.size, layer.stride, padding)
        kinds = (nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d)
        counted = {"count_include_pad": layer.count_padding}
        return kinds[len(layer.size) - 1](layer.size, layer.stride, padding, ceil_mode=layer.ceil, **counted)
    if isinstance(layer, L.BatchNorm):
        return None if node.inputs == () else _norm(torch, layer)
    if isinstance(layer, L.GlobalAvgPool):
        return nn.AdaptiveAvgPool2d(1)
    if isinstance(layer, L.Add):
        return joined()
    simple = {L.ReLU: nn.ReLU, L.Tanh: nn.Tanh, L.Sigmoid: nn.Sigmoid}
    return simple[type(layer)]() if type(layer) in simple else None


def _with_weights(torch: ModuleType, module: Any, weight: Array, bias: Array | None) -> Any:
    module.weight = torch.nn.Parameter(torch.tensor(weight.copy(), dtype=torch.float64))
    if bias is not None:
        module.bias = torch.nn.Parameter(torch.tensor(bias.copy(), dtype=torch.float64))
    return module


def _norm(torch: ModuleType, layer: L.BatchNorm) -> Any:
    module = torch.nn.BatchNorm2d(len(layer.mean), eps=float(layer.epsilon))
    ones, zeros = np.ones(len(layer.mean)), np.zeros(len(layer.mean))
    _with_weights(
        torch, module, ones if layer.gamma is None else layer.gamma, zeros if layer.beta is None else layer.beta
    )
    module.running_mean = torch.tensor(layer.mean.copy())
    module.running_var = torch.tensor(layer.variance.copy())
    return module


def _symmetric(node: Node, windows: Windows) -> tuple[int, ...]:
    """The same padding before and after each axis, as torch has it."""
    pairs: str | Pairs = windows.padding
    if pairs == "valid":
        return (0,) * len(windows.size)
    if pairs == "same" and all(s == 1 and e % 2 for s, e in zip(windows.stride, windows.extents(), strict=True)):
        return tuple(extent // 2 for extent in windows.extents())
    if isinstance(pairs, str) or any(before != after for before, after in pairs):
        raise RuleError(f"{node.name}: expected padding that is the same before and after, got {pairs!r}")
    return tuple(before for before, _ in pairs)


def _compute(torch: ModuleType, node: Node, module: Any, xs: list[Any]) -> Any:
    """One node's output."""
    layer, x = node.layer, xs[0]
    if isinstance(layer, L.Add):
        return module(*xs)
    if isinstance(layer, L.Dense) and x.ndim > 2:
        return torch.movedim(module(torch.movedim(x, 1, -1)), -1, 1)
    if isinstance(layer, L.GlobalAvgPool):
        return module(x).flatten(1)
    if module is not None:
        return module(x)
    if isinstance(layer, L.Flatten):
        return torch.movedim(x, 1, -1).flatten(1)
    if isinstance(layer, L.Concat) and layer.axis == -1:
        return torch.cat(xs, dim=1)
    if isinstance(layer, (L.Dropout, L.Linear)):
        return x
    raise RuleError(f"{node.name}: expected a layer that the adapter knows, got {type(layer).__name__}")
