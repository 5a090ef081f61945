"""Trains two detection-pooling layers with biases <= 0 on MNIST: python models/mnist-deep-taylor/train.py FOLDER"""

import sys
from pathlib import Path

import torch
from torch import nn

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from training import Recipe, SumOf, run  # noqa: E402  (the folder of the models is no package)


def build() -> nn.Sequential:
    """The class of networks for which deep Taylor decomposition is consistent.

    x_j = max(0, sum_i x_i w_ij + b_j) with b_j <= 0, x_k = sum of neighbouring x_j, twice:
    784 -> 400 -> 100 -> 400 -> 10.
    The outputs are sums of ReLUs, so f(x) >= 0.
    """
    model = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 400), nn.ReLU(), SumOf(4), nn.Linear(100, 400), nn.ReLU(), SumOf(40)
    )
    hold_biases(model)
    return model


@torch.no_grad()
def hold_biases(model: nn.Module) -> None:
    """Project onto the set where every bias is <= 0."""
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.clamp_(max=0)


if __name__ == "__main__":
    run(build, Recipe(epochs=25, turn=5, zoom=0.05, shift=1), HERE / "model.h5", hold_biases)
