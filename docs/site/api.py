"""The reference pages of the site: every public name of a package with its signature and its docstring, as written."""

from __future__ import annotations

import importlib
import inspect
from pathlib import Path
from typing import Any

PACKAGES = (
    "lrp", "lrp.rules", "lrp.layers", "lrp.graph", "lrp.methods", "lrp.evaluation", "lrp.text", "lrp.fisher",
    "lrp.conformance", "lrp.formats", "lrp.views", "lrp.lessons", "lrp.models",
)  # fmt: skip


def write(folder: Path) -> None:
    """A page a package, and their index."""
    folder.mkdir()
    for name in PACKAGES:
        (folder / f"{name}.md").write_text(page(name), encoding="utf-8")
    entries = "\n".join(PACKAGES)
    (folder / "index.md").write_text(
        f"# Every public name\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n", encoding="utf-8"
    )


def page(package: str) -> str:
    """The page of one package."""
    module = importlib.import_module(package)
    parts = [f"# {package}", fenced(inspect.getdoc(module) or "")]
    for name in getattr(module, "__all__", [n for n, v in vars(module).items() if defined_in(v, package)]):
        thing = getattr(module, name)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            parts += [f"## {name}", fenced(signature(name, thing) + "\n\n" + (inspect.getdoc(thing) or ""))]
            if inspect.isclass(thing):
                parts += [entry for member in members(thing) for entry in member]
    return "\n\n".join(part for part in parts if part) + "\n"


def defined_in(thing: Any, package: str) -> bool:
    """Whether a module's value is a public function or class of its own."""
    return getattr(thing, "__module__", "") == package and not thing.__name__.startswith("_")


def members(kind: type) -> list[tuple[str, str]]:
    """The public methods and properties that a class defines itself, with a docstring."""
    result = []
    for name, thing in vars(kind).items():
        function = thing.fget if isinstance(thing, property) else getattr(thing, "__func__", thing)
        if not name.startswith("_") and inspect.isfunction(function) and function.__doc__:
            head = name if isinstance(thing, property) else signature(name, function)
            result.append((f"### {kind.__name__}.{name}", fenced(f"{head}\n\n{inspect.getdoc(function)}")))
    return result


def signature(name: str, thing: Any) -> str:
    """name(arguments), without annotations: their meaning is in the docstring."""
    try:
        parameters = inspect.signature(thing).parameters.values()
    except (TypeError, ValueError):
        return name
    bare = inspect.Signature([p.replace(annotation=p.empty) for p in parameters])
    return f"{name}{bare}"


def fenced(text: str) -> str:
    """The text as it is, in a fence longer than any in it."""
    return f"`````text\n{text.strip()}\n`````" if text.strip() else ""
