"""The file of a data set's explanations.

    /                 attributes  format = "lrp-dataset", format_version = 1, composite, target, model, profile, start,
                      classes (the names of the outputs), fingerprint
    /attribution      (n, c, h, w) for pictures, (n, ...) otherwise: the relevance, float32 or float64, compressed
    /prediction       (n, k) the network's output, float32
    /label            (n,) uint16, the true class; the explained class where it is not known
    /index            (n,) the number of the sample among the inputs: what could not be read is missing
    /target           (n,) the explained output
    /known            (n,) 1 where the label is known
    /ledger/<column>  (n,) received, passed, bias, stabilizer, dropped of the whole network
    /names/samples    JSON as bytes: what each sample is called; /names/unreadable: [place, sentence] of the others

The datasets `attribution`, `prediction`, `label` and `index` are those of an attribution database of ViRelAy, which
therefore reads this file as it is.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field

import numpy as np

from lrp.arrays import Array
from lrp.datasets.batches import SUMS
from lrp.errors import LoadError
from lrp.formats.container import open_file

FORMAT, VERSION = "lrp-dataset", 1


@dataclass(frozen=True, eq=False)
class StoredDataSet:
    """What such a file holds; see the top of this module. labels: -1 where they are not known."""

    relevance: Array = field(repr=False)
    prediction: Array = field(repr=False)
    target: Array = field(repr=False)
    labels: Array = field(repr=False)
    index: Array = field(repr=False)
    ledger: dict[str, Array] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    classes: tuple[str, ...] = ()
    notes: dict[str, str] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)


def read_dataset(path: str | os.PathLike[str], trusted: bool = False) -> StoredDataSet:
    """Read a file of `explain_dataset`; LoadError for any other file."""
    with open_file(path, trusted) as file:
        if file.attribute("/", "format") != FORMAT or file.attribute("/", "format_version") != VERSION:
            raise LoadError(
                f"{os.fspath(path)}: expected the explanations of a data set (lrp explain ... --save), got another file"
            )

        classes = file.attribute("/", "classes")
        label, known = file.array("/label").astype(np.int64), file.array("/known")
        return StoredDataSet(
            file.array("/attribution"),
            file.array("/prediction"),
            file.array("/target"),
            np.where(known == 1, label, -1),
            file.array("/index"),
            {name: file.array(f"/ledger/{name}") for name in SUMS},
            tuple(map(str, json.loads(bytes(file.array("/names/samples"))))),
            tuple(map(str, classes)) if isinstance(classes, tuple) else (),
            {name: str(file.attribute("/", name)) for name in ("composite", "target", "model", "profile")},
        )
