"""The table of docs/methods.md is what the registry says, and the code of the page runs."""

from __future__ import annotations

import re

import numpy as np

from lrp.methods import METHODS
from tests import pages_methods
from tests.methods import nets


def test_the_page_is_up_to_date():
    """If not: python -m tests.pages_methods > page && mv page docs/methods.md"""
    assert pages_methods.page() == pages_methods.PAGE.read_text(encoding="utf-8")


def test_one_row_per_method_with_its_source():
    rows = pages_methods.methods_table().splitlines()
    assert len(rows) == 2 + len(METHODS) + len(pages_methods.OTHERS)
    assert all(row.replace("\\|", "").count("|") == 9 for row in rows)
    assert "| `squared_gradient` | `squared_gradient` | R_i = (dS_c/dx_i)^2 |" in "\n".join(rows)
    assert all(entry.use and entry.limits for entry in METHODS.values())


def test_the_code_of_the_page_runs(rng):
    code = re.search(r"\n\n((?:    .*\n)+)", pages_methods.PAGE.read_text(encoding="utf-8")).group(1)
    names = {"network": nets.dense(rng, depth=2), "x": rng.normal(size=(2, 5))}
    exec(re.sub("target=3", "target=2", re.sub(r"(?m)^    ", "", code)), names)
    np.testing.assert_allclose(names["explanation"].gap(), 0, atol=0.1)
