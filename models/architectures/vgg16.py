"""VGG-16: thirteen 3x3 convolutions and three dense layers."""

from __future__ import annotations

import lrp
from lrp import layers as L
from models.architectures.builder import Builder, mean_subtracted
from models.architectures.weights import Weights


def vgg16(weights: Weights, classes: tuple[str, ...] = (), dtype: str = "float32") -> lrp.Network:
    """(224, 224, 3) -> 1000

    Source: Simonyan and Zisserman 2015, configuration D
    """
    b = Builder(weights, (224, 224, 3))
    for block, (width, depth) in enumerate(((64, 2), (128, 2), (256, 3), (512, 3), (512, 3)), start=1):
        for k in range(1, depth + 1):
            b.conv(f"conv{block}_{k}", 3, width, relu=f"relu{block}_{k}", padding=1)
        b.add(f"pool{block}", L.MaxPool(2, 2, ceil=True))
    b.dense("fc6", 4096, relu="relu6")
    b.dense("fc7", 4096, relu="relu7")
    b.dense("fc8", 1000)
    b.add("prob", L.Softmax())
    return b.network(lrp.Metadata(classes, preprocessing=mean_subtracted(103.939, 116.779, 123.68)), dtype)
