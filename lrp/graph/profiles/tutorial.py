"""heatmapping.org's tutorial: what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.backward_layers import averaged
from lrp.graph.profiles.profile import Profile
from lrp.graph.profiles.shared import CONV, KERNEL, SUMS, named

TUTORIAL = Profile(
    "tutorial",
    "the tutorial code of heatmapping.org",
    composite=f"first:{KERNEL}=z_box {CONV}=gamma:0.25 Dense=zero",
    options={
        "zero": "eps=1e-9,stab=plus",
        "epsilon": "stab=plus",
        "gamma": "eps=1e-9,stab=plus,sign=weight",
        "z_box": "eps=1e-9,stab=plus",
    },
    lines=f"MaxPool|GlobalMaxPool|{SUMS}=zero:eps=1e-9,stab=plus BatchNorm=identity",
    presets={
        "epsilon-rms": named(f"{KERNEL}=zero:rms={{share}},eps=1e-9,stab=plus", share=0.25),
    },
    backward_layers={"MaxPool": averaged, "GlobalMaxPool": averaged},
    notes=(
        "stabilizers are added whatever the sign of z",
        "the epsilon rule's epsilon is a multiple of the root mean square of z over the whole batch (zero:rms=0.25), so"
        " that a sample's explanation depends on its batch",
        "gamma is w + gamma w^+, of the bias too, for inputs of either sign",
        "max-pooling is replaced by average pooling in the backward pass",
    ),
)
