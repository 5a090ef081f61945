"""A process that computes units: it reads a Problem and then Units from its standard input, and writes their results.

`workers.py` starts it with one BLAS thread, so results do not depend on the number of workers. It ends when its input
ends, also if the process that started it was killed.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from typing import BinaryIO

import numpy as np

from lrp.errors import LrpError, WorkerError


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer each unit with ("done", arrays) or ("failed", the error); until the input ends."""
    problem = pickle.load(source)
    while True:
        try:
            unit = pickle.load(source)
        except EOFError:
            return
        try:
            with np.errstate(all="ignore"):
                answer = ("done", problem.compute(unit))
        except LrpError as error:
            answer = ("failed", error)
        except Exception as error:  # a defect: report it, for a lost process would be started again
            what = f"{type(error).__name__}: {error}"
            answer = ("failed", WorkerError(f"{unit}: {what}"))
        pickle.dump(answer, sink)
        sink.flush()


def main() -> None:
    """Serve on the real standard output; anything that is printed goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C and closes our input
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as sink:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            serve(sys.stdin.buffer, sink)
        except BrokenPipeError:
            os._exit(1)  # the parent is gone; skip the interpreter's flush, which would fail


if __name__ == "__main__":
    main()
