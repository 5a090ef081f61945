"""Layers: one package per family, and `LAYERS`, the registry that files are read by: class name -> class.

activations/      functions of one entry, softmax
affine.py         Affine: a factor and a summand per entry or channel
attention/        products of two activations, multi-head attention
base.py           what every layer is
convolution/      Conv, ConvTranspose
dense.py          Dense: the fully connected layer
embedding.py      Embedding: token numbers to vectors
local_features/   SIFT, PCA, Fisher vectors, bags of words, kernels and support vector machines
merging/          layers with several inputs
normalization/    batch, layer, group, RMS and local response normalisation
pooling/          sums, means, maxima and norms over windows
recurrent/        SimpleRNN, LSTM, GRU
rule_checks.py    which rules a layer takes
shape/            layers that move, cut, mask or repeat entries
sums.py           the relevance of a sum, and the losses of a layer with several steps
windows.py        windows that slide over spatial axes
winners.py        all relevance to the largest input
"""

from lrp.layers.activations import (
    CELU,
    ELU,
    GELU,
    SELU,
    Abs,
    Activation,
    Erf,
    Exponential,
    HardShrink,
    HardSigmoid,
    HardSiLU,
    HardTanh,
    LeakyReLU,
    Linear,
    Log,
    LogSigmoid,
    LogSoftmax,
    Mish,
    Power,
    PReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    SoftShrink,
    Softsign,
    SparsePlus,
    Squareplus,
    Tanh,
    TanhShrink,
    Threshold,
    ThresholdReLU,
)
from lrp.layers.affine import Affine
from lrp.layers.attention import Dot, MatMul, MultiHeadAttention
from lrp.layers.base import IndexingLayer, Layer, LinearLayer, Shape
from lrp.layers.convolution import Conv, ConvTranspose
from lrp.layers.dense import Dense
from lrp.layers.embedding import Embedding
from lrp.layers.local_features import (
    PCA,
    RBF,
    ChiSquare,
    DenseSIFT,
    ExponentialChiSquare,
    FisherPooling,
    FisherVector,
    FixedScale,
    HardMapping,
    HistogramIntersection,
    L2Normalize,
    LinearKernel,
    LinearSVM,
    MaxHistogram,
    MeanHistogram,
    Posteriors,
    SiftPositions,
    SignedPower,
    SoftMapping,
)
from lrp.layers.merging import Add, Average, Concat, Maximum, Minimum, Multiply, Subtract, WeightedAdd
from lrp.layers.normalization import LRN, BatchNorm, GroupNorm, LayerNorm, RMSNorm, UnitNorm
from lrp.layers.pooling import AvgPool, GlobalAvgPool, GlobalMaxPool, GlobalSumPool, MaxPool, PNormPool, SumPool
from lrp.layers.recurrent import GRU, LSTM, SimpleRNN
from lrp.layers.shape import (
    Crop,
    Dropout,
    FeatureMask,
    Flatten,
    Input,
    Interpolate,
    Mask,
    MaskedMean,
    Masking,
    Permute,
    RepeatVector,
    Reshape,
    Slice,
    TokenMask,
    UpSample,
    ZeroPad,
)
from lrp.layers.windows import Pairs, Windows, per_axis

FAMILIES: dict[str, tuple[type[Layer], ...]] = {
    "activations": (
        Abs,
        CELU,
        ELU,
        Erf,
        Exponential,
        GELU,
        HardShrink,
        HardSigmoid,
        HardSiLU,
        HardTanh,
        LeakyReLU,
        Linear,
        Log,
        LogSigmoid,
        LogSoftmax,
        Mish,
        Power,
        PReLU,
        ReLU,
        SELU,
        Sigmoid,
        SiLU,
        Softmax,
        Softplus,
        SoftShrink,
        Softsign,
        SparsePlus,
        Squareplus,
        Tanh,
        TanhShrink,
        Threshold,
        ThresholdReLU,
    ),
    "attention": (
        Dot,
        MatMul,
        MultiHeadAttention,
    ),
    "convolution": (
        Conv,
        ConvTranspose,
    ),
    "linear maps": (
        Affine,
        Dense,
        Embedding,
    ),
    "local features": (
        ChiSquare,
        DenseSIFT,
        ExponentialChiSquare,
        FisherPooling,
        FisherVector,
        FixedScale,
        HardMapping,
        HistogramIntersection,
        L2Normalize,
        LinearKernel,
        LinearSVM,
        MaxHistogram,
        MeanHistogram,
        PCA,
        Posteriors,
        RBF,
        SiftPositions,
        SignedPower,
        SoftMapping,
    ),
    "merging": (
        Add,
        Average,
        Concat,
        Maximum,
        Minimum,
        Multiply,
        Subtract,
        WeightedAdd,
    ),
    "normalization": (
        BatchNorm,
        GroupNorm,
        LayerNorm,
        LRN,
        RMSNorm,
        UnitNorm,
    ),
    "pooling": (
        AvgPool,
        GlobalAvgPool,
        GlobalMaxPool,
        GlobalSumPool,
        MaxPool,
        PNormPool,
        SumPool,
    ),
    "recurrent": (
        GRU,
        LSTM,
        SimpleRNN,
    ),
    "shape": (
        Crop,
        Dropout,
        FeatureMask,
        Flatten,
        Input,
        Interpolate,
        Mask,
        MaskedMean,
        Masking,
        Permute,
        RepeatVector,
        Reshape,
        Slice,
        TokenMask,
        UpSample,
        ZeroPad,
    ),
}
"""Every layer once: the families, and the classes of each family, in alphabetical order without regard to case."""

LAYERS: dict[str, type[Layer]] = {kind.__name__: kind for family in FAMILIES.values() for kind in family}

__all__ = [
    "FAMILIES",
    "LAYERS",
    "Activation",
    "IndexingLayer",
    "Layer",
    "LinearLayer",
    "Pairs",
    "Shape",
    "Windows",
    "per_axis",
    *LAYERS,
]
