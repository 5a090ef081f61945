"""The explanations of a whole data set: from files, folders and arrays, in batches, into one HDF5 file.

sources    where samples come from: picture files, arrays with labels
batches    one batch: read, explained, as plain arrays
explain    `explain_dataset`: all batches, resumable, into one file
stored     the file: its layout, and reading it
sheet      pictures of what is stored, and the contact sheet
"""

from lrp.datasets.batches import Explained
from lrp.datasets.explain import DataSetReport, explain_dataset
from lrp.datasets.sheet import write_pictures
from lrp.datasets.sources import ArraySource, PictureSource, Source, open_sources
from lrp.datasets.stored import StoredDataSet, read_dataset

__all__ = [
    "ArraySource",
    "DataSetReport",
    "Explained",
    "PictureSource",
    "Source",
    "StoredDataSet",
    "explain_dataset",
    "open_sources",
    "read_dataset",
    "write_pictures",
]
