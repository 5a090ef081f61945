"""One version: that of the package's metadata, of the command line and of written files."""

from __future__ import annotations

import re
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
