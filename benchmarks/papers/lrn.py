"""Local renormalisation after Binder et al. 2016: does the Taylor treatment of LRN give better heatmaps than identity?

    python benchmarks/papers/lrn.py FOLDER_WITH_CIFAR_BATCHES [--pictures 500] [--steps 32] [--repetitions 2]

The network is models/cifar10-lrn (n = 5, alpha = 1, beta = 0.75: here the LRN matters). For each rule of the other
layers (epsilon 1, 0.1, 0.01; beta 0, 1, which is alpha_beta(1 + beta, beta)) the heatmap is made with LRN as the
identity and as its normalised Taylor messages under the same rule. The 4x4 regions are replaced by uniform noise, most
relevant first; the same noise for all. AOPC is the mean fall of the predicted class's logit: larger means a better
order. Prints the table with standard errors over the pictures and the paired difference Taylor - identity, and draws
docs/figures/lrn.png.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from common import FIGURES, ROOT, accuracy, cifar_pictures, difference, verdict

import lrp
from lrp.evaluation.measurement import Measurement
from lrp.evaluation.region_perturbation import region_perturbation
from lrp.views import Panel, Series, draw_panels

RULES = {
    "epsilon 1": "epsilon:1",
    "epsilon 0.1": "epsilon:0.1",
    "epsilon 0.01": "epsilon:0.01",
    "beta 0": "alpha_beta:1,0",
    "beta 1": "alpha_beta:2,1",
}
TREATMENTS = ("identity", "taylor")
BATCH = 50


def composite(rule: str, treatment: str) -> str:
    """The rule for every kernel, and LRN as the identity or as Taylor messages under the same rule."""
    return f"Conv|Dense={rule} LRN={'identity' if treatment == 'identity' else rule}"


def heatmaps(network: lrp.Network, x: np.ndarray, text: str) -> np.ndarray:
    """The relevance of every picture for its predicted class, every ledger checked."""
    found = []
    for start in range(0, len(x), BATCH):
        explanation = network.explain(x[start : start + BATCH], composite=text)
        explanation.ledger.check()
        found.append(explanation.relevance)
    return np.concatenate(found)


def measured(network: lrp.Network, x: np.ndarray, options: argparse.Namespace) -> Iterator[tuple[str, Measurement]]:
    """Each heatmap's name with its measurement; the last one is the random order."""
    settings = {"orders": ["morf"], "size": 4, "steps": options.steps, "repetitions": options.repetitions}
    for name, rule in RULES.items():
        for treatment in TREATMENTS:
            maps = heatmaps(network, x, composite(rule, treatment))
            yield f"{name}, {treatment}", region_perturbation(network, x, maps, **settings)
    yield "random", region_perturbation(network, x, np.zeros_like(x), **{**settings, "orders": ["random"]})


def report(found: dict[str, Measurement]) -> None:
    """The table, the paired differences, the statements."""
    fall = {name: m.numbers["aopc random" if name == "random" else "aopc morf"] for name, m in found.items()}
    print(f"{'rule':14} {'AOPC identity':>20} {'AOPC Taylor':>20} {'Taylor - identity':>22}")
    better = []
    for name in RULES:
        identity, taylor = (fall[f"{name}, {t}"] for t in TREATMENTS)
        cells = [f"{v.mean():9.4f} +- {v.std(ddof=1) / np.sqrt(len(v)):.4f}" for v in (identity, taylor)]
        value, error = difference(taylor, identity)
        better.append(value)
        print(f"{name:14} {cells[0]:>20} {cells[1]:>20} {value:+12.4f} +- {error:.4f}")
    noise = fall["random"]
    print(f"{'random order':14} {noise.mean():9.4f} +- {noise.std(ddof=1) / np.sqrt(len(noise)):.4f}")
    print()
    taylor, identity = (np.mean([fall[f"{name}, {t}"] for name in RULES], axis=0) for t in ("taylor", "identity"))
    print(f"Taylor better than identity, mean over the rules: {verdict(taylor, identity)}")
    for name in RULES:
        outcome = verdict(fall[f"{name}, taylor"], fall[f"{name}, identity"])
        print(f"Taylor better than identity under {name}: {outcome}")
    least = min(v.mean() for name, v in fall.items() if name != "random")
    print(f"every treatment better than a random order: {least > noise.mean()}")


def figure(found: dict[str, Measurement], path: Path) -> None:
    """One panel a family of rules: the fall of the logit over the regions replaced."""
    panels = []
    for family in ("epsilon", "beta"):
        lines = {}
        for name, measurement in found.items():
            if name.startswith(family) or name == "random":
                curve = next(iter(measurement.curves.values()))
                lines[name] = Series(curve.x, curve.mean(), curve.standard_error())
        panels.append(Panel(f"{family} rules", "regions replaced", "fall of the logit", lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_panels(panels, path)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pictures", type=int, default=500)
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--repetitions", type=int, default=2)
    parser.add_argument("--figure", type=Path, default=FIGURES / "lrn.png")
    options = parser.parse_args()
    network = lrp.load(ROOT / "models/cifar10-lrn/model.h5", dtype="float32", trusted=True)
    x, labels = cifar_pictures(options.folder, "test", network, options.pictures)
    print(
        f"{len(x)} test pictures, accuracy on them {accuracy(network, x, labels):.3f}, {options.steps} regions of 4x4, "
        f"{options.repetitions} draws of noise\n"
    )
    found = dict(measured(network, x, options))
    report(found)
    figure(found, options.figure)
    print(f"\ncurves: {options.figure.name}")


if __name__ == "__main__":
    main()
