"""The LRP toolbox for Caffe: what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.profile import Profile
from lrp.graph.profiles.shared import CONV, KERNEL, SUMS, named

_CAFFE = f"{CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1"

CAFFE_LRP = Profile(
    "caffe-lrp",
    "the LRP toolbox for Caffe",
    composite=f"{CONV}=alpha_beta:2,1 Dense=epsilon:1",
    options={
        "zero": "",
        "epsilon": "zero=1",
        "alpha_beta": "",
        "z_plus": "",
        "w_square": "",
        "flat": "",
    },
    lines=f"MaxPool|GlobalMaxPool=winner:first {SUMS}=zero LRN|BatchNorm=identity",
    presets={
        "composite": named(
            f"{CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1", alpha=2, beta=1, eps=1
        ),
        "composite-flat": named(
            f"first:{KERNEL}=flat {CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1",
            alpha=2,
            beta=1,
            eps=1,
        ),
        "lrn-taylor": named(
            f"LRN=zero:stab=one {CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1",
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
