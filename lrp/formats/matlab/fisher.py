"""A Fisher-vector model in a MATLAB v7.3 file, laid out as follows (matrices as VLFeat and LIBLINEAR keep them).

    fisher.gmm.means        (D, K)      a component's mean in each column, as vl_gmm gives it
    fisher.gmm.covariances  (D, K)      variances
    fisher.gmm.priors       (K, 1)
    fisher.svm.w            (V, classes)   V = 2 K D times the number of pyramid cells
    fisher.svm.b            (1, classes)   may be left out
    fisher.pca.projection   (d, D0)     optional: y = projection * (x - mean)
    fisher.pca.mean         (D0, 1)
    fisher.pyramid          (grids, 2)  optional: rows and columns of each grid, e.g. [1 1; 3 1; 2 2]
    fisher.threshold        optional: posteriors below it count as 0
    fisher.power            optional exponent of the signed power, 0.5 by default (1: none)
    fisher.normalize        optional, true by default: divide by the L2 norm after the power
    fisher.classes          optional cell array of names

The network takes local descriptors (n, L, D0) and, where a pyramid has several cells, their positions (n, L, 2), x and
y between 0 and 1. What it does not do: extract descriptors from pictures; `lrp.fisher.classifier` puts dense SIFT in
front of these parts.
"""

from __future__ import annotations

from lrp.arrays import Array
from lrp.errors import LoadError, LrpError
from lrp.formats.matlab.mat73 import Variable
from lrp.graph import Metadata, Network, Node
from lrp.layers import PCA, FisherVector, Input, L2Normalize, LinearSVM, SignedPower
from lrp.layers.local_features import WHOLE

FIELDS = {"gmm", "svm", "pca", "pyramid", "threshold", "power", "normalize", "classes"}


def read_fisher(model: Variable, dtype: str) -> Network:
    """The network of the struct `fisher`."""
    unknown = sorted(set(model.names()) - FIELDS)
    if unknown:
        raise model.fail(f"expected the fields {', '.join(sorted(FIELDS))}, got {unknown[0]!r}")
    try:
        nodes = _nodes(model)
        classes = model.field("classes")
        names = () if classes is None else tuple(classes.texts())
        return Network(nodes, metadata=Metadata(classes=names), dtype=dtype)
    except LoadError:
        raise
    except LrpError as error:
        raise model.fail(str(error)) from None


def _nodes(model: Variable) -> list[Node]:
    gmm, svm, pca = model.need("gmm"), model.need("svm"), model.field("pca")
    priors = gmm.need("priors").vector()
    means, variances = (_components(gmm.need(name), len(priors)) for name in ("means", "covariances"))
    pyramid = WHOLE
    grids = model.field("pyramid")
    if grids is not None:
        rows = grids.array()
        if rows.ndim != 2 or rows.shape[1] != 2 or (rows != rows.round()).any():
            raise grids.fail(f"expected [rows columns] of each grid, got shape {rows.shape}")
        pyramid = tuple((int(a), int(b)) for a, b in rows)
    encoder = FisherVector(priors, means, variances, threshold=_number(model, "threshold", 0.0), pyramid=pyramid)
    length = means.shape[1]
    nodes, before = [], "descriptors"
    if pca is not None:
        projection, mean = pca.need("projection").array(), pca.need("mean").vector()
        nodes.append(Node("pca", PCA(mean, projection.T), (before,)))
        before, length = "pca", len(mean)
    inputs = [Node("descriptors", Input((None, length)))]
    if pyramid != WHOLE:
        inputs.append(Node("positions", Input((None, 2))))
    nodes.append(Node("fisher", encoder, (before, *(node.name for node in inputs[1:]))))
    power = _number(model, "power", 0.5)
    if power != 1:
        nodes.append(Node("power", SignedPower(power), (nodes[-1].name,)))
    if _number(model, "normalize", 1.0):
        nodes.append(Node("normalize", L2Normalize(), (nodes[-1].name,)))
    bias = svm.field("b")
    machine = LinearSVM(svm.need("w").array(), None if bias is None else bias.vector())
    return [*inputs, *nodes, Node("svm", machine, (nodes[-1].name,))]


def _components(matrix: Variable, count: int) -> Array:
    """MATLAB's (D, K) as (K, D)."""
    values = matrix.array()
    if values.ndim != 2 or values.shape[1] != count:
        raise matrix.fail(f"expected a column for each of {count} components, got shape {values.shape}")
    return values.T


def _number(model: Variable, name: str, default: float) -> float:
    found = model.field(name)
    return default if found is None else found.number()
