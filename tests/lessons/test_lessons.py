"""Every lesson runs with its solutions, and without them its checks say what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrp.lessons import LessonError
from tests.lessons import notebooks

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
LESSONS = sorted(notebooks.LESSONS.glob("[0-9][0-9]-*.md"))


def solved(path: Path) -> dict[str, str]:
    return notebooks.solutions(path.parent / "solutions" / f"{path.name[:2]}.py")


@pytest.mark.lessons
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_runs_with_its_solutions(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = [cell.exercise for cell in notebooks.cells(path) if cell.exercise]
    assert set(numbers) == set(solved(path)) and len(numbers) == len(set(numbers)) >= 2
    assert notebooks.run(path, solved(path)) >= 1, "a lesson without a picture"
    assert "agree" in capsys.readouterr().out


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_cell_is_short(path: Path) -> None:
    for cell in notebooks.cells(path):
        assert sum(bool(line.strip()) for line in cell.source.splitlines()) <= 12, f"{path.name}:{cell.line}"


def test_an_exercise_without_an_answer_says_what_to_do(tmp_path: Path) -> None:
    lesson = tmp_path / "x.md"
    lesson.write_text(
        "```{code-cell} ipython3\nfrom lrp.lessons import check\ncheck.rule(lambda *a: None, 'zero')\n```\n"
    )
    with pytest.raises(LessonError, match="returns nothing yet"):
        notebooks.run(lesson, {})
    lesson.write_text("```{code-cell} ipython3\nimport matplotlib.pyplot as plt\nplt.figure()\n```\n")
    with pytest.raises(AssertionError, match="shows nothing"):
        notebooks.run(lesson, {})
