"""docs/disagreements.md is what the examples give today, and the examples are what a hand computes."""

from __future__ import annotations

from fractions import Fraction as F
from pathlib import Path

import numpy as np
import pytest

from lrp.conformance import disagreements
from lrp.conformance.examples import EXAMPLES
from lrp.graph.profiles import PROFILES

BY_HAND = {
    "zero": [6, -2],
    "zero where z = 0": [0, 0],
    "epsilon": [F(-36, 7), F(12, 7)],
    "epsilon where z = 0": [2, -2],
    "gamma": [F(8, 3), F(-1, 3)],
    "gamma at a negative output": [F(1, 2), F(-3, 2)],
    "z_plus, or alpha-beta with 1 and 0": [2, 0],
    "z_plus of a negative input": [2, 2],
    "alpha-beta with 2 and 1": [F(20, 3), -5],
    "alpha-beta at a one-sided neuron": [8, 2],
    "z_box": [F(2, 3), F(1, 3)],
    "w_square": [4, 1],
    "flat": [F(5, 2), F(5, 2)],
    "ties in max-pooling": [1, 1, 0, 1],
    "average pooling": [F(3, 4), F(3, 2), F(9, 4), 0],
    "sums": [6],
    "batch normalisation": [F(9, 2)],
    # R = (1/6, 1/3); messages to 1: 1 1/2 and -2 4 1/36; to 2: 2 1/5 and -2 1 2/36
    "local response normalisation": [F(67, 390), F(64, 195)],
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_published_numbers_are_those_of_a_hand(example):
    assert disagreements.published(example).ravel().tolist() == BY_HAND[example.title]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_as_published_means_just_that(example):
    expected = disagreements.published(example).astype(float)
    assert set(example.why) <= set(PROFILES)
    for name, why in example.why.items():
        off = abs(disagreements.profiled(example, name) - expected).max() / max(abs(expected).max(), 1)
        if why.startswith("as published"):
            assert off < 3e-6, name
        else:
            assert off > 1e-3 or "pool" in example.title or "average" in why, name


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.live], ids=lambda example: example.title)
def test_the_libraries_return_what_their_profiles_say(example):
    for name in ("zennit", "captum", "lxt"):
        if name in example.why:
            pytest.importorskip(name)
            found = disagreements.ran(example, name)
            assert np.allclose(disagreements.profiled(example, name), found, rtol=1e-9, atol=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_the_page_is_up_to_date():
    for name in ("zennit", "captum", "lxt"):
        pytest.importorskip(name)
    page = Path(__file__).resolve().parents[2] / "docs" / "disagreements.md"
    assert page.read_text() == disagreements.text()


def test_every_departure_has_a_sentence():
    assert all(profile.notes for name, profile in PROFILES.items() if name != "paper")
    assert disagreements._profile_notes(PROFILES["paper"]) == []
    assert disagreements.ran(EXAMPLES[1], "captum") is None
    assert disagreements._number(1e7) == "1e+07" and disagreements._number(2.0) == "2"
