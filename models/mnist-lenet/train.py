"""Trains a convolutional network in the manner of LeNet-5 on MNIST: python models/mnist-lenet/train.py FOLDER"""

import sys
from pathlib import Path

from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from training import ChannelsFirst, ChannelsLast, Recipe, run  # noqa: E402  (the folder of the models is no package)


def build() -> nn.Sequential:
    """Two convolutions 5x5, each with ReLU and max-pooling 2x2, then 512 -> 100 -> 10."""
    return nn.Sequential(
        ChannelsFirst(),  # (n, 1, 28, 28)
        nn.Conv2d(1, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (n, 16, 12, 12)
        nn.Conv2d(16, 32, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),  # (n, 32, 4, 4)
        ChannelsLast(),
        nn.Flatten(),
        nn.Linear(512, 100),
        nn.ReLU(),
        nn.Linear(100, 10),
    )


if __name__ == "__main__":
    run(build, Recipe(epochs=12), HERE / "model.h5")
