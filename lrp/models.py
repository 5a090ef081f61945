"""The trained models that come with the package: small networks, their example inputs, and what is known of them.

    network = lrp.models.load("mnist-lenet")
    x = network.read_input(lrp.models.example("mnist-lenet", "three.png"))

An installed package carries them in its own folder; in a clone they are read from the folder models/.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lrp.errors import InputError, did_you_mean
from lrp.formats import load as load_file
from lrp.graph import Network

_HERE = Path(__file__).resolve().parent
_FOLDERS = (_HERE / "model_files", _HERE.parent / "models")  # in an installed package; in a clone
MODEL_FILE = "model.h5"


@dataclass(frozen=True)
class ModelCard:
    """What is known of a model: its name, title, size of the file in bytes, accuracy and licence as its README says."""

    name: str
    title: str
    size: int
    accuracy: str
    licence: str


def names() -> tuple[str, ...]:
    """The names of all models, in alphabetical order.

    >>> import lrp.models
    >>> "mnist-lenet" in lrp.models.names()
    True
    """
    return tuple(sorted(path.parent.name for path in _root().glob(f"*/{MODEL_FILE}")))


def folder(name: str) -> Path:
    """The folder of a model: its file, its README and its example inputs.

    Raises
    ------
    InputError
        For a name that no model has.
    """
    known = names()
    if name not in known:
        raise InputError(f"model: expected one of {', '.join(known)}, got {name!r}{did_you_mean(name, known)}")
    return _root() / name


def load(name: str, dtype: str = "float64") -> Network:
    """The network of a model that comes with the package.

    Parameters
    ----------
    name : one of `names()`
    dtype : "float64", "float32" or "exact"

    Raises
    ------
    InputError
        For a name that no model has.
    """
    return load_file(folder(name) / MODEL_FILE, dtype=dtype, trusted=True)


def example(name: str, file: str) -> Path:
    """The path of an example input of a model, such as ("mnist-lenet", "three.png")."""
    files = examples(name)
    if file not in files:
        raise InputError(
            f"{name}: expected an example among {', '.join(files)}, got {file!r}{did_you_mean(file, files)}"
        )
    return folder(name) / file


def examples(name: str) -> tuple[str, ...]:
    """The names of a model's example inputs."""
    found = folder(name).iterdir()
    return tuple(sorted(path.name for path in found if path.suffix in (".png", ".txt")))


def card(name: str) -> ModelCard:
    """What a model's README says of it."""
    lines = (folder(name) / "README.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|", 1)] for line in lines if line.startswith("|")]
    table = {row[0]: row[1] for row in rows if len(row) == 2}
    size = (folder(name) / MODEL_FILE).stat().st_size
    return ModelCard(
        name,
        lines[0].lstrip("# "),
        size,
        table.get("accuracy") or table.get("test accuracy", ""),
        table.get("licence", ""),
    )


def _root() -> Path:
    for path in _FOLDERS:
        if path.is_dir():
            return path
    raise InputError(
        f"models: expected the folder {_FOLDERS[0]} of an installed package, which is missing; reinstall it"
    )
