"""The same networks on torch, and the composites as zennit and captum have them."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import nn

import lrp
from lrp import layers as L


def stand_in_torchvision() -> None:
    """zennit imports torchvision for models that are not used here; empty classes do where it is not installed."""
    try:
        import torchvision  # noqa: F401
    except ImportError:
        names = {
            "torchvision": (),
            "torchvision.models": (),
            "torchvision.models.resnet": ("ResNet", "BasicBlock", "Bottleneck"),
            "torchvision.models.vgg": ("VGG",),
        }
        for name, classes in names.items():
            module = types.ModuleType(name)
            for each in classes:
                setattr(module, each, type(each, (nn.Module,), {}))
            sys.modules[name] = module
        sys.modules["torchvision"].models = sys.modules["torchvision.models"]  # type: ignore[attr-defined]


class Graph(nn.Module):
    """An lrp.Network as a torch module that takes the very same channels-last array, with the same weights."""

    def __init__(self, network: lrp.Network) -> None:
        super().__init__()
        self.names = [(node.name, node.inputs) for node in network.nodes.values() if node.inputs]
        self.source, self.result = network.inputs[0], network.outputs[0]
        for node in network.nodes.values():
            if node.inputs:
                self.add_module(node.name, module_of(node, network))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        values = {self.source: x.movedim(-1, 1) if x.ndim == 4 else x}
        for name, inputs in self.names:
            values[name] = getattr(self, name)(*(values[i] for i in inputs))
        return values[self.result]


class Stacked(nn.Module):
    """A sum in the form that zennit has a rule for."""

    def __init__(self) -> None:
        super().__init__()
        stand_in_torchvision()
        from zennit.layer import Sum

        self.sum = Sum(-1)

    def forward(self, *xs: torch.Tensor) -> torch.Tensor:
        return self.sum(torch.stack(xs, -1))


class Joined(nn.Module):
    def forward(self, *xs: torch.Tensor) -> torch.Tensor:
        return torch.cat(xs, 1)


def module_of(node: lrp.Node, network: lrp.Network) -> nn.Module:
    """One layer as a torch module, weights included."""
    layer = node.layer
    if isinstance(layer, L.Conv):
        weight = np.ascontiguousarray(layer.weight.transpose(3, 2, 0, 1))
        pad = (0, 0) if layer.padding == "valid" else tuple(before for before, _ in layer.padding)
        conv = nn.Conv2d(
            weight.shape[1] * layer.groups, weight.shape[0], weight.shape[2:], layer.stride, pad, groups=layer.groups
        )
        return loaded(conv, weight, layer.bias)
    if isinstance(layer, L.Dense):
        weight, shape = layer.weight, network.shapes[node.inputs[0]]
        flatten = network.nodes[node.inputs[0]]
        if isinstance(flatten.layer, L.Flatten):  # torch flattens with the channels first
            shape = network.shapes[flatten.inputs[0]]
            weight = weight.reshape(*shape, -1).transpose(2, 0, 1, 3).reshape(weight.shape)
        return loaded(nn.Linear(*weight.shape), np.ascontiguousarray(weight.T), layer.bias)
    if isinstance(layer, L.MaxPool):
        pad = (0, 0) if layer.padding == "valid" else tuple(before for before, _ in layer.padding)
        return nn.MaxPool2d(layer.size, layer.stride, pad)
    if isinstance(layer, L.LRN):
        return nn.LocalResponseNorm(layer.size, layer.alpha, layer.beta, layer.k)
    if isinstance(layer, L.GlobalAvgPool):
        return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    kinds: dict[type, Callable[[], nn.Module]] = {
        L.ReLU: nn.ReLU,
        L.Flatten: nn.Flatten,
        L.Add: Stacked,
        L.Concat: Joined,
    }
    return kinds[type(layer)]()


def loaded(module: Any, weight: np.ndarray, bias: np.ndarray | None) -> nn.Module:
    with torch.no_grad():
        module.weight = nn.Parameter(torch.from_numpy(weight))
        module.bias = nn.Parameter(torch.from_numpy(np.array(bias)))
    return module


def zennit_composite(name: str, low: np.ndarray, high: np.ndarray) -> Any:
    """The composite with our name for it; local response normalisation passes relevance unchanged."""
    stand_in_torchvision()
    from zennit import composites as c
    from zennit.rules import Epsilon, Norm, Pass
    from zennit.types import Activation, AvgPool, Convolution, Linear

    extra = [(nn.LocalResponseNorm, Pass())]
    if name == "epsilon":
        from zennit.layer import Sum

        rules = [(Activation, Pass()), (Sum, Norm()), (AvgPool, Norm())]
        return c.LayerMapComposite([*rules, (Convolution, Epsilon()), (Linear, Epsilon()), *extra])
    if name == "epsilon-gamma-box":
        nchw = (torch.from_numpy(np.moveaxis(v, -1, 1) if v.ndim == 4 else v) for v in (low, high))
        return c.EpsilonGammaBox(*nchw, layer_map=extra)
    kinds = {"epsilon-plus-flat": c.EpsilonPlusFlat, "epsilon-alpha2-beta1-flat": c.EpsilonAlpha2Beta1Flat}
    return kinds[name](layer_map=extra)


def zennit_runner(module: nn.Module, name: str, x: np.ndarray) -> Callable[[], np.ndarray]:
    """Explains the largest logit with its own value; hooks are registered once, before the clock runs."""
    stand_in_torchvision()
    from zennit.attribution import Gradient

    attributor = Gradient(module, zennit_composite(name, np.full_like(x, -4), np.full_like(x, 4)))
    attributor.__enter__()

    def start(output: torch.Tensor) -> torch.Tensor:
        return output * nn.functional.one_hot(output.argmax(1), output.shape[1])

    def run() -> np.ndarray:
        _, relevance = attributor(torch.from_numpy(x).requires_grad_(), start)
        return relevance.detach().numpy()

    run.close = lambda: attributor.__exit__(None, None, None)  # type: ignore[attr-defined]
    return run


def captum_runner(module: nn.Module, x: np.ndarray) -> Callable[[], np.ndarray]:
    """captum's LRP with its epsilon rule at every layer (it has no presets)."""
    from captum.attr import LRP
    from captum.attr._utils.lrp_rules import EpsilonRule

    for each in module.modules():
        if isinstance(each, (nn.Conv2d, nn.Linear)):
            each.rule = EpsilonRule(1e-6)
    tensor = torch.from_numpy(x)
    with torch.no_grad():
        target = module(tensor).argmax(1)
    method = LRP(module)

    def run() -> np.ndarray:
        return method.attribute(tensor.clone().requires_grad_(), target=target).detach().numpy()

    return run


def gradient_runner(module: nn.Module, x: np.ndarray) -> Callable[[], np.ndarray]:
    def run() -> np.ndarray:
        tensor = torch.from_numpy(x).requires_grad_()
        output = module(tensor)
        (g,) = torch.autograd.grad(output.max(1).values.sum(), tensor)
        return g.numpy()

    return run
