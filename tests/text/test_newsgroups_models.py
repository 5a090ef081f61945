"""The shipped newsgroup classifiers: what their README says of them holds for the files."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.text import ARRAS, TextModel, explain, newsgroups

MODELS = Path(__file__).resolve().parents[2] / "models"
# group and strongest word of the example letter; each how many-th test post the accuracy is checked with, and how well
LETTERS = {"newsgroups-cnn": ("sci.med", "doctor"), "newsgroups-lstm": ("rec.autos", "car")}
SAMPLE = {"newsgroups-cnn": (1, 0.03), "newsgroups-lstm": (6, 2.5)}


@pytest.fixture(scope="module", params=sorted(LETTERS))
def shipped(request: pytest.FixtureRequest) -> tuple[Path, TextModel]:
    folder = MODELS / request.param
    return folder, TextModel.of(lrp.load(folder / "model.h5", dtype="float32"))


def test_the_readme_names_this_very_file(shipped: tuple[Path, TextModel]) -> None:
    folder, _ = shipped
    said = (folder / "README.md").read_text(encoding="utf-8")
    assert hashlib.sha256((folder / "model.h5").read_bytes()).hexdigest() in said


def test_all_models_together_stay_small() -> None:
    assert sum((MODELS / name / "model.h5").stat().st_size for name in LETTERS) < 20e6


def test_its_letter_is_explained(shipped: tuple[Path, TextModel]) -> None:
    folder, model = shipped
    group, word = LETTERS[folder.name]
    document = model.read_file(folder / "letter.txt")
    found = explain(model, document, group, composite=ARRAS)
    assert model.classes[found.logits.argmax()] == group
    assert found.ledger is not None
    found.ledger.check()
    assert document.words[int(np.argmax(found.highlighted))] == word


def test_the_accuracy_of_the_readme(shipped: tuple[Path, TextModel], shared: Path) -> None:
    folder, model = shipped
    said = re.search(r"test accuracy\D+(\d\d\.\d\d) %", (folder / "README.md").read_text(encoding="utf-8"))
    assert said is not None
    step, tolerance = SAMPLE[folder.name]
    posts = newsgroups.read(shared / "data" / "20newsgroups", "test")[::step]
    found = model.classify([model.encode(model.read(post.text)) for post in posts])
    accuracy = 100 * np.mean([model.classes[c] == post.group for c, post in zip(found, posts)])
    assert accuracy == pytest.approx(float(said.group(1)), abs=tolerance)
