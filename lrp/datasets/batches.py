"""One batch of a data set: read, explained, and given back as plain arrays."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

import numpy as np

from lrp.arrays import Array, check_finite
from lrp.datasets.sources import Source
from lrp.errors import InputError
from lrp.graph import Network, TargetLike

SUMS = ("received", "passed", "bias", "stabilizer", "dropped")  # of the ledger's total, one number per sample


class Explained(Enum):
    """Which output of each sample is explained."""

    PREDICTED = "predicted"  # the largest
    TRUE = "true"  # that of its label


class Batch(NamedTuple):
    """The samples start .. stop - 1 of the source."""

    start: int
    stop: int

    def __str__(self) -> str:
        return f"samples {self.start} to {self.stop - 1}"


@dataclass(frozen=True, eq=False)
class BatchProblem:
    """What all batches share.

    target: Explained, or the number or name of one class for all. storage: the dtype of the stored relevance.
    """

    network: Network
    source: Source
    composite: str | None = None
    target: Explained | int | str = Explained.PREDICTED
    profile: str = "paper"
    storage: str = "float32"

    def compute(self, batch: Batch) -> dict[str, Array]:
        """The arrays of one batch: relevance, prediction, target, label, place, SUMS; "unreadable" is JSON as bytes.

        InputError where the true class is asked for and not known. Each sample's relevance does not depend on the
        others of its batch but for rounding.
        """
        samples = self.source.read(batch.start, batch.stop, self.network)
        unreadable = np.frombuffer(json.dumps(samples.unreadable).encode(), dtype=np.uint8)
        if not len(samples.places):
            return {"unreadable": unreadable}
        check_finite(np.asarray(samples.x), f"{self.source.name(batch.start)} ff.")
        if self.target is Explained.TRUE and (samples.labels < 0).any():
            place = int(samples.places[np.flatnonzero(samples.labels < 0)[0]])
            raise InputError(
                f"{self.source.name(place)}: expected a label for --target true, got none; put pictures into folders"
                " with the names of the classes, or give arrays with labels"
            )
        target = self._targets(samples.labels)
        e = self.network.explain(samples.x, target, self.composite, profile=self.profile, keep=())
        total = e.ledger.total()
        return {
            "relevance": np.asarray(e.relevance, dtype=self.storage),
            "prediction": np.asarray(e.trace.output, dtype=np.float32).reshape(len(samples.places), -1),
            "target": np.asarray(e.target, dtype=np.int64),
            "label": np.asarray(samples.labels, dtype=np.int64),
            "place": np.asarray(samples.places, dtype=np.int64),
            **{name: np.asarray(getattr(total, name), dtype=np.float64) for name in SUMS},
            "unreadable": unreadable,
        }

    def _targets(self, labels: Array) -> TargetLike:
        """The target of each sample, as `Network.explain` takes it."""
        if isinstance(self.target, Explained):
            return None if self.target is Explained.PREDICTED else [int(label) for label in labels]
        return self.target

    def fingerprint(self, size: int) -> str:
        """A hash of all that the results depend on: weights, samples, settings, the size of a batch."""
        settings = [self.composite, str(self.target), self.profile, self.storage, size, self.network.dtype]
        found = hashlib.sha256(json.dumps(settings).encode())
        found.update(self.source.identity().encode())
        found.update(repr(self.network.metadata).encode())
        for node in self.network.nodes.values():
            found.update(f"{node.name} {type(node.layer).__name__} {node.inputs} {node.layer.settings()}".encode())
            for name, weight in sorted(node.layer.weights().items()):
                found.update(f"{name} {weight.dtype} {weight.shape}".encode())
                found.update(np.ascontiguousarray(weight).tobytes())
        return found.hexdigest()
