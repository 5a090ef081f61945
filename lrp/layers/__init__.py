"""Layers, one file a family. `LAYERS` is the registry that files are read by: class name -> class."""

from lrp.layers.activation import (
    ELU,
    GELU,
    Activation,
    LeakyReLU,
    Linear,
    PReLU,
    ReLU,
    SiLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from lrp.layers.bag_of_words import HardMapping, MaxHistogram, MeanHistogram, SoftMapping
from lrp.layers.base import Layer, LinearLayer, Routing
from lrp.layers.conv import Conv
from lrp.layers.dense import Dense
from lrp.layers.embedding import Embedding
from lrp.layers.fisher import FisherVector
from lrp.layers.fisher_pooling import FisherPooling
from lrp.layers.global_pool import GlobalAvgPool, GlobalMaxPool, GlobalSumPool
from lrp.layers.kernel_taylor import RBF, ExponentialChiSquare
from lrp.layers.kernels import ChiSquare, HistogramIntersection, LinearKernel
from lrp.layers.lrn import LRN
from lrp.layers.mask import Mask
from lrp.layers.merge import Add, Average, Concat, Multiply
from lrp.layers.mixture import Posteriors
from lrp.layers.normalization import BatchNorm
from lrp.layers.pca import PCA
from lrp.layers.pool import AvgPool, MaxPool, SumPool
from lrp.layers.shape import Crop, Dropout, Flatten, Input, Permute, Reshape, UpSample, ZeroPad
from lrp.layers.sift import DenseSIFT, SiftPositions
from lrp.layers.svm import LinearSVM
from lrp.layers.vector_norm import FixedScale, L2Normalize, SignedPower

LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Add,
        Average,
        AvgPool,
        BatchNorm,
        ChiSquare,
        Concat,
        Conv,
        Crop,
        Dense,
        DenseSIFT,
        Dropout,
        ELU,
        Embedding,
        ExponentialChiSquare,
        FisherPooling,
        FisherVector,
        FixedScale,
        Flatten,
        GELU,
        GlobalAvgPool,
        GlobalMaxPool,
        GlobalSumPool,
        HardMapping,
        HistogramIntersection,
        Input,
        L2Normalize,
        LRN,
        LeakyReLU,
        Linear,
        LinearKernel,
        LinearSVM,
        Mask,
        MaxHistogram,
        MaxPool,
        MeanHistogram,
        Multiply,
        PCA,
        PReLU,
        Permute,
        Posteriors,
        RBF,
        ReLU,
        Reshape,
        SiLU,
        SiftPositions,
        Sigmoid,
        SignedPower,
        SoftMapping,
        Softmax,
        Softplus,
        SumPool,
        Tanh,
        UpSample,
        ZeroPad,
    )
}

__all__ = ["LAYERS", "Activation", "Layer", "LinearLayer", "Routing", *LAYERS]
