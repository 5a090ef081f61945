"""Samek et al. 2017 on this repository's models: which heatmap finds the regions that the prediction hangs on?

    python benchmarks/papers/samek.py --mnist FOLDER --cifar FOLDER [--pictures 500] [--jobs 2] [--work FOLDER]

Prints, for the MNIST and the CIFAR-10 model, AOPC and ABPC with standard errors (uniform and constant replacement) and
the complexity of the heatmaps (entropy, size as PNG), says which of the paper's orders hold, and draws the curves into
docs/figures. An interrupted run goes on where it was (its results are in --work).
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from common import FIGURES, ROOT, accuracy, cifar_pictures, mnist_pictures, verdict

import lrp
from lrp.evaluation.measurement import Measurement, table
from lrp.evaluation.metrics import Settings
from lrp.evaluation.plan import Plan, Problem
from lrp.evaluation.run import run
from lrp.formats.results import save_arrays
from lrp.methods import estimate_patterns
from lrp.views.plots import Line, Panel, draw

LRP = ("lrp:epsilon:0.01", "lrp:alpha2-beta1", "lrp:epsilon-plus", "lrp:epsilon-gamma-box")
OTHERS = (
    "random",
    "gradient",
    "sensitivity:2",
    "sensitivity:inf",
    "deconvolution:2",
    "deconvolution:inf",
    "guided_backprop:2",
    "gradient_input",
    "integrated_gradients:steps=10",
    "smoothgrad:samples=10",
    "smoothgrad:samples=10,combine=square",
    "deep_lift:rescale",
    "deep_lift:reveal_cancel",
    "excitation_backprop",
    "grad_cam",
    "guided_grad_cam",
    "occlusion:window=4",
    "meaningful_perturbation:cell=2,mask_blur=1,blur=3,jitter=2,steps=30",
    "blur_saliency:spot=2,blur=2,spacing=4",
)
PATTERN_PICTURES = 2000  # training pictures that patterns are estimated from


@dataclass(frozen=True)
class Data:
    """One model with its pictures. size: the regions' length; steps: regions replaced."""

    name: str
    network: lrp.Network
    x: np.ndarray
    labels: np.ndarray
    training: np.ndarray
    size: int
    steps: int
    repetitions: int


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
        found.append(Data("mnist", network, x, labels, training, size=4, steps=16, repetitions=2))
    if options.cifar:
        network = lrp.load(ROOT / "models/cifar10-cnn/model.h5", dtype="float32", trusted=True)
        x, labels = cifar_pictures(options.cifar, "test", network, options.pictures)
        training, _ = cifar_pictures(options.cifar, "data", network, PATTERN_PICTURES)
        found.append(Data("cifar10", network, x, labels, training, size=4, steps=16, repetitions=1))
    return found


def report(data: Data, work: Path, jobs: int) -> None:
    """All tables, statements and the figure of one model."""
    print(
        f"\n== {data.name}: {len(data.x)} pictures, accuracy on them {accuracy(data.network, data.x, data.labels):.3f}"
    )
    patterns = work / f"{data.name}-patterns.h5"
    batches = [data.training[i : i + 100] for i in range(0, len(data.training), 100)]
    save_arrays(patterns, estimate_patterns(data.network, batches))
    methods = (*LRP, *OTHERS, f"pattern_net:{patterns}", f"pattern_attribution:{patterns}")
    uniform = measured(data, methods, "uniform", data.repetitions, work, jobs)
    constant = measured(data, methods, "constant", 1, work, jobs)
    complexity = {short(name): found for name, found in uniform["complexity"].items()}
    falls = {short(name): found for name, found in uniform["abpc"].items()}
    covered = {short(name): found for name, found in constant["aopc"].items()}
    print(
        f"\nregions {data.size}x{data.size}, {data.steps} steps, replaced by uniform noise ({data.repetitions} draws)"
    )
    print(table(falls))
    print("\nthe same, replaced by the pictures' mean")
    print(table(covered))
    print("\ncomplexity: entropy of the 8-bit grey heatmap in bits, bytes of its PNG")
    print(table(complexity))
    print()
    statements(falls, "uniform", complexity)
    statements(covered, "constant", None)
    draw(panels(data, falls, covered), FIGURES / f"samek-{data.name}.png")


def measured(
    data: Data, methods: tuple[str, ...], replacement: str, repetitions: int, work: Path, jobs: int
) -> dict[str, dict[str, Measurement]]:
    """Region perturbation and complexity of all methods, by the runner that outlives interruptions."""
    settings = Settings(data.steps, data.size, replacement, repetitions)
    metrics = ("abpc", "complexity") if replacement == "uniform" else ("aopc",)
    problem = Problem(Plan(methods, metrics, len(data.x), 50, settings), data.network, data.x)
    path = work / f"{data.name}-{replacement}-{len(data.x)}.h5"
    return run(problem, path, jobs, watch=lambda done, total: print(f"  {replacement}: {done}/{total}", end="\r"))


def statements(
    falls: Mapping[str, Measurement], replacement: str, complexity: Mapping[str, Measurement] | None
) -> None:
    """Which of the paper's orders hold here."""

    def aopc(name: str) -> np.ndarray:
        return np.asarray(falls[name].numbers["aopc morf"])

    print(f"the paper's order LRP > deconvolution > sensitivity > random in AOPC, {replacement} replacement:")
    for name in LRP:
        print(f"  {name} > deconvolution:2 {verdict(aopc(name), aopc('deconvolution:2'))}")
        print(f"  {name} > sensitivity:2 {verdict(aopc(name), aopc('sensitivity:2'))}")
        print(f"  {name} > random {verdict(aopc(name), aopc('random'))}")
    print(f"  deconvolution:2 > sensitivity:2 {verdict(aopc('deconvolution:2'), aopc('sensitivity:2'))}")
    print(f"  sensitivity:2 > random {verdict(aopc('sensitivity:2'), aopc('random'))}")
    if complexity is not None:
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
    ):
        lines = {
            name: Line(m.curves[order].x, m.curves[order].mean(), m.curves[order].standard_error())
            for name, m in found.items()
        }
        result.append(Panel(f"{data.name}, {order}, {text}", "regions replaced", "fall of the logit", lines))
    return result


def short(name: str) -> str:
    """A method's name without the path of its patterns."""
    return name.partition(":")[0] if name.startswith("pattern") else name


if __name__ == "__main__":
    main()
