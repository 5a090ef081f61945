"""The reference pages, written from the registries LAYERS, RULES, METHODS, METRICS and FORMATS.

    python -m tests.pages            writes docs/reference/*.md
    python -m tests.pages --check    names the pages that are out of date; ends with code 1 if there is one

An entry is the docstring's first paragraph (what is computed, the formula), its sources, and what the code says about
arguments, options and rules. Tables of methods and metrics come from `methods_table()` in tests/pages_methods.py and
`metrics_table()` in tests/pages_metrics.py where these exist. A registry that does not exist has no page.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import itertools
import re
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, get_type_hints

from lrp import evaluation, formats, layers, methods, rules

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "reference"
NOTE = "Written by `python -m tests.pages` from `{registry}`; a test compares this page with the code."
SECTION = re.compile(
    r"^[A-Z]\w+( \w+)?\n-{3,}$", re.MULTILINE
)  # a numpydoc heading: what follows is not the introduction


def summary(thing: Any) -> str:
    """The first paragraph of a docstring, with the formula that follows its first line where one does."""
    text = SECTION.split(inspect.getdoc(thing) or "")[0]
    paragraphs = [part for part in re.split(r"\n\s*\n", text) if part.strip()]
    if not paragraphs:
        raise ValueError(f"{thing!r}: expected a docstring")
    taken = paragraphs[:1]
    if " = " not in taken[0] and len(paragraphs) > 1 and " = " in paragraphs[1].splitlines()[0]:
        taken.append(paragraphs[1])
    return "\n\n".join(taken)


def sources(thing: Any) -> list[str]:
    """What the lines `Source: ...` of a docstring cite."""
    lines = (inspect.getdoc(thing) or "").splitlines()
    return [line.strip().removeprefix("Source:").strip() for line in lines if line.strip().startswith("Source:")]


class Default:
    """A default value as a reader would write it: "2" for a member of an enumeration, the name of a function or class."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        value = self.value.value if isinstance(self.value, Enum) else self.value
        name = getattr(value, "__name__", None)
        return name if isinstance(name, str) else repr(value)


def call(name: str, thing: Callable[..., Any]) -> str:
    """name(argument, option=default), without annotations."""
    parameters = [
        p.replace(annotation=p.empty, default=p.empty if p.default is p.empty else Default(p.default))
        for p in inspect.signature(thing).parameters.values()
    ]
    return f"{name}{inspect.Signature(parameters)}"


def entry(title: str, signature: str, thing: Any, facts: list[str], level: str = "##") -> list[str]:
    """One section."""
    lines = [f"{level} {title}", "", "```text", signature, "", *summary(thing).splitlines(), "```", ""]
    lines += [f"* Source: {source}" for source in sources(thing)] + [f"* {fact}" for fact in facts if fact]
    return lines if lines[-1] == "" else [*lines, ""]


def head(title: str, registry: str, text: str) -> list[str]:
    """The first lines of a page."""
    return [f"# {title}", "", NOTE.format(registry=registry), "", text, ""]


def rule_class(name: str) -> type[rules.Rule]:
    """The class of the rules that a function of the catalogue makes, by its annotation."""
    made: type[rules.Rule] = get_type_hints(rules.RULES[name])["return"]
    return made


def accepted(kinds: tuple[type[rules.Rule], ...]) -> str:
    """The names of the rules of these classes."""
    names = [name for name in rules.RULES if any(issubclass(rule_class(name), kind) for kind in kinds)]
    linear = [name for name in names if issubclass(rule_class(name), rules.LinearRule)]
    others = [f"`{name}`" for name in names if name not in linear]
    return ", ".join([*(["every rule of linear layers"] if linear else []), *others]) or "none"


def family(kind: type[layers.Layer]) -> str:
    """convolution, pooling ...: the package or file below lrp/layers that defines a layer."""
    return kind.__module__.split(".")[2]


def layers_page() -> str:
    lines = head(
        "Layers",
        "lrp.layers.LAYERS",
        "By family, the folder or file of `lrp/layers/`. A rule that a layer accepts may be given by a composite; where no\n"
        "rule is given the default is taken, and a layer without a default needs a rule. Every layer also accepts `gradient`.",
    )
    kinds = sorted(layers.LAYERS.values(), key=lambda kind: (family(kind), kind.__name__))
    for name, group in itertools.groupby(kinds, family):
        lines += [f"## {name}", ""]
        for kind in group:
            default = (
                f"Default: `{kind.default_rule.text()}`" if kind.default_rule else "Default: none, a rule is needed"
            )
            facts = [f"Rules: {accepted(kind.rules)}", default]
            lines += entry(kind.__name__, call(kind.__name__, kind), kind, facts, level="###")
    return "\n".join(lines)


