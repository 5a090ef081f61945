"""Explanations as pictures: the right relevance in the right place."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

import lrp
from lrp.layers import Add, Dense, Flatten, Input
from lrp.pictures import Bars, Style, colours, limits
from lrp.views.explained import draw, draw_bare, draw_grid, rows_of


def network(rng: np.random.Generator) -> lrp.Network:
    metadata = lrp.Metadata(("cat", "dog"), input_range=(0, 1))
    return lrp.Network.sequential([Flatten(), Dense(rng.normal(size=(35, 2)))], (5, 7, 1), metadata=metadata)


def test_bare_rows_are_samples_and_columns_are_targets(rng: np.random.Generator) -> None:
    net, x = network(rng), rng.random((2, 5, 7, 1))
    both = [net.explain(x, target, "*=zero") for target in ("cat", "dog")]
    pixels = np.asarray(Image.open(io.BytesIO(draw_bare(net, both, limit=0.5))))
    factor = pixels.shape[0] // 10
    expected = np.block([[e.relevance[i, ..., 0] for e in both] for i in range(2)])
    assert np.array_equal(pixels[factor // 2 :: factor, factor // 2 :: factor], colours(expected, 0.5))


def test_the_limit_stands_in_the_file(rng: np.random.Generator) -> None:
    net, x = network(rng), rng.random((1, 5, 7, 1))
    explanation = net.explain(x)
    image = Image.open(io.BytesIO(draw_bare(net, [explanation], note="by us")))
    note, limit = image.info["Description"].split(", limit ")
    assert note == "by us" and float(limit) == np.abs(explanation.relevance).max()
    assert Image.open(io.BytesIO(draw_bare(net, [explanation]))).info["Description"].startswith("limit ")


def test_a_figure_for_samples_targets_and_several_inputs(rng: np.random.Generator) -> None:
    net, x = network(rng), rng.random((2, 5, 7, 1))
    one = Image.open(io.BytesIO(draw(net, [net.explain(x[:1])])))
    many = Image.open(io.BytesIO(draw(net, [net.explain(x, "cat"), net.explain(x, "dog")], limit=1.0, note="n")))
    assert many.height > 1.5 * one.height and many.width > one.width
    nodes = [lrp.Node("a", Input((3,))), lrp.Node("b", Input((3,))), lrp.Node("sum", Add(), ("a", "b"))]
    two = lrp.Network(nodes)
    explanation = two.explain((rng.random((1, 3)), rng.random((1, 3))))
    assert [type(panel) for panel in rows_of(two, [explanation])[0]] == [Bars, Bars]
    assert draw(two, [explanation], kind="svg").startswith(b"<?xml")


def test_the_panels_say_what_they_show(rng: np.random.Generator) -> None:
    net, x = network(rng), rng.random((1, 5, 7, 1))
    cat = net.explain(x, "cat", "*=epsilon:0.1")
    (row,) = rows_of(net, [cat, net.explain(x, "dog")], "three.png")
    best = int(cat.trace.output[0].argmax())
    assert row[0].title == f"three.png\npredicted {('cat', 'dog')[best]} ({cat.trace.output[0, best]:.4g})"
    total = cat.ledger.total()
    assert (
        row[1].title
        == f"cat: {cat.score[0]:.4g}\ninput {cat.relevance.sum():.4g}, stabilizer {total.stabilizer[0]:.2g}"
    )
    assert limits([row], Style())[0] == [max(np.abs(p.relevance).max() for p in row[1:])] * 3


def test_a_grid_of_methods_and_targets(rng: np.random.Generator) -> None:
    net, x = network(rng), rng.random((1, 5, 7, 1))
    grid = {name: [net.explain(x, t, name) for t in ("cat", "dog")] for name in ("*=zero", "*=z_plus", "*=flat")}
    image = Image.open(io.BytesIO(draw_grid(grid, note="three rules")))
    assert image.height > 900 and image.info["Description"] == "three rules"
