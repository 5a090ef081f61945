"""File formats, one file each; safe.py is the only file that opens HDF5."""

from __future__ import annotations

from lrp.formats.describe import describe
from lrp.formats.loading import load
from lrp.formats.native import save

__all__ = ["describe", "load", "save"]
