"""The two classifiers of benchmarks/papers/fisher.py: Fisher vectors with an SVM, and a small convolutional network."""

from __future__ import annotations

import numpy as np

import lrp
from benchmarks.papers.fisher_data import Sample
from lrp import fisher, layers

Array = np.ndarray
PYRAMID = ((1, 1), (3, 1), (2, 2))


def train_fisher(
    samples: list[Sample],
    marks: Array,
    names: tuple[str, ...],
    rng: np.random.Generator,
    sizes: tuple[int, ...],
    step: int,
    components: int,
    dimensions: int,
) -> lrp.Network:
    """Dense SIFT, PCA, Gaussian mixture and SVM on the pictures; one network from picture to scores."""
    sift = layers.DenseSIFT(sizes, step)
    found = [sift.describe(sample.picture).descriptors for sample in samples]
    drawn = np.concatenate([d[rng.permutation(len(d))[: 60000 // len(found) + 1]] for d in found])
    drawn = drawn[np.linalg.norm(drawn, axis=1) > 0]
    pca = fisher.fit_pca(drawn, dimensions)
    fit = fisher.fit_gmm(pca.compute(drawn), components, rng, restarts=2, max_iterations=60, tolerance=1e-3)
    print(f"    mixture: {fit}")
    m = fit.mixture
    encode = layers.FisherVector(m.priors, m.means, m.variances, threshold=1e-6, pyramid=PYRAMID)
    encoder = fisher.encoder(sift, pca, encode)
    vectors = np.concatenate([encoder.forward(one(sample)).output for sample in samples])
    svm = fisher.fit_svm(vectors, marks, cost=10, balanced=True)
    return fisher.classifier(sift, pca, encode, svm, metadata=lrp.Metadata(classes=names))


def one(sample: Sample) -> Array:
    """A batch of one: (1, h, w, 1)."""
    return sample.picture[None, ..., None]


def train_cnn(x: Array, marks: Array, names: tuple[str, ...], epochs: int, seed: int) -> lrp.Network:
    """Three convolutions of 3x3 with max-pooling, one hidden layer, a logit a class; x (n, h, w, 1)."""
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    widths = (1, 16, 24, 32)
    blocks: list[torch.nn.Module] = []
    for before, after in zip(widths, widths[1:]):
        blocks += [torch.nn.Conv2d(before, after, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
    spatial = (x.shape[1] // 8, x.shape[2] // 8)
    model = torch.nn.Sequential(
        *blocks,
        torch.nn.Flatten(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(32 * spatial[0] * spatial[1], 48),
        torch.nn.ReLU(),
        torch.nn.Linear(48, len(names)),
    )
    pictures = torch.tensor(x.transpose(0, 3, 1, 2) - 0.5, dtype=torch.float32)
    wanted = torch.tensor(marks, dtype=torch.float32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
    loss_of = torch.nn.BCEWithLogitsLoss(pos_weight=(1 - wanted).sum(0) / wanted.sum(0))
    for _ in range(epochs):
        for rows in torch.randperm(len(pictures)).split(32):
            optimizer.zero_grad()
            loss_of(model(pictures[rows]), wanted[rows]).backward()
            optimizer.step()
    chain: list[layers.Layer] = []
    convolutions = [m for m in model if isinstance(m, torch.nn.Conv2d)]
    dense = [m for m in model if isinstance(m, torch.nn.Linear)]
    for module in convolutions:
        kernel = module.weight.detach().numpy().transpose(2, 3, 1, 0)
        chain += [layers.Conv(kernel, module.bias.detach().numpy(), padding=1), layers.ReLU(), layers.MaxPool(2)]
    flat = dense[0].weight.detach().numpy().reshape(-1, 32, *spatial).transpose(2, 3, 1, 0).reshape(-1, 48)
    chain += [layers.Flatten(), layers.Dense(flat, dense[0].bias.detach().numpy()), layers.ReLU()]
    chain += [layers.Dense(dense[1].weight.detach().numpy().T, dense[1].bias.detach().numpy())]
    network = lrp.Network.sequential(chain, x.shape[1:], metadata=lrp.Metadata(classes=names), dtype="float32")
    model.eval()
    there = model(pictures[:8]).detach().numpy()
    here = network.forward(x[:8] - 0.5).output
    if not np.allclose(there, here, atol=1e-3):
        raise SystemExit("the converted network does not compute what torch computes")
    return network
