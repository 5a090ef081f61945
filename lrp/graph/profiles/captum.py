"""Captum: what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.profile import Profile
from lrp.graph.profiles.shared import KERNEL, SUMS, named

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
    lines=f"MaxPool|GlobalMaxPool=winner:first,1e-9 {SUMS}|BatchNorm=epsilon:1e-9",
    presets={
        "epsilon": named("*=epsilon:{eps}", eps=1e-9),
        "gamma": named(f"{KERNEL}=gamma:{{gamma}},sign=weight,bias=whole,eps=1e-9", gamma=0.25),
        "alpha1_beta0": named(f"{KERNEL}=z_plus:sign=weight,bias=whole,eps=1e-9"),
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
