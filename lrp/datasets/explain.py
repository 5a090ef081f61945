"""All batches of a data set, into one file that a killed run continues and ends with the same bytes."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.campaign import cluster, local
from lrp.datasets.batches import SUMS, Batch, BatchProblem, Explained
from lrp.datasets.sources import Source
from lrp.datasets.stored import FORMAT, VERSION
from lrp.errors import InputError, LoadError, SaveError
from lrp.formats.container import Writer, create, open_file, read_numpy
from lrp.graph import Network
from lrp.methods.tools import whole
from lrp.pictures import channel_axis

PARTS = ".partial"  # the folder with the finished batches
Progress = Callable[[int, int], None]  # (batches done, all batches)


@dataclass(frozen=True)
class DataSetReport:
    """What became of a data set: the samples explained, and (name, sentence) for each that could not be read."""

    path: str
    explained: int
    unreadable: tuple[tuple[str, str], ...] = ()


def explain_dataset(
    network: Network,
    source: Source,
    path: str | os.PathLike[str],
    *,
    composite: str | None = None,
    target: Explained | int | str = Explained.PREDICTED,
    profile: str = "paper",
    storage: str = "float32",
    batch: int = 16,
    jobs: int = 0,
    dask: str | None = None,
    on_progress: Progress | None = None,
    replace: bool = False,
    model: str = "",
) -> DataSetReport:
    """Explain every sample of a source and store it, batch by batch. Pictures are read batch by batch, arrays whole.

    While it runs, finished batches are in the folder `path`.partial. A run that was killed goes on from there and ends
    with the same bytes, whatever the number of jobs. A finished file of the same data set and settings is left alone.

    Parameters
    ----------
    network : Network
        With one input.
    source : Source
        `lrp.datasets.open_sources(["folder", "*.png"])`, or a source of your own.
    path : str or path
        The HDF5 file, whose layout `lrp.datasets.stored` describes; ViRelAy reads it.
    composite, profile
        As in `Network.explain`.
    target : Explained, int or str
        The predicted class of each sample, its true class, or one class for all.
    storage : "float32" or "float64"
        The dtype of the stored relevance.
    batch : int
        The number of samples of a batch. Results depend on it in their last bits.
    jobs : int
        Worker processes; 0: this process.
    dask : str, optional
        The address of a Dask scheduler, whose workers compute then.
    on_progress : callable, optional
        Called with (batches done, all batches), at the start and after each batch.
    replace : bool
        Overwrite a file that holds something else.
    model : str
        The model's name, for the file.

    Returns
    -------
    DataSetReport
        With a sentence for each sample that could not be read; the others are explained.

    Raises
    ------
    InputError
        If no sample could be read, or true labels are asked for and not known.
    SaveError
        If `path` holds something else, another run writes it, or the disk is full; finished batches stay.
    """
    whole("batch", batch)
    if not len(source):
        raise InputError("data set: expected at least one sample, got none")
    if storage not in ("float32", "float64"):
        raise InputError(f"storage: expected 'float32' or 'float64', got {storage!r}")
    problem = BatchProblem(network, source, composite, target, profile, storage)
    fingerprint, name = problem.fingerprint(batch), os.fspath(path)
    batches = [Batch(start, min(start + batch, len(source))) for start in range(0, len(source), batch)]
    if os.path.exists(name) and not _holds(name, fingerprint) and not replace:
        raise SaveError(
            f"{name}: there is a file already, and it does not hold this data set under these settings; choose another"
            " name, or replace it with --force (replace=True)"
        )
    if not (os.path.exists(name) and _holds(name, fingerprint)):
        parts = _Parts(name + PARTS, fingerprint)
        missing = [one for one in batches if not parts.has(one)]
        if on_progress is not None:
            on_progress(len(batches) - len(missing), len(batches))
        done = len(batches) - len(missing)
        for one, arrays in _computed(problem, missing, jobs, dask):
            parts.add(one, arrays)
            done += 1
            if on_progress is not None:
                on_progress(done, len(batches))
        _assemble(problem, parts, batches, name, {"fingerprint": fingerprint, "model": model})
        parts.remove()
    with open_file(name, trusted=True) as file:
        unreadable = json.loads(bytes(file.array("/names/unreadable")))
        count = file.shape("/index")[0]
    return DataSetReport(name, count, tuple((source.name(place), text) for place, text in unreadable))


def _computed(
    problem: BatchProblem, missing: list[Batch], jobs: int, dask: str | None
) -> Iterator[tuple[Batch, dict[str, Array]]]:
    """The batches as they are finished: here, in other processes, or on a cluster."""
    if not missing:
        return
    if dask is None and jobs == 0:
        with np.errstate(all="ignore"):  # an overflow is named by explain()
            for one in missing:
                yield one, problem.compute(one)
        return
    results = cluster(problem, missing, dask) if dask is not None else local(problem, missing, jobs)
    with contextlib.closing(results):  # type: ignore[type-var]
        yield from results


class _Parts:
    """The finished batches as files of one folder; a part appears whole or not at all."""

    def __init__(self, folder: str, fingerprint: str) -> None:
        self.folder = folder
        plan = os.path.join(folder, "plan")
        try:
            os.makedirs(folder, exist_ok=True)
            if not os.listdir(folder):
                with open(plan, "w", encoding="ascii") as file:
                    file.write(fingerprint)
            with open(plan, encoding="ascii") as file:
                stored = file.read()
        except OSError as error:
            raise SaveError(
                f"{folder}: expected a folder for unfinished batches that can be written, got none"
                f" ({error.strerror or error}); choose another --save"
            ) from None
        if stored != fingerprint:
            raise SaveError(
                f"{folder}: expected the unfinished batches of this data set, got those of another one, or of other"
                " settings; finish that run, or remove the folder"
            )

    def _path(self, batch: Batch) -> str:
        return os.path.join(self.folder, f"{batch.start:09d}.npz")

    def has(self, batch: Batch) -> bool:
        return os.path.exists(self._path(batch))

    def add(self, batch: Batch, arrays: dict[str, Array]) -> None:
        unfinished = self._path(batch) + ".new"
        try:
            with open(unfinished, "wb") as file:
                np.savez(file, **arrays)  # type: ignore[arg-type]
                file.flush()
                os.fsync(file.fileno())
            os.replace(unfinished, self._path(batch))
        except OSError as error:
            with contextlib.suppress(OSError):
                os.remove(unfinished)
            raise SaveError(
                f"{self.folder}: {batch} cannot be written: {error.strerror or error}; what is finished is kept: make"
                " room and give the same command again"
            ) from None

    def read(self, batch: Batch) -> dict[str, Array]:
        content = read_numpy(self._path(batch), trusted=True)
        return content if isinstance(content, dict) else {}

    def remove(self) -> None:
        shutil.rmtree(self.folder)


def _assemble(problem: BatchProblem, parts: _Parts, batches: list[Batch], name: str, notes: dict[str, str]) -> None:
    """The file, from the parts in their order; all of it or nothing."""
    unreadable: list[tuple[int, str]] = []
    names: list[str] = []
    with create(name) as file:
        for batch in batches:
            arrays = parts.read(batch)
            unreadable += [(int(place), text) for place, text in json.loads(bytes(arrays["unreadable"]))]
            if "place" in arrays:
                _extend(file, arrays)
                names += [problem.source.name(int(place)) for place in arrays["place"]]
        if not names:
            raise InputError(
                f"data set: expected at least one sample that can be read, got none; the first: {unreadable[0][1]}"
            )
        file.attribute("/", "format_version", VERSION)
        for key, value in {"format": FORMAT, **_settings(problem), **notes}.items():
            file.attribute("/", key, value)
        file.attribute("/", "classes", problem.network.metadata.classes)
        file.group("/names")
        file.array("/names/samples", _bytes(names))
        file.array("/names/unreadable", _bytes(unreadable))


def _extend(file: Writer, arrays: dict[str, Array]) -> None:
    """Append one batch."""
    relevance, labels = arrays["relevance"], arrays["label"]
    if relevance.ndim == 4 and channel_axis(relevance.shape[1:]) == -1:
        relevance = np.moveaxis(relevance, -1, 1)  # ViRelAy has channels first
    file.extend("/attribution", np.ascontiguousarray(relevance), compress=True)
    file.extend("/prediction", arrays["prediction"])
    file.extend("/label", np.where(labels >= 0, labels, arrays["target"]).astype(np.uint16))
    file.extend("/known", (labels >= 0).astype(np.uint8))
    file.extend("/index", arrays["place"])
    file.extend("/target", arrays["target"])
    for column in SUMS:
        file.extend(f"/ledger/{column}", arrays[column])


def _bytes(value: Any) -> Array:
    """JSON as numbers: an attribute would hold 64 KiB at most."""
    return np.frombuffer(json.dumps(value).encode(), dtype=np.uint8)


def _settings(problem: BatchProblem) -> dict[str, str]:
    target = problem.target.value if isinstance(problem.target, Explained) else str(problem.target)
    return {"composite": problem.composite or "default", "target": target, "profile": problem.profile}


def _holds(name: str, fingerprint: str) -> bool:
    """Whether a file holds the data set with this fingerprint."""
    try:
        with open_file(name, trusted=True) as file:
            return file.attribute("/", "fingerprint") == fingerprint
    except LoadError:
        return False
