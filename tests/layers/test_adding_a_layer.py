"""The example of docs/adding-a-layer.md, built as the page says and run through the tests that it promises."""

import re
import sys
from pathlib import Path

import numpy as np
import pytest

import tests.cases
from lrp import rules
from lrp.errors import SettingError
from lrp.layers.activations import sigmoids
from tests.cases import numbers

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-layer.md"


@pytest.fixture
def case(monkeypatch):
    """The case of step 6, with the class of step 2 in the namespace that the page names."""
    source, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S)
    module = type(sys)("example")
    module.__dict__.update(vars(sigmoids), SettingError=SettingError, __name__="example")
    monkeypatch.setitem(sys.modules, "example", module)
    exec(source, module.__dict__)
    monkeypatch.setattr(tests.cases.L, "Clip", module.Clip, raising=False)
    (case,) = eval(f"({line.strip()})", dict(vars(tests.cases)))
    return case


@pytest.mark.parametrize("dtype", ["exact", "float64", "float32"])
def test_the_example_works(case, dtype, rng):
    layer, (x,) = case.build(rng).astype(dtype), case.inputs(rng, 3, dtype)
    y, R = layer.compute(x), numbers(rng, x.shape, dtype)
    assert (y == np.minimum(np.maximum(x, -layer.limit), layer.limit)).all() and abs(x).max() > layer.limit
    divided = layer.distribute(R, "identity", (x,), y)
    assert (divided.parts[0] == R).all() and not divided.dropped.any()
    (slope,) = layer.pullback(R, (x,), y)
    assert (slope == R * (abs(x) < layer.limit)).all() and slope.dtype == R.dtype
    assert layer.settings() == {"limit": layer.limit} and not layer.accepts(rules.zero())
    with pytest.raises(SettingError, match="Clip: expected a limit > 0, got 0"):
        type(layer)(0)


def test_the_files_that_the_page_names_exist():
    root = PAGE.parents[1]
    for name in re.findall(r"`((?:lrp|tests)/[\w/]+(?:\.py|/))`", PAGE.read_text(encoding="utf-8")):
        assert (root / name).exists(), name
