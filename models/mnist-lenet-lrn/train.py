"""Trains LeNet with local response normalisation on MNIST: python models/mnist-lenet-lrn/train.py FOLDER"""

import sys
from pathlib import Path

from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from training import ChannelsFirst, ChannelsLast, Recipe, run  # noqa: E402  (the folder of the models is no package)


def normalisation() -> nn.Module:
    """Over 5 channels, with an alpha that matters for activations of the order of 1 (AlexNet's 1e-4 is for 0..255)."""
    return nn.LocalResponseNorm(5, alpha=1.0, beta=0.75, k=1.0)


def build() -> nn.Sequential:
    """LeNet of models/mnist-lenet with a normalisation behind each ReLU of a convolution, as in AlexNet."""
    return nn.Sequential(
        ChannelsFirst(),  # (n, 1, 28, 28)
        nn.Conv2d(1, 16, 5),
        nn.ReLU(),
        normalisation(),
        nn.MaxPool2d(2),  # (n, 16, 12, 12)
        nn.Conv2d(16, 32, 5),
        nn.ReLU(),
        normalisation(),
        nn.MaxPool2d(2),  # (n, 32, 4, 4)
        ChannelsLast(),
        nn.Flatten(),
        nn.Linear(512, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )


if __name__ == "__main__":
    run(build, Recipe(epochs=12), HERE / "model.h5")
