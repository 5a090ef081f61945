"""Processor time of `import lrp` beside that of its three dependencies, with compiled bytecode, by the best of ten."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

TIMED = "import resource; {}; u = resource.getrusage(resource.RUSAGE_SELF); print(u.ru_utime + u.ru_stime)"


def main() -> None:
    with tempfile.TemporaryDirectory() as compiled:
        here = Path(__file__).resolve().parents[1]
        environment = {**os.environ, "PYTHONPATH": str(here), "PYTHONPYCACHEPREFIX": compiled}
        environment["PYTHONDONTWRITEBYTECODE"] = ""
        best = {"numpy, scipy.linalg, h5py": float("inf"), "lrp": float("inf")}
        for _ in range(11):  # the first fills the folder of compiled files
            for modules in best:
                command = [sys.executable, "-c", TIMED.format(f"import {modules}")]
                result = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
                best[modules] = min(best[modules], float(result.stdout))
    base, ours = best.values()
    print(f"import numpy, scipy.linalg, h5py: {base:.3f} s   import lrp: {ours:.3f} s   ratio {ours / base:.2f}")


if __name__ == "__main__":
    main()
