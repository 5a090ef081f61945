"""The mutation runner on a module of its own: which changes it makes, and which of them the tests find."""

from __future__ import annotations

import argparse
import ast
import json
from pathlib import Path

import pytest

from tests.mutation import SAME, SURVIVED, mutants_of, read_equivalent, report, run, sources, suite_of

MODULE = '''"""Three - 1 functions."""
import numpy as np


def spread(x: "1 + 1", wide: bool = True) -> float:
    """Not 1 + 1."""
    if x < 0 and wide:
        raise ValueError(f"{x + 1}")
    return abs(x) * 2


def total(x):
    return np.maximum(x, 0).sum(axis=(1, 2)) if x.ndim == 3 else x.sum(axis=-1)


def untested(x):
    return x + 0
'''
TEST = """import numpy as np, pytest
from lrp.toy.module import spread, total, untested

def test_spread():
    assert spread(2) == 4 and spread(-1, wide=False) == 2 and spread(0) == 0
    with pytest.raises(ValueError):
        spread(-1)

def test_untested():
    untested(1)
"""


def made(module: str = MODULE) -> list[tuple[str, str]]:
    return [(mutant.before, mutant.after) for mutant in mutants_of("toy.py", module.encode())]


def test_the_changes_of_a_module() -> None:
    found = made()
    for change in (
        ("abs(x) * 2", "(abs(x) / 2)"),
        ("abs(x)", "(x)"),
        ("x < 0", "(x <= 0)"),
        ("x < 0", "(x > 0)"),
        ("x < 0 and wide", "(x < 0 or wide)"),
        ("x < 0 and wide", "(not (x < 0 and wide))"),
        ("True", "False"),
        ("2", "3"),
        ("np.maximum", "np.minimum"),
        ("(1, 2)", "(1,)"),
        ("-1", "0"),
        ("x.ndim == 3", "(x.ndim != 3)"),
        ("x + 0", "(x - 0)"),
    ):
        assert change in found
    assert ("1 + 1", "(1 - 1)") not in found and ("x + 1", "(x - 1)") not in found
    keys = [mutant.key for mutant in mutants_of("toy.py", MODULE.encode())]
    assert len(keys) == len(set(keys)) > 25
    twice = [mutant.change for mutant in mutants_of("toy.py", b"y = 0, 0")]
    assert twice == ["0 -> 1", "0 -> 1 #2"]


def test_every_change_is_one_and_can_be_parsed() -> None:
    for mutant in mutants_of("toy.py", MODULE.encode()):
        changed = mutant.apply(MODULE.encode())
        assert ast.dump(ast.parse(changed)) != ast.dump(ast.parse(MODULE))
        assert mutant.text == MODULE.splitlines()[mutant.line - 1].strip()


def test_offsets_count_bytes_and_a_line_that_moves_keeps_its_key() -> None:
    plus, *_ = [m for m in mutants_of("toy.py", "x = 'ä'; y = x + x\n".encode()) if "+" in m.before]
    assert plus.apply("x = 'ä'; y = x + x\n".encode()).decode() == "x = 'ä'; y = (x - x)\n"
    moved, *_ = [m for m in mutants_of("toy.py", "\n\nx = 'ä'; y = x + x\n".encode()) if "+" in m.before]
    assert moved.key == plus.key and moved.line == 3


