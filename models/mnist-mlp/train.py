"""Trains a perceptron with one hidden layer on MNIST: python models/mnist-mlp/train.py FOLDER"""

import sys
from pathlib import Path

from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from training import Recipe, run  # noqa: E402  (the folder of the models is no package)


def build() -> nn.Sequential:
    """784 pixels, 128 hidden neurons, 10 logits: small enough to be explained in rational arithmetic."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


if __name__ == "__main__":
    run(build, Recipe(epochs=30, turn=5, zoom=0.05, shift=1), HERE / "model.h5")
