"""Colours, limits and files of heatmaps."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lrp.errors import InputError, MissingExtraError, ShapeError
from lrp.pictures import Heatmap, Picture, as_map, bare, colours, extras, figure_file, limit_of
from lrp.pictures.colours import STOPS


def test_zero_is_white_red_is_positive_blue_is_negative() -> None:
    shown = colours(np.array([0.0, -0.0, 2.0, -2.0, 0.5, -0.5]), 2.0).astype(int)
    assert shown[0].tolist() == shown[1].tolist() == [255, 255, 255]
    assert shown[2].tolist() == list(STOPS[-1][1]) and shown[3].tolist() == list(STOPS[0][1])
    assert shown[4, 0] > shown[4, 2] and shown[5, 2] > shown[5, 0]


def test_only_zero_is_white_within_what_eight_bits_can_show() -> None:
    shown = colours(np.array([0.01, -0.01]), 1.0)
    assert (shown != 255).any(axis=-1).all()


def test_beyond_the_limit_the_last_colour_stays() -> None:
    assert np.array_equal(colours(np.array([9.0, -9.0]), 1.0), colours(np.array([1.0, -1.0]), 1.0))


def test_each_half_of_the_map_gets_darker_from_the_middle(rng: np.random.Generator) -> None:
    scale = colours(np.linspace(-1, 1, 101), 1.0).astype(int).sum(axis=-1)
    assert (np.diff(scale[:51]) >= 0).all() and (np.diff(scale[50:]) <= 0).all()


@pytest.mark.parametrize("limit", [0.0, -1.0, float("nan")])
def test_a_limit_is_positive(limit: float) -> None:
    with pytest.raises(InputError, match=r"heatmap: expected a limit > 0, got"):
        colours(np.zeros(2), limit)


def test_the_limit_is_the_largest_relevance_of_either_sign() -> None:
    assert limit_of(np.array([[1.0, -3.0], [2.0, 0.0]])) == 3.0
    assert limit_of(np.zeros((2, 2))) == 1.0
    with pytest.raises(InputError, match="heatmap: expected finite relevance, got NaN or infinity"):
        limit_of(np.array([1.0, np.nan]))


def test_channels_are_summed_wherever_they_are(rng: np.random.Generator) -> None:
    last = rng.normal(size=(5, 7, 3))
    assert np.array_equal(as_map(last), last[..., 0] + last[..., 1] + last[..., 2])
    assert np.array_equal(as_map(np.moveaxis(last, -1, 0)), as_map(last))


def test_vectors_become_a_row_and_tables_stay() -> None:
    assert as_map(np.arange(5.0)).shape == (1, 5)
    assert as_map(np.ones((2, 3))).shape == (2, 3)
    with pytest.raises(ShapeError, match=r"at most 4 axes a sample, got shape \(2, 2, 2, 2, 2\)"):
        as_map(np.zeros((2, 2, 2, 2, 2)))


def test_a_bare_heatmap_is_squares_of_its_colours() -> None:
    R = np.array([[0.0, 1.0, -1.0], [0.5, 0.0, 0.0]])
    image = Image.open(io.BytesIO(bare(R, 1.0, "a note")))
    assert image.size == (255, 170) and image.text == {"Description": "a note"}  # type: ignore[attr-defined]
    assert np.array_equal(np.asarray(image)[42::85, 42::85], colours(R, 1.0))


def test_a_figure_shows_white_for_zero_and_keeps_its_note(rng: np.random.Generator) -> None:
    panels = [
        [Picture("input", rng.random((6, 7))), Heatmap("class 1", np.zeros((6, 7)))],
        [Heatmap("row", np.ones((1, 9)))],
    ]
    image = Image.open(io.BytesIO(figure_file(panels, "composite epsilon")))
    assert image.text["Description"] == "composite epsilon"  # type: ignore[attr-defined]
    pixels = np.asarray(image.convert("RGB"))
    height, width = pixels.shape[:2]
    assert (pixels[height // 4, round(0.65 * width)] == 255).all()  # in the middle of the panel of zeros
    assert (pixels == STOPS[-1][1]).all(axis=-1).sum() > 1000  # the row of ones has the strongest red


@pytest.mark.parametrize("kind, begin", [("pdf", b"%PDF"), ("svg", b"<?xml")])
def test_figures_as_drawings(kind: str, begin: bytes) -> None:
    data = figure_file([[Heatmap("R", np.zeros((3, 4)))]], kind=kind)
    assert data.startswith(begin)


def test_an_unknown_format_is_told() -> None:
    with pytest.raises(InputError, match="expected one of the formats png, pdf, svg, got 'gif'"):
        figure_file([[Heatmap("R", np.zeros((3, 4)))]], kind="gif")


def test_a_missing_library_names_its_extra() -> None:
    with pytest.raises(MissingExtraError, match=r"Some Library: needed for pictures, .* pip install 'lrp\[views\]'"):
        extras.require("lrp.no_such_module", "Some Library")
