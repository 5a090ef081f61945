"""Two thousand damaged files: see mutations.py, which also prints what became of them."""

import pytest

from tests.formats.mutations import run


@pytest.mark.slow
def test_two_thousand_damaged_files(tmp_path):
    outcomes = run(2000, tmp_path)
    assert sum(outcomes.values()) == 2000
    assert outcomes["cut: the right network"] + outcomes["cut: refused"] >= 660
    assert outcomes["flips: the right network"] > 50 and outcomes["attributes: refused"] > 100
