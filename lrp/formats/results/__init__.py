"""Results as HDF5 files.

relevance.py      explanations: relevance and ledger
named_arrays.py   arrays by name: patterns, heatmaps, curves
"""

from lrp.formats.results.named_arrays import load_arrays, load_attribute, save_arrays
from lrp.formats.results.relevance import save_explanations

__all__ = ["load_arrays", "load_attribute", "save_arrays", "save_explanations"]
