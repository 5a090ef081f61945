"""Train a small ReLU network on CIFAR-10 and store it as model.h5 beside this file (needs the extra `train`).

    python models/cifar10-cnn/train.py FOLDER_WITH_CIFAR_BATCHES [--epochs 14] [--out model.h5]

FOLDER holds data_batch_*.bin and test_batch*.bin of the binary version. The input is pixel / 127.5 - 1, channels-last.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import lrp
from lrp.layers import Conv, Dense, Flatten, MaxPool, ReLU

CLASSES = "airplane automobile bird cat deer dog frog horse ship truck".split()


def read(files: list[Path]) -> tuple[np.ndarray, np.ndarray]:
    """(pictures (n, 32, 32, 3) as bytes, labels (n,)) of binary batches: a label byte, then the planes R, G, B."""
    rows = np.concatenate([np.fromfile(file, np.uint8).reshape(-1, 3073) for file in files])
    return rows[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), rows[:, 0].astype(int)


def main() -> None:
    """Train with Adam on flipped and shifted pictures, convert to lrp, measure with our own forward, save."""
    import torch
    from torch import nn

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=14)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("model.h5"))
    options = parser.parse_args()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    pictures, labels = read(sorted(options.folder.glob("data_batch_*.bin")))
    x = torch.from_numpy(pictures.transpose(0, 3, 1, 2).astype(np.float32) / 127.5 - 1)
    t = torch.from_numpy(labels)
    net = nn.Sequential(
        nn.Conv2d(3, 24, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(24, 24, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(24, 48, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(0.3),
        nn.Linear(8 * 8 * 48, 128),
        nn.ReLU(),
        nn.Dropout(0.3),
        nn.Linear(128, 10),
    )
    optimizer = torch.optim.Adam(net.parameters(), 1e-3, weight_decay=1e-4)
    steps = options.epochs * (len(x) // 100)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3e-3, total_steps=steps)
    for epoch in range(options.epochs):
        order = rng.permutation(len(x))[: len(x) // 100 * 100].reshape(-1, 100)
        losses = []
        for rows in order:
            batch = x[rows]
            batch = torch.flip(batch, [3]) if rng.random() < 0.5 else batch
            up, left = rng.integers(-3, 4, 2)
            batch = torch.roll(batch, (int(up), int(left)), (2, 3))
            loss = nn.functional.cross_entropy(net(batch), t[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: mean loss {np.mean(losses):.4f}", flush=True)
    network = convert(net)
    test, wanted = read(sorted(options.folder.glob("test_batch*.bin")))
    logits = network.forward(test / 127.5 - 1).output
    print(f"test accuracy {np.mean(logits.argmax(axis=1) == wanted):.4f} on {len(wanted)} pictures, measured with lrp")
    lrp.save(network, options.out)


def convert(net: object) -> lrp.Network:
    """The torch network as one of ours: kernels (out, in, h, w) -> (h, w, in, out), dense rows c, h, w -> h, w, c."""
    weights = [p.detach().numpy() for p in net.parameters()]  # type: ignore[attr-defined]
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = weights
    kernels = [w.transpose(2, 3, 1, 0) for w in (w1, w2, w3)]
    dense = w4.reshape(128, 48, 8, 8).transpose(2, 3, 1, 0).reshape(-1, 128)
    layers = [
        Conv(kernels[0], b1, padding="same"),
        ReLU(),
        Conv(kernels[1], b2, padding="same"),
        ReLU(),
        MaxPool(2),
        Conv(kernels[2], b3, padding="same"),
        ReLU(),
        MaxPool(2),
        Flatten(),
        Dense(dense, b4),
        ReLU(),
        Dense(w5.T, b5),
    ]
    metadata = lrp.Metadata(tuple(CLASSES), (-1.0, 1.0), lrp.Preprocessing((127.5,), (127.5,), "rgb"))
    return lrp.Network.sequential(layers, (32, 32, 3), metadata=metadata, dtype="float32")


if __name__ == "__main__":
    main()
