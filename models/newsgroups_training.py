"""What the two newsgroup models share: the documents, the word dropout, the training loop, the file they end in.

It needs PyTorch (the extra "train") and the 20 Newsgroups by-date archive; `train.py` of each model calls `main`.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import nn

import lrp
from lrp.text import TextModel, Tokenizer, Vocabulary, newsgroups, padded
from lrp.text.vocabulary import FIRST, PADDING, UNKNOWN

MINIMUM = 5  # a word of the vocabulary stands in at least so many training posts
BATCH = 64
RATE = 2e-3
WORD_DROPOUT = 0.3  # this share of the words is deleted at every training step: the network learns to read around gaps
SMOOTHING = 0.05


class WordVectors(nn.Module):
    """An embedding whose rows for padding and for unknown words are zero, now and after training."""

    def __init__(self, words: int, size: int) -> None:
        super().__init__()
        self.table = nn.Embedding(words + FIRST, size)
        with torch.no_grad():
            self.table.weight.normal_(0, 0.1)
            self.table.weight[:FIRST] = 0

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        return self.table(numbers) * (numbers >= FIRST)[..., None]


class Classifier(nn.Module):
    """Word vectors, a sequence layer ending in ReLU, the maximum over the words of the document, a dense layer."""

    def __init__(self, words: int, size: int, sequence: nn.Module, features: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.vectors = WordVectors(words, size)
        self.sequence = sequence  # (n, t, size) -> (n, t, features)
        self.dropout = nn.Dropout(dropout)
        self.output = nn.Linear(features, classes)

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        if self.training:
            dropped = (torch.rand(numbers.shape) < WORD_DROPOUT) & (numbers != PADDING)
            numbers = torch.where(dropped, UNKNOWN, numbers)
        features = torch.relu(self.sequence(self.vectors(numbers)))
        features = features * (numbers != PADDING)[..., None]  # no maximum in the padding: ReLU leaves nothing below 0
        return self.output(self.dropout(features.amax(1)))


def batches(lengths: np.ndarray, rng: np.random.Generator) -> list[np.ndarray]:
    """The documents in batches of similar length, so that little is padded, in random order."""
    order = np.argsort(lengths + rng.normal(0, 40, len(lengths)))
    parts = [order[start : start + BATCH] for start in range(0, len(order), BATCH)]
    return [parts[index] for index in rng.permutation(len(parts))]


def train(network: Classifier, numbers: list[np.ndarray], labels: np.ndarray, epochs: int) -> None:
    """A fixed number of epochs on a one-cycle schedule; nothing is chosen by looking at the test posts."""
    rng = np.random.default_rng(0)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE)
    lengths = np.array([len(row) for row in numbers])
    steps = epochs * -(-len(numbers) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    network.train()
    for epoch in range(epochs):
        start, total = time.perf_counter(), 0.0
        for chosen in batches(lengths, rng):
            logits = network(torch.from_numpy(padded([numbers[index] for index in chosen])))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels[chosen]), label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss.detach()) * len(chosen)
        print(f"epoch {epoch + 1}: loss {total / len(numbers):.3f}, {time.perf_counter() - start:.0f} s", flush=True)
    network.eval()


def begin_with(network: Classifier, other: TextModel, vocabulary: Vocabulary) -> None:
    """Copy the word vectors of a trained model."""
    if other.vocabulary != vocabulary:
        raise SystemExit("the other model knows other words; train it again with the same settings")
    with torch.no_grad():
        weight = other.network.nodes[other.embedding].layer.weights()["weight"]
        network.vectors.table.weight.copy_(torch.from_numpy(weight))


def main(
    model_file: Path,
    build: Callable[[int, int], Classifier],
    convert: Callable[[dict[str, np.ndarray]], list[lrp.Node]],
    epochs: int,
    vectors: Path | None = None,
) -> None:
    """Train `build(words, classes)`, write `convert(weights)` to `model_file`, measure what was written.

    vectors: a model file of the same vocabulary whose word vectors are taken to begin with.
    The embedding is stored in half precision; the accuracy that is printed is that of the file, read again.
    """
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path, help=f"the folder with {newsgroups.ARCHIVE}")
    parser.add_argument("--checkpoint", type=Path, help="PyTorch weights: read if there, else written after training")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)

    posts = newsgroups.read(options.data, "train")
    tokenizer = Tokenizer(header="drop", limit=400)
    documents = [tokenizer.read(post.text, post.name) for post in posts]
    vocabulary = Vocabulary.build(documents, MINIMUM)
    classes = tuple(sorted({post.group for post in posts}))
    network = build(len(vocabulary), len(classes))
    if vectors is not None:
        begin_with(network, TextModel.of(lrp.load(vectors)), vocabulary)
    if options.checkpoint and options.checkpoint.exists():
        network.load_state_dict(torch.load(options.checkpoint, weights_only=True))
    else:
        numbers = [vocabulary.encode(document, tokenizer.limit) for document in documents]
        train(network, numbers, np.array([classes.index(post.group) for post in posts]), epochs)
        if options.checkpoint:
            torch.save(network.state_dict(), options.checkpoint)

    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    network = lrp.Network(convert(weights), metadata=lrp.Metadata(classes=classes), dtype="float32")
    lrp.save(TextModel(network, tokenizer, vocabulary).described, model_file, storage={"vectors": "float16"})
    model = TextModel.of(lrp.load(model_file, dtype="float32"))
    for split in newsgroups.SPLITS:
        posts = newsgroups.read(options.data, split)
        labels = np.array([classes.index(post.group) for post in posts])
        found = model.classify([model.encode(model.read(post.text, post.name)) for post in posts])
        print(f"{split}: {np.mean(found == labels):.4f} of {len(posts)} posts are classified correctly")
    print(f"{model_file}: {model_file.stat().st_size / 1e6:.2f} MB")
