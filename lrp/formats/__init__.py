"""File formats, one package each; `container` is the only package that opens HDF5."""

from __future__ import annotations

from lrp.formats.describe import Description, describe
from lrp.formats.load import load
from lrp.formats.local_features import load_mixture, load_pca, load_svm
from lrp.formats.native import save

__all__ = ["Description", "describe", "load", "load_mixture", "load_pca", "load_svm", "save"]
