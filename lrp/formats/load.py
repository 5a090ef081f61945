"""Loading a model file: its format is recognised by its content, never by its name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lrp.errors import LoadError
from lrp.formats.container import LIMITS, Limits
from lrp.formats.model_file import Options, Path, RecognizedFile, opened
from lrp.formats.registry import FORMATS
from lrp.graph import Network


def load(
    path: Path,
    dtype: str = "float64",
    trusted: bool = False,
    architecture: Path | None = None,
    backend: str | None = None,
    limits: Limits = LIMITS,
) -> Network:
    """The network that a file holds.

    Parameters
    ----------
    path : path of a model file in one of FORMATS
    dtype : "float64", "float32" or "exact"
        What the weights are converted to.
    trusted : bool
        Read in this process, not in a bounded child process: for files of your own.
    architecture : path, optional
        The file that describes the graph, where `path` holds weights alone: Keras' to_json(), a Caffe prototxt, or our
        own JSON.
    backend : str, optional
        What a Keras 1 file was trained with ("theano", "tensorflow"), where the file does not state it.
    limits : Limits, optional
        For very large files, see `lrp.formats.container.Limits`.

    Returns
    -------
    Network

    Raises
    ------
    LoadError
        If the file is missing, damaged, of an unknown format, or holds something that cannot be read exactly.
    """
    with recognized(path, Options(dtype, trusted, architecture, backend, limits)) as file:
        return file.read()


@contextmanager
def recognized(path: Path, options: Options) -> Iterator[RecognizedFile]:
    """The file at `path` with its format; it is open as long as the block lasts."""
    with opened(path, options) as file:
        for one in FORMATS:
            found = one.recognise(file)
            if found is not None:
                yield found
                return
        if file.hdf5 is None:
            raise LoadError(
                f"{file.name} is not an HDF5 file: it lacks the HDF5 signature; nor is it an ONNX model or a binary "
                "caffemodel"
            )
        raise LoadError(f"{file.name}: expected a network in one of the known formats, found none of them")
