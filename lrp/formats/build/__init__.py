"""From a description of layers to a network: what the readers of all formats share.

architecture.py  our JSON, which describes the graph beside files of weights alone
builder.py       `Builder` collects nodes and checks their shapes; `Tensor` is a value as the file sees it
operations.py    operations that several formats have: convolution, pooling, normalisation, ...
"""

from lrp.formats.build import operations
from lrp.formats.build.architecture import (
    Architecture,
    Assembly,
    Entry,
    EntryReader,
    assemble,
    parse_architecture,
    required,
)
from lrp.formats.build.builder import Builder, Tensor, floats

__all__ = [
    "Architecture",
    "Assembly",
    "Builder",
    "Entry",
    "EntryReader",
    "Tensor",
    "assemble",
    "floats",
    "operations",
    "parse_architecture",
    "required",
]
