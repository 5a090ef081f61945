"""The profiles: what each implementation does, as measured against its own results or read in its source.

A rule's options are laid under what a composite states; `lines` are what the library does with layers that have no
kernel; a preset is a name of the library's own, spelled out. Nothing here is code that divides relevance.
"""

from __future__ import annotations

from collections.abc import Callable

from lrp.graph.composites import preset
from lrp.graph.profiles import Preset, Profile
from lrp.graph.stand_ins import averaged, squared_variance

_POOLS = "AvgPool|SumPool|GlobalAvgPool|GlobalSumPool"
_SUMS = f"{_POOLS}|Add|Average"
_CONV, _KERNEL = "Conv|ConvTranspose", "Conv|ConvTranspose|Dense"


def _named(template: str, start: str | None = None, **defaults: float) -> Preset:
    """A preset from its lines with {parameters} in them."""
    words: Callable[..., str] = preset(template, **defaults)
    return Preset(words, start)


PAPER = Profile("paper", "the published equations")

ZENNIT = Profile(
    "zennit",
    "Zennit 0.5.1",
    composite="epsilon",
    options={
        "zero": "",
        "epsilon": "",
        "gamma": "eps=1e-6,gate=layer",
        "z_plus": "eps=1e-6",
        "alpha_beta": "eps=1e-6",
        "z_box": "eps=1e-6",
        "w_square": "eps=1e-6,bias=on",
        "flat": "eps=1e-6",
    },
    lines="BatchNorm=identity AvgPool|GlobalAvgPool|Add=epsilon:1e-6 MaxPool|GlobalMaxPool=winner:first "
    "SumPool|GlobalSumPool|Average|LRN|Multiply|Softmax=gradient",
    notes=(
        "every rule has a stabilizer of 1e-6, not only epsilon",
        "w_square counts the bias, squared, in its denominator",
        "gamma at z = 0 opens neither branch: the relevance is gone",
        "gamma without bias goes by the sign of z with the bias all the same",
        "one-sided neurons under alpha-beta keep alpha R: the inhibitory share is gone",
        "batch normalisation passes relevance unchanged, so the part of its shift is shared among the inputs",
        "average pooling and sums (as a Sum module) are divided by their contributions whatever rule is chosen",
        "max-pooling falls to the gradient: the first of several winners takes all",
        "layers without a rule (LRN, products, softmax) fall to the plain gradient without a word",
    ),
    missing=(
        "epsilon = 0 at a zero denominator is NaN there; here the share is dropped and stands on the ledger",
        "a module used twice keeps only its last activation there",
        "the first layer is the first in the order of definition, not of execution",
    ),
)

CAPTUM = Profile(
    "captum",
    "Captum 0.9.0",
    composite="epsilon",
    options={
        "zero": "",
        "epsilon": "",
        "gamma": "sign=weight,bias=whole,eps=1e-9",
        "z_plus": "sign=weight,bias=whole,eps=1e-9",
    },
    lines=f"MaxPool|GlobalMaxPool=winner:first,1e-9 {_SUMS}|BatchNorm=epsilon:1e-9",
    presets={
        "epsilon": _named("*=epsilon:{eps}", eps=1e-9),
        "gamma": _named(f"{_KERNEL}=gamma:{{gamma}},sign=weight,bias=whole,eps=1e-9", gamma=0.25),
        "alpha1_beta0": _named(f"{_KERNEL}=z_plus:sign=weight,bias=whole,eps=1e-9"),
    },
    notes=(
        "gamma is w + gamma w^+ for inputs of either sign, in one branch whatever the sign of the output",
        "alpha1-beta0 is x w^+ with x of either sign",
        "the bias of both is neither scaled nor split: it counts whole",
        "the stabilizer is 1e-9, which float32 does not feel",
        "max-pooling is an epsilon rule on the gradient: the first winner takes all but the stabilizer's part",
        "batch normalisation, pooling and sums take the epsilon rule whatever is chosen for the kernels",
    ),
    missing=("flatten, sigmoid, softmax and one-dimensional convolution are refused there",),
)