def rules_page() -> str:
    catalogue = sys.modules[rules.RULES["epsilon"].__module__]
    lines = head(
        "Rules",
        "lrp.rules.RULES",
        "The text form is `name:number,number,option=value`, as in `epsilon:0.01` or `alpha_beta:2,1,sink=spread`.",
    )
    takers = [name for name, layer in layers.LAYERS.items() if issubclass(rules.LinearRule, layer.rules)]
    lines += [f"The rules of linear layers are accepted by: {', '.join(sorted(takers, key=str.lower))}.", ""]
    options = SECTION.split(inspect.getdoc(catalogue) or "")[0]
    lines += ["Options of the rules of linear layers:", "", "```text", *options.splitlines(), "```", ""]
    for name, function in rules.RULES.items():
        kind = rule_class(name)
        takers = sorted(layer.__name__ for layer in layers.LAYERS.values() if issubclass(kind, layer.rules))
        fact = ", ".join(takers) or "every layer"
        facts = [f"Accepted by: {'the layers with rules of linear layers' if kind is rules.LinearRule else fact}"]
        lines += entry(name, call(name, function), function, facts)
    return "\n".join(lines)


def methods_page() -> str:
    lines = head(
        "Methods", "lrp.methods.METHODS", "`lrp evaluate --methods NAME`; settings: `NAME:key=value,key=value`."
    )
    table = provided("tests.pages_methods", "methods_table")
    lines += [table, ""] if table is not None else []
    for name, one in methods.METHODS.items():
        function = getattr(one, "function", one)
        facts = [f"Settings in text: {', '.join(f'`{key}`' for key in getattr(one, 'readers', {})) or 'none'}"]
        lines += entry(name, call(function.__name__, function), function, facts)
    return "\n".join(lines)


def metrics_page() -> str:
    table = provided("tests.pages_metrics", "metrics_table")
    if table is None:
        return ""
    return "\n".join([*head("Metrics", "lrp.evaluation.METRICS", "`lrp evaluate --metric NAME`."), table])


def formats_page() -> str:
    registry = getattr(formats, "FORMATS", None)
    if registry is None:
        return ""
    lines = head("Formats", "lrp.formats.FORMATS", "`lrp.load` recognises a file by its content, never by its name.")
    lines += ["| format | files | recognised by | what is read | what is refused |", "|---|---|---|---|---|"]
    for one in registry:
        cells = [one.name, ", ".join(f"`{e}`" for e in one.extensions), one.recognised_by, one.reads, one.refuses]
        lines.append(f"| {' | '.join(cells)} |".replace("](", "](../"))  # links are relative to docs/
    return "\n".join(lines)


def provided(module: str, function: str) -> str | None:
    """The table that a module of the tests makes, None where there is no such module."""
    if importlib.util.find_spec(module) is None:
        return None
    table: str = getattr(importlib.import_module(module), function)()
    return table


def pages() -> Iterator[tuple[Path, str]]:
    """Every page and what should be in it."""
    registries = {
        "layers": (layers, "LAYERS", layers_page),
        "rules": (rules, "RULES", rules_page),
        "methods": (methods, "METHODS", methods_page),
        "metrics": (evaluation, "METRICS", metrics_page),
        "formats": (formats, "FORMATS", formats_page),
    }
    for name, (module, registry, write) in registries.items():
        text = write() if hasattr(module, registry) else ""
        if text:
            yield FOLDER / f"{name}.md", text.rstrip("\n") + "\n"


def out_of_date() -> list[str]:
    """The pages that differ from the code."""
    stored = {path: path.read_text(encoding="utf-8") if path.exists() else None for path, _ in pages()}
    return [str(path.relative_to(ROOT)) for path, text in pages() if stored[path] != text]


def main() -> int:
    if "--check" in sys.argv:
        stale = out_of_date()
        print("\n".join(f"{path} is out of date; run: python -m tests.pages" for path in stale) or "up to date")
        return 1 if stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
    return 0


if __name__ == "__main__":
    sys.exit(main())
