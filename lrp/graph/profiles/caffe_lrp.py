"""The conventions of the LRP toolbox for Caffe."""

from __future__ import annotations

from lrp.graph.profiles.layer_kinds import CONV, KERNEL, SUMS
from lrp.graph.profiles.profile import Profile, named_preset

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
        "composite": named_preset(
            f"{CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1", alpha=2, beta=1, eps=1
        ),
        "composite-flat": named_preset(
            f"first:{KERNEL}=flat {CONV}=alpha_beta:{{alpha}},{{beta}} Dense=epsilon:{{eps}},zero=1",
            alpha=2,
            beta=1,
            eps=1,
        ),
        "lrn-taylor": named_preset(
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
