"""Mutation tests: single random changes of the arithmetic of lrp, and whether the tests find them.

    python -m tests.mutation --paths lrp/rules --sample 60 --seed 0 --jobs 2     run a sample, print what survived
    python -m tests.mutation --paths lrp/rules --list                            print every possible change
    python -m tests.mutation --paths lrp/rules --sample 60 --whole               run all tests over what survives, too
    python -m tests.mutation --paths lrp/rules --sample 60 --again               run survivors again, after new tests

Each change is made in a copy of the tree, in which the quick tests of the changed file run (`suite_of`) until one fails or
the time limit passes: killed, timeout or survived. Results go to a JSON file after each change; what is in it is not run
again, so a run that was interrupted goes on. A survivor that computes the same as the original belongs into
tests/mutation_equivalent.md with the reason; it is then reported as equivalent and not run.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from queue import Queue
from threading import Lock

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("mutation_equivalent.md")
IGNORED = shutil.ignore_patterns(".git", ".venv", "__pycache__", ".*_cache", ".hypothesis", ".mutation", "*.egg-info")
WHOLE = ["tests", "lrp"]  # every test, the slow ones, too
KILLED, SURVIVED, TIMEOUT, SAME = "killed", "survived", "timeout", "equivalent"

ARITHMETIC = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.Pow: ast.Mult}
ARITHMETIC |= {ast.FloorDiv: ast.Mult, ast.Mod: ast.FloorDiv, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
DROPPED = {"abs", "absolute", "sign", "negative", "sqrt", "square", "positive"}
EXCHANGED = {"maximum": "minimum", "minimum": "maximum", "max": "min", "min": "max", "argmax": "argmin", "any": "all"}
EXCHANGED |= {"all": "any", "sum": "prod", "exp": "log", "ones_like": "zeros_like", "zeros_like": "ones_like"}


@dataclass(frozen=True)
class Mutant:
    """One change: `before` becomes `after` in a file, at these bytes; text: the first source line that it is in."""

    file: str
    line: int
    start: int
    end: int
    text: str
    before: str
    after: str
    occurrence: int = 1  # the second, third ... equal change of this line

    @property
    def change(self) -> str:
        return f"{self.before} -> {self.after}" + (f" #{self.occurrence}" if self.occurrence > 1 else "")

    @property
    def key(self) -> str:
        """The same for the same change of the same line, wherever the line moves in its file."""
        return hashlib.sha256(f"{self.file}\n{self.text}\n{self.change}".encode()).hexdigest()[:16]

    def apply(self, source: bytes) -> bytes:
        """The changed file."""
        return source[: self.start] + self.after.encode() + source[self.end :]


def mutants_of(file: str, source: bytes) -> list[Mutant]:
    """Every change of a file, in the order of the source. Annotations, messages and docstrings are left alone."""
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    found = []
    for node, after in changes(ast.parse(source)):
        start, end = starts[node.lineno - 1] + node.col_offset, starts[node.end_lineno - 1] + node.end_col_offset
        before = " ".join(source[start:end].decode().split())
        text = lines[node.lineno - 1].decode().strip()
        found.append(Mutant(file, node.lineno, start, end, text, before, after))
    found.sort(key=lambda m: (m.start, m.end, m.after))
    counts: Counter = Counter()
    for k, mutant in enumerate(found):
        counts[mutant.text, mutant.change] += 1
        found[k] = replace(mutant, occurrence=counts[mutant.text, mutant.change])
    return found


def changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """(the part of the source that is replaced, its new text) for a node and everything below it."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or isinstance(node, (ast.Raise, ast.JoinedStr)):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from changes(child)
    yield from _operators(node)
    yield from _conditions(node)
    yield from _calls(node)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield node, str(not node.value)
        elif isinstance(node.value, (int, float)):
            yield node, repr(node.value + 1)
            if node.value > 0:
                yield node, repr(node.value - 1 if isinstance(node.value, int) else node.value / 2)


