"""The reference pages are what the registries say now, and hold every entry of them."""

from __future__ import annotations

import re

import pytest

from lrp.layers import LAYERS
from lrp.methods import METHODS
from lrp.rules import RULES
from tests import pages

PAGES = dict(pages.pages())


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_the_page_is_up_to_date(path: pages.Path) -> None:
    assert path.exists() and path.read_text(encoding="utf-8") == PAGES[path], "run: python -m tests.pages"


@pytest.mark.parametrize("name, registry", [("layers", LAYERS), ("rules", RULES), ("methods", METHODS)])
def test_every_entry_of_the_registry_is_on_its_page(name: str, registry: dict[str, object]) -> None:
    text = PAGES[pages.FOLDER / f"{name}.md"]
    assert all(re.search(rf"\b{entry}\b", text) for entry in registry)


def test_summaries_are_the_first_paragraph_and_a_formula_behind_it() -> None:
    def one():
        """f(x) = x

        Source: Somebody 2000, identity

        More.

        Parameters
        ----------
        x : number
        """

    def two():
        """The identity.

        f(x) = x
        g(x) = x

        More.
        """

    def three():
        """The identity.

        Parameters
        ----------
        x = 3
        """

    assert pages.summary(one) == "f(x) = x" and pages.sources(one) == ["Somebody 2000, identity"]
    assert pages.summary(two) == "The identity.\n\nf(x) = x\ng(x) = x" and pages.sources(two) == []
    assert pages.summary(three) == "The identity."
    with pytest.raises(ValueError, match="expected a docstring"):
        pages.summary(lambda: None)


def test_accepted_rules_are_those_of_the_class() -> None:
    assert pages.accepted(LAYERS["Dense"].rules) == "every rule of linear layers"
    assert (
        "`winner`" in pages.accepted(LAYERS["MaxPool"].rules) and pages.accepted(LAYERS["ReLU"].rules) == "`identity`"
    )
    assert pages.rule_class("epsilon").__name__ == "LinearRule"


def test_a_page_that_differs_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: pages.Path) -> None:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    assert pages.out_of_date() == [f"{path.stem}.md" for path in PAGES]
    monkeypatch.setattr(pages.sys, "argv", ["pages"])
    assert pages.main() == 0 and pages.out_of_date() == []
    (tmp_path / "rules.md").write_text("old")
    assert pages.out_of_date() == ["rules.md"]
    monkeypatch.setattr(pages.sys, "argv", ["pages", "--check"])
    assert pages.main() == 1
