"""Fisher vectors against a small convolutional network: precision, context, and the tag in the corner.

    python -m benchmarks.papers.fisher [--shared FOLDER] [--quick] [--figure docs/fisher.png]

After Lapuschkin et al. 2016 (arXiv 1512.00172), on data of this size: four synthetic textures made here, and, where a
folder with PASCAL VOC and blood cell pictures is given, photographs. All numbers are printed; nothing is stored. Needs
torch for the training of the convolutional network, and matplotlib for the figure.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import lrp
from benchmarks.papers.fisher_data import CLASSES, TAG, Sample, labels, photographs, resized, synthetic, tagged
from benchmarks.papers.fisher_training import one, train_cnn, train_fisher
from lrp import fisher

Array = np.ndarray
CNN_COMPOSITE = "alpha2-beta1"
WITH_TAG = "checks"


@dataclass(frozen=True)
class Classifier:
    """A network, and how a sample becomes its input and its relevance a heatmap of the sample's size."""

    name: str
    network: lrp.Network
    size: tuple[int, int] | None = None  # None: the sample as it is

    def input(self, sample: Sample) -> Array:
        return one(sample) if self.size is None else resized([sample], self.size) - 0.5

    def score(self, sample: Sample) -> Array:
        return self.network.forward(self.input(sample)).output[0]

    def heatmap(self, sample: Sample, target: int) -> tuple[Array, lrp.Explanation]:
        """Relevance of the sample's pixels (h, w), its total kept, and the explanation."""
        composite = "epsilon" if self.size is None else CNN_COMPOSITE
        explanation = self.network.explain(self.input(sample), target, composite)
        explanation.ledger.check()
        R = explanation.relevance[0, ..., 0].astype(np.float64)
        h, w = sample.picture.shape
        rows, columns = np.arange(h) * R.shape[0] // h, np.arange(w) * R.shape[1] // w
        pixels = np.bincount(rows)[:, None] * np.bincount(columns)
        return (R / pixels)[rows][:, columns], explanation


def compare(title: str, tests: list[Sample], names: tuple[str, ...], pairs: list[tuple[Classifier, list[int]]]) -> None:
    """Average precision and context ratio of each kind of classifier; pairs: a classifier and the samples it is for."""
    kinds = sorted({classifier.name for classifier, _ in pairs}, reverse=True)
    marks = labels(tests, names)
    scores = {kind: np.full(marks.shape, np.nan) for kind in kinds}
    ratios: dict[tuple[str, str], list[float | None]] = {}
    for classifier, rows in pairs:
        for row in rows:
            scores[classifier.name][row] = classifier.score(tests[row])
            for c in np.flatnonzero(marks[row] & (scores[classifier.name][row] > 0)):
                R, _ = classifier.heatmap(tests[row], int(c))
                ratio = fisher.context_ratio(R, tests[row].inside(names[c]))
                ratios.setdefault((classifier.name, names[c]), []).append(ratio)
    print(
        f"\n{title}: average precision (%), context ratio mu: the median over the stable pictures; counts:"
        " stable/unstable of those with a positive score, and all that show the class"
    )
    print(f"  {'class':12s}" + "".join(f"{kind:>10s} AP {'mu':>8s} {'pictures':>14s}" for kind in kinds))
    precision = {
        kind: [fisher.average_precision(scores[kind][:, c], marks[:, c]) for c in range(len(names))] for kind in kinds
    }
    for c, name in enumerate(names):
        text = f"  {name:12s}"
        for kind in kinds:
            all_of = ratios.get((kind, name), [])
            stable = [ratio for ratio in all_of if ratio is not None]
            mu = f"{np.median(stable):8.3f}" if stable else f"{'-':>8s}"
            counts = f"{len(stable)}/{len(all_of) - len(stable)}/{int(marks[:, c].sum())}"
            text += f"{100 * precision[kind][c]:13.1f} {mu} {counts:>14s}"
        print(text)
    print(f"  {'mean':12s}" + "".join(f"{100 * np.mean(precision[kind]):13.1f} {'':23s}" for kind in kinds))


