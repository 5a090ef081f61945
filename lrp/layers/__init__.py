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
from lrp.layers.base import Layer, LinearLayer, Routing
from lrp.layers.conv import Conv
from lrp.layers.dense import Dense
from lrp.layers.embedding import Embedding
from lrp.layers.global_pool import GlobalAvgPool, GlobalMaxPool, GlobalSumPool
from lrp.layers.lrn import LRN
from lrp.layers.mask import Mask
from lrp.layers.merge import Add, Average, Concat, Multiply
from lrp.layers.normalization import BatchNorm
from lrp.layers.pool import AvgPool, MaxPool, SumPool
from lrp.layers.shape import Crop, Dropout, Flatten, Input, Permute, Reshape, UpSample, ZeroPad

LAYERS: dict[str, type[Layer]] = {
    kind.__name__: kind
    for kind in (
        Add,
        Average,
        AvgPool,
        BatchNorm,
        Concat,
        Conv,
        Crop,
        Dense,
        Dropout,
        ELU,
        Embedding,
        Flatten,
        GELU,
        GlobalAvgPool,
        GlobalMaxPool,
        GlobalSumPool,
        Input,
        LRN,
        LeakyReLU,
        Linear,
        Mask,
        MaxPool,
        Multiply,
        PReLU,
        Permute,
        ReLU,
        Reshape,
        SiLU,
        Sigmoid,
        Softmax,
        Softplus,
        SumPool,
        Tanh,
        UpSample,
        ZeroPad,
    )
}

__all__ = ["LAYERS", "Activation", "Layer", "LinearLayer", "Routing", *LAYERS]
