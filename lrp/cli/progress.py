"""Progress on standard error: on a terminal a bar with the time left; elsewhere only what is resumed."""

from __future__ import annotations

import sys
import time

WIDTH = 30  # characters of the bar
PARTIAL = ".partial"  # what unfinished results are called


class Bar:
    """Progress on standard error: on a terminal a bar with the time left; elsewhere only what is resumed."""

    def __init__(self, out: str) -> None:
        self.out, self.start, self.already = out, time.monotonic(), -1

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` parts are finished."""
        if self.already < 0:
            self.already = done
            if done:
                print(f"continuing from {self.out}{PARTIAL}: {done} of {total} parts are done", file=sys.stderr)
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(
                f"\r{bar(done, total, self.already, time.monotonic() - self.start)}",
                end=end,
                file=sys.stderr,
                flush=True,
            )


def bar(done: int, total: int, already: int, seconds: float) -> str:
    """[#####.....] 12/24, 0:03:20 left; the estimate uses the units of this run only."""
    filled = WIDTH * done // total
    left = "time left unknown" if done <= already else f"{clock(seconds / (done - already) * (total - done))} left"
    return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}, {left}"


def clock(seconds: float) -> str:
    """h:mm:ss"""
    minutes, rest = divmod(int(round(seconds)), 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}"