def _operators(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Another operator, a sign left out."""
    if isinstance(node, (ast.BinOp, ast.AugAssign)) and type(node.op) in ARITHMETIC:
        other = ARITHMETIC[type(node.op)]()
        if isinstance(node, ast.BinOp):
            yield node, f"({ast.unparse(ast.BinOp(node.left, other, node.right))})"
        else:
            yield node, ast.unparse(ast.AugAssign(node.target, other, node.value))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.Not, ast.Invert)):
        yield node, f"({ast.unparse(node.operand)})"
    elif isinstance(node, ast.Compare) and len(node.ops) == 1:
        for kind in COMPARISONS[type(node.ops[0])]:
            yield node, f"({ast.unparse(ast.Compare(node.left, [kind()], node.comparators))})"


def _conditions(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """A condition negated, and for or."""
    if isinstance(node, (ast.If, ast.IfExp, ast.While)) and ast.unparse(node.test) != "TYPE_CHECKING":
        yield node.test, f"(not ({ast.unparse(node.test)}))"
    elif isinstance(node, ast.BoolOp):
        other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
        yield node, f"({ast.unparse(ast.BoolOp(other, node.values))})"


def _calls(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """abs(x) as x, a maximum as a minimum, a sum along another axis, keepdims and where left out."""
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in DROPPED and len(node.args) == 1 and not node.keywords:
        yield node, f"({ast.unparse(node.args[0])})"
    if name in EXCHANGED:
        text = ast.unparse(node.func)
        yield node.func, text[: len(text) - len(name)] + EXCHANGED[name]
    for keyword in node.keywords:
        if keyword.arg == "axis":
            axis = keyword.value
            if isinstance(axis, ast.Tuple) and len(axis.elts) > 1:
                yield axis, ast.unparse(ast.Tuple(axis.elts[:-1], ast.Load()))
            else:
                yield axis, "0" if ast.unparse(axis) != "0" else "-1"


def suite_of(file: str, root: Path = ROOT) -> list[str]:
    """The test folders for a file of lrp: its own doctests, those of its room, and for rules and layers the properties.

    The nearest first: lrp/formats/keras/load.py has tests/formats/keras where there is such a folder, then tests/formats.
    A file without a folder of tests has all of them. The tests marked slow are left out.
    """
    parts = Path(file).parts[1:-1]
    folders = [f"tests/{'/'.join(parts[:k])}" for k in range(len(parts), 0, -1)]
    folders += [f"tests/test_{Path(file).stem}.py"] * (not parts)
    found = [folder for folder in folders if (root / folder).exists()][:1]
    if parts[:1] in (("rules",), ("layers",)) or file == "lrp/arrays.py":
        found += [f"tests/{name}" for name in ("equations", "properties") if (root / "tests" / name).exists()]
    return [file, *found] if found else [file, "tests"]


def read_equivalent(text: str) -> dict[tuple[str, str, str], str]:
    """(file, source line, change) -> reason, from the rows | `file` | `line` | `change` | reason | of the page."""
    found = {}
    for line in text.splitlines():
        cells = [cell.strip().replace("\0", "|") for cell in line.replace("\\|", "\0").strip().strip("|").split("|")]
        if len(cells) == 4 and all(cell.startswith("`") for cell in cells[:3]):
            file, source, change = (cell.strip("`") for cell in cells[:3])
            found[file, source, change] = cells[3]
    return found


def sources(paths: list[str], root: Path) -> list[str]:
    """The Python files at or below the paths, relative to the root."""
    found: set[Path] = set()
    for path in paths:
        place = root / path
        if not place.exists():
            raise SystemExit(f"tests.mutation: expected a file or folder of {root.name}, got {path}")
        found |= {place} if place.is_file() else set(place.rglob("*.py"))
    return sorted(path.relative_to(root).as_posix() for path in found)


def run_tests(root: Path, tests: list[str], limit: float | None) -> str:
    """killed, survived or timeout: what pytest makes of the tree at `root`."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *tests]
    command += [] if tests == WHOLE else ["-m", "not slow"]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(
        command, cwd=root, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return TIMEOUT
    if code == 5:
        raise SystemExit(f"tests.mutation: no test in {', '.join(tests)}")
    return SURVIVED if code == 0 else KILLED


class Copy:
    """A copy of the tree in which one file at a time is changed."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root = folder
        self.clock = time.time()
        shutil.copytree(root, folder, ignore=IGNORED)

    def write(self, file: str, content: bytes) -> None:
        """Replace a file. Each version gets its own modification time: compiled bytecode is recognised by it."""
        self.clock += 2
        (self.root / file).write_bytes(content)
        os.utime(self.root / file, (self.clock, self.clock))

    def judge(self, mutant: Mutant, suites: list[list[str]], limit: float | None) -> str:
        """The result of the first suite that does not pass, survived if all do."""
        original = (self.root / mutant.file).read_bytes()
        self.write(mutant.file, mutant.apply(original))
        try:
            for tests in suites:
                result = run_tests(self.root, tests, limit)
                if result != SURVIVED:
                    return result
            return SURVIVED
        finally:
            self.write(mutant.file, original)


def run(chosen: list[Mutant], results: Path, options: argparse.Namespace, root: Path = ROOT) -> dict[str, dict]:
    """Judge the mutants that the file of results lacks; key -> mutant, status and seconds of those chosen."""
    known = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    page = root / EQUIVALENT.relative_to(ROOT)
    equivalent = read_equivalent(page.read_text(encoding="utf-8")) if page.exists() else {}
    lock = Lock()

    def record(mutant: Mutant, status: str, seconds: float) -> None:
        with lock:
            known[mutant.key] = {**asdict(mutant), "change": mutant.change, "status": status, "seconds": seconds}
            results.parent.mkdir(parents=True, exist_ok=True)
            part = results.with_suffix(".part")
            part.write_text(json.dumps(known, indent=1), encoding="utf-8")
            part.replace(results)
            done = sum(m.key in known for m in chosen)
            print(f"{done}/{len(chosen)} {status:10} {seconds:6.1f} s  {mutant.file}:{mutant.line}  {mutant.change}")
            sys.stdout.flush()

    for mutant in chosen:
        if (mutant.file, mutant.text, mutant.change) in equivalent:
            record(mutant, SAME, 0.0)
    again = {key for key, one in known.items() if options.again and one["status"] == SURVIVED}
    waiting = [mutant for mutant in chosen if mutant.key not in known or mutant.key in again]
    with tempfile.TemporaryDirectory() as folder:
        copies: Queue[Copy] = Queue()
        for k in range(min(options.jobs, len(waiting))):
            copies.put(Copy(root, Path(folder) / str(k)))

        def suites(mutant: Mutant) -> list[list[str]]:
            near = options.tests or suite_of(mutant.file, root)
            return [near, WHOLE] if options.whole else [near]

        def judge(mutant: Mutant) -> None:
            copy, start = copies.get(), time.monotonic()
            try:
                record(mutant, copy.judge(mutant, suites(mutant), options.limit), time.monotonic() - start)
            finally:
                copies.put(copy)

        if waiting:
            copy = copies.get()
            every = sorted({test for mutant in waiting for test in suites(mutant)[0]})
            if run_tests(copy.root, every, None) != SURVIVED:
                raise SystemExit(f"tests.mutation: {' '.join(every)} fail without any change; repair them first")
            copies.put(copy)
        with ThreadPoolExecutor(max(1, options.jobs)) as threads:
            for _ in threads.map(judge, waiting):
                pass
    return {mutant.key: known[mutant.key] for mutant in chosen}


def report(found: dict[str, dict]) -> str:
    """Counts per file, then every survivor, as Markdown tables."""
    counts: dict[str, Counter] = {}
    for one in found.values():
        counts.setdefault(one["file"], Counter())[one["status"]] += 1
    columns = (KILLED, TIMEOUT, SURVIVED, SAME)
    lines = [f"| file | {' | '.join(columns)} |", "|---|" + "---|" * len(columns)]
    for file, count in [*sorted(counts.items()), ("total", sum(counts.values(), Counter()))]:
        lines.append(f"| {file} | {' | '.join(str(count[column]) for column in columns)} |")
    lines += ["", "Survivors:", "", "| file | line | change |", "|---|---|---|"]
    for one in sorted(found.values(), key=lambda one: (one["file"], one["line"])):
        if one["status"] == SURVIVED:
            cells = [f"`{one['text']}`", f"`{one['change']}`"]
            lines.append(f"| `{one['file']}` | {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} | |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--paths", nargs="+", default=["lrp"], help="files and folders to change")
    parser.add_argument("--sample", type=int, default=100, help="how many changes (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="which of them (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="copies of the tree, one test run in each")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds of one test run (default: %(default)s)")
    parser.add_argument("--tests", nargs="+", help="the tests to run, in place of those of the file's room")
    parser.add_argument("--whole", action="store_true", help="run the whole suite over what survives the room's tests")
    parser.add_argument("--results", type=Path, default=ROOT / ".mutation" / "results.json", help="the JSON file")
    parser.add_argument("--again", action="store_true", help="run what survived an earlier run again")
    parser.add_argument("--list", action="store_true", help="print every possible change and run nothing")
    options = parser.parse_args()
    every = [m for file in sources(options.paths, ROOT) for m in mutants_of(file, (ROOT / file).read_bytes())]
    if options.list:
        print("\n".join(f"{m.file}:{m.line}  {m.change}" for m in every))
        return
    chosen = random.Random(options.seed).sample(every, min(options.sample, len(every)))
    print(report(run(chosen, options.results, options)))


if __name__ == "__main__":
    main()
