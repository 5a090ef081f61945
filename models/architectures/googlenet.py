"""GoogLeNet: nine inception modules, two normalisations; the auxiliary heads, used in training alone, are dropped."""

from __future__ import annotations

import lrp
from lrp import layers as L
from models.architectures.builder import Builder, mean_subtracted
from models.architectures.weights import Weights

# name: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, projection behind the pool
INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet(weights: Weights, classes: tuple[str, ...] = (), dtype: str = "float32") -> lrp.Network:
    """(224, 224, 3) -> 1000

    Source: Szegedy et al. 2015, Table 1, under the names of Caffe's bvlc_googlenet
    """
    b = Builder(weights, (224, 224, 3))
    b.conv("conv1/7x7_s2", 7, 64, stride=2, padding=3)
    b.add("pool1/3x3_s2", L.MaxPool(3, 2, ceil=True))
    b.add("pool1/norm1", L.LRN(5, 1e-4, 0.75))
    b.conv("conv2/3x3_reduce", 1, 64)
    b.conv("conv2/3x3", 3, 192, padding=1)
    b.add("conv2/norm2", L.LRN(5, 1e-4, 0.75))
    b.add("pool2/3x3_s2", L.MaxPool(3, 2, ceil=True))
    for name, widths in INCEPTIONS.items():
        inception(b, f"inception_{name}", *widths)
        if name in ("3b", "4e"):
            b.add(f"pool{int(name[0])}/3x3_s2", L.MaxPool(3, 2, ceil=True))
    b.add("pool5/7x7_s1", L.AvgPool(7, 1))
    b.dense("loss3/classifier", 1000)
    b.add("prob", L.Softmax())
    return b.network(lrp.Metadata(classes, preprocessing=mean_subtracted(104.0, 117.0, 123.0)), dtype)


def inception(b: Builder, name: str, one: int, reduce3: int, three: int, reduce5: int, five: int, pool: int) -> None:
    """Four branches side by side: 1x1; 1x1 then 3x3; 1x1 then 5x5; pooling then 1x1; their channels concatenated."""
    start = b.last
    ends = [b.conv(f"{name}/1x1", 1, one, at=start)]
    b.conv(f"{name}/3x3_reduce", 1, reduce3, at=start)
    ends.append(b.conv(f"{name}/3x3", 3, three, padding=1))
    b.conv(f"{name}/5x5_reduce", 1, reduce5, at=start)
    ends.append(b.conv(f"{name}/5x5", 5, five, padding=2))
    b.add(f"{name}/pool", L.MaxPool(3, 1, padding=1, ceil=True), start)
    ends.append(b.conv(f"{name}/pool_proj", 1, pool))
    b.add(f"{name}/output", L.Concat(), *ends)
