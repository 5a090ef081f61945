"""iNNvestigate: what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.backward_layers import squared_variance
from lrp.graph.profiles.profile import Preset, Profile
from lrp.graph.profiles.shared import CONV, KERNEL, SUMS, named

_INN_STAB = "zero=1e-7"
_INN_WHOLE = f"bias=whole,{_INN_STAB}"
_INN_AFTER = "BatchNorm=alpha_beta:2,1,sign=positive,zero=1e-7"


def _inn(alpha: int, first: str = "") -> Preset:
    """A sequential preset: epsilon on dense layers, alpha-beta with the whole bias in both halves on convolutions."""
    return named(
        f"{first} Dense=epsilon:{{eps}} {CONV}=alpha_beta:{alpha},{alpha - 1},{_INN_WHOLE} {_INN_AFTER}", eps=0.1
    )


_INN_FLAT = f"first:{KERNEL}=flat:{_INN_STAB}"
_INN_DEEP = (
    f"{KERNEL}=z_plus:bias=off,{_INN_STAB} BatchNorm=identity {SUMS}=gradient MaxPool|GlobalMaxPool=winner:first "
    "ReLU<Conv|ReLU<ConvTranspose|ReLU<Dense=identity ReLU=gradient"
)

INNVESTIGATE = Profile(
    "innvestigate",
    "iNNvestigate 2.1.2",
    composite="lrp.z",
    options={
        "zero": _INN_STAB,
        "epsilon": "",
        "alpha_beta": _INN_WHOLE,
        "z_plus": f"bias=off,{_INN_STAB}",
        "z_box": _INN_STAB,
        "w_square": _INN_STAB,
        "flat": _INN_STAB,
    },
    lines=f"{SUMS}=zero:{_INN_STAB} MaxPool|GlobalMaxPool=winner:first "
    "LeakyReLU|PReLU|ELU|Multiply|ZeroPad|UpSample=gradient",
    presets={
        "lrp.z": named(f"*=zero:{_INN_STAB}"),
        "lrp.z_flat": named(f"{_INN_FLAT} *=zero:{_INN_STAB}"),
        "lrp.z_box": named(f"first:{KERNEL}=z_box:{{low}},{{high}},{_INN_STAB} *=zero:{_INN_STAB}", low=-1, high=1),
        "lrp.z_IB": named(f"*=zero:{_INN_STAB},bias=off"),
        "lrp.epsilon": named("*=epsilon:{eps}", eps=1e-7),
        "lrp.epsilon_IB": named("*=epsilon:{eps},bias=off", eps=1e-7),
        "lrp.w_square": named(f"*=w_square:{_INN_STAB}"),
        "lrp.flat": named(f"*=flat:{_INN_STAB}"),
        "lrp.alpha_beta": named(f"*=alpha_beta:{{alpha}},{{beta}},{_INN_WHOLE}", alpha=2, beta=1),
        "lrp.alpha_1_beta_0": named(f"*=alpha_beta:1,0,{_INN_WHOLE}"),
        "lrp.alpha_1_beta_0_IB": named(f"*=alpha_beta:1,0,bias=off,{_INN_STAB}"),
        "lrp.alpha_2_beta_1": named(f"*=alpha_beta:2,1,{_INN_WHOLE}"),
        "lrp.alpha_2_beta_1_IB": named(f"*=alpha_beta:2,1,bias=off,{_INN_STAB}"),
        "lrp.z_plus": named(f"*=alpha_beta:1,0,bias=off,{_INN_STAB}"),
        "lrp.z_plus_fast": named(f"*=z_plus:sign=weight,bias=off,{_INN_STAB}"),
        "lrp.sequential_preset_a": _inn(1),
        "lrp.sequential_preset_b": _inn(2),
        "lrp.sequential_preset_a_flat": _inn(1, _INN_FLAT),
        "lrp.sequential_preset_b_flat": _inn(2, _INN_FLAT),
        "deep_taylor": named(_INN_DEEP, "relu"),
        "deep_taylor.bounded": named(
            f"first:{KERNEL}=z_box:{{low}},{{high}},{_INN_STAB} {_INN_DEEP}", "relu", low=-1, high=1
        ),
    },
    backward_layers={"BatchNorm": squared_variance},
    notes=(
        "alpha-beta: the whole bias, with its sign, stands in both denominators",
        "batch normalisation is fused as gamma / sqrt(variance^2 + epsilon), its shift without gamma",
        "deep_taylor: z_plus without bias on every kernel, the first and the last included; average pooling and sums"
        " by the plain gradient, so that each branch of a sum receives the whole; it starts from the positive part of"
        " the logit",
        "deconvnet and guided backpropagation start from the logit: the published maps times the logit",
        "integrated gradients is a left Riemann sum that leaves the end point out",
        "only a denominator that is exactly zero is replaced, by 1e-7; epsilon adds 1e-7 with the sign of z",
        "w_square and flat go to every kernel, without bias",
        "sums and average pooling divide by their contributions whatever rule is chosen; a window of zeros loses all",
        "max-pooling, products and leaky activations fall to the plain gradient",
        "z_plus keeps x^- w^-; z_plus_fast is x w^+ with x of either sign",
        "the presets' rule for batch normalisation takes x^+ alone (its x^- w^- term is multiplied by beta[1] = 0 where"
        " alpha[1] is meant)",
        "the sequential presets: epsilon 0.1 on dense layers, alpha-beta with the whole bias on convolutions",
        "max-pooling ties: the first winner takes all",
    ),
    missing=(
        "on an exact tie of two logits there both start with half",
        "deep_taylor takes a ReLU behind a kernel for the kernel's own activation, which passes relevance on; one that"
        " is a layer of its own is a gradient there (activation_1=gradient)",
        "deep_taylor on batch normalisation ends with an error there",
    ),
)
