"""How each library is run: the composite's rules become its rules; the result is the relevance of the inputs."""

from __future__ import annotations

import contextlib
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, ClassVar

import numpy as np

from lrp import layers as L
from lrp.arrays import Array
from lrp.conformance.oracles import model as torch_model
from lrp.errors import MissingExtraError, RuleError
from lrp.graph import Network, parse
from lrp.rules import LinearRule, Rule


class Oracle(ABC):
    """A library that is run. profile: the name of the profile that reproduces it."""

    profile: ClassVar[str]

    @abstractmethod
    def relevance(self, network: Network, x: Any, target: int, composite: str) -> Any:
        """Its relevance of the inputs. RuleError for what it lacks, MissingExtraError if it is not installed."""


def kernel_rules(network: Network, composite: str) -> dict[str, LinearRule]:
    """The composite's rule of every dense layer and convolution; the library's defaults apply elsewhere."""
    chosen = parse(composite).choose(network)
    kernels = {name for name, node in network.nodes.items() if isinstance(node.layer, (L.Dense, L.Conv))}
    rules = {name: rule for name, (_, rule) in chosen.items() if name in kernels and isinstance(rule, LinearRule)}
    without = sorted(kernels - set(rules))
    if without:
        raise RuleError(f"{without[0]}: expected a rule from the composite {composite!r}, got none")
    return rules


def missing_library(name: str) -> MissingExtraError:
    """The error for a library that is not installed."""
    return MissingExtraError(
        f"oracles: expected {name} to be installed, got none; install the extra with: pip install 'lrp[oracles]'"
    )


def missing_rule(library: str, rule: Rule) -> RuleError:
    """The error for a rule that the library does not have."""
    return RuleError(f"{library}: expected a rule that it has, got {rule.text()!r}")


@contextlib.contextmanager
def torchvision_stub() -> Iterator[None]:
    """Zennit imports two classes of torchvision; if it is not installed, empty modules with empty classes do."""
    names = ("torchvision", "torchvision.models", "torchvision.models.resnet")
    try:
        import torchvision  # noqa: F401

        supplied: list[str] = []
    except ImportError:
        supplied = [name for name in names if sys.modules.get(name) is None]
        for name in supplied:
            sys.modules[name] = ModuleType(name)
        for kind in ("Bottleneck", "BasicBlock"):
            setattr(sys.modules[names[-1]], kind, type(kind, (), {}))
    try:
        yield
    finally:
        for name in supplied:
            sys.modules.pop(name, None)


@dataclass(frozen=True)
class Zennit(Oracle):
    """Zennit: hooks by name, Pass on activations and batch normalisation, Norm on average pooling and sums."""

    profile: ClassVar[str] = "zennit"

    def relevance(self, network: Network, x: Any, target: int, composite: str) -> Any:
        torch = torch_model.torch_library()
        try:
            with torchvision_stub():
                import zennit.composites as zc
                import zennit.layer as zl
        except ImportError:
            raise missing_library("zennit") from None

        class Sum(torch.nn.Module):  # type: ignore[name-defined]
            """Zennit's Sum over a stack of the branches."""

            def __init__(self) -> None:
                super().__init__()
                self.inner = zl.Sum(dim=-1)

            def forward(self, *xs: Any) -> Any:
                return self.inner(torch.stack(xs, dim=-1))

        model = torch_model.build(network, Sum)
        rules = kernel_rules(network, composite)
        names = {id(module): name for name, module in model.named_modules()}
        hooks = [((names[id(model.places[n])],), self._hook(rule)) for n, rule in rules.items()]
        mapping = zc.MixedComposite([zc.NameMapComposite(hooks), zc.LayerMapComposite(zc.layer_map_base())])
        inputs = torch_model.as_tensors(network, x, torch)
        with mapping.context(model) as modified:
            y = modified(*inputs)
            start = torch.zeros_like(y)
            start[:, target] = y[:, target].detach()
            return torch_model.as_arrays(list(torch.autograd.grad(y, inputs, start)))

    def _hook(self, rule: LinearRule) -> Any:
        import zennit.rules as zr

        bias = {} if rule.bias or rule.name in ("w_square", "flat", "z_box") else {"zero_params": "bias"}
        numbers = [float(p) for p in rule.parameters]
        if rule.name == "z_box" and rule.low is not None and rule.high is not None:
            numbers = [float(rule.low.values), float(rule.high.values)]
        kinds = {
            "zero": lambda: zr.Epsilon(0.0, **bias),
            "epsilon": lambda: zr.Epsilon(*numbers, **bias),
            "gamma": lambda: zr.Gamma(*numbers, **bias),
            "alpha_beta": lambda: zr.AlphaBeta(*numbers, **bias),
            "z_plus": lambda: zr.ZPlus(**bias),
            "z_box": lambda: zr.ZBox(*numbers),
            "w_square": lambda: zr.WSquare(),
            "flat": lambda: zr.Flat(),
        }
        return kinds[rule.name]()


