"""Trains a small CNN with local response normalisation on CIFAR-10: python models/cifar10-lrn/train.py FOLDER"""

import sys
from pathlib import Path

from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from cifar import run  # noqa: E402  (the folder of the models is no package)


def normalisation() -> nn.Module:
    """n = 5, beta = 0.75; alpha = 1, which matters for activations of the order of 1 (AlexNet's 1e-4 does not)."""
    return nn.LocalResponseNorm(5, alpha=1.0, beta=0.75, k=1.0)


def build() -> nn.Sequential:
    """Two blocks of convolution, ReLU, normalisation, pooling, then a third convolution and two dense layers."""
    return nn.Sequential(
        nn.Conv2d(3, 32, 5, padding=2),
        nn.ReLU(),
        normalisation(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 48, 3, padding=1),
        nn.ReLU(),
        normalisation(),
        nn.MaxPool2d(2),
        nn.Conv2d(48, 64, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(4 * 4 * 64, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    )


if __name__ == "__main__":
    run(build, HERE / "model.h5", epochs=16)
