"""Samek et al. 2017 on this repository's models: which heatmap finds the regions that the prediction hangs on?

    python benchmarks/papers/samek.py --mnist FOLDER --cifar FOLDER [--pictures 500] [--jobs 2] [--work FOLDER]

Prints, for the MNIST and the CIFAR-10 model, AOPC and ABPC with standard errors (uniform and constant replacement) and
the complexity of the heatmaps (entropy, size as PNG), says which of the paper's orders hold, and draws the curves into
docs/figures. All regions of a picture are replaced; the areas are also given for the first 15.7 % of them, the paper's
share (100 of its 625). An interrupted run goes on where it was (its results are in --work).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import FIGURES, ROOT, accuracy, cifar_pictures, mnist_pictures, verdict

import lrp
from lrp.evaluation import Settings
from lrp.evaluation.campaign.campaign import run
from lrp.evaluation.campaign.plan import Plan, Problem
from lrp.evaluation.measurement import Measurement, table
from lrp.formats.results.named_arrays import save_arrays
from lrp.methods import estimate_patterns
from lrp.views import Panel, Series, draw_panels

LRP = ("lrp:epsilon:0.01", "lrp:alpha2-beta1", "lrp:epsilon-plus", "lrp:epsilon-gamma-box")
OTHERS = (
    "random",
    "gradient",
    "sensitivity:2",
    "sensitivity:inf",
    "deconvolution:2",
    "deconvolution:inf",
    "guided_backprop:2",
    "gradient_times_input",
    "integrated_gradients:steps=10",
    "smoothgrad:samples=10",
    "smoothgrad:samples=10,combine=square",
    "deep_lift:rescale",
    "deep_lift:reveal_cancel",
    "excitation_backprop",
    "contrastive_excitation_backprop",
    "grad_cam",
    "guided_grad_cam",
    "occlusion:window=4",
    "meaningful_perturbation:cell=2,mask_blur=1,blur=3,jitter=2,steps=30",
    "blur_saliency:spot=2,blur=2,spacing=4",
)
LEFT_OUT = (
    "cam: these networks do not end in global pooling and one dense layer",
    "shapley: a pixel is a feature, 784 and 1,024 of them, far more than the sampled orders can distinguish",
    "class_model: a picture of the class, no heatmap of the input",
)
PATTERN_PICTURES = 2000  # training pictures that patterns are estimated from
DRAWN_FROM = 10  # training pictures that prediction difference draws its windows from
TRAINED_ON = {"mnist": 60_000, "cifar10": 50_000}  # pictures that the networks were trained with
SHARE = 0.157  # of the regions, which the paper replaces


@dataclass(frozen=True)
class Data:
    """One model with its pictures. size: the regions' length; repetitions: draws of the noise."""

    name: str
    network: lrp.Network
    x: np.ndarray
    labels: np.ndarray
    training: np.ndarray
    size: int
    repetitions: int

    @property
    def regions(self) -> int:
        """The number of regions of a picture."""
        h, w = self.x.shape[1:3]
        return (h // self.size) * (w // self.size)

    @property
    def part(self) -> int:
        """The paper's share of them."""
        return round(SHARE * self.regions)


def main() -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mnist", type=Path)
    parser.add_argument("--cifar", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--work", type=Path, default=Path("build/samek"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    for data in collected(options):
        report(data, options.work, options.jobs)


def collected(options: argparse.Namespace) -> list[Data]:
    """The models whose pictures are there."""
    found = []
    if options.mnist:
        network = lrp.load(ROOT / "models/mnist-lenet/model.h5", dtype="float32", trusted=True)
        x, labels = mnist_pictures(options.mnist, "test", network, options.pictures)
        training, _ = mnist_pictures(options.mnist, "train", network, PATTERN_PICTURES)
        found.append(Data("mnist", network, x, labels, training, size=4, repetitions=3))
    if options.cifar:
        network = lrp.load(ROOT / "models/cifar10-cnn/model.h5", dtype="float32", trusted=True)
        x, labels = cifar_pictures(options.cifar, "test", network, options.pictures)
        training, _ = cifar_pictures(options.cifar, "data", network, PATTERN_PICTURES)
        found.append(Data("cifar10", network, x, labels, training, size=4, repetitions=1))
    return found


def report(data: Data, work: Path, jobs: int) -> None:
    """All tables, statements and the figure of one model."""
    print(
        f"\n== {data.name}: {len(data.x)} pictures, accuracy on them {accuracy(data.network, data.x, data.labels):.3f}"
    )
    methods = (*LRP, *OTHERS, *prepared_methods(data, work))
    for line in LEFT_OUT:
        print(f"left out: {line}")
    uniform = measured(data, methods, "uniform", data.repetitions, work, jobs)
    constant = measured(data, methods, "constant", 1, work, jobs)
    complexity = {short(name): found for name, found in uniform["complexity"].items()}
    falls = {short(name): found for name, found in uniform["abpc"].items()}
    covered = {short(name): found for name, found in constant["abpc"].items()}
    for text, found in ((f"uniform noise ({data.repetitions} draws)", falls), ("the pictures' mean", covered)):
        print(f"\nregions {data.size}x{data.size} replaced by {text}: areas of the first {data.part} and of all")
        print(table({name: areas(data, m) for name, m in found.items()}))
    print("\ncomplexity: entropy of the 8-bit grey heatmap in bits, bytes of its PNG")
    print(table(complexity))
    print()
    for text, found in (("uniform", falls), ("constant", covered)):
        for steps in (data.part, data.regions):
            statements(found, text, steps)
    orders_of_entropy(complexity)
    draw_panels(panels(data, falls, covered), FIGURES / f"samek-{data.name}.png", columns=2)


def prepared_methods(data: Data, work: Path) -> tuple[str, ...]:
    """The methods that learn from training pictures, with the files of what they need."""
    patterns, others = work / f"{data.name}-patterns.h5", work / f"{data.name}-others.h5"
    batches = [data.training[i : i + 100] for i in range(0, len(data.training), 100)]
    save_arrays(patterns, estimate_patterns(data.network, batches))
    save_arrays(others, {"x": data.training[:DRAWN_FROM]})
    names = [f"{name}:{patterns}" for name in ("pattern_net", "pattern_attribution")]
    return (*names, f"prediction_difference:{others},training_size={TRAINED_ON[data.name]},window={data.size}")


def areas(data: Data, found: Measurement) -> Measurement:
    """AOPC and ABPC over the first regions and over all, from the curves."""
    curves = {order: curve.values for order, curve in found.curves.items()}
    numbers = {}
    for steps in (data.part, data.regions):
        morf, lerf = (area(curves[order], steps) for order in ("morf", "lerf"))
        numbers |= {f"aopc {steps}": morf, f"abpc {steps}": morf - lerf}
    return Measurement(found.measure, numbers, {})


def area(falls: np.ndarray, steps: int) -> np.ndarray:
    """1/(L+1) sum_{k=0}^{L} f(x^(0)) - f(x^(k)) of each picture, for L = steps."""
    return np.asarray(falls[:, : steps + 1].mean(axis=1))


def measured(
    data: Data, methods: tuple[str, ...], replacement: str, repetitions: int, work: Path, jobs: int
) -> dict[str, dict[str, Measurement]]:
    """Region perturbation and complexity of all methods, by the runner that outlives interruptions."""
    settings = Settings(data.regions, data.size, replacement, repetitions)
    metrics = ("abpc", "complexity") if replacement == "uniform" else ("abpc",)
    problem = Problem(Plan(methods, metrics, len(data.x), 50, settings), data.network, data.x)
    path = work / f"{data.name}-{replacement}-{len(data.x)}.h5"
    return run(problem, path, jobs, on_progress=lambda done, total: print(f"  {replacement}: {done}/{total}", end="\r"))


def statements(falls: Mapping[str, Measurement], replacement: str, steps: int) -> None:
    """Which of the paper's orders of AOPC hold here."""
    aopc = {name: area(found.curves["morf"].values, steps) for name, found in falls.items()}
    settings = f"{replacement} replacement, {steps} regions"
    print(f"the paper's order LRP > deconvolution > sensitivity > random in AOPC, {settings}:")
    for name in LRP:
        for other in ("deconvolution:2", "sensitivity:2", "random"):
            print(f"  {name} > {other} {verdict(aopc[name], aopc[other])}")
    print(f"  deconvolution:2 > sensitivity:2 {verdict(aopc['deconvolution:2'], aopc['sensitivity:2'])}")
    print(f"  deconvolution:2 > random {verdict(aopc['deconvolution:2'], aopc['random'])}")
    print(f"  sensitivity:2 > random {verdict(aopc['sensitivity:2'], aopc['random'])}")


def orders_of_entropy(complexity: Mapping[str, Measurement]) -> None:
    """Whether LRP's heatmaps are the simpler ones."""
    entropy = {name: np.asarray(found.numbers["entropy"]) for name, found in complexity.items()}
    print("the paper's entropy(LRP) < entropy(sensitivity):")
    for name in LRP:
        print(f"  {name}: {verdict(entropy['sensitivity:2'], entropy[name])}")


def panels(data: Data, falls: Mapping[str, Measurement], covered: Mapping[str, Measurement]) -> list[Panel]:
    """The curves of both replacements."""
    result = []
    for order, text, found in (
        ("morf", "uniform noise", falls),
        ("lerf", "uniform noise", falls),
        ("morf", "mean", covered),
        ("lerf", "mean", covered),
    ):
        lines = {
            name: Series(m.curves[order].x, m.curves[order].mean(), m.curves[order].standard_error())
            for name, m in found.items()
        }
        result.append(Panel(f"{data.name}, {order}, {text}", "regions replaced", "fall of the logit", lines))
    return result


def short(name: str) -> str:
    """A method's name without the path of the file that it learnt from."""
    return name.partition(":")[0] if ".h5" in name else name


if __name__ == "__main__":
    main()
