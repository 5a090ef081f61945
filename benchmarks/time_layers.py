"""Where the time of an explanation goes: the layers of each kind together, forwards and backwards, median ms.

    python benchmarks/time_layers.py vgg16:1 --threads 2 --composite epsilon-plus-flat

A layer's time backwards holds the division, the ledger's sums, and the addition of branches.
"""

from __future__ import annotations

import argparse
import os
import time


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=["vgg16:1"], help="network:batch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=9)
    parser.add_argument("--composite", default="epsilon-plus-flat")
    arguments = parser.parse_args()
    os.environ |= {"LRP_THREADS": str(arguments.threads), "OPENBLAS_NUM_THREADS": "1"}  # before numpy is loaded
    print("| network | layers | forward ms | backward ms | of all |\n|" + " --- |" * 5)
    for case in arguments.cases:
        measure(case, arguments)


def measure(case: str, arguments: argparse.Namespace) -> None:
    import networks
    import numpy as np

    name, size = case.split(":")
    network = networks.NETWORKS[name]("float32")
    x = networks.sample(network, int(size))
    runs = []
    for _ in range(arguments.repeat + 1):
        marks: list[tuple[str, float]] = []
        network.explain(x, composite=arguments.composite, on_node=lambda node: marks.append((node, time.perf_counter())))
        marks.append(("", time.perf_counter()))
        runs.append([1e3 * (after - before) for (_, before), (_, after) in zip(marks, marks[1:])])
    medians = np.median(runs[1:], axis=0)
    turn = len(network.nodes) - len(network.inputs)
    sums: dict[str, list[float]] = {}
    for i, ((node, _), ms) in enumerate(zip(marks, medians)):
        sums.setdefault(type(network.nodes[node].layer).__name__, [0.0, 0.0])[i >= turn] += ms
    for kind, (forward, backward) in sums.items():
        part = (forward + backward) / medians.sum()
        print(f"| {case} | {kind} | {forward:.3g} | {backward:.3g} | {part:.0%} |", flush=True)


if __name__ == "__main__":
    main()
