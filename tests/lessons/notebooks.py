"""Running the lessons: their code cells in order, with the sample solutions in the exercises, every warning an error."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
LESSONS = ROOT / "lessons"
_CELL = re.compile(r"^```\{code-cell\}[^\n]*\n((?::\w+:[^\n]*\n)*)(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A code cell: its line in the file, its tags, its text."""

    line: int
    tags: frozenset[str]
    source: str

    @property
    def exercise(self) -> str | None:
        """The number of the exercise that the cell is, such as "2.1"."""
        found = re.match(r"# Exercise (\S+)", self.source)
        return found[1] if found and "exercise" in self.tags else None


def cells(path: Path) -> list[Cell]:
    """The code cells of a lesson in order."""
    text = path.read_text(encoding="utf-8")
    result = []
    for match in _CELL.finditer(text):
        tags = frozenset(re.findall(r"[\w-]+", match[1].partition("tags:")[2]))
        result.append(Cell(text[: match.start(2)].count("\n") + 1, tags, match[2]))
    return result


def solutions(path: Path) -> dict[str, str]:
    """Exercise number -> the sample solution."""
    parts = re.split(r"^# %% Exercise (\S+)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def run(path: Path, solved: dict[str, str]) -> int:
    """Execute a lesson; the number of figures that were drawn. AssertionError for a figure that shows nothing."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    figures = 0
    for cell in cells(path):
        number = cell.exercise
        source = cell.source if number is None else solved[number]
        code = compile("\n" * (cell.line - 1) + source, str(path), "exec")
        exec(code, namespace)
        figures += _close_figures(f"{path.name}:{cell.line}")
    return figures


def _close_figures(where: str) -> int:
    """Check that every open figure shows something, then close it."""
    import matplotlib.pyplot as plt

    numbers = plt.get_fignums()
    for number in numbers:
        figure = plt.figure(number)
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
        drawn = any(axis.has_data() or axis.texts for axis in figure.axes)
        assert drawn and pixels.std() > 1, f"{where}: a figure that shows nothing"
        plt.close(figure)
    return len(numbers)
