"""The published composites by name: functions from the parameters behind the colon to lines `pattern=rule`."""

from __future__ import annotations

from collections.abc import Callable

from lrp.arrays import Number
from lrp.errors import CompositeError
from lrp.rules import number_text

# Every preset's rules for layers without a kernel: those of Zennit's base map. Lines of a preset may match no node.
_CELLS = "SimpleRNN|LSTM|GRU|MultiHeadAttention"
_SUMS = "AvgPool|SumPool|GlobalAvgPool|GlobalSumPool|MaskedMean|Interpolate|Add|Subtract|WeightedAdd|Average|LRN"
_BASE = f"BatchNorm|Affine=identity {_SUMS}|{_CELLS}=epsilon:{{eps}} Multiply=uniform Softmax=taylor"
_KERNEL, _CONV, _DENSE = "Conv|ConvTranspose|Dense", "Conv|ConvTranspose", "Dense"


def preset(template: str, **defaults: Number) -> Callable[..., str]:
    """The function from a preset's parameters, in the order of `defaults`, to its lines."""

    def lines(*parameters: str) -> str:
        if len(parameters) > len(defaults):
            raise CompositeError(
                f"expected at most {len(defaults)} parameters ({', '.join(defaults)}), got {len(parameters)}"
            )
        numbers = {**{key: number_text(value) for key, value in defaults.items()}, **dict(zip(defaults, parameters))}
        base = _BASE.format(eps=numbers.get("eps", "1e-06"))
        return template.format(BASE=base, KERNEL=_KERNEL, CONV=_CONV, DENSE=_DENSE, **numbers)

    return lines


def _boxed(template: str, **defaults: Number) -> Callable[..., str]:
    """A preset whose first two parameters are the box's bounds; without them the network's own input range."""
    rest = preset(template, **defaults)

    def lines(*parameters: str) -> str:
        if len(parameters) == 1:
            raise CompositeError("expected two bounds, low and high, got one number")
        box = "z_box" + (":" + ",".join(parameters[:2]) if parameters else "")
        return rest(*parameters[2:]).replace("BOX", box)

    return lines


DEFAULT_COMPOSITE = "epsilon"  # what None means: no other preset fits every network (see docs/methods.md)

PRESETS: dict[str, Callable[..., str]] = {
    "epsilon": preset("Multiply=uniform Softmax=taylor *=epsilon:{eps}", eps=1e-6),
    "epsilon-plus": preset("{CONV}=z_plus {DENSE}=epsilon:{eps} {BASE}", eps=1e-6),
    "epsilon-plus-flat": preset("first:{KERNEL}=flat {CONV}=z_plus {DENSE}=epsilon:{eps} {BASE}", eps=1e-6),
    "epsilon-alpha2-beta1": preset("{CONV}=alpha_beta:2,1 {DENSE}=epsilon:{eps} {BASE}", eps=1e-6),
    "epsilon-alpha2-beta1-flat": preset(
        "first:{KERNEL}=flat {CONV}=alpha_beta:2,1 {DENSE}=epsilon:{eps} {BASE}", eps=1e-6
    ),
    "epsilon-gamma-box": _boxed(
        "first:{CONV}=BOX {CONV}=gamma:{gamma} {DENSE}=epsilon:{eps} {BASE}", gamma=0.25, eps=1e-6
    ),
    "alpha1-beta0": preset("{KERNEL}=alpha_beta:1,0 {BASE}", eps=1e-6),
    "alpha2-beta1": preset("{KERNEL}=alpha_beta:2,1 {BASE}", eps=1e-6),
    "deep-taylor": _boxed(
        "first:{KERNEL}=BOX {KERNEL}=z_plus:bias=off MaxPool|GlobalMaxPool=zero BatchNorm|Affine=identity "
        f"{_SUMS}|{_CELLS}=z_plus Multiply=uniform Softmax=taylor"
    ),
    "excitation-backprop": preset("{KERNEL}=z_plus {BASE}", eps=1e-6),
}
