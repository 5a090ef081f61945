"""Profiles: the conventions of one implementation each, as data.

`profile.py` is what a profile is and how it meets a composite; one file a library (`zennit.py`, `captum.py` ...);
`shared.py` what several of them use; `backward_layers.py` the layers that some put in another layer's position in the
backward pass. `PROFILES` holds all of them by name. Nothing here divides relevance.
"""

from lrp.errors import CompositeError, did_you_mean
from lrp.graph.profiles.backward_layers import averaged, squared_variance
from lrp.graph.profiles.caffe_lrp import CAFFE_LRP
from lrp.graph.profiles.captum import CAPTUM
from lrp.graph.profiles.innvestigate import INNVESTIGATE
from lrp.graph.profiles.lrp_toolbox import LRP_TOOLBOX
from lrp.graph.profiles.lxt import LXT
from lrp.graph.profiles.profile import Preset, Profile
from lrp.graph.profiles.tutorial import TUTORIAL
from lrp.graph.profiles.zennit import ZENNIT

PAPER = Profile("paper", "the published equations")

PROFILES: dict[str, Profile] = {
    one.name: one for one in (PAPER, ZENNIT, INNVESTIGATE, CAPTUM, LRP_TOOLBOX, CAFFE_LRP, TUTORIAL, LXT)
}


def profile_named(value: Profile | str) -> Profile:
    """A profile from its name, or itself; CompositeError for an unknown name."""
    if isinstance(value, Profile):
        return value
    if value not in PROFILES:
        raise CompositeError(
            f"profile: expected one of {', '.join(PROFILES)}, got {value!r}{did_you_mean(value, PROFILES)}"
        )
    return PROFILES[value]


__all__ = ["PROFILES", "Preset", "Profile", "averaged", "profile_named", "squared_variance"]
