"""The models that come with the package, by name; and that a wheel carries them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

import lrp.models
from lrp.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


def test_every_model_loads_and_predicts():
    assert "mnist-lenet" in lrp.models.names()
    for name in lrp.models.names():
        network = lrp.models.load(name, dtype="float32")
        shape = network.shapes[network.inputs[0]]
        tokens = getattr(network.nodes[network.inputs[0]].layer, "tokens", False)
        x = np.ones((1, *(n or 3 for n in shape)), np.int64 if tokens else np.float32)
        assert np.isfinite(network.forward(x).output).all()
        card = lrp.models.card(name)
        assert card.title and card.size == (lrp.models.folder(name) / "model.h5").stat().st_size
        assert card.accuracy and card.licence, name


def test_examples_and_names():
    assert lrp.models.example("mnist-lenet", "three.png").is_file()
    with pytest.raises(InputError, match="did you mean 'mnist-lenet'"):
        lrp.models.load("mnist-lenett")
    with pytest.raises(InputError, match="did you mean 'three.png'"):
        lrp.models.example("mnist-lenet", "tree.png")


def test_a_missing_folder_is_one_sentence(monkeypatch, tmp_path):
    monkeypatch.setattr(lrp.models, "_FOLDERS", (tmp_path / "nowhere",))
    with pytest.raises(InputError, match="reinstall"):
        lrp.models.names()


def test_a_wheel_carries_the_models(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-q",
        "-w",
        str(tmp_path),
        str(ROOT),
    ]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no wheel can be built here (setuptools is missing in this environment)")
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for name in lrp.models.names():
        assert f"lrp/model_files/{name}/model.h5" in names and f"lrp/model_files/{name}/README.md" in names
