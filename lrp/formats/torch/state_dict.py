"""PyTorch state dicts stored with h5py, with the architecture in our own JSON.

Read are the customary layouts: dataset names with dots (`layer1.0.conv1.weight`), the dots as groups, or a group for
each module with its tensors in it; at the root or below one of CONTAINERS; with one of PREFIXES in front of the names.
The loader never walks the file: it looks where the architecture points, and beside that for what is left over.

Float16 and bfloat16 stored as uint16 are read if the attribute `dtype` states which of them it is.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build import Architecture, assemble, floats, required
from lrp.formats.container import Reader, quoted
from lrp.formats.torch.modules import MODULES
from lrp.graph import Network

CONTAINERS = ("", "/state_dict", "/model_state_dict", "/model", "/net", "/params", "/weights", "/module")
PREFIXES = ("", "module.", "_orig_mod.", "model.", "net.", "backbone.", "module._orig_mod.", "_orig_mod.module.")
COUNTERS = ("num_batches_tracked", "n_averaged")  # tensors that take no part in a prediction
SUFFIXES = (".weight", ".bias", ".running_mean", ".running_var", *(f".{name}" for name in COUNTERS))


class TorchWeights:
    """Tensors by their names in the state dict."""

    def __init__(self, file: Reader, architecture: Architecture) -> None:
        self._file = file
        self._used: set[str] = set()
        self._container, self._prefix, self._style = self._find(architecture)

    def _find(self, architecture: Architecture) -> tuple[str, str, str]:
        """The place of the first tensor of the architecture, from which the layout of all follows."""
        keys = [f"{entry.weights}.{name}" for entry in architecture.entries for name in NAMES]
        for container, prefix, style in product(CONTAINERS, PREFIXES, ("flat", "nested", "grouped")):
            if container and not self._file.kind(container):
                continue
            for key in keys[: 40 * len(NAMES)]:
                if self._file.kind(_path(container, prefix + key, style)) == "dataset":
                    return container, prefix, style
        raise LoadError(
            f"{self._file.name}: no tensor of the architecture is in the file, as {quoted(keys[0])} or in groups; "
            "expected names as state_dict() gives them"
        )

    def get(self, prefix: str, name: str) -> Array | None:
        path = _path(self._container, f"{self._prefix}{prefix}.{name}", self._style)
        if self._file.kind(path) != "dataset":
            return None
        self._used.add(path)
        return floats(decoded(self._file, path))

    def unused(self) -> str:
        """A tensor beside those that were used, or ""; the counters of batch normalisation do not count.

        Looked at are the groups that lead to a used tensor, and the container of all: not the file's root where the
        tensors are in groups, for an optimizer may have its group beside them.
        """
        groups = {self._container}
        if self._style != "flat":
            for path in self._used:
                while (path := path.rsplit("/", 1)[0]) != self._container:
                    groups.add(path)
        leading = groups | self._used
        for group in sorted(groups):
            for name in self._file.children(group or "/"):
                path = f"{group}/{name}"
                if path in leading or name.rsplit(".", 1)[-1] in COUNTERS:
                    continue
                if group and self._style != "flat" or self._file.kind(path) == "dataset":
                    return path
        return ""


NAMES = ("weight", "weight_ih_l0", "in_proj_weight", "running_mean")


def _path(container: str, key: str, style: str) -> str:
    """The dataset of a tensor."""
    if style == "flat":
        return f"{container}/{key}"
    if style == "nested":
        return f"{container}/{key.replace('.', '/')}"
    module, _, name = key.rpartition(".")
    return f"{container}/{module}/{name}"


def decoded(file: Reader, path: str) -> Array:
    """The numbers of a tensor; 16-bit floats stored as integers are turned back where an attribute names them."""
    values = file.array(path)
    if values.dtype.kind == "f":
        return values
    stated = file.attribute(path, "dtype")
    stated = str(stated).removeprefix("torch.") if stated is not None else ""
    if values.dtype == np.uint16 and stated == "float16":
        return file.require_array(path, values.view(np.float16), True)
    if values.dtype == np.uint16 and stated == "bfloat16":
        return file.require_array(path, (values.astype(np.uint32) << 16).view(np.float32), True)
    raise LoadError(
        f"{file.name}: {quoted(path)} holds {values.dtype}; expected floats (16-bit floats stored as uint16 need an"
        " attribute dtype = 'float16' or 'bfloat16')"
    )


def is_torch(file: Reader) -> bool:
    """Whether the file looks like a state dict: names that end like those of torch's modules."""
    for container in CONTAINERS:
        here = container
        for _ in range(8):  # down the first group of each group
            names = file.children(here or "/")
            alike = [name for name in names if f".{name}".endswith(SUFFIXES) or ".weight_ih_l" in f".{name}"]
            if any(file.kind(f"{here}/{name}") == "dataset" for name in alike[:64]):
                return True
            groups = [name for name in names[:4] if file.kind(f"{here}/{name}") == "group"]
            if not groups:
                break
            here = f"{here}/{groups[0]}"
    return False


def read(file: Reader, architecture: Architecture | None, dtype: str = "float64") -> Network:
    """The network of an opened file and its architecture."""
    hint = ", or export the model to ONNX and use `lrp convert`"
    parsed = required(architecture, f"{file.name} holds the weights of a PyTorch model", hint)
    return assemble(parsed, TorchWeights(file, parsed), MODULES, file.name, dtype)
