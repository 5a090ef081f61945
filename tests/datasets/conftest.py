"""A small model and a folder with pictures of its classes."""

import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.layers import Conv, Dense, Flatten, ReLU


@pytest.fixture
def network(rng):
    layers = [
        Conv(rng.normal(size=(3, 2, 1, 2)), rng.normal(size=2)),
        ReLU(),
        Flatten(),
        Dense(rng.normal(size=(48, 3))),
    ]
    metadata = lrp.Metadata(("cat", "dog", "owl"), preprocessing=lrp.Preprocessing((0.0,), (255.0,), "gray"))
    return lrp.Network.sequential(layers, (6, 7, 1), metadata=metadata)


@pytest.fixture
def folder(tmp_path, rng):
    """Seven pictures: five of a class, one of no class, one damaged in the middle; two share a name."""
    place = tmp_path / "pictures"
    for name in ("cat/a.png", "cat/b.png", "dog/a.png", "dog/c.png", "owl/d.png", "other/e.png"):
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (6, 7), np.uint8)).save(path)
    (place / "cat" / "broken.png").write_bytes(b"no picture")
    return place
