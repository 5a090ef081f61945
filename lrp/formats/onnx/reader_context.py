"""What the readers of ONNX operators are given: the operator, and the network being built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build import Builder, Tensor

BATCH = 1_000_003
Value = Tensor | Array


@dataclass(frozen=True)
class Operator:
    """One node of the graph: attributes by name as Python values (tensors as arrays)."""

    kind: str
    name: str
    attributes: Mapping[str, Any]
    outputs: tuple[str, ...]
    used: tuple[bool, ...]
    opset: int

    def get(self, name: str, default: Any = None) -> Any:
        """An attribute, or its default."""
        return self.attributes.get(name, default)


@dataclass(frozen=True)
class Expression:
    """A node whose every entry is function(the same entry of parent): a link of a chain of activations and numbers."""

    parent: Tensor
    function: Callable[[Array], Array]


@dataclass(frozen=True)
class Scope:
    """What the reader of an operator is given: the network being built, and the batch's length in shapes."""

    builder: Builder
    batch: int
    expressions: dict[str, Expression] = field(default_factory=dict)

    def fail(self, node: Operator, reason: str) -> LoadError:
        """The error to raise about a node."""
        return self.builder.fail(node.name, f"({node.kind}) {reason}")

    def tensor(self, node: Operator, value: Value | None) -> Tensor:
        """The value, which must depend on the input."""
        if not isinstance(value, Tensor):
            raise self.fail(node, "expected a value that depends on the input, got a constant")
        if value.node not in self.builder.shapes:
            raise self.fail(node, "a comparison of computed values is read only where it is part of an activation")
        return value

    def constant(self, node: Operator, value: Value | None, what: str) -> Array:
        """The value, which must be a constant."""
        if value is None or isinstance(value, Tensor):
            raise self.fail(
                node, f"expected {what} to be a constant of the model, got a value that depends on the input"
            )
        return value

    def optional(self, node: Operator, values: Sequence[Value | None], index: int, what: str) -> Array | None:
        """An input that may be left out, and is a constant otherwise."""
        value = values[index] if index < len(values) else None
        return None if value is None else self.constant(node, value, what)

    def axis(self, node: Operator, axis: int, x: Tensor) -> int:
        """An axis of a sample, counted from the end where negative."""
        resolved = axis + x.rank if axis < 0 else axis
        if not 0 <= resolved < x.rank or resolved == x.axes[0]:
            raise self.fail(node, f"expected an axis of {x.shape} other than that of the samples, got {axis}")
        return resolved

    def lengths(self, node: Operator, x: Tensor) -> list[int]:
        """The shape in which the samples' axis counts `batch`."""
        found = [self.batch if axis == x.axes[0] else n for axis, n in enumerate(x.shape)]
        if any(n is None for n in found):
            raise self.fail(node, f"expected known lengths, got an input of shape {x.shape}; export with fixed sizes")
        return [int(n) for n in found if n is not None]


Reader = Callable[[Scope, Operator, list[Value | None]], "Tensor | list[Tensor] | Array | list[Array] | list[Value]"]
