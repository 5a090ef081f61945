"""Styles, scales and the panels that show each kind of relevance."""

import io

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from lrp.errors import InputError
from lrp.pictures import Bars, Heatmap, Scale, Signal, Style, colours, figure, figure_file, limit_of, limits, mosaic
from lrp.pictures import relevance_panel as panel
from lrp.pictures.colours import COLOUR_MAPS, over_grey


def test_the_kind_of_panel_follows_the_shape(rng):
    x = rng.normal(size=(30, 2))
    assert type(panel(rng.normal(size=(5, 7, 3)), "")) is Heatmap
    assert type(panel(rng.normal(size=(5, 7, 1000)), "")) is Heatmap
    assert type(panel(x, "", x)) is Signal and type(panel(x, "")) is Heatmap
    assert type(panel(rng.normal(size=(30, 9)), "", rng.normal(size=(30, 9)))) is Heatmap
    assert type(panel(rng.normal(size=9), "")) is Bars and type(panel(rng.normal(size=900), "")) is Heatmap
    assert type(panel(rng.normal(size=900), "", names=("a",) * 900)) is Bars
    assert type(panel(rng.normal(size=(6, 5, 4, 2)), "")) is Heatmap
    assert panel(x, "", x).relevance.tolist() == x.sum(axis=1).tolist()


def test_a_volume_becomes_slices():
    volume = np.arange(5 * 2 * 3.0).reshape(5, 2, 3)
    shown = mosaic(volume)
    assert shown.shape == (2 * 3 - 1, 3 * 4 - 1)  # 3 columns of width 3, 2 rows of height 2, lines between
    assert (shown[:2, :3] == volume[0]).all() and (shown[3:, 4:7] == volume[4]).all() and not shown[2].any()
    assert mosaic(np.ones((40, 2, 2)), 4).sum() == 16


def test_scales(rng):
    rows = [
        [Heatmap("", np.array([[1.0, -3.0]])), Heatmap("", np.array([[0.5, 2.0]]))],
        [Heatmap("", np.array([[7.0]]))],
    ]
    assert limits(rows, Style()) == [[3, 3], [7]]
    assert limits(rows, Style(scale=Scale.PANEL)) == [[3, 2], [7]]
    assert limits(rows, Style(scale=Scale.FIGURE)) == [[7, 7], [7]]
    assert limits(rows, Style(), 5.0) == [[5, 5], [5]]
    assert limits([[Heatmap("", np.zeros((2, 2)))]], Style()) == [[1]]


def test_percentiles_clip_and_say_so():
    R = np.arange(101.0)[np.newaxis]
    assert limit_of(R, 90) == 90 and limit_of(-R, 90) == 90 and limit_of(np.r_[np.zeros(99), 5.0], 50) == 5
    drawn = figure([[Heatmap("", R)]], style=Style(percentile=90))
    assert drawn.axes[0].get_xlabel() == "10 of 101 beyond the scale"
    assert figure([[Heatmap("", R)]]).axes[0].get_xlabel() == ""


@pytest.mark.parametrize(
    "R, ends", [([[0.0, 2.0]], (0, 2)), ([[-2.0, 0.0]], (-2, 0)), ([[-1.0, 2.0]], (-2, 2)), ([[0.0, 0.0]], (-1, 0))]
)
def test_the_scale_of_maps_of_one_sign_has_one_side(R, ends):
    drawn = figure([[Heatmap("", np.array(R))]])
    assert drawn.axes[1].get_ylim() == ends


def test_an_overlay_shows_the_picture_where_nothing_is_relevant():
    grey = np.array([[0.2, 0.4]])
    shown = over_grey(np.array([[0.0, 3.0]]), 3.0, grey, 1.0)
    assert shown[0, 0].tolist() == [74, 74, 74] and (shown[0, 1] == colours(np.array(0.55), 1.0)).all()
    half = over_grey(np.array([[-1.5]]), 3.0, grey[:, :1], 0.5)  # a quarter of the hue of the other sign
    assert (abs(half[0, 0] - (0.75 * 73.95 + 0.25 * colours(np.array(-0.55), 1.0))) < 1).all()


def test_every_colour_map_is_white_at_0_and_tells_the_signs_apart():
    for stops in COLOUR_MAPS.values():
        shown = colours(np.array([-1.0, 0.0, 1.0]), 1.0, stops).astype(int)
        assert shown[1].tolist() == [255, 255, 255] and abs(shown[0] - shown[2]).max() > 50


def test_a_signal_is_drawn_before_the_colours_of_its_relevance(rng):
    x = np.sin(np.arange(20.0))
    drawn = figure([[Signal("s", np.linspace(-1, 1, 20), x)]])
    assert drawn.axes[0].lines[0].get_ydata().tolist() == x.tolist()
    assert (drawn.axes[0].images[0].get_array()[0, -1] == colours(np.array(1.0), 1.0)).all()


def test_bars_are_sorted_named_and_counted(rng):
    drawn = figure(
        [[Bars("b", np.array([0.5, -2.0, *[0.01] * 30]), ("age", "a name that is far too long for an axis"))]]
    )
    labels = [label.get_text() for label in drawn.axes[0].get_yticklabels()]
    assert labels[:3] == ["a name that is far to...", "age", "x2"] and len(labels) == 20
    assert drawn.axes[0].get_xlabel() == "and 12 more, sum 0.12"


def test_long_titles_are_cut_and_fonts_follow_the_style():
    drawn = figure([[Heatmap("n" * 99, np.ones((2, 2)))]], style=Style.parse("projector"))
    assert drawn.axes[0].title.get_text() == "n" * 32 + "\n" + "n" * 32 and drawn.axes[0].title.get_fontsize() == 16


def test_contours_are_drawn_where_there_is_something():
    R = np.outer(np.hanning(9), np.hanning(9))
    plain, lines = (figure([[Heatmap("", R)]], style=Style(contours=n)) for n in (0, 3))
    assert isinstance(plain, Figure) and len(lines.axes[0].collections) > len(plain.axes[0].collections)
    figure_file([[Heatmap("", np.zeros((3, 3)))]], style=Style(contours=3))


def test_styles_from_text():
    assert Style.parse("") == Style() == Style.parse("paper")
    style = Style.parse("projector, colours=orange-purple,scale=panel,overlay=0.5,contours=2,percentile=99")
    assert style == Style("orange-purple", Scale.PANEL, 99, 16, 0.5, 2)
    for text, part in (
        ("projektor", "did you mean 'projector'"),
        ("scale=all", "such as row"),
        ("percentile=-1", "from 0 to 100"),
    ):
        with pytest.raises(InputError, match=part):
            Style.parse(text)
    image = Image.open(io.BytesIO(figure_file([[Heatmap("", np.ones((3, 3)))]], style=style)))
    assert image.width > 500
