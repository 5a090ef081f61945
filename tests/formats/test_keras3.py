"""Small models that Keras 3 saved (see keras3/write_models.py), and its predictions."""

from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.formats import describe

FOLDER = Path(__file__).with_name("keras3")
EXPECTED = dict(np.load(FOLDER / "expected.npz"))
FILES = sorted(path.name for path in FOLDER.iterdir() if path.suffix in (".keras", ".h5"))


def arrays(name, letter):
    found = [key for key in EXPECTED if key.startswith(f"{name}/{letter}")]
    return [EXPECTED[key] for key in sorted(found, key=lambda key: int(key.split(f"/{letter}")[1]))]


@pytest.mark.parametrize("file", FILES)
def test_predictions_and_a_ledger_that_closes(file):
    network = lrp.load(FOLDER / file, trusted=True)
    name = file.split(".")[0]
    xs, ys = arrays(name, "x"), arrays(name, "y")
    x = tuple(xs) if len(xs) > 1 else xs[0]
    outputs = network.forward(x).outputs.values()
    assert len(outputs) == len(ys)
    for found, y in zip(outputs, ys, strict=True):
        assert found.shape == y.shape
        np.testing.assert_allclose(found, y, atol=1e-5, rtol=2e-6)
    for output in network.outputs:
        network.explain(x, output=output).ledger.check()


def test_describe_says_what_a_file_holds():
    found = describe(FOLDER / "mha_cross.keras", trusted=True)
    assert found.format == "Keras archive (.keras)" and found.source.startswith("Keras 3") and not found.refused
    rows = {row.name: row for row in found.rows}
    q, k, v, o = 6 * 2 * 3, 3 * 2 * 3, 4 * 2 * 4, 2 * 4 * 5
    row = rows["multi_head_attention"]
    assert row.parameters == q + k + v + o + 6 + 6 + 8 + 5
    assert row.multiply_adds == 5 * q + 7 * k + 7 * v + 5 * o + 2 * 5 * 7 * (3 + 4)
    assert found.parameters == sum(row.parameters for row in found.rows)
    assert found.multiply_adds == sum(row.multiply_adds for row in found.rows)
    for name in ("convs", "states", "attention", "masking", "lstm_masked"):
        assert describe(FOLDER / f"{name}.keras", trusted=True).multiply_adds > 0


def test_shared_weights_count_once():
    found = describe(FOLDER / "shared.keras", trusted=True)
    assert found.parameters == 4 * 4 + 4 and found.multiply_adds == 2 * 16


def test_describe_says_what_is_refused(tmp_path):
    from tests.formats.hostile_files import HOSTILE

    found = describe(HOSTILE["custom_layer"](tmp_path), trusted=True)
    assert found.refused[0][0] == "mine" and "MyLayer" in found.refused[0][1] and found.rows == ()
    found = describe(HOSTILE["wrong_shape"](tmp_path), trusted=True)
    assert found.refused[0][0] == "file" and "settings imply" in found.refused[0][1]
    for name in ("text", "half"):
        with pytest.raises(LoadError):
            describe(HOSTILE[name](tmp_path))
