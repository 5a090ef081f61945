"""What the training scripts share: the loop, and the step from a torch model to an lrp network.

torch is needed here and nowhere in lrp. The torch models take (n, 28, 28, 1) like ours, so that the weights of a layer
behind a flatten need no reordering: `ChannelsFirst` and `ChannelsLast` stand around their convolutions.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mnist import read_mnist
from torch import Tensor, nn

import lrp
from lrp import layers
from lrp.arrays import Array

CLASSES = tuple("0123456789")
PREPROCESSING = lrp.Preprocessing(mean=(0.0,), scale=(255.0,), channels="gray")


@dataclass(frozen=True)
class Recipe:
    """How a model is trained: Adam with a learning rate that rises and falls once, on pictures moved at random."""

    epochs: int
    rate: float = 2e-3
    batch: int = 128
    turn: float = 10.0  # degrees, either way
    zoom: float = 0.1  # part of the size, either way
    shift: float = 2.0  # pixels, either way
    seed: int = 0


class ChannelsFirst(nn.Module):
    """(n, h, w, c) -> (n, c, h, w)"""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 1, 2)


class ChannelsLast(nn.Module):
    """(n, c, h, w) -> (n, h, w, c)"""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 2, 3, 1)


class SumOf(nn.Module):
    """Sums of `size` neighbouring neurons: (n, m size) -> (n, m)"""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), -1, self.size).sum(2)


def moved(x: Tensor, recipe: Recipe, generator: torch.Generator) -> Tensor:
    """Each picture (n, 28, 28, 1) turned, zoomed and shifted a little, at random."""

    def spread(width: float) -> Tensor:
        return (2 * torch.rand(len(x), generator=generator) - 1) * width

    angle, zoom = spread(np.deg2rad(recipe.turn)), 1 + spread(recipe.zoom)
    cosine, sine = torch.cos(angle) * zoom, torch.sin(angle) * zoom
    half = x.shape[1] / 2  # the grid runs from -1 to 1
    right, down = spread(recipe.shift / half), spread(recipe.shift / half)
    matrix = torch.stack([cosine, -sine, right, sine, cosine, down], 1).reshape(-1, 2, 3)
    pictures = x.permute(0, 3, 1, 2)
    grid = nn.functional.affine_grid(matrix, list(pictures.shape), align_corners=False)
    return nn.functional.grid_sample(pictures, grid, align_corners=False).permute(0, 2, 3, 1)


def fit(
    model: nn.Module, x: Tensor, labels: Tensor, recipe: Recipe, project: Callable[[nn.Module], None] | None = None
) -> None:
    """Train in place on cross-entropy; `project` is called behind every step to hold the weights in a set."""
    generator = torch.Generator().manual_seed(recipe.seed)
    steps = recipe.epochs * -(-len(x) // recipe.batch)
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, total_steps=steps)
    for epoch in range(recipe.epochs):
        begin, losses = time.time(), []
        for chosen in torch.randperm(len(x), generator=generator).split(recipe.batch):
            loss = nn.functional.cross_entropy(model(moved(x[chosen], recipe, generator)), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            if project is not None:
                project(model)
            losses.append(loss.item())
        print(f"epoch {epoch + 1:2}: loss {np.mean(losses):.4f}, {time.time() - begin:.0f} s", flush=True)


def array(parameter: Tensor | None, *order: int) -> Array | None:
    """A parameter as a float32 array with its axes in the given order; None stays None."""
    if parameter is None:
        return None
    values = parameter.detach().numpy()
    return np.ascontiguousarray(values.transpose(order) if order else values)


def layers_of(module: nn.Module) -> list[layers.Layer]:
    """The lrp layers that compute what one module of a torch model does."""
    if isinstance(module, nn.Linear):
        return [layers.Dense(array(module.weight, 1, 0), array(module.bias))]  # (out, in) -> (in, out)
    if isinstance(module, nn.Conv2d):  # (out, in, kh, kw) -> (kh, kw, in, out)
        return [layers.Conv(array(module.weight, 2, 3, 1, 0), array(module.bias))]
    if isinstance(module, nn.LocalResponseNorm):
        return [layers.LRN(module.size, module.alpha, module.beta, module.k)]
    if isinstance(module, nn.MaxPool2d):
        return [layers.MaxPool(module.kernel_size)]
    if isinstance(module, SumOf):  # a picture with one row of pixels and one channel
        return [layers.Reshape((-1, 1)), layers.SumPool((module.size,)), layers.Flatten()]
    if isinstance(module, (ChannelsFirst, ChannelsLast)):
        return []
    return [{nn.ReLU: layers.ReLU, nn.Flatten: layers.Flatten}[type(module)]()]


def network_of(model: nn.Sequential) -> lrp.Network:
    """The lrp network, float32, with class names and preprocessing."""
    metadata = lrp.Metadata(CLASSES, preprocessing=PREPROCESSING)
    chain = [layer for module in model for layer in layers_of(module)]
    return lrp.Network.sequential(chain, (28, 28, 1), metadata=metadata, dtype="float32")


def run(
    build: Callable[[], nn.Sequential],
    recipe: Recipe,
    target: Path,
    project: Callable[[nn.Module], None] | None = None,
) -> None:
    """The command line of every training script: train on the folder's 60,000 pictures and write the model."""
    parser = argparse.ArgumentParser(description="Train on MNIST and write the network as a native HDF5 file.")
    parser.add_argument("folder", type=Path, help="the folder with MNIST's four IDX files")
    parser.add_argument("--out", type=Path, default=target, help="where to write (default: %(default)s)")
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # the same sums in the same order on every machine
    torch.manual_seed(recipe.seed)
    pictures, labels = read_mnist(arguments.folder, "train")
    x = torch.tensor(PREPROCESSING(pictures), dtype=torch.float32)
    model = build()
    fit(model, x, torch.tensor(labels, dtype=torch.long), recipe, project)
    lrp.save(network_of(model), arguments.out)
