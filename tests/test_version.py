"""One version: that of the package's metadata, of the command line and of written files."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import h5py
import numpy as np
import pytest

import lrp
from lrp.cli import main
from lrp.layers import Dense
from lrp.version import VERSION

ROOT = Path(__file__).resolve().parents[1]


def test_the_version_is_the_newest_of_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.findall(r"^## \[?(\d+\.\d+\.\d+)", text, re.MULTILINE)[0] == VERSION


def test_the_installed_version_is_the_same() -> None:
    try:
        installed = metadata.distribution("lrp")
    except metadata.PackageNotFoundError:
        pytest.skip("the package is not installed, it runs from its folder")
    assert installed.version == VERSION


def test_the_command_line_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="^0$"):
        main(["--version"])
    assert capsys.readouterr().out == f"lrp {VERSION}\n"


def test_a_saved_network_says_who_wrote_it_and_older_files_are_read(tmp_path: Path, rng: np.random.Generator) -> None:
    network = lrp.Network.sequential([Dense(rng.normal(size=(2, 3)))], (2,))
    lrp.save(network, tmp_path / "m.h5")
    with h5py.File(tmp_path / "m.h5", "r+") as file:
        assert file.attrs["writer"] == f"lrp {VERSION}"
        del file.attrs["writer"]
    x = rng.normal(size=(4, 2))
    assert np.array_equal(lrp.load(tmp_path / "m.h5").forward(x).output, network.forward(x).output)


def test_rooms_are_imported_when_they_are_first_read() -> None:
    code = "import sys, lrp; assert 'lrp.views' not in sys.modules; assert lrp.views is sys.modules['lrp.views']"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert lrp.explain_dataset is lrp.datasets.explain_dataset and lrp.spray.analyse
    with pytest.raises(AttributeError, match="module 'lrp' has no attribute 'nothing'"):
        lrp.nothing
