"""The shipped newsgroup classifiers: what their README says of them holds for the files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.text import TextModel, explain, newsgroups

MODELS = Path(__file__).resolve().parents[2] / "models"
NAMES = [name for name in ("newsgroups-cnn", "newsgroups-lstm") if (MODELS / name / "model.h5").exists()]


@pytest.fixture(scope="module", params=NAMES)
def shipped(request: pytest.FixtureRequest) -> tuple[Path, TextModel]:
    folder = MODELS / request.param
    return folder, TextModel.of(lrp.load(folder / "model.h5", dtype="float32"))


def test_the_readme_names_this_very_file(shipped: tuple[Path, TextModel]) -> None:
    folder, _ = shipped
    said = (folder / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256((folder / "model.h5").read_bytes()).hexdigest() in said


def test_all_models_together_stay_small() -> None:
    assert sum((MODELS / name / "model.h5").stat().st_size for name in NAMES) < 20e6


def test_a_letter_is_explained(shipped: tuple[Path, TextModel]) -> None:
    _, model = shipped
    document = model.read_file(MODELS / "newsgroups-cnn" / "letter.txt")
    found = explain(model, document, "sci.med")
    assert model.classes[found.logits.argmax()] == "sci.med"
    assert found.ledger is not None
    found.ledger.check()
    best = {document.words[t] for t in np.argsort(-found.highlighted)[:8]}
    assert "doctor" in best


def test_the_accuracy_of_the_readme(shipped: tuple[Path, TextModel], shared: Path) -> None:
    folder, model = shipped
    said = re.search(r"test accuracy\D+(\d\d\.\d\d) %", (folder / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    posts = newsgroups.read(shared / "data" / "20newsgroups", "test")
    found = model.classify([model.encode(model.read(post.text)) for post in posts])
    accuracy = 100 * np.mean([model.classes[c] == post.group for c, post in zip(found, posts)])
    assert accuracy == pytest.approx(float(said.group(1)), abs=0.03)  # a post or two may lie on the edge
