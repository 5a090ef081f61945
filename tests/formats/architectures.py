"""Architecture JSON of the corpus' files that hold weights alone, as a user would write them."""

from __future__ import annotations

from typing import Any

Entries = list[dict[str, Any]]


def block(name: str, source: str, stride: int, down: bool) -> Entries:
    """A residual block of two convolutions."""
    entries: Entries = [
        {"name": f"{name}.conv1", "type": "Conv2d", "stride": stride, "padding": 1, "input": source},
        {"name": f"{name}.bn1", "type": "BatchNorm2d"},
        {"name": f"{name}.relu1", "type": "ReLU"},
        {"name": f"{name}.conv2", "type": "Conv2d", "padding": 1},
        {"name": f"{name}.bn2", "type": "BatchNorm2d"},
    ]
    if down:
        entries.append({"name": f"{name}.downsample.0", "type": "Conv2d", "stride": stride, "input": source})
        entries.append({"name": f"{name}.downsample.1", "type": "BatchNorm2d"})
        source = f"{name}.downsample.1"
    entries.append({"name": f"{name}.add", "type": "Add", "inputs": [f"{name}.bn2", source]})
    return [*entries, {"name": f"{name}.relu2", "type": "ReLU"}]


RESNET = {
    "framework": "torch",
    "inputs": {"x": [3, 32, 32]},
    "layers": [
        {"name": "conv1", "type": "Conv2d", "stride": 2, "padding": 3},
        {"name": "bn1", "type": "BatchNorm2d"},
        {"type": "ReLU"},
        {"name": "pool", "type": "MaxPool2d", "kernel_size": 3, "stride": 2, "padding": 1},
        *block("layer1.0", "pool", 1, False),
        *block("layer2.0", "layer1.0.relu2", 2, True),
        {"type": "AdaptiveAvgPool2d", "output_size": 1},
        {"type": "Flatten"},
        {"name": "fc", "type": "Linear"},
        {"type": "Softmax", "dim": 1},
    ],
}
VGG = {
    "framework": "torch",
    "inputs": {"x": [3, 16, 12]},
    "layers": [
        {"name": "features.0", "type": "Conv2d", "padding": 1},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernel_size": 2},
        {"name": "features.3", "type": "Conv2d", "padding": 1, "groups": 2},
        {"type": "ReLU"},
        {"type": "MaxPool2d", "kernel_size": 2},
        {"type": "Flatten"},
        {"name": "classifier.0", "type": "Linear"},
        {"type": "ReLU"},
        {"type": "Dropout"},
        {"name": "classifier.3", "type": "Linear"},
        {"type": "Softmax", "dim": 1},
    ],
}
CHAINER = {
    "framework": "chainer",
    "inputs": {"x": [2, 14, 12]},
    "layers": [
        {"name": "conv1", "type": "Convolution2D", "pad": 1},
        {"name": "bn1", "type": "BatchNormalization"},
        {"type": "relu"},
        {"type": "max_pooling_2d", "ksize": 2},
        {"name": "conv2", "type": "Convolution2D", "groups": 2},
        {"type": "relu"},
        {"name": "block.0", "type": "Linear"},
        {"type": "relu"},
        {"name": "block.1", "type": "Linear"},
        {"type": "softmax"},
    ],
}
PERCEPTRON = {
    "inputs": {"x": [9]},
    "layers": [
        {"type": "Linear", "weight": "W1", "bias": "b1"},
        {"type": "ReLU"},
        {"type": "Linear", "weight": "W2", "bias": "b2"},
        {"type": "Softmax", "dim": 1},
    ],
}
