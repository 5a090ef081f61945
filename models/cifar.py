"""What the CIFAR-10 training scripts share: the binary batches, the loop, and measuring with our own forward pass.

torch is needed here and nowhere in lrp. The input is pixel / 127.5 - 1, channels-last.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

import lrp
from lrp import layers
from lrp.arrays import Array

CLASSES = tuple("airplane automobile bird cat deer dog frog horse ship truck".split())
METADATA = lrp.Metadata(CLASSES, (-1.0, 1.0), lrp.Preprocessing((127.5,), (127.5,), "rgb"))


def read_cifar(files: list[Path]) -> tuple[Array, Array]:
    """(pictures (n, 32, 32, 3) as bytes, labels (n,)) of binary batches: a label byte, then the planes R, G, B."""
    rows = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, 3073) for file in files])
    return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0].astype(int)


def fit(net: nn.Module, x: torch.Tensor, labels: torch.Tensor, epochs: int, rate: float = 3e-3) -> None:
    """Adam with a learning rate that rises and falls once, on batches that are mirrored and moved as a whole."""
    rng = np.random.default_rng(0)
    optimizer = torch.optim.Adam(net.parameters(), weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * (len(x) // 100))
    for epoch in range(epochs):
        begin, losses = time.time(), []
        for rows in rng.permutation(len(x))[: len(x) // 100 * 100].reshape(-1, 100):
            batch = x[rows]
            batch = torch.flip(batch, [3]) if rng.random() < 0.5 else batch
            batch = torch.roll(batch, tuple(int(v) for v in rng.integers(-3, 4, 2)), (2, 3))
            loss = nn.functional.cross_entropy(net(batch), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: mean loss {np.mean(losses):.4f}, {time.time() - begin:.0f} s", flush=True)


def layers_of(net: nn.Sequential, shape: tuple[int, int, int] = (3, 32, 32)) -> list[layers.Layer]:
    """Our layers: kernels (out, in, h, w) -> (h, w, in, out), dense rows behind a flatten c, h, w -> h, w, c."""
    chain: list[layers.Layer] = []
    value, pictured = torch.zeros(1, *shape), None
    for module in net.eval():
        before, value = value, module(value)
        if isinstance(module, nn.Conv2d):
            kernel = module.weight.detach().numpy().transpose(2, 3, 1, 0)
            chain.append(layers.Conv(kernel, module.bias.detach().numpy(), padding="same"))
        elif isinstance(module, nn.Linear):
            weight = module.weight.detach().numpy()
            if pictured is not None:
                weight = weight.reshape(-1, *pictured).transpose(0, 2, 3, 1).reshape(len(weight), -1)
            pictured = None
            chain.append(layers.Dense(weight.T, module.bias.detach().numpy()))
        elif isinstance(module, nn.LocalResponseNorm):
            chain.append(layers.LRN(module.size, module.alpha, module.beta, module.k))
        elif isinstance(module, nn.MaxPool2d):
            chain.append(layers.MaxPool(module.kernel_size))
        elif isinstance(module, nn.Flatten):
            pictured = tuple(before.shape[1:])
            chain.append(layers.Flatten())
        elif isinstance(module, nn.ReLU):
            chain.append(layers.ReLU())
        elif not isinstance(module, nn.Dropout):
            raise TypeError(f"no layer of ours stands for {type(module).__name__}")
    return chain


def run(build: Callable[[], nn.Sequential], target: Path, epochs: int) -> None:
    """The command line of a training script: train, convert, measure with our own forward pass, save."""
    parser = argparse.ArgumentParser(description="Train on CIFAR-10 and write the network as a native HDF5 file.")
    parser.add_argument("folder", type=Path, help="the folder with data_batch_*.bin and test_batch*.bin")
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--threads", type=int, default=1, help="of torch; more than one may change the last digits")
    parser.add_argument("--out", type=Path, default=target, help="where to write (default: %(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    pictures, labels = read_cifar(sorted(options.folder.glob("data_batch_*.bin")))
    x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)
    net = build()
    fit(net, x, torch.from_numpy(labels), options.epochs)
    network = lrp.Network.sequential(layers_of(net), (32, 32, 3), metadata=METADATA, dtype="float32")
    test, wanted = read_cifar(sorted(options.folder.glob("test_batch*.bin")))
    found = network.forward(test / 127.5 - 1).output.argmax(axis=1)
    print(f"test accuracy {np.mean(found == wanted):.4f} on {len(wanted)} pictures, measured with lrp")
    lrp.save(network, options.out)
