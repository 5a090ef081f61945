"""A process that computes units: it reads a Problem and then Units from its standard input, and writes their results.

Started by workers.py with one BLAS thread, so that its results do not depend on how many others there are. It ends when
its input ends, which is also how it notices that the process that started it is gone.
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
        except Exception as error:  # a fault of the program: one sentence, where a lost process would be tried again
            what = f"{type(error).__name__}: {error}"
            answer = ("failed", WorkerError(f"{unit.method}, pictures {unit.start} to {unit.stop}: {what}"))
        pickle.dump(answer, sink)
        sink.flush()


def main() -> None:
    """Keep the real standard output for the answers; whatever is printed goes to standard error."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who started us, and closes our input
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as sink:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        try:
            serve(sys.stdin.buffer, sink)
        except BrokenPipeError:
            os._exit(1)  # nobody listens any more, and the interpreter's own flush would complain


if __name__ == "__main__":
    main()
