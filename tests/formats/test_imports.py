"""lrp.formats has no circular imports and uses other packages through their `__init__` alone."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[2]


def modules() -> dict[str, Path]:
    """Every module of lrp/formats by its dotted name; a package by the name of its `__init__`."""
    found = {}
    for path in sorted((ROOT / "lrp/formats").rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(path: Path, known: dict[str, Path]) -> set[tuple[str, str]]:
    """(module, name) of every import of lrp in a file, also under TYPE_CHECKING and inside functions."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        assert not isinstance(node, ast.Import) or not any(a.name.startswith("lrp") for a in node.names), path
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lrp"):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                found.add((inner, "") if inner in known else (node.module, alias.name))
    return found


def test_no_circles() -> None:
    known = modules()
    graph = {name: {m for m, _ in imports(path, known) if m in known} - {name} for name, path in known.items()}
    order = list(TopologicalSorter(graph).static_order())  # CycleError names the circle
    assert len(order) == len(known) > 60


def test_other_packages_are_used_through_their_init() -> None:
    known = modules()
    for name, path in known.items():
        own = name if path.name == "__init__.py" else name.rpartition(".")[0]
        for module, imported in imports(path, known):
            package = module.rpartition(".")[0]
            if not imported or own == package or own == module or own.startswith(f"{package}.") or package == "lrp":
                continue
            exported = import_module(module)
            assert hasattr(exported, "__path__"), f"{name} imports {imported} from the private file {module}"
            assert imported in exported.__all__, f"{name}: {imported} is not listed in {module}.__all__"