def test_the_suite_of_a_file(tmp_path: Path) -> None:
    for folder in ("tests/rules", "tests/properties", "tests/formats/keras", "tests/formats"):
        (tmp_path / folder).mkdir(parents=True, exist_ok=True)
    (tmp_path / "tests/test_parallel.py").write_text("")
    assert suite_of("lrp/rules/engine.py", tmp_path) == ["lrp/rules/engine.py", "tests/rules", "tests/properties"]
    assert suite_of("lrp/formats/keras/load.py", tmp_path) == ["lrp/formats/keras/load.py", "tests/formats/keras"]
    assert suite_of("lrp/formats/torch/load.py", tmp_path) == ["lrp/formats/torch/load.py", "tests/formats"]
    assert suite_of("lrp/parallel.py", tmp_path) == ["lrp/parallel.py", "tests/test_parallel.py"]
    assert suite_of("lrp/errors.py", tmp_path) == ["lrp/errors.py", "tests"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project with one module, its tests and a page of equivalent changes."""
    root = tmp_path / "project"
    for name, text in {
        "lrp/__init__.py": "",
        "lrp/toy/__init__.py": "",
        "lrp/toy/module.py": MODULE,
        "tests/toy/test_module.py": TEST,
        "tests/mutation_equivalent.md": "| `lrp/toy/module.py` | `return x + 0` | `x + 0 -> (x - 0)` | adds 0 |\n",
        "setup.cfg": "[tool:pytest]\n",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_a_run_tells_killed_from_survived_and_goes_on_where_it_ended(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sources(["lrp/toy"], tree) == ["lrp/toy/__init__.py", "lrp/toy/module.py"]
    every = mutants_of("lrp/toy/module.py", MODULE.encode())
    wanted = {"abs(x) -> (x)": "killed", "x + 0 -> (x - 0)": SAME, "np.maximum -> np.minimum": SURVIVED}
    chosen = [mutant for mutant in every if mutant.change in wanted]
    options = argparse.Namespace(jobs=2, limit=100.0, tests=None, whole=False, again=False)
    results = tree / "results.json"
    found = run(chosen, results, options, tree)
    assert {one["change"]: one["status"] for one in found.values()} == wanted
    assert json.loads(results.read_text()) == found
    assert (tree / "lrp/toy/module.py").read_text() == MODULE
    capsys.readouterr()
    (tree / "tests/toy/test_module.py").write_text("def test_broken(): assert False")  # nothing is left to run
    assert run(chosen, results, options, tree) == found
    table = report(found)
    assert "| total | 1 | 0 | 1 | 1 |" in table and "`np.maximum -> np.minimum`" in table


def test_survivors_are_run_again_on_request(tree: Path) -> None:
    (mutant,) = [m for m in mutants_of("lrp/toy/module.py", MODULE.encode()) if m.after == "np.minimum"]
    options = argparse.Namespace(jobs=1, limit=100.0, tests=None, whole=False, again=True)
    assert run([mutant], tree / "results.json", options, tree)[mutant.key]["status"] == SURVIVED
    (tree / "tests/toy/test_module.py").write_text(TEST + "    assert total(np.ones((1, 1, 1))) == 1\n")
    assert run([mutant], tree / "results.json", options, tree)[mutant.key]["status"] == "killed"


def test_tests_that_fail_without_a_change_are_refused(tree: Path) -> None:
    (tree / "tests/toy/test_module.py").write_text("def test_broken(): assert False")
    mutant, *_ = mutants_of("lrp/toy/module.py", MODULE.encode())
    options = argparse.Namespace(jobs=1, limit=100.0, tests=None, whole=False, again=False)
    with pytest.raises(SystemExit, match="fail without any change"):
        run([mutant], tree / "results.json", options, tree)


def test_an_endless_loop_ends_at_the_limit(tree: Path) -> None:
    module = "def count(n):\n    while n > 0:\n        n -= 1\n    return n\n"
    (tree / "lrp/toy/module.py").write_text(module)
    (tree / "tests/toy/test_module.py").write_text(
        "from lrp.toy.module import count\ndef test(): assert count(3) == 0\n"
    )
    (mutant,) = [m for m in mutants_of("lrp/toy/module.py", module.encode()) if m.after == "n += 1"]
    options = argparse.Namespace(jobs=1, limit=5.0, tests=None, whole=False, again=False)
    (one,) = run([mutant], tree / "results.json", options, tree).values()
    assert one["status"] == "timeout"


def test_the_page_of_equivalent_changes_is_read_with_pipes() -> None:
    page = "| file | line | change | why |\n|---|---|---|---|\n| `a.py` | `x \\| y` | `x \\| y -> (x & y)` | both are bool |\n"
    assert read_equivalent(page) == {("a.py", "x | y", "x | y -> (x & y)"): "both are bool"}
