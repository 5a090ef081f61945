"""SqueezeNet 1.0: fire modules, no dense layer."""

from __future__ import annotations

import lrp
from lrp import layers as L
from models.architectures.builder import Builder, mean_subtracted
from models.architectures.weights import Weights

FIRES = {2: (16, 64), 3: (16, 64), 4: (32, 128), 5: (32, 128), 6: (48, 192), 7: (48, 192), 8: (64, 256), 9: (64, 256)}


def squeezenet(weights: Weights, classes: tuple[str, ...] = (), dtype: str = "float32") -> lrp.Network:
    """(227, 227, 3) -> 1000: squeeze to few channels, expand by 1x1 and 3x3 side by side

    Source: Iandola et al. 2016, Table 1

    The last convolution has a padding of 1, as the published model has it: what it computes beyond the picture is
    its bias alone, and average pooling counts it.
    """
    b = Builder(weights, (227, 227, 3))
    b.conv("conv1", 7, 96, stride=2)
    b.add("pool1", L.MaxPool(3, 2, ceil=True))
    for number, (squeeze, expand) in FIRES.items():
        name = f"fire{number}"
        start = b.conv(f"{name}/squeeze1x1", 1, squeeze)
        ends = [b.conv(f"{name}/expand1x1", 1, expand, at=start)]
        ends.append(b.conv(f"{name}/expand3x3", 3, expand, at=start, padding=1))
        b.add(f"{name}/concat", L.Concat(), *ends)
        if number in (4, 8):
            b.add(f"pool{number}", L.MaxPool(3, 2, ceil=True))
    b.conv("conv10", 1, 1000, padding=1)
    b.add("pool10", L.GlobalAvgPool())
    b.add("prob", L.Softmax())
    return b.network(lrp.Metadata(classes, preprocessing=mean_subtracted(104.0, 117.0, 123.0)), dtype)
