"""Classical image features: dense SIFT, PCA, Fisher vectors, bags of words, kernels and support vector machines.

codebook_mapping.py       HardMapping, SoftMapping: descriptors to the words of a codebook
descriptor_relevance.py   the relevance of descriptors from that of pooled dimensions
fisher_pooling.py         FisherPooling: descriptors and posteriors to a Fisher vector
fisher_vector.py          FisherVector: Posteriors, then FisherPooling
kernel_taylor.py          ExponentialChiSquare, RBF: kernels that need a Taylor expansion
kernels.py                ChiSquare, HistogramIntersection, LinearKernel: kernels that are sums over dimensions
mixture.py                Posteriors of a Gaussian mixture
pca.py                    PCA
pyramid.py                the spatial pyramid: which descriptors lie in which cell
sift.py                   DenseSIFT, SiftPositions
sift_grid.py              where the frames of dense SIFT lie, their windows and pixels
sift_histogram.py         the mathematics of one SIFT descriptor
svm.py                    LinearSVM
vector_norm.py            FixedScale, L2Normalize, SignedPower
word_histogram.py         MaxHistogram, MeanHistogram: mapping weights to a histogram
"""

from lrp.layers.local_features.codebook_mapping import HardMapping, SoftMapping
from lrp.layers.local_features.fisher_pooling import FisherPooling
from lrp.layers.local_features.fisher_vector import FisherVector
from lrp.layers.local_features.kernel_taylor import RBF, ExponentialChiSquare
from lrp.layers.local_features.kernels import ChiSquare, HistogramIntersection, LinearKernel
from lrp.layers.local_features.mixture import Posteriors
from lrp.layers.local_features.pca import PCA
from lrp.layers.local_features.pyramid import WHOLE
from lrp.layers.local_features.sift import DenseSIFT, SiftPositions
from lrp.layers.local_features.svm import LinearSVM
from lrp.layers.local_features.vector_norm import FixedScale, L2Normalize, SignedPower
from lrp.layers.local_features.word_histogram import MaxHistogram, MeanHistogram

__all__ = [
    "HardMapping",
    "SoftMapping",
    "FisherPooling",
    "FisherVector",
    "RBF",
    "ExponentialChiSquare",
    "ChiSquare",
    "HistogramIntersection",
    "LinearKernel",
    "Posteriors",
    "PCA",
    "WHOLE",
    "DenseSIFT",
    "SiftPositions",
    "LinearSVM",
    "FixedScale",
    "L2Normalize",
    "SignedPower",
    "MaxHistogram",
    "MeanHistogram",
]
