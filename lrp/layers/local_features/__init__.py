"""Classical image features: dense SIFT, PCA, Fisher vectors, bags of words, kernels and SVMs."""

from lrp.layers.local_features.bag_of_words import HardMapping, MaxHistogram, MeanHistogram, SoftMapping
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

__all__ = [
    "PCA",
    "RBF",
    "WHOLE",
    "ChiSquare",
    "DenseSIFT",
    "ExponentialChiSquare",
    "FisherPooling",
    "FisherVector",
    "FixedScale",
    "HardMapping",
    "HistogramIntersection",
    "L2Normalize",
    "LinearKernel",
    "LinearSVM",
    "MaxHistogram",
    "MeanHistogram",
    "Posteriors",
    "SiftPositions",
    "SignedPower",
    "SoftMapping",
]
