"""From a description of layers to a network: what the readers of all formats share.

`architecture` is our JSON beside files of bare weights; `Builder` collects nodes and checks their shapes;
`operations` are the element-wise operations that several formats name alike."""

from lrp.formats.build import operations
from lrp.formats.build.architecture import Architecture, Assembly, Entry, EntryReader, assemble, parse_architecture
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
]
