"""LXT: what it does, measured against its own results or read in its source."""

from __future__ import annotations

from lrp.graph.profiles.profile import Profile

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
