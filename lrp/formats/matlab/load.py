"""MATLAB v7.3 files (.mat) that hold a network or a Fisher-vector model.

    net.layers{i}    a MatConvNet simplenn network, or `layers` at the root (save -struct)
    net.layers(i)    a MatConvNet DagNN with net.params and net.vars
    fisher           a Fisher-vector model in the layout of matlab_fisher.py
    W1, b1, ...      plain matrices, with the architecture in our own JSON

The network takes (n, c, h, w), as MATLAB's (h, w, c, n) with the samples first and the channels next. Networks that
were imported from Caffe into MatConvNet see their pictures transposed; that is theirs and stays so.
"""

from __future__ import annotations

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build import Architecture, Assembly, Entry, Tensor, assemble
from lrp.formats.container import Reader, quoted
from lrp.formats.matlab import mat73
from lrp.formats.matlab.fisher import read_fisher
from lrp.formats.matlab.mat73 import Variable
from lrp.formats.matlab.matconvnet import read_dag, read_simple
from lrp.formats.torch import MODULES, single
from lrp.graph import Network

is_matlab = mat73.is_matlab


def read(file: Reader, architecture: Architecture | None = None, dtype: str = "float64") -> Network:
    """The network of an opened file; the architecture JSON is for plain matrices alone."""
    variables = mat73.root(file)
    if architecture is not None:
        return assemble(architecture, Matrices(variables), PLAIN, file.name, dtype)
    fisher = variables.field("fisher")
    if fisher is not None:
        return read_fisher(fisher, dtype)
    net = variables.field("net") or variables
    layers = net.field("layers")
    if layers is not None:
        dag = net.field("params") is not None and net.field("vars") is not None
        return read_dag(net, dtype) if dag else read_simple(net, layers, dtype)
    names = [name for name in variables.names() if not name.startswith("#")]
    raise LoadError(
        f"{file.name} holds the variables {quoted(', '.join(names[:12]))} and no network (net.layers) or Fisher-vector "
        "model; for plain matrices give an architecture (the JSON of docs/formats.md)"
    )


class Matrices:
    """Plain matrices by the names of their variables: W(in, out) and b, as x * W + b is written in MATLAB."""

    def __init__(self, variables: Variable) -> None:
        self._variables = variables

    def get(self, prefix: str, name: str) -> Array | None:
        """The variable `name`; matrices have no prefix."""
        found = self._variables.field(name)
        return None if found is None else found.array()

    def unused(self) -> str:
        """Variables that no layer uses are no error: a .mat file holds whatever lay in the workspace."""
        return ""


def _linear(a: Assembly, e: Entry, xs: list[Tensor]) -> Tensor:
    """x * W + b; with transposed: true, W * x + b, W (out, in)."""
    weight = a.need(e, e.text("weight"), 2)
    bias = a.need(e, e.text("bias")).ravel() if e.given("bias") and e.text("bias") else None
    return a.builder.dense(e.name, single(e, xs), weight.T if e.flag("transposed", False) else weight, bias)


PLAIN = MODULES | {"Linear": _linear}
