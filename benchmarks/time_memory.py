"""Peak memory of one explanation above what network and input hold: ours, ours with keep=(), zennit's; a process each.

python benchmarks/time_memory.py vgg16:1 vgg16:8
"""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path

COMPOSITES = ("epsilon-plus-flat", "epsilon-alpha2-beta1-flat", "epsilon-gamma-box")


def main() -> None:
    if len(sys.argv) == 5 and sys.argv[1] == "--one":
        print(f"{increase(*sys.argv[2:]):.0f}")
        return
    print("| network | composite | ours MiB | nothing kept MiB | zennit MiB | ratio |\n|" + " --- |" * 6)
    for case in sys.argv[1:] or ["vgg16:1", "vgg16:8"]:
        for composite in COMPOSITES:
            ours, lean, theirs = (alone(who, case, composite) for who in ("ours", "lean", "zennit"))
            print(f"| {case} | {composite} | {ours} | {lean} | {theirs} | **{ours / theirs:.2f}** |", flush=True)


def alone(who: str, case: str, composite: str) -> int:
    command = [sys.executable, __file__, "--one", who, case, composite]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def increase(who: str, case: str, composite: str) -> float:
    """MiB: the largest resident set during the explanation, less the one before it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    import networks

    name, batch = case.split(":")
    network = networks.NETWORKS[name]("float32")
    x = networks.sample(network, int(batch))
    if who != "zennit":

        def run() -> object:
            return network.explain(x, composite=composite, keep=None if who == "ours" else ())

    else:
        import peers

        warnings.simplefilter("ignore")
        module = peers.Graph(network).eval()
        run = peers.zennit_runner(module, composite, x)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = resident("VmRSS")
    run()
    return resident("VmHWM") - before


def resident(key: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) / 1024


if __name__ == "__main__":
    main()
