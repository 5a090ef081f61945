"""Deep Taylor decomposition beyond one layer: two relevance models, and training-free on larger networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib
import numpy as np
from common import FIGURES, ROOT, accuracy, cifar_pictures, mnist_pictures

import lrp
from lrp import rules
from lrp.graph import Explanation
from lrp.pictures import viewable
from lrp.taylor.certificates import conservative, positive
from lrp.taylor.relevance_models import MinMax, TrainingFree, fit_min_max
from lrp.views import read_input

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

Array = np.ndarray
BOTTOM = {"w^2": rules.w_square(), "z^B": rules.z_box(0, 1)}


def report_deep(folder: Path, count: int) -> None:
    """Two detection-pooling layers: the training-free and the min-max relevance model."""
    network = lrp.load(ROOT / "models" / "mnist-deep-taylor" / "model.h5", "float64")
    first, second = network.nodes["dense1"].layer, network.nodes["dense2"].layer
    x, labels = mnist_pictures(folder, "test", network, count)
    print(f"two layers: {100 * accuracy(network, x, labels):.1f} % right on {count} pictures")

    def explained(pictures: Array, rule: rules.Rule = BOTTOM["z^B"]) -> Explanation:
        lines = [("dense1", rule), ("dense2", rules.z_plus(bias=False)), ("sumpool*", rules.zero())]
        return network.explain(pictures, None, lines, start="relu")

    def seen(e: Explanation) -> tuple[Array, Array, Array]:
        """The input, the relevance of the upper detection neurons, and of the pooled ones below them."""
        parts = (e.trace.values["input"], e.relevances["relu2"], e.relevances["sumpool1"])
        return tuple(np.asarray(part).reshape(len(part), -1) for part in parts)  # type: ignore[return-value]

    maps = {"input": x}
    for name, rule in BOTTOM.items():
        free = explained(x, rule)
        f, maps[f"training-free, {name}"] = free.ledger.start, np.asarray(free.relevance)
        print(f"training-free, {name}: {conservative(free.relevance, f, 1e-9)}; {positive(free.relevance)}")
    _, upper, R = seen(free)
    line = TrainingFree(second.weight).line(free.trace.values["sumpool1"].reshape(len(x), -1), upper)
    print(f"training-free: error of the model on the ledger at most {np.abs(line.dropped).max():.3g}")

    training, _ = mnist_pictures(folder, "train", network, 20 * count)
    start = MinMax(first.weight, np.zeros((second.weight.shape[1], len(first.bias))), first.bias, 4)
    model, losses = fit_min_max(start, *seen(explained(training)), np.random.default_rng(0), epochs=15)
    print(f"min-max: loss {losses[0]:.4g} -> {losses[-1]:.4g} in {len(losses)} epochs of {len(training)} pictures")
    for name, rule in BOTTOM.items():
        flat = x.reshape(len(x), -1)
        share, line = model.distribute(flat, upper, R, rule), model.line(flat, upper, R, rule)
        maps[f"min-max, {name}"] = share.parts[0]
        missed = np.abs(line.received - line.passed)
        print(f"min-max, {name}: {conservative(share.parts[0], f, 1e-9)}; {positive(share.parts[0])};", end=" ")
        print(f"mean R_f {f.mean():.4g}, mean |R_f - sum R| {missed.mean():.4g}, on the ledger, which closes", end=" ")
        print(f"for {100 * line.closes().mean():.0f} % of the pictures")
        a, b = (maps[f"{kind}, {name}"].reshape(len(x), -1) for kind in ("training-free", "min-max"))
        cosines = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
        print(f"min-max, {name}: cosine with the training-free heatmap {cosines.mean():.3f}")
    chosen = [int(np.flatnonzero(labels == digit)[0]) for digit in range(10) if (labels == digit).any()]
    draw({name: R[chosen] for name, R in maps.items()}, "montavon-models.png", (28, 28))


def draw(maps: dict[str, Array], file: str, shape: tuple[int, int]) -> None:
    """A row for each method, the input above; each heatmap on a scale of its own."""
    count, width = len(maps["input"]), 1.3 * shape[1] / shape[0]
    figure, axes = pyplot.subplots(len(maps), count, figsize=(width * count + 0.2, 1.35 * len(maps)), squeeze=False)
    for row, (name, R) in enumerate(maps.items()):
        for column in range(count):
            picture, axis = R[column].reshape(shape), axes[row, column]
            limit = np.abs(picture).max() or 1
            axis.imshow(picture, cmap="seismic" if row else "gray", vmin=-limit if row else 0, vmax=limit)
            axis.set_xticks([]), axis.set_yticks([])
        axes[row, 0].set_ylabel(name, fontsize=7)
    figure.tight_layout(pad=0.3)
    figure.savefig(FIGURES / file, dpi=80)
    pyplot.close(figure)


def report_convolutions(folder: Path, count: int) -> None:
    """The training-free model on an ordinary convolutional network, whose biases have both signs."""
    network = lrp.load(ROOT / "models" / "cifar10-cnn" / "model.h5", "float64")
    x, _ = cifar_pictures(folder, "test", network, count)
    certify("CIFAR-10 network", network, x, f"deep-taylor:{x.min()},{x.max()}")


def certify(title: str, network: lrp.Network, x: Array, composite: str = "deep-taylor") -> Array:
    """Print the certificates of the training-free decomposition, one picture at a time; the heatmaps."""
    maps, starts, dropped = [], [], []
    for one in x:
        explained = network.explain(one[None], None, composite, start="relu")
        maps.append(np.asarray(explained.relevance)[0])
        starts.append(explained.ledger.start[0])
        dropped.append({line.name: float(line.dropped[0]) for line in explained.ledger.lines})
        explained.ledger.check()
    R, f = np.stack(maps), np.array(starts)
    eps = 1e-9 if network.dtype == "float64" else 1e-4
    print(
        f"{title}, training-free, {len(x)} pictures, {network.dtype}: mean f {f.mean():.4g};"
        f" {conservative(R.astype(float), f, eps * f.max())}; {positive(R)}"
    )
    lost = {name: np.mean([each[name] / v for each, v in zip(dropped, f)]) for name in dropped[0]}
    named = ", ".join(f"{name} {100 * share:.2g} %" for name, share in lost.items() if abs(share) > 1e-6)
    print(f"{title}: met a zero denominator (dropped, share of f): {named or 'nothing'}")
    return R


def report_large(title: str, network: lrp.Network, folder: Path, count: int, shown: Sequence[str] = ()) -> None:
    """The training-free decomposition of `count` photographs of a folder; those to be shown, and others in equal steps.

    shown: the names without suffix of those that docs/figures/montavon-photographs.png is drawn from.
    """
    paths = sorted(p for p in folder.iterdir() if p.suffix in (".jpg", ".png"))
    drawn = [p for p in paths if p.stem in shown]
    rest = [p for p in paths if p.stem not in shown]
    steps = np.linspace(0, len(rest) - 1, max(0, min(count, len(paths)) - len(drawn))).round().astype(int)
    x = np.concatenate([read_input(p, network, fit=True) for p in [*drawn, *(rest[k] for k in steps)]])
    x = x.astype(network.dtype)
    R = certify(title, network, x)
    if not drawn:
        return
    figure, axes = pyplot.subplots(2, len(drawn), figsize=(2.2 * len(drawn), 4.8), squeeze=False)
    for column, (path, one, heat) in enumerate(zip(drawn, x, R.sum(axis=-1))):
        best = int(network.forward(one[None]).output[0].argmax())
        limit = np.quantile(heat, 0.995)
        axes[0, column].imshow(viewable(one, network.metadata.bounds()))
        axes[1, column].imshow(heat, cmap="seismic", vmin=-limit, vmax=limit)
        axes[0, column].set_title(f"{path.stem}: {network.metadata.classes[best]}", fontsize=8)
        for axis in axes[:, column]:
            axis.set_xticks([]), axis.set_yticks([])
    figure.tight_layout(pad=0.3)
    figure.savefig(FIGURES / "montavon-photographs.png", dpi=80)
    pyplot.close(figure)
