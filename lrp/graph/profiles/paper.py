"""The published equations: the profile that changes nothing."""

from __future__ import annotations

from lrp.graph.profiles.profile import Profile

PAPER = Profile("paper", "the published equations")
