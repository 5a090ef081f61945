"""What all tests share: seeded random numbers, and the folder of real data where there is one."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

collect_ignore = ["formats/keras3/write_models.py"]  # a script that needs Keras: it wrote the files beside it


@pytest.fixture
def rng() -> np.random.Generator:
    """The same random numbers in every run."""
    return np.random.default_rng(20150710)


def shared_folder() -> Path | None:
    """The folder with data, corpus and golden: $LRP_SHARED, or `shared` beside the checkout (or beside a worktree)."""
    here = Path(__file__).resolve().parents[1]
    places = (
        [Path(os.environ["LRP_SHARED"])] if "LRP_SHARED" in os.environ else [p / "shared" for p in here.parents[:2]]
    )
    return next((place for place in places if (place / "golden").is_dir()), None)


SHARED = shared_folder()


@pytest.fixture
def shared() -> Path:
    """The folder of real data; a test that asks for it is skipped where it is absent."""
    if SHARED is None:
        pytest.skip("needs the folder of real data: put it beside the checkout or name it in LRP_SHARED")
    return SHARED
