"""The import graph of lrp, read from the source: who imports what, and what breaks the rules of the architecture.

    python -m tests.import_graph                    writes the picture of the rooms into docs/architecture.md
    python -m tests.import_graph --check-picture    ends with code 1 if the picture is out of date
    python -m tests.import_graph --check            prints every violation; ends with code 1 if there is one

A room is a folder or a file directly below lrp/. Every import statement counts: at the top of a module, under
`if TYPE_CHECKING`, and inside functions. `from package import name` is an import of the module package.name where there
is one, and of the package's `__init__` otherwise. An import of another package's module also runs that package's
`__init__`; an import of a module of an enclosing package does too, but this edge says nothing and is left out.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- rooms: written by `python -m tests.import_graph` -->", "<!-- end of rooms -->"
ORDER = re.compile(r"^ {4}(\w+(?:, \w+)*(?: -> \w+(?:, \w+)*){2,})$", re.MULTILINE)

Edge = tuple[str, str]
Edges = Mapping[str, set[str]]


@dataclass(frozen=True)
class Import:
    """One imported name. module: where Python looks it up; name: None for `import module`."""

    importer: str
    module: str
    name: str | None
    line: int


@dataclass(frozen=True)
class Module:
    """One source file. package: the package that it belongs to, itself for an `__init__`."""

    name: str
    path: Path

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"

    @property
    def package(self) -> str:
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.path.read_text(encoding="utf-8"), str(self.path))

    @cached_property
    def public(self) -> frozenset[str]:
        """The names in `__all__`; one that is computed (`*LAYERS`) lists every name that the module imports."""
        names: set[str] = set()
        for node in self.tree.body:
            if isinstance(node, ast.Assign) and any(ast.unparse(t) == "__all__" for t in node.targets):
                entries = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else [node.value]
                names.update(e.value for e in entries if isinstance(e, ast.Constant) and isinstance(e.value, str))
                if not all(isinstance(e, ast.Constant) for e in entries):
                    froms = [n for n in self.tree.body if isinstance(n, ast.ImportFrom)]
                    names.update(alias.asname or alias.name for n in froms for alias in n.names)
        return frozenset(names)


def inside(module: str, package: str) -> bool:
    """Whether a module is the package or lies below it."""
    return module == package or module.startswith(package + ".")


class ImportGraph:
    """The modules of one package folder and every import between them."""

    def __init__(self, folder: Path) -> None:
        self.root = folder.name
        self.modules: dict[str, Module] = {}
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder.parent).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            self.modules[name] = Module(name, path)
        self._edges: dict[frozenset[Edge], dict[str, set[str]]] = {}
        self.imports = [found for module in self.modules.values() for found in self._imports(module)]

    def _imports(self, module: Module) -> Iterator[Import]:
        """Every import of a module of this package, in the order of the source."""
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in self.modules:
                        yield Import(module.name, alias.name, None, node.lineno)
            elif isinstance(node, ast.ImportFrom):
                above = module.package.split(".")
                prefix = above[: len(above) - node.level + 1] if node.level else []
                source = ".".join([*prefix, *([node.module] if node.module else [])])
                for alias in node.names:
                    if f"{source}.{alias.name}" in self.modules:
                        yield Import(module.name, f"{source}.{alias.name}", None, node.lineno)
                    elif source in self.modules:
                        yield Import(module.name, source, alias.name, node.lineno)

    def edges(self, without: frozenset[Edge] = frozenset()) -> dict[str, set[str]]:
        """importer -> the modules that it imports, and the `__init__` of each package that this enters."""
        if without in self._edges:
            return self._edges[without]
        edges: dict[str, set[str]] = {name: set() for name in self.modules}
        for one in self.imports:
            parts = one.module.split(".")
            entered = [".".join(parts[:k]) for k in range(1, len(parts))]
            targets = {one.module, *(package for package in entered if not inside(one.importer, package))}
            edges[one.importer].update(t for t in targets if t != one.importer and (one.importer, t) not in without)
        self._edges[without] = edges
        return edges

    def room(self, module: str) -> str:
        """cli, views, rules ...; the root's own name for its `__init__` and `__main__`."""
        part = module.split(".")[1:2]
        return part[0] if part and part[0] != "__main__" else self.root

    def rooms(self, without: frozenset[Edge] = frozenset()) -> dict[str, set[str]]:
        """room -> the rooms that it imports."""
        found: dict[str, set[str]] = {self.room(name): set() for name in self.modules}
        for importer, targets in self.edges(without).items():
            found[self.room(importer)] |= {self.room(target) for target in targets} - {self.room(importer)}
        return found

    def children(self, package: str, without: frozenset[Edge] = frozenset()) -> dict[str, set[str]]:
        """The files and packages directly in a package, each with those of them that it imports."""
        depth = package.count(".") + 2

        def child(module: str) -> str:
            return ".".join(module.split(".")[:depth]) if module != package else f"{package}.__init__"

        found: dict[str, set[str]] = {}
        for importer, targets in self.edges(without).items():
            if inside(importer, package):
                below = {child(target) for target in targets if inside(target, package)}
                found.setdefault(child(importer), set()).update(below - {child(importer)})
        return found

    def module_circles(self, without: frozenset[Edge] = frozenset()) -> list[str]:
        """Modules that import each other."""
        return [f"circle of modules: {', '.join(c)}" for c in circles(self.edges(without))]

    def package_circles(self, without: frozenset[Edge] = frozenset()) -> list[str]:
        """Files and packages side by side in one package that import each other."""
        return [
            f"circle in {name}: {', '.join(circle)}"
            for name, module in self.modules.items()
            if module.is_package
            for circle in circles(self.children(name, without))
        ]

    def against_order(self, order: list[set[str]], without: frozenset[Edge] = frozenset()) -> list[str]:
        """Imports from a lower room to a higher one, rooms that the order does not name, and names of no room."""
        place = {room: level for level, rooms in enumerate(order) for room in rooms}
        place[self.root] = -1  # the package's own __init__ may import every room, and no room imports it
        found = [f"the order of rooms does not name {room}" for room in sorted(set(self.rooms()) - set(place))]
        found += [
            f"the order of rooms names {room}, which does not exist" for room in sorted(set(place) - set(self.rooms()))
        ]
        for importer, targets in self.edges(without).items():
            for target in sorted(targets):
                above, below = place.get(self.room(importer)), place.get(self.room(target))
                if above is not None and below is not None and above > below:
                    found.append(f"against the order of rooms: {importer} imports {target}")
        return found

    def private_imports(self, without: frozenset[Edge] = frozenset()) -> list[str]:
        """Imports that reach into another package past what its `__init__` lists in `__all__`."""
        return [
            f"private: {one.importer}:{one.line} imports {one.module}{'.' + one.name if one.name else ''}"
            for one in self.imports
            if not self.is_allowed(one) and (one.importer, one.module) not in without
        ]

    def is_allowed(self, one: Import) -> bool:
        """A root module, a file of the importer's own or an enclosing package, or a name in another `__all__`."""
        module = self.modules[one.module]
        home = module.package
        if home == self.root or inside(self.modules[one.importer].package, home):
            return True
        if module.is_package:
            return one.name is None or one.name in module.public
        return one.name is None and one.module.rpartition(".")[2] in self.modules[home].public

    def violations(self, order: list[set[str]], without: frozenset[Edge] = frozenset()) -> list[str]:
        """All of them, one sentence each."""
        return [
            *self.module_circles(without),
            *self.package_circles(without),
            *self.against_order(order, without),
            *self.private_imports(without),
        ]

    def picture(self, order: list[set[str]]) -> str:
        """The rooms as a Mermaid drawing, without arrows that a longer path implies, and the full list below it."""
        rooms = {room: targets for room, targets in self.rooms().items() if room != self.root}
        lines = ["```mermaid", "flowchart TD"]
        for room in sorted(rooms):
            direct = rooms[room] - {far for near in rooms[room] for far in reachable(rooms, near) - {near}}
            lines += [f"    {room} --> {target}" for target in sorted(direct)]
        width = max(map(len, rooms))
        lines += [
            "```",
            "",
            "The arrows that a longer path implies are left out of the drawing. Every room with all that it imports:",
            "",
        ]
        for level in order:
            for room in sorted(level & set(rooms)):
                lines.append(f"    {room:{width}} -> {', '.join(sorted(rooms[room])) or '(nothing)'}")
        return "\n".join(lines)