def watermark(classifiers: list[Classifier], clean: list[Sample]) -> None:
    """What the tag does: relevance on it, the score without it, and the score of other pictures with it."""
    target = CLASSES.index(WITH_TAG)
    own = [s for s in clean if WITH_TAG in s.boxes]
    others = [s for s in clean if WITH_TAG not in s.boxes]
    region = np.zeros(clean[0].picture.shape, dtype=bool)
    region[TAG] = True
    print(f"\nwatermark: {WITH_TAG!r} carried a tag in training; it covers {100 * region.mean():.1f} % of a picture")
    for classifier in classifiers:
        share, density, there, change = [], [], [], []
        near = grown(region, 3)
        for sample in own:
            with_tag = Sample(tagged(sample.picture), sample.boxes)
            R, explanation = classifier.heatmap(with_tag, target)
            positive = np.maximum(R, 0)
            share.append(positive[region].sum() / positive.sum())
            density.append(R[region].mean() / np.abs(R[~near]).mean())
            there.append(touching(classifier, explanation, region) if classifier.size is None else R[near].sum())
            change.append(classifier.score(with_tag)[target] - classifier.score(sample)[target])
        pasted = [
            classifier.score(Sample(tagged(s.picture), s.boxes))[target] - classifier.score(s)[target] for s in others
        ]
        turned = np.mean(
            [
                classifier.score(Sample(tagged(s.picture), s.boxes))[target] > 0 >= classifier.score(s)[target]
                for s in others
            ]
        )
        there_, change_ = np.array(there), np.array(change)
        print(f"  {classifier.name} ({len(own)} pictures of the class, {len(others)} others)")
        print(f"    share of the positive relevance on the tag: {100 * np.mean(share):.1f} % (mean)")
        print(f"    relevance per pixel on the tag / mean |relevance| elsewhere: {np.mean(density):.2f}")
        print(
            f"    masking the tag lowers the score by {np.mean(change_):.3f} (mean), relevance there"
            f" {np.mean(there_):.3f};"
            f" same sign in {100 * np.mean(np.sign(there_) == np.sign(change_)):.0f} % of the pictures,"
            f" correlation {np.corrcoef(there_, change_)[0, 1]:.2f}"
        )
        print(
            f"    pasting it on another class raises the score in {100 * np.mean(np.array(pasted) > 0):.0f} % of the"
            f" pictures, by {np.mean(pasted):.3f} (mean); {100 * turned:.0f} % turn positive"
        )
    print("  (relevance there: FV, of the descriptors that touch the tag; CNN, of the pixels up to 3 beside it)")


def touching(classifier: Classifier, explanation: lrp.Explanation, region: Array) -> float:
    """The relevance of the descriptors whose support touches the region."""
    sift = classifier.network.nodes["sift"].layer
    supports = np.concatenate([grid.supports() for grid in sift.grids(*region.shape)])
    touched = np.array([region[y0 : y1 + 1, x0 : x1 + 1].any() for x0, y0, x1, y1 in supports])
    return float(explanation.relevances["sift"][0].sum(axis=1)[touched].sum())


def grown(region: Array, margin: int) -> Array:
    """The region with a margin around it."""
    from scipy.ndimage import binary_dilation

    return binary_dilation(region, np.ones((2 * margin + 1, 2 * margin + 1)))


def ledger_of(classifier: Classifier, sample: Sample, target: int) -> None:
    """Where the relevance of one picture went."""
    _, explanation = classifier.heatmap(sample, target)
    print(f"\nledger of one picture, {classifier.name}:\n{explanation.ledger.table()}")


