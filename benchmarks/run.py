"""Measures this package against zennit and captum, side by side in one run.

    python benchmarks/run.py                        all networks, one thread
    python benchmarks/run.py vgg16:1 mlp:1 --threads 2 --repeat 7 --dtype float64

Each network runs in a process of its own. Ours and theirs take turns, so that a busy machine hits both; the median of
the quotients of neighbouring turns is the ratio, the quartiles are its spread. A turn is one call of a large network
and as many of a small one as take 20 ms: after a single call of the other side the caches hold the other side's code
and weights, which for calls of less than a millisecond is most of what would be measured. --calls 1 measures that.
Time is processor time of the process (user + system), which other programs disturb least; --wall takes the clock on
the wall, for a machine at rest.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMPOSITES = ("epsilon", "epsilon-plus-flat", "epsilon-alpha2-beta1-flat", "epsilon-gamma-box")
CASES = ("mlp:1", "lenet:1", "lenet:64", "lenet:512", "vgg16:1", "vgg16:8", "caffenet:1", "resnet18:1", "googlenet:1")
TURN = 0.02  # seconds
HEAD = ("network", "what", "ours ms", "peer", "peer ms", "ratio", "quartiles", "x forward", "x floor", "difference")


def main() -> None:
    arguments = parsed()
    if not arguments.here:
        print("| " + " | ".join(HEAD) + " |\n|" + " --- |" * len(HEAD), flush=True)
        for case in arguments.cases:
            run_alone([str(Path(__file__)), case, "--here", *options(arguments)], arguments.threads)
        if not sys.argv[1:]:
            run_alone([str(Path(__file__).with_name("time_memory.py"))], arguments.threads)
            run_alone([str(Path(__file__).with_name("time_import.py"))], arguments.threads)
        return
    warnings.simplefilter("ignore")  # torch and its friends warn about each other
    measure(arguments.cases[0], arguments)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=list(CASES), help="network:batch")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--calls", type=int, default=0, help="calls in a turn; 0: as many as take 20 ms")
    parser.add_argument("--wall", action="store_true")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def options(arguments: argparse.Namespace) -> list[str]:
    wall = ["--wall"] if arguments.wall else []
    said = {name: getattr(arguments, name) for name in ("threads", "repeat", "dtype", "calls")}
    return [*(f"--{name}={value}" for name, value in said.items()), *wall]


def run_alone(command: list[str], threads: int) -> None:
    """A process in which either side has this many threads: ours with one of BLAS each, or torch's."""
    here = Path(__file__).resolve().parents[1]
    found = {"PYTHONPATH": os.pathsep.join([str(here), os.environ.get("PYTHONPATH", "")])}
    limits = {name: str(threads) for name in ("LRP_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    limits |= {"OPENBLAS_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}  # who waits leaves the core to the other
    subprocess.run([sys.executable, *command], env={**os.environ, **found, **limits}, check=False)


def measure(case: str, arguments: argparse.Namespace) -> None:
    import networks
    import numpy as np
    import peers
    import torch

    name, batch = case.split(":")[0], int(case.split(":")[1])
    torch.set_num_threads(arguments.threads)
    network = networks.NETWORKS[name](arguments.dtype)
    x = networks.sample(network, int(batch), arguments.dtype)
    module = peers.Graph(network).eval().to(getattr(torch, arguments.dtype))
    clock = time.perf_counter if arguments.wall else time.process_time
    rate = gemm_rate(clock, arguments.dtype)

    def row(what: str, ours: Any, peer: str, theirs: Any, composite: str | None, forward: float) -> float:
        a, b, ratios = alternate(ours, theirs, arguments, clock)
        floor = 2 * batch * networks.multiply_adds(network, composite) / rate if composite != "gradient" else None
        mine, its = np.asarray(ours()), np.asarray(theirs())
        difference = abs(mine - its).max() / abs(its).max()
        low, middle, high = np.quantile(ratios, (0.25, 0.5, 0.75))
        cells = (case, what, f"{1e3 * a:.2f}", peer, f"{1e3 * b:.2f}", f"**{middle:.2f}**", f"{low:.2f}-{high:.2f}")
        last = (f"{a / (forward or a):.1f}", "" if floor is None else f"{a / floor:.1f}", f"{difference:.0e}")
        print("| " + " | ".join((*cells, *last)) + " |", flush=True)
        return a

    def torch_forward() -> Any:
        with torch.no_grad():
            return module(torch.from_numpy(x)).numpy()

    forward = row("forward", lambda: network.forward(x).output, "torch", torch_forward, None, 0)
    gradient = peers.gradient_runner(module, x)
    row("gradient", lambda: network.gradient(x).gradient, "torch", gradient, "gradient", forward)
    for composite in COMPOSITES:
        ours = explainer(network, x, composite)
        theirs = peers.zennit_runner(module, composite, x)
        row(composite, ours, "zennit", theirs, composite, forward)
        theirs.close()  # type: ignore[attr-defined]
    if name == "mlp":  # captum has no rule for Flatten, sums and local response normalisation
        captum = peers.captum_runner(module, x)
        row("epsilon", explainer(network, x, "epsilon"), "captum", captum, "epsilon", forward)


def explainer(network: Any, x: Any, composite: str) -> Callable[[], Any]:
    """Our explanation; local response normalisation passes relevance unchanged, for the peers have no rule for it."""
    from lrp.graph.composites import Composite, RuleAssignment, parse
    from lrp.layers import LRN
    from lrp.rules import identity

    asked: Any = composite
    if any(isinstance(node.layer, LRN) for node in network.nodes.values()):
        asked = Composite((RuleAssignment("LRN", identity()), *parse(composite).lines), composite)
    return lambda: network.explain(x, composite=asked).relevance


def alternate(
    ours: Any, theirs: Any, arguments: argparse.Namespace, clock: Callable[[], float]
) -> tuple[float, float, list[float]]:
    """Median seconds of a call of both, and the quotient of each pair of neighbouring turns."""
    import numpy as np

    def turn(call: Any, calls: int) -> float:
        start = clock()
        for _ in range(calls):
            call()
        return (clock() - start) / calls

    ours(), theirs()
    calls = arguments.calls or max(1, round(TURN / max(turn(ours, 3), 1e-6)))
    repeat = arguments.repeat * (10 if arguments.calls and turn(ours, 3) < TURN / 10 else 1)
    times = [(turn(ours, calls), turn(theirs, calls)) for _ in range(repeat)]
    mine, its = np.median(np.array(times), axis=0)
    return float(mine), float(its), [a / b for a, b in times]


def gemm_rate(clock: Callable[[], float], dtype: str) -> float:
    """Floating-point operations a second of one large matrix product, by the median of ten."""
    import numpy as np

    a = np.random.default_rng(0).random((1024, 1024)).astype(dtype)
    a @ a
    times = []
    for _ in range(10):
        start = clock()
        a @ a
        times.append(clock() - start)
    return float(2 * 1024**3 / np.median(times))


if __name__ == "__main__":
    main()
