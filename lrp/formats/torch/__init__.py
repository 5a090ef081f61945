"""PyTorch: a state dict in HDF5, with an architecture in our own JSON.

state_dict.py   recognises and reads the file
modules.py      modules by name; activations.py, recurrent.py: two families of them
"""

from lrp.formats.torch.activations import activation, axis, single
from lrp.formats.torch.modules import MODULES, batch_norm, merge
from lrp.formats.torch.state_dict import is_torch, read

__all__ = ["MODULES", "activation", "axis", "batch_norm", "is_torch", "merge", "read", "single"]
