"""Complexity, pointing game, mass, outside-inside, similarity, randomisation, invariance, continuity, completeness."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pytest

from lrp import Explanation, Network, Node
from lrp.errors import GraphError, InputError, MissingExtraError, SaveError, SettingError, ShapeError
from lrp.evaluation import (
    Curve,
    Measurement,
    completeness,
    complexity,
    continuity,
    input_invariance,
    outside_inside,
    plot,
    pointing_game,
    randomisation,
    rank_correlation,
    relevance_mass,
    shifted,
    structural_similarity,
    table,
)
from lrp.evaluation.complexity import png
from lrp.evaluation.randomisation import fan_in_uniform
from lrp.layers import BatchNorm, Conv, Dense, Flatten, GlobalAvgPool, Input, ReLU
from lrp.methods import (
    deep_lift,
    gradient,
    gradient_times_input,
    guided_backprop,
    integrated_gradients,
    relevance_propagation,
)
from lrp.pictures import extras
from tests.methods import nets


def heat(rng, n=3):
    return rng.normal(size=(n, 7, 9, 2))


def test_entropy_by_a_loop(rng):
    R = heat(rng)
    R[2] = 1.0
    found = complexity(nets.conv(rng), R)
    for i in range(2):
        m = R[i].sum(axis=-1)
        levels = [round(255 * (v - m.min()) / (m.max() - m.min())) for v in m.ravel()]
        p = [levels.count(v) / len(levels) for v in set(levels)]
        assert found.numbers["entropy"][i] == pytest.approx(-sum(q * math.log2(q) for q in p), rel=1e-12)
    assert found.numbers["entropy"][2] == 0
    assert found.numbers["size"][2] < found.numbers["size"][0]
    concentration = found.curves["concentration"]
    assert concentration.values[:, 0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(concentration.values[:, -1], 1)
    np.testing.assert_allclose(concentration.values[2], concentration.x, atol=1e-12)
    np.testing.assert_allclose(found.curves["histogram"].values.sum(axis=1), 1)
    assert np.isnan(complexity(nets.conv(rng), 0 * R).curves["concentration"].values).all()


def test_png_is_read_back_by_another_library(rng):
    image = pytest.importorskip("PIL.Image")
    smooth = np.add.outer(np.arange(7), 3 * np.arange(11)) % 256
    for grey in (rng.integers(0, 256, (7, 11)), smooth, np.zeros((3, 5), dtype=int)):
        with image.open(io.BytesIO(png(grey))) as picture:
            np.testing.assert_array_equal(np.asarray(picture), grey)
    assert complexity(nets.dense(rng), rng.normal(size=(2, 5))).numbers["size"].shape == (2,)


def test_pointing_game(rng):
    R = np.zeros((3, 7, 9, 2))
    R[0, 0, 0, 0] = R[1, 6, 8, 1] = R[2, 3, 4, 0] = 1.0
    masks = np.zeros((3, 7, 9))
    masks[:, 3:5, 4:6] = 1
    found = pointing_game(nets.conv(rng), R, masks, tolerance=5.0)
    np.testing.assert_allclose(found.numbers["distance"], [5, 13**0.5, 0])
    assert found.numbers["hit"].tolist() == [0, 1, 1]  # a distance of exactly 5 is no hit
    assert found.curves["accuracy"].values[:, 0].tolist() == [0, 0, 1]
    assert found.curves["accuracy"].values[:, 6].tolist() == [1, 1, 1]
    assert pointing_game(nets.conv(rng), R, masks).settings == {"tolerance": 15.0, "smooth": 0.0}
    smooth = pointing_game(nets.conv(rng), R, masks, tolerance=0.0, smooth=1.0)
    assert smooth.numbers["hit"].tolist() == [0, 0, 1]
    with pytest.raises(InputError, match="masks: expected at least one pixel of the object, got none in picture 1"):
        pointing_game(nets.conv(rng), R, masks * np.array([1, 0, 1]).reshape(3, 1, 1))
    with pytest.raises(ShapeError, match="masks: expected one of each picture's shape"):
        pointing_game(nets.conv(rng), R, masks[:, :3])
    with pytest.raises(SettingError, match="pointing_game: tolerance: expected a finite number of at least 0, got -1"):
        pointing_game(nets.conv(rng), R, masks, tolerance=-1)


def test_mass_and_rank_by_loops(rng):
    R = heat(rng)
    R[2] = -1.0
    masks = rng.random((3, 7, 9)) < 0.3
    found = relevance_mass(nets.conv(rng), R, masks)
    for i in range(3):
        m = R[i].sum(axis=-1)
        inside = sum(max(m[p], 0) for p in np.ndindex(7, 9) if masks[i][p])
        total = sum(max(m[p], 0) for p in np.ndindex(7, 9))
        if total:
            assert found.numbers["mass"][i] == pytest.approx(inside / total)
        order = sorted(np.ndindex(7, 9), key=lambda p: -m[p])
        k = int(masks[i].sum())
        assert found.numbers["rank"][i] == pytest.approx(sum(masks[i][p] for p in order[:k]) / k)
        assert found.numbers["area"][i] == pytest.approx(k / 63)
    assert np.isnan(found.numbers["mass"][2])
    np.testing.assert_allclose(found.curves["precision"].values[:, -1], masks.reshape(3, -1).mean(axis=1))
    perfect = relevance_mass(nets.conv(rng), np.repeat(masks[..., None], 2, -1) * 1.0, masks)
    assert perfect.mean("mass") == perfect.mean("rank") == 1


def test_outside_inside_and_its_unstable_cases(rng):
    R = heat(rng, 4)
    masks = np.zeros((4, 7, 9), dtype=bool)
    masks[:, 2:4, 3:7] = True
    masks[3] = True
    R[1][masks[1]] = -1.0
    found = outside_inside(nets.conv(rng), R, masks)
    m = R.sum(axis=-1)
    for i in (0, 2):
        inside, outside = m[i][masks[i]].mean(), m[i][~masks[i]].mean()
        wanted = outside / inside if inside > 0 else float("nan")
        np.testing.assert_allclose(found.numbers["ratio"][i], wanted)
    assert found.numbers["unstable"][1] == found.numbers["unstable"][3] == 1
    positive = outside_inside(nets.conv(rng), R, masks, positive=True)
    wanted = np.maximum(m[0], 0)[~masks[0]].mean() / np.maximum(m[0], 0)[masks[0]].mean()
    assert positive.numbers["ratio"][0] == pytest.approx(wanted)
    grown = np.zeros((7, 9), dtype=bool)
    for p in np.ndindex(7, 9):
        grown[p] = min(math.dist(p, q) for q in np.argwhere(masks[0])) <= 2
    wanted = np.maximum(m[0], 0)[~grown].mean() / np.maximum(m[0], 0)[grown].mean()
    assert positive.curves["ratio"].values[0, 2] == pytest.approx(wanted)


def test_similarities_agree_with_other_libraries(rng):
    stats, metrics = pytest.importorskip("scipy.stats"), pytest.importorskip("skimage.metrics")
    a, b = rng.normal(size=(2, 11, 13))
    a.flat[:20] = 0.5
    b.flat[10:30] = -0.25
    assert rank_correlation(a, b) == pytest.approx(stats.spearmanr(a.ravel(), b.ravel()).statistic, rel=1e-12)
    assert math.isnan(rank_correlation(a, np.ones_like(a)))
    u, v = ((m - m.min()) / (m.max() - m.min()) for m in (a, b))
    assert structural_similarity(a, b) == pytest.approx(metrics.structural_similarity(u, v, data_range=1.0), rel=1e-9)
    assert structural_similarity(a, a) == pytest.approx(1)
    assert structural_similarity(np.ones((5, 5)), np.zeros((5, 5))) == pytest.approx(1)


def test_randomisation_draws_from_the_top(rng):
    network, x = nets.conv(rng), rng.normal(size=(4, 7, 9, 2))
    found = randomisation(network, x, gradient, repetitions=2)
    curve = found.curves["rank"]
    assert curve.x == ("trained", "dense2", "dense1", "conv2", "conv1")
    assert (curve.values[:, 0] == 1).all() and np.abs(curve.values[:, 1:]).max() < 1
    alone = randomisation(network, x, gradient, repetitions=2, cascading=False)
    np.testing.assert_array_equal(alone.curves["rank"].values[:, 1], curve.values[:, 1])
    assert np.abs(alone.curves["rank"].values[:, 4] - curve.values[:, 4]).max() > 1e-3
    blind = randomisation(network, x, edges, [0, 1, 2, 0])
    np.testing.assert_allclose(blind.curves["rank"].values, 1)
    np.testing.assert_allclose(blind.curves["ssim"].values, 1)


def edges(network, x, target):
    """A map that knows nothing of the network."""
    return Explanation("edges", np.abs(np.diff(x, axis=1, prepend=0)), np.array(target), np.array(target))


def test_guided_backprop_resists_where_the_gradient_does_not(rng):
    layers = [
        Conv(rng.normal(size=(3, 3, 2, 16)), None, padding="same"),
        ReLU(),
        Conv(rng.normal(size=(3, 3, 16, 16)), None, padding="same"),
        ReLU(),
        GlobalAvgPool(),
        Dense(rng.normal(size=(16, 3))),
    ]
    network, x = Network.sequential(layers, (7, 9, 2)), rng.random(size=(10, 7, 9, 2))
    a, b = (
        np.nanmean(randomisation(network, x, method, repetitions=3).curves["rank"].values[:, 1])
        for method in (guided_backprop, gradient)
    )
    assert a > b + 0.2


def test_rank_where_it_varies_leaves_out_common_zeros(rng):
    network = nets.conv(rng)
    x = rng.random(size=(3, 7, 9, 2)) * (rng.random((3, 7, 9, 1)) < 0.3)
    found = randomisation(network, x, gradient_times_input)
    assert found.mean("rank where it varies") != found.mean("rank")
    nothing = randomisation(network, 0 * x, gradient_times_input)
    assert np.isnan(nothing.curves["rank where it varies"].values[:, 1:]).all()


def test_initialisers(rng):
    layer = Conv(np.ones((3, 2, 5, 7)), np.ones(7))
    new = fan_in_uniform(layer, rng)
    bound = 1 / math.sqrt(30)
    assert 0.9 * bound < np.abs(new.weight).max() <= bound and np.abs(new.bias).max() <= bound
    assert fan_in_uniform(Dense(np.ones((4, 2))), rng).bias is None
    norm = fan_in_uniform(BatchNorm(np.ones(3), np.full(3, 2.0), np.ones(3), np.ones(3)), rng)
    assert (
        norm.gamma is None
        and norm.beta is None
        and norm.variance.tolist() == [1, 1, 1]
        and norm.mean.tolist() == [0, 0, 0]
    )
    relu = ReLU()
    assert fan_in_uniform(relu, rng) is relu
    shared = Dense(rng.normal(size=(3, 3)))
    nodes = [Node("x", Input((3,))), Node("a", shared, ("x",)), Node("r", ReLU(), ("a",)), Node("b", shared, ("r",))]
    assert randomisation(Network(nodes), rng.normal(size=(2, 3)), gradient).curves["rank"].values.shape == (2, 3)
    with pytest.raises(GraphError, match="randomisation: expected a network with weights"):
        randomisation(Network([Node("x", Input((3,))), Node("r", ReLU(), ("x",))]), np.ones((1, 3)), gradient)


@pytest.mark.parametrize("first", ["dense", "flat", "conv"])
def test_shifted_networks_compute_the_same(rng, first):
    if first == "dense":
        network, x, m = nets.dense(rng), rng.normal(size=(3, 5)), rng.normal(size=5)
    elif first == "flat":
        network = Network.sequential(
            [Flatten(), Dense(rng.normal(size=(12, 4))), ReLU(), Dense(rng.normal(size=(4, 2)))], (3, 2, 2)
        )
        x, m = rng.normal(size=(3, 3, 2, 2)), rng.normal(size=(3, 2, 2))
    else:
        network, x, m = nets.unpadded(rng), rng.normal(size=(3, 7, 9, 2)), np.array([0.5, -2.0])
    there = shifted(network, np.broadcast_to(m, x.shape[1:]))
    np.testing.assert_allclose(there.forward(x + m).output, network.forward(x).output, atol=1e-12)
    found = input_invariance(network, x, gradient, m, 1)
    assert found.mean("passes") == 1 and found.numbers["output"].max() < 1e-12
    assert input_invariance(network, x, gradient_times_input, m, 1).mean("passes") == 0
    assert input_invariance(network, x, guided_backprop, m, 1).mean("passes") == 1


def test_invariance_of_methods_with_a_reference(rng):
    network, x, m = nets.dense(rng), rng.normal(size=(3, 5)), rng.normal(size=5)
    zero = relevance_propagation

    def moved(method):
        return lambda t: lambda network, x, target: method(network, x, target, baseline=t * m)

    for method in (integrated_gradients, deep_lift):
        assert input_invariance(network, x, method, m).mean("passes") == 0
        assert input_invariance(network, x, method, m, shifted_method=moved(method)).mean("passes") == 1
    lrp0 = lambda n, x, t: zero(n, x, t, composite="*=zero")  # noqa: E731
    a, b = input_invariance(network, x, lrp0, m), input_invariance(network, x, gradient_times_input, m)
    np.testing.assert_allclose(a.curves["difference"].values, b.curves["difference"].values, rtol=1e-6)


def test_shifts_that_cannot_be_undone_are_refused(rng):
    with pytest.raises(GraphError, match="one dense layer or one convolution without padding, got Conv"):
        shifted(nets.conv(rng), np.ones((7, 9, 2)))
    explicit = Network.sequential([Conv(np.ones((1, 1, 2, 1)), None, 1, ((0, 0), (0, 1)))], (7, 9, 2))
    with pytest.raises(GraphError, match="without padding"):
        shifted(explicit, np.ones((7, 9, 2)))
    with pytest.raises(GraphError, match="expected one number a channel as the shift of a convolution"):
        shifted(nets.unpadded(rng), rng.normal(size=(7, 9, 2)))
    nodes = [Node("x", Input((3,))), Node("a", Dense(np.eye(3)), ("x",)), Node("b", Dense(np.eye(3)), ("x",))]
    with pytest.raises(GraphError, match="got Dense, Dense"):
        shifted(Network(nodes), np.ones(3))


def test_continuity_by_loops(rng):
    network, x = nets.conv(rng), rng.normal(size=(2, 7, 9, 2))
    found = continuity(network, x, gradient_times_input, [1, 2], radii=(0.01, 0.3), samples=3, seed=5, first=4)
    for i, target in ((0, 1), (1, 2)):
        base = gradient_times_input(network, x[i : i + 1], target).relevance.sum(axis=-1)
        best = [0.0, 0.0]
        for k in range(3):
            d = 0.3 * np.random.default_rng([5, 4 + i, k]).uniform(-1, 1, (7, 9, 2))
            change = gradient_times_input(network, x[i : i + 1] + d, target).relevance.sum(axis=-1) - base
            best[0] = max(best[0], np.linalg.norm(change) / np.linalg.norm(base))
            best[1] = max(best[1], np.abs(change).sum() / np.linalg.norm(d))
        assert found.numbers["max-sensitivity"][i] == pytest.approx(best[0], rel=1e-9)
        assert found.numbers["continuity"][i] == pytest.approx(best[1], rel=1e-9)
    with pytest.raises(SettingError, match="continuity: radii: expected at least one, got none"):
        continuity(network, x, gradient, radii=())


def test_completeness(rng):
    network, x = nets.dense(rng, biases=False), rng.normal(size=(4, 5))
    exact = completeness(deep_lift(network, x, 1))
    assert exact.numbers["gap"].max() < 1e-10 and exact.settings["promised"]
    found = gradient_times_input(nets.dense(rng), x, 1)
    loose = completeness(found)
    np.testing.assert_allclose(loose.numbers["gap"], np.abs(found.total() - found.score) / np.abs(found.score))
    assert (np.diff(loose.curves["share"].mean()) >= 0).all() and not loose.settings["promised"]
    zero = completeness(replace(found, expected=np.zeros(4)))
    np.testing.assert_allclose(zero.numbers["gap"], np.abs(found.total()))
    with pytest.raises(InputError, match="expected a finite heatmap of gradient_times_input"):
        completeness(replace(found, relevance=found.relevance * np.inf))


def test_curves_and_tables(rng):
    values = np.array([[1.0, np.nan], [3.0, np.nan], [8.0, 2.0]])
    curve = Curve((0.0, 1.0), values)
    assert curve.mean().tolist() == [4, 2]
    assert curve.standard_error()[0] == pytest.approx(np.std([1, 3, 8], ddof=1) / 3**0.5)
    assert np.isnan(curve.standard_error()[1])
    with pytest.raises(ShapeError, match="curve: expected values of shape .n, 3., got .3, 2."):
        Curve((0.0, 1.0, 2.0), values)
    found = complexity(nets.conv(rng), heat(rng))
    lines = table({"one": found, "another": found}).splitlines()
    assert lines[0].split() == ["method", "entropy", "size"] and lines[2].startswith("another")


@pytest.mark.slow
def test_every_measure_can_be_drawn(rng, tmp_path):
    pytest.importorskip("matplotlib")
    found = complexity(nets.conv(rng), heat(rng))
    found.plot(tmp_path / "one.png")
    plot({"a": found, "b": found}, tmp_path / "two.svg")
    names = randomisation(nets.conv(rng), rng.normal(size=(2, 7, 9, 2)), gradient)
    names.plot(tmp_path / "layers.pdf")
    for name in ("one.png", "two.svg", "layers.pdf"):
        assert (tmp_path / name).stat().st_size > 1000
    with pytest.raises(SaveError, match="the figure cannot be written"):
        found.plot(tmp_path / "nowhere" / "one.png")
    with pytest.raises(SaveError, match="the figure cannot be written"):
        found.plot(tmp_path / "one.strange")


def test_without_matplotlib_the_extra_is_named(rng, tmp_path, monkeypatch):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(extras.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match="views"):
        complexity(nets.conv(rng), heat(rng)).plot(tmp_path / "one.png")


def test_the_table_of_a_single_picture_has_no_standard_error():
    one = Measurement("completeness", {"gap": np.array([0.5])}, {})
    assert table({"lrp": one}).splitlines() == ["method  gap", "lrp     0.5"]
