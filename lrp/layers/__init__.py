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
from lrp.layers.activation_more import (
    CELU,
    Exponential,
    HardShrink,
    HardSiLU,
    HardSigmoid,
    HardTanh,
    LogSigmoid,
    Mish,
    Power,
    SELU,
    SoftShrink,
    Softsign,
    SparsePlus,
    Squareplus,
    TanhShrink,
    Threshold,
    ThresholdReLU,
)
from lrp.layers.affine import Affine
from lrp.layers.attention import MultiHeadAttention
from lrp.layers.base import Layer, LinearLayer, Routing
from lrp.layers.bilinear import Dot, MatMul
from lrp.layers.conv import Conv
from lrp.layers.conv_transpose import ConvTranspose
from lrp.layers.dense import Dense
from lrp.layers.elementary import Abs, Erf, Log
from lrp.layers.embedding import Embedding
from lrp.layers.fisher import FisherVector
from lrp.layers.fisher_pooling import FisherPooling
from lrp.layers.global_pool import GlobalAvgPool, GlobalMaxPool, GlobalSumPool
from lrp.layers.kernel_taylor import RBF, ExponentialChiSquare
from lrp.layers.kernels import ChiSquare, HistogramIntersection, LinearKernel
from lrp.layers.gru import GRU
from lrp.layers.layer_norm import GroupNorm, LayerNorm, RMSNorm, UnitNorm
from lrp.layers.log_softmax import LogSoftmax
from lrp.layers.lrn import LRN
from lrp.layers.lstm import LSTM
from lrp.layers.mask import Mask
from lrp.layers.merge import Add, Average, Concat, Multiply
from lrp.layers.mixture import Posteriors
from lrp.layers.merge_more import Maximum, Minimum, Subtract
from lrp.layers.norm_pool import PNormPool
from lrp.layers.normalization import BatchNorm
from lrp.layers.pca import PCA
from lrp.layers.pool import AvgPool, MaxPool, SumPool
from lrp.layers.recurrent import SimpleRNN
from lrp.layers.resize import Interpolate
from lrp.layers.select import RepeatVector, Slice
from lrp.layers.shape import Crop, Dropout, Flatten, Input, Permute, Reshape, UpSample, ZeroPad
from lrp.layers.sift import DenseSIFT, SiftPositions
from lrp.layers.svm import LinearSVM
from lrp.layers.vector_norm import FixedScale, L2Normalize, SignedPower
from lrp.layers.step_mask import FeatureMask, MaskedMean, Masking, TokenMask
from lrp.layers.weighted_add import WeightedAdd

LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Abs,
        Erf,
        Log,
        LogSoftmax,
        WeightedAdd,
        Add,
        Affine,
        Average,
        AvgPool,
        BatchNorm,
        ChiSquare,
        CELU,
        Concat,
        Conv,
        ConvTranspose,
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
        Dot,
        Dropout,
        ELU,
        Embedding,
        Exponential,
        FeatureMask,
        Flatten,
        GELU,
        GRU,
        GlobalAvgPool,
        GlobalMaxPool,
        GlobalSumPool,
        HardMapping,
        HistogramIntersection,
        Input,
        L2Normalize,
        GroupNorm,
        HardShrink,
        HardSiLU,
        HardSigmoid,
        HardTanh,
        Input,
        Interpolate,
        LRN,
        LSTM,
        LayerNorm,
        LeakyReLU,
        Linear,
        LinearKernel,
        LinearSVM,
        Mask,
        MaxHistogram,
        MaxPool,
        MeanHistogram,
        LogSigmoid,
        Mask,
        MaskedMean,
        Masking,
        MatMul,
        MaxPool,
        Maximum,
        Minimum,
        Mish,
        MultiHeadAttention,
        Multiply,
        PCA,
        PNormPool,
        PReLU,
        Permute,
        Posteriors,
        RBF,
        Power,
        RMSNorm,
        ReLU,
        RepeatVector,
        Reshape,
        SELU,
        SiLU,
        SiftPositions,
        Sigmoid,
        SignedPower,
        SoftMapping,
        SimpleRNN,
        Slice,
        SoftShrink,
        Softmax,
        Softplus,
        Softsign,
        SparsePlus,
        Squareplus,
        Subtract,
        SumPool,
        Tanh,
        TanhShrink,
        Threshold,
        ThresholdReLU,
        TokenMask,
        UnitNorm,
        UpSample,
        ZeroPad,
    )
}

__all__ = ["LAYERS", "Activation", "Layer", "LinearLayer", "Routing", *LAYERS]