@dataclass(frozen=True)
class Captum(Oracle):
    """Captum's LRP: a rule attribute on each kernel, its own defaults elsewhere."""

    profile: ClassVar[str] = "captum"

    def relevance(self, network: Network, x: Any, target: int, composite: str) -> Any:
        torch = torch_model.torch_library()
        try:
            from captum.attr import LRP
            from captum.attr._utils.custom_modules import Addition_Module
        except ImportError:
            raise missing_library("captum") from None
        model = torch_model.build(network, Addition_Module)
        for name, rule in kernel_rules(network, composite).items():
            model.places[name].rule = self._rule(rule)
        inputs = tuple(torch_model.as_tensors(network, x, torch))
        try:
            found = LRP(model).attribute(inputs, target=target)
        except (TypeError, AttributeError) as error:
            raise RuleError(f"captum: {str(error).strip()[:120]}") from None
        return torch_model.as_arrays(list(found))

    def _rule(self, rule: LinearRule) -> Any:
        from captum.attr._utils import lrp_rules as cr

        numbers = [float(p) for p in rule.parameters]
        kinds = {
            "zero": lambda: cr.EpsilonRule(0.0),
            "epsilon": lambda: cr.EpsilonRule(*numbers),
            "gamma": lambda: cr.GammaRule(*numbers, set_bias_to_zero=not rule.bias),
            "z_plus": lambda: cr.Alpha1_Beta0_Rule(set_bias_to_zero=not rule.bias),
        }
        if rule.name not in kinds or (not rule.bias and rule.name in ("zero", "epsilon")):
            raise missing_rule("captum", rule)
        return kinds[rule.name]()


@dataclass(frozen=True)
class Lxt(Oracle):
    """LXT's explicit functions: linear_epsilon on dense layers, add2 on sums, identity on activations."""

    profile: ClassVar[str] = "lxt"

    def relevance(self, network: Network, x: Any, target: int, composite: str) -> Any:
        torch = torch_model.torch_library()
        try:
            from lxt.explicit import functional
            from lxt.explicit import rules as explicit
        except ImportError:
            raise missing_library("lxt") from None
        rules = kernel_rules(network, composite)
        values = dict(zip(network.inputs, torch_model.as_tensors(network, x, torch), strict=True))
        inputs = list(values.values())
        simple = {L.ReLU: torch.relu, L.Tanh: torch.tanh, L.Sigmoid: torch.sigmoid}
        last = torch_model.logits_of(network)
        wanted = network.ancestors(last)
        for node in filter(lambda one: one.name in wanted, network.nodes.values()):
            layer, xs = node.layer, [values[name] for name in node.inputs]
            if isinstance(layer, L.Dense) and rules[node.name].name in ("zero", "epsilon") and rules[node.name].bias:
                eps = float(rules[node.name].stabilizer.eps)
                weight, bias = torch.tensor(layer.weight.T.copy()), layer.bias
                shift = None if bias is None else torch.tensor(bias)
                values[node.name] = functional.linear_epsilon(xs[0], weight, shift, eps)
            elif isinstance(layer, L.Add) and len(xs) == 2:
                values[node.name] = functional.add2(*xs)
            elif type(layer) in simple:
                values[node.name] = explicit.identity(simple[type(layer)], xs[0])
            elif node.inputs:
                raise (
                    missing_rule("lxt", rules[node.name])
                    if node.name in rules
                    else RuleError(f"lxt: expected a layer that it has a function for, got {type(layer).__name__}")
                )
        y = values[last]
        start = torch.zeros_like(y)
        start[:, target] = y[:, target].detach()
        return torch_model.as_arrays(list(torch.autograd.grad(y, inputs, start)))


def largest_difference(found: Any, expected: Any) -> float:
    """max |found - expected| / max |expected| over all inputs."""
    pairs = zip(found, expected, strict=True) if isinstance(found, tuple) else [(found, expected)]
    rows = [(np.abs(np.asarray(a) - b).max(), np.abs(np.asarray(b)).max()) for a, b in pairs]
    return float(max(off for off, _ in rows) / max(size for _, size in rows))


__all__ = ["Array", "Captum", "Lxt", "Oracle", "Zennit", "kernel_rules", "largest_difference"]
