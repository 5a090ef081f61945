"""Damaged files: see mutations.py and fuzz.py, which print what became of more of them."""

from importlib.util import find_spec

import pytest

from tests.formats import fuzz, mutations


@pytest.mark.slow
def test_two_thousand_damaged_files(tmp_path):
    outcomes = mutations.run(2000, tmp_path)
    assert sum(outcomes.values()) == 2000
    assert outcomes["cut: the right network"] + outcomes["cut: refused"] >= 660
    assert outcomes["flips: the right network"] > 50 and outcomes["attributes: refused"] > 100


@pytest.mark.parametrize("name", fuzz.FORMATS)
def test_damaged_files_of_every_format(name):
    if name in ("png", "jpeg") and find_spec("PIL") is None:
        pytest.skip("needs Pillow")
    code, result = fuzz.in_process(name, 100)
    assert code == 0 and sum(result["outcomes"].values()) == 100
    assert set(result["outcomes"]) <= {"read", "refused"}, result
    assert result["longest"] < fuzz.SECONDS and result["memory"] < fuzz.MEMORY
