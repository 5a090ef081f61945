"""The guides are correct: commands that are marked as runnable run, and each step of a guide leads where it says."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lrp.cli import main

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("models/*/README.md"))]
MARK = "<!-- runnable -->"
BLOCK = re.compile(rf"^{MARK}\n\n((?:    .*\n)+)", re.MULTILINE)
WITH_FILES_OF_OURS = re.compile(r"^    lrp .*\bmodels/", re.MULTILINE)
STEP = re.compile(
    r"In\s+`(?P<file>[^`]+)`,\s+(?P<place>at the end|after|before)(?:\s+`(?P<line>[^`]+)`)?:\n\n```python\n(?P<code>.*?)```",
    re.DOTALL,
)


def commands() -> list[tuple[str, str]]:
    """(page, command) of every command that is marked."""
    found = []
    for page in PAGES:
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            found += [(page.relative_to(ROOT).as_posix(), line.strip()) for line in block.splitlines()]
    return found


@pytest.mark.parametrize("page, command", commands())
def test_a_marked_command_runs(
    page: str, command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "models").symlink_to(ROOT / "models")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(command)
    assert words[0] == "lrp"
    assert main(words[1:]) == 0, capsys.readouterr().err
    for option in ("--out", "--save"):
        if option in words:
            assert (tmp_path / words[words.index(option) + 1]).stat().st_size > 1000


def test_every_command_on_files_of_the_repository_is_marked() -> None:
    for page in PAGES:
        text = BLOCK.sub("", page.read_text(encoding="utf-8"))
        assert not WITH_FILES_OF_OURS.findall(text), f"{page}: put {MARK} and an empty line before the command"
    assert len(commands()) >= 7


def copy_of_the_tree(folder: Path) -> Path:
    """What the tests need, without the large files."""
    for name in ("lrp", "tests", "docs"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "README.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, folder / name)
    (folder / "models").symlink_to(ROOT / "models")
    return folder


def follow(page: Path, root: Path) -> int:
    """Do each step of a guide in the tree at `root`; the number of steps."""
    steps = list(STEP.finditer(page.read_text(encoding="utf-8")))
    for step in steps:
        path = root / step["file"]
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        if step["place"] == "at the end":
            lines += ["\n\n", step["code"]]
        else:
            (at,) = [i for i, line in enumerate(lines) if line.rstrip("\n") == step["line"]][:1]
            lines.insert(at + (step["place"] == "after"), step["code"])
        path.write_text("".join(lines), encoding="utf-8")
    return len(steps)


@pytest.mark.slow
def test_a_rule_that_is_added_by_the_guide_passes_all_tests_about_rules(tmp_path: Path) -> None:
    root = copy_of_the_tree(tmp_path / "lrp")
    assert follow(ROOT / "docs" / "adding-a-rule.md", root) == 9
    environment = {**os.environ, "PYTHONPATH": str(root)}
    environment.pop("PYTEST_ADDOPTS", None)

    def run(*arguments: str) -> None:
        done = subprocess.run([sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]

    run("-m", "tests.pages")
    run("-c", "import lrp; print(lrp.rules.parse('absolute:eps=0.5'))")
    pytest_run = ["-m", "pytest", "-q", "-p", "no:cacheprovider"]
    run(*pytest_run, "tests/rules", "tests/properties/test_registries.py", "tests/test_pages.py", "lrp/rules")
    run(*pytest_run, "tests/properties/test_settings.py", "-k", "dense or conv1d or subtract")
    properties = ["tests/properties/test_oracle.py", "tests/properties/test_conservation.py"]
    run(*pytest_run, *properties, "tests/conformance/test_vectors.py", "-k", "absolute or vectors")
