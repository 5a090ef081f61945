"""Profiles: the conventions of one implementation as data, one file per library.

profile          what a profile is, and how it meets a composite
paper            the published equations
zennit, captum, innvestigate, lrp_toolbox, caffe_lrp, tutorial, lxt
                 what each library does, as measured against its own results or read in its source
backward_layers  layers that some libraries use in the backward pass in place of those of the forward pass
"""

from __future__ import annotations

from lrp.errors import CompositeError, did_you_mean
from lrp.graph.profiles.backward_layers import averaged, squared_variance
from lrp.graph.profiles.caffe_lrp import CAFFE_LRP
from lrp.graph.profiles.captum import CAPTUM
from lrp.graph.profiles.innvestigate import INNVESTIGATE
from lrp.graph.profiles.lrp_toolbox import LRP_TOOLBOX
from lrp.graph.profiles.lxt import LXT
from lrp.graph.profiles.paper import PAPER
from lrp.graph.profiles.profile import Preset, Profile
from lrp.graph.profiles.tutorial import TUTORIAL
from lrp.graph.profiles.zennit import ZENNIT

__all__ = ["PROFILES", "Preset", "Profile", "averaged", "profile", "squared_variance"]

PROFILES: dict[str, Profile] = {
    one.name: one for one in (PAPER, ZENNIT, INNVESTIGATE, CAPTUM, LRP_TOOLBOX, CAFFE_LRP, TUTORIAL, LXT)
}


def profile(value: Profile | str) -> Profile:
    """A profile from its name, or itself; CompositeError for an unknown name."""
    if isinstance(value, Profile):
        return value
    if value not in PROFILES:
        raise CompositeError(
            f"profile: expected one of {', '.join(PROFILES)}, got {value!r}{did_you_mean(value, PROFILES)}"
        )
    return PROFILES[value]