def reachable(edges: Edges, start: str) -> set[str]:
    """Every node that a path from `start` reaches, itself included."""
    found, front = {start}, [start]
    while front:
        new = edges.get(front.pop(), set()) - found
        found |= new
        front.extend(new)
    return found


def circles(edges: Edges) -> list[list[str]]:
    """The strongly connected components of two or more nodes."""
    names = sorted({*edges, *(target for targets in edges.values() for target in targets)})
    index = {name: k for k, name in enumerate(names)}
    pairs = np.array([(index[a], index[b]) for a, targets in edges.items() for b in targets], dtype=int).reshape(-1, 2)
    matrix = csr_matrix((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(len(names), len(names)))
    count, labels = connected_components(matrix, directed=True, connection="strong")
    groups = [[name for name in names if labels[index[name]] == label] for label in range(count)]
    return sorted(group for group in groups if len(group) > 1)


def read_order(page: str) -> list[set[str]]:
    """The levels of the one line `cli -> views, conformance -> ...`, highest first."""
    lines = ORDER.findall(page)
    if len(lines) != 1:
        raise ValueError(
            f"the order of rooms: expected one line 'a -> b, c -> d' in the page, with at least two arrows, got {len(lines)}"
        )
    return [set(level.split(", ")) for level in lines[0].split(" -> ")]


def with_picture(page: str, picture: str) -> str:
    """The page with the text between the two markers replaced."""
    head, begin, rest = page.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"the picture of the rooms: expected the lines {BEGIN} and {END} in the page")
    return f"{head}{BEGIN}\n\n{picture}\n\n{END}{tail}"


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    graph, order = ImportGraph(ROOT / "lrp"), read_order(page)
    if "--check" in sys.argv:
        found = graph.violations(order)
        print("\n".join(found) or "no violation")
        return 1 if found else 0
    new = with_picture(page, graph.picture(order))
    if "--check-picture" in sys.argv:
        print("up to date" if new == page else f"{PAGE.name} is out of date; run: python -m tests.import_graph")
        return int(new != page)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