def draw(path: Path, classifiers: list[Classifier], shown: list[tuple[Sample, int, str]]) -> None:
    """Pictures and heatmaps side by side; every heatmap is scaled by its own largest entry, red for the class."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(len(shown), 1 + len(classifiers), figsize=(7.5, 2.3 * len(shown)), squeeze=False)
    for row, (sample, target, title) in zip(axes, shown):
        row[0].imshow(sample.picture, cmap="gray", vmin=0, vmax=1)
        row[0].set_title(title, fontsize=8)
        for boxes in sample.boxes.values():
            for x0, y0, x1, y1 in boxes:
                row[0].add_patch(pyplot.Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor="tab:green"))
        for axis, classifier in zip(row[1:], classifiers):
            R, _ = classifier.heatmap(sample, target)
            limit = np.abs(R).max()
            axis.imshow(R, cmap="seismic", vmin=-limit, vmax=limit)
            axis.set_title(
                f"{classifier.name}: score {classifier.score(sample)[target]:.2f}, sum R {R.sum():.2f}", fontsize=8
            )
        for axis in row:
            axis.set_axis_off()
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    print(f"\nfigure: {path}")


def synthetic_experiment(quick: bool, seed: int, figure: Path | None) -> None:
    """Precision and context without the tag, then the tag."""
    rng = np.random.default_rng(seed)
    count = 20 if quick else 60
    tests = synthetic(10 if quick else 25, rng)
    size = tests[0].picture.shape
    trained: dict[str | None, list[Classifier]] = {}
    for with_tag in (None, WITH_TAG):
        train = synthetic(count, rng, with_tag)
        marks = labels(train, CLASSES)
        start = time.perf_counter()
        fv = train_fisher(train, marks, CLASSES, rng, (3, 5), 3, 16, 24)
        middle = time.perf_counter()
        cnn = train_cnn(resized(train, size), marks, CLASSES, 10 if quick else 25, seed)
        print(
            f"    trained on {len(train)} pictures: FV {middle - start:.0f} s, CNN {time.perf_counter() - middle:.0f} s"
        )
        trained[with_tag] = [Classifier("FV", fv), Classifier("CNN", cnn, size)]
    everything = list(range(len(tests)))
    compare("synthetic textures", tests, CLASSES, [(classifier, everything) for classifier in trained[None]])
    watermark(trained[WITH_TAG], tests)
    target = CLASSES.index(WITH_TAG)
    own = next(s for s in tests if WITH_TAG in s.boxes)
    other = next(s for s in tests if "rings" in s.boxes)
    ledger_of(trained[WITH_TAG][0], Sample(tagged(own.picture), own.boxes), target)
    if figure is not None:
        draw(
            figure,
            trained[WITH_TAG],
            [
                (Sample(tagged(own.picture), own.boxes), target, f"{WITH_TAG}, with tag"),
                (own, target, f"{WITH_TAG}, tag masked"),
                (Sample(tagged(other.picture), other.boxes), target, f"rings with pasted tag, for {WITH_TAG}"),
                (other, CLASSES.index("rings"), "rings, for rings"),
            ],
        )


def photograph_experiment(
    title: str, samples: list[Sample], names: tuple[str, ...], size: tuple[int, int], quick: bool, seed: int
) -> None:
    """Two-fold cross-validation: every picture is scored by classifiers that have not seen it."""
    rng = np.random.default_rng(seed)
    marks = labels(samples, names)
    order = np.argsort(rng.random(len(samples)))
    order = order[np.lexsort((order * 0, *marks[order].T))]  # neighbours have like labels: the halves become alike
    pairs = []
    for fold in range(2):
        train, test = order[1 - fold :: 2], order[fold::2]
        chosen = [samples[i] for i in train]
        fv = train_fisher(chosen, marks[train], names, rng, (4, 6, 8), 4, 16 if quick else 32, 40)
        cnn = train_cnn(resized(chosen, size), marks[train], names, 8 if quick else 30, seed)
        pairs += [(Classifier("FV", fv), list(test)), (Classifier("CNN", cnn, size), list(test))]
    compare(title, samples, names, pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", default=os.environ.get("LRP_SHARED"), help="folder with data/boxes; or $LRP_SHARED")
    parser.add_argument("--quick", action="store_true", help="fewer pictures and epochs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--figure", type=Path, help="where the heatmaps side by side go (png)")
    arguments = parser.parse_args()
    synthetic_experiment(arguments.quick, arguments.seed, arguments.figure)
    if arguments.shared is None:
        print("\nno photographs: give a folder with data/boxes by --shared")
        return
    boxes = Path(arguments.shared) / "data" / "boxes"
    only = 60 if arguments.quick else None
    voc = photographs(boxes / "voc2012" / "images", boxes / "voc2012" / "boxes", 240)
    names = ("aeroplane", "bottle", "chair", "person", "sofa")
    photograph_experiment("PASCAL VOC 2012, 100 pictures", voc, names, (96, 96), arguments.quick, arguments.seed)
    cells = photographs(boxes / "bccd" / "JPEGImages", boxes / "bccd" / "Annotations", 240, only)
    photograph_experiment(
        f"blood cells, {len(cells)} pictures", cells, ("Platelets",), (96, 128), arguments.quick, arguments.seed
    )


if __name__ == "__main__":
    main()
