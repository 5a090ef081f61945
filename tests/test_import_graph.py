"""The imports of lrp follow docs/architecture.md, and each check finds a violation that is made for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.import_graph import BEGIN, END, PAGE, ROOT, ImportGraph, circles, read_order, with_picture


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    return ImportGraph(ROOT / "lrp")


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_the_imports_follow_the_architecture(graph: ImportGraph, page: str) -> None:
    assert graph.violations(read_order(page)) == []


def test_the_picture_of_the_rooms_is_the_computed_graph(graph: ImportGraph, page: str) -> None:
    assert page == with_picture(page, graph.picture(read_order(page))), "run: python -m tests.import_graph"


def test_the_graph_is_that_of_the_package(graph: ImportGraph) -> None:
    assert {"lrp", "lrp.errors", "lrp.rules", "lrp.layers.base"} <= set(graph.modules)
    assert "lrp.rules" in graph.edges()["lrp.layers.base"] and "lrp.arrays" in graph.edges()["lrp.layers.base"]
    assert len(graph.imports) > 2 * len(graph.modules)


# A made-up package: top -> middle -> base, tools; each test adds one violation.
FILES = {
    "__init__.py": "from house.top import start\n",
    "errors.py": "",
    "base/__init__.py": "from house.base.plain import one\n__all__ = ['one']\n",
    "base/plain.py": "from house import errors\none = 1\ntwo = 2\n",
    "base/other.py": "",
    "middle/__init__.py": "from .room import use\n__all__ = ['use', *()]\n",
    "middle/room.py": "from house.base import one\ndef use():\n    return one\n",
    "middle/deep/__init__.py": "",
    "middle/deep/below.py": "from house.middle.room import use\n",
    "tools/__init__.py": "",
    "top.py": "from house.middle import use as start\n",
}
LINE = "    top -> middle, tools -> base, errors\n"


def house(folder: Path, added: dict[str, str]) -> list[str]:
    """The violations of the made-up package; added: file name -> lines that are added at its end."""
    for name, text in FILES.items():
        path = folder / "house" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for name, text in added.items():
        path = folder / "house" / name
        path.write_text((path.read_text() if path.exists() else "") + text + "\n")
    return ImportGraph(folder / "house").violations(read_order(LINE))


def test_a_package_without_a_violation_has_none(tmp_path: Path) -> None:
    assert house(tmp_path, {}) == []


@pytest.mark.parametrize(
    "line",
    [
        "from house.base.plain import one",
        "import house.base.plain",
        "def later():\n    from house.base import plain",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import plain",
        "from .plain import *",
    ],
)
def test_a_circle_of_modules_is_found(line: str, tmp_path: Path) -> None:
    found = house(tmp_path, {"base/plain.py": "from house.base import other", "base/other.py": line})
    assert found == [
        "circle of modules: house.base.other, house.base.plain",
        "circle in house.base: house.base.other, house.base.plain",
    ]


def test_a_circle_of_packages_without_a_circle_of_modules_is_found(tmp_path: Path) -> None:
    added = {
        "middle/first.py": "from house.tools import work",
        "tools/__init__.py": "from house.tools.work import go\n__all__ = ['work']",
        "tools/work.py": "go = 1",
        "tools/back.py": "from house.middle import use",
    }
    found = house(tmp_path, added)
    assert found == ["circle in house: house.middle, house.tools"]


def test_an_arrow_against_the_order_is_found(tmp_path: Path) -> None:
    found = house(
        tmp_path, {"base/other.py": "from house.tools import name", "tools/__init__.py": "name = 1\n__all__ = ['name']"}
    )
    assert found == ["against the order of rooms: house.base.other imports house.tools"]


def test_a_room_without_a_place_is_found(tmp_path: Path) -> None:
    assert house(tmp_path, {"attic.py": ""}) == ["the order of rooms does not name attic"]


def test_a_place_without_a_room_is_found(tmp_path: Path) -> None:
    house(tmp_path, {})
    found = ImportGraph(tmp_path / "house").violations(read_order(LINE.replace("errors", "errors, cellar")))
    assert found == ["the order of rooms names cellar, which does not exist"]


@pytest.mark.parametrize(
    "line, named",
    [
        ("from house.base.plain import one", "house.base.plain.one"),
        ("from house.base import plain", "house.base.plain"),
        ("import house.base.plain", "house.base.plain"),
        ("from ..base.plain import one", "house.base.plain.one"),
        ("from house.base import two", "house.base.two"),
        ("from house.middle.deep import below", "house.middle.deep.below"),
    ],
)
def test_an_import_of_a_private_file_is_found(line: str, named: str, tmp_path: Path) -> None:
    assert house(tmp_path, {"middle/extra.py": line}) == [f"private: house.middle.extra:1 imports {named}"]


def test_a_submodule_that_the_package_lists_is_public(tmp_path: Path) -> None:
    assert (
        house(
            tmp_path,
            {"base/__init__.py": "__all__ = ['plain', 'one']", "middle/extra.py": "from house.base import plain"},
        )
        == []
    )


def test_a_computed_list_makes_what_the_package_imports_public(tmp_path: Path) -> None:
    assert house(tmp_path, {"top.py": "from house.middle import use"}) == []
    assert house(tmp_path, {"top.py": "from house.middle import hidden"}) == [
        "private: house.top:2 imports house.middle.hidden"
    ]


def test_circles_are_the_strongly_connected_parts() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": {"e"}, "e": set()}) == [["a", "b", "c"]]


def test_a_page_without_the_line_or_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one line"):
        read_order("no order here")
    with pytest.raises(ValueError, match="expected one line"):
        read_order(LINE + LINE)
    with pytest.raises(ValueError, match="expected the lines"):
        with_picture(f"only {BEGIN}", "")
    assert with_picture(f"a\n{BEGIN}\nold\n{END}\nb", "new") == f"a\n{BEGIN}\n\nnew\n\n{END}\nb"
