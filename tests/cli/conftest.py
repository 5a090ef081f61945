"""A small model in a file, an input for it, and the command line as a function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.cli import main
from lrp.layers import Conv, Dense, Flatten, MaxPool, ReLU

Run = Callable[..., tuple[int, str, str]]
CLASSES = ("cat", "dog, small", "2")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """lrp with these arguments: exit code, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse
            code = int(str(end.code))
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def model(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A convolutional network for pictures of 6 x 7 gray pixels, with class names."""
    layers = [
        Conv(rng.normal(size=(3, 2, 1, 2)), rng.normal(size=2)),
        ReLU(),
        MaxPool((2, 3)),
        Flatten(),
        Dense(rng.normal(size=(8, 3)), rng.normal(size=3)),
    ]
    metadata = lrp.Metadata(CLASSES, preprocessing=lrp.Preprocessing((0.0,), (255.0,), "gray"))
    path = tmp_path / "model.h5"
    lrp.save(lrp.Network.sequential(layers, (6, 7, 1), metadata=metadata), path)
    return path


@pytest.fixture
def picture(tmp_path: Path, rng: np.random.Generator) -> Path:
    """A picture of that size."""
    path = tmp_path / "picture.png"
    Image.fromarray(rng.integers(0, 256, size=(6, 7), dtype=np.uint8)).save(path)
    return path


def sentence(error: str, command: str) -> str:
    """The one line on standard error, without the command's name."""
    assert error.startswith(f"lrp {command}: ") and error.count("\n") == 1 and "Traceback" not in error
    return error.removeprefix(f"lrp {command}: ").rstrip("\n")
