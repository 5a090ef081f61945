"""Network in network for CIFAR-10: convolutions, each followed by two of size 1x1, and no dense layer."""

from __future__ import annotations

import lrp
from lrp import layers as L
from models.architectures.builder import Builder, mean_subtracted
from models.architectures.weights import Weights

CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())


def nin_cifar(weights: Weights, classes: tuple[str, ...] = CLASSES, dtype: str = "float32") -> lrp.Network:
    """(32, 32, 3) -> 10

    Source: Lin et al. 2014, under the names of the authors' Caffe definition
    """
    b = Builder(weights, (32, 32, 3))
    b.conv("conv1", 5, 192, padding=2)
    b.conv("cccp1", 1, 160)
    b.conv("cccp2", 1, 96)
    b.add("pool1", L.MaxPool(3, 2, ceil=True))
    b.conv("conv2", 5, 192, padding=2)
    b.conv("cccp3", 1, 192)
    b.conv("cccp4", 1, 192)
    b.add("pool2", L.AvgPool(3, 2, ceil=True))
    b.conv("conv3", 3, 192, padding=1)
    b.conv("cccp5", 1, 192)
    b.conv("cccp6", 1, 10)
    b.add("pool3", L.GlobalAvgPool())
    b.add("prob", L.Softmax())
    return b.network(lrp.Metadata(classes, preprocessing=mean_subtracted(125.3, 123.0, 113.9)), dtype)