_INN_STAB = "zero=1e-7"
_INN_WHOLE = f"bias=whole,{_INN_STAB}"
_INN_AFTER = "BatchNorm=alpha_beta:2,1,sign=positive,zero=1e-7"


def _inn(alpha: int, first: str = "") -> Preset:
    """A sequential preset: epsilon on dense layers, alpha-beta with the whole bias in both halves on convolutions."""
    return _named(
        f"{first} Dense=epsilon:{{eps}} {_CONV}=alpha_beta:{alpha},{alpha - 1},{_INN_WHOLE} {_INN_AFTER}", eps=0.1
    )


_INN_FLAT = f"first:{_KERNEL}=flat:{_INN_STAB}"
_INN_DEEP = (
    f"{_KERNEL}=z_plus:bias=off,{_INN_STAB} BatchNorm=identity {_SUMS}=gradient MaxPool|GlobalMaxPool=winner:first "
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
    lines=f"{_SUMS}=zero:{_INN_STAB} MaxPool|GlobalMaxPool=winner:first "
    "LeakyReLU|PReLU|ELU|Multiply|ZeroPad|UpSample=gradient",
    presets={
        "lrp.z": _named(f"*=zero:{_INN_STAB}"),
        "lrp.z_flat": _named(f"{_INN_FLAT} *=zero:{_INN_STAB}"),
        "lrp.z_box": _named(f"first:{_KERNEL}=z_box:{{low}},{{high}},{_INN_STAB} *=zero:{_INN_STAB}", low=-1, high=1),
        "lrp.z_IB": _named(f"*=zero:{_INN_STAB},bias=off"),
        "lrp.epsilon": _named("*=epsilon:{eps}", eps=1e-7),
        "lrp.epsilon_IB": _named("*=epsilon:{eps},bias=off", eps=1e-7),
        "lrp.w_square": _named(f"*=w_square:{_INN_STAB}"),
        "lrp.flat": _named(f"*=flat:{_INN_STAB}"),
        "lrp.alpha_beta": _named(f"*=alpha_beta:{{alpha}},{{beta}},{_INN_WHOLE}", alpha=2, beta=1),
        "lrp.alpha_1_beta_0": _named(f"*=alpha_beta:1,0,{_INN_WHOLE}"),
        "lrp.alpha_1_beta_0_IB": _named(f"*=alpha_beta:1,0,bias=off,{_INN_STAB}"),
        "lrp.alpha_2_beta_1": _named(f"*=alpha_beta:2,1,{_INN_WHOLE}"),
        "lrp.alpha_2_beta_1_IB": _named(f"*=alpha_beta:2,1,bias=off,{_INN_STAB}"),
        "lrp.z_plus": _named(f"*=alpha_beta:1,0,bias=off,{_INN_STAB}"),
        "lrp.z_plus_fast": _named(f"*=z_plus:sign=weight,bias=off,{_INN_STAB}"),
        "lrp.sequential_preset_a": _inn(1),
        "lrp.sequential_preset_b": _inn(2),
        "lrp.sequential_preset_a_flat": _inn(1, _INN_FLAT),
        "lrp.sequential_preset_b_flat": _inn(2, _INN_FLAT),
        "deep_taylor": _named(_INN_DEEP, "relu"),
        "deep_taylor.bounded": _named(
            f"first:{_KERNEL}=z_box:{{low}},{{high}},{_INN_STAB} {_INN_DEEP}", "relu", low=-1, high=1
        ),
    },
    stand_ins={"BatchNorm": squared_variance},
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

LRP_TOOLBOX = Profile(
    "lrp-toolbox",
    "the LRP toolbox for Python, version 1.3",
    composite="*=zero",
    options={
        "zero": "eps=1e-16",
        "epsilon": "",
        "alpha_beta": "",
        "z_plus": "",
        "w_square": "",
        "flat": "",
    },
    lines="MaxPool|GlobalMaxPool=winner:share BatchNorm=identity",
    notes=(
        "the stabilizer of the simple rule is 1e-16, which float64 does not feel unless z is exactly 0",
        "alpha-beta, w_square and flat have no stabilizer",
        "max-pooling shares among the winners in equal parts",
        "convolutions have no padding",
    ),
    missing=(
        "a dead column under alpha-beta or w_square is NaN there; here the share is dropped and stands on the ledger",
        "sum pooling divides by the root of the window's size on the way forward: a file's matter, not a rule's",
        "the fast path of sum pooling under alpha-beta multiplies by the relevance twice",
    ),
)

_CAFFE = f"{_CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1"

CAFFE_LRP = Profile(
    "caffe-lrp",
    "the LRP toolbox for Caffe",
    composite=f"{_CONV}=alpha_beta:2,1 Dense=epsilon:1",
    options={
        "zero": "",
        "epsilon": "zero=1",
        "alpha_beta": "",
        "z_plus": "",
        "w_square": "",
        "flat": "",
    },
    lines=f"MaxPool|GlobalMaxPool=winner:first {_SUMS}=zero LRN|BatchNorm=identity",
    presets={
        "composite": _named(
            f"{_CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1", alpha=2, beta=1, eps=1
        ),
        "composite-flat": _named(
            f"first:{_KERNEL}=flat {_CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1",
            alpha=2,
            beta=1,
            eps=1,
        ),
        "lrn-taylor": _named(
            f"LRN=zero:stab=one {_CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1",
            alpha=2,
            beta=1,
            eps=1,
        ),
    },
    notes=(
        "epsilon is 1 unless a file says otherwise",
        "epsilon at z = 0 passes the relevance on undivided",
        "alpha-beta at an empty half drops its share",
        "LRN passes relevance unchanged; as a Taylor step (lrn-taylor) its messages are never divided by their sum",
        "max-pooling goes to the one winner that the forward pass has stored",
    ),
    missing=("average pooling adds the activation, not relevance, where the sum of a window is below 1e-6",),
)

TUTORIAL = Profile(
    "tutorial",
    "the tutorial code of heatmapping.org",
    composite=f"first:{_KERNEL}=z_box {_CONV}=gamma:0.25 Dense=zero",
    options={
        "zero": "eps=1e-9,stab=plus",
        "epsilon": "stab=plus",
        "gamma": "eps=1e-9,stab=plus,sign=weight",
        "z_box": "eps=1e-9,stab=plus",
    },
    lines=f"MaxPool|GlobalMaxPool|{_SUMS}=zero:eps=1e-9,stab=plus BatchNorm=identity",
    presets={
        "epsilon-rms": _named(f"{_KERNEL}=zero:rms={{share}},eps=1e-9,stab=plus", share=0.25),
    },
    stand_ins={"MaxPool": averaged, "GlobalMaxPool": averaged},
    notes=(
        "stabilizers are added whatever the sign of z",
        "the epsilon rule's epsilon is a multiple of the root mean square of z over the whole batch (zero:rms=0.25), so"
        " that a sample's explanation depends on its batch",
        "gamma is w + gamma w^+, of the bias too, for inputs of either sign",
        "max-pooling is replaced by average pooling on the way back",
    ),
)

LXT = Profile(
    "lxt",
    "LXT 2.1, its explicit functions",
    composite="epsilon",
    options={"zero": "", "epsilon": "stab=plus"},
    lines="Add=epsilon:1e-8,stab=plus AvgPool|GlobalAvgPool=epsilon:1e-6,stab=plus Multiply=uniform "
    "BatchNorm|LRN|Softmax=gradient MaxPool|GlobalMaxPool=winner:first",
    notes=("epsilon is added whatever the sign of z: just below zero the denominator vanishes",),
    missing=("only functions that its authors have written have a rule; all else is the plain gradient",),
)

PROFILES: dict[str, Profile] = {
    one.name: one for one in (PAPER, ZENNIT, INNVESTIGATE, CAPTUM, LRP_TOOLBOX, CAFFE_LRP, TUTORIAL, LXT)
}
