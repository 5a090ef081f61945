"""CaffeNet: AlexNet with pooling before normalisation, as Caffe's reference model has it."""

from __future__ import annotations

import lrp
from lrp import layers as L
from models.architectures.builder import Builder, mean_subtracted
from models.architectures.weights import Weights


def caffenet(weights: Weights, classes: tuple[str, ...] = (), dtype: str = "float32") -> lrp.Network:
    """(227, 227, 3) -> 1000; 5 convolutions, three of them in two groups, 2 normalisations, 3 dense layers.

    Source: Krizhevsky et al. 2012, in the order of Caffe's bvlc_reference_caffenet
    """
    b = Builder(weights, (227, 227, 3))
    b.conv("conv1", 11, 96, relu="relu1", stride=4)
    b.add("pool1", L.MaxPool(3, 2, ceil=True))
    b.add("norm1", L.LRN(5, 1e-4, 0.75))
    b.conv("conv2", 5, 256, relu="relu2", padding=2, groups=2)
    b.add("pool2", L.MaxPool(3, 2, ceil=True))
    b.add("norm2", L.LRN(5, 1e-4, 0.75))
    b.conv("conv3", 3, 384, relu="relu3", padding=1)
    b.conv("conv4", 3, 384, relu="relu4", padding=1, groups=2)
    b.conv("conv5", 3, 256, relu="relu5", padding=1, groups=2)
    b.add("pool5", L.MaxPool(3, 2, ceil=True))
    b.dense("fc6", 4096, relu="relu6")
    b.dense("fc7", 4096, relu="relu7")
    b.dense("fc8", 1000)
    b.add("prob", L.Softmax())
    return b.network(lrp.Metadata(classes, preprocessing=mean_subtracted(104.0, 117.0, 123.0)), dtype)
