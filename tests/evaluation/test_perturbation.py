"""Region perturbation, pixel-flipping and sensitivity-n against loops written from the definitions."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from lrp import Metadata, Network
from lrp.errors import InputError, SettingError, ShapeError
from lrp.evaluation import (
    Blur,
    Constant,
    Dirichlet,
    Flip,
    Order,
    Settings,
    Uniform,
    pixel_flipping,
    region_perturbation,
    removals,
    sensitivity_n,
)
from lrp.evaluation.order import grid, ranked
from lrp.evaluation.replacement import replacement
from lrp.evaluation.sensitivity_n import correlation, default_sizes, random_subsets
from lrp.methods import gradient_times_input, occlusion, random_map
from tests.methods import nets


@pytest.fixture
def case(rng):
    network = nets.conv(rng)
    x = rng.normal(size=(3, 7, 9, 2))
    return network, x, gradient_times_input(network, x, [0, 1, 2])


def by_loops(network, x, R, target, g, steps, size, order, seed, first, repetition, probability):
    """One picture, one repetition: the definition, region by region."""
    rng = np.random.default_rng([seed, first, repetition])
    rows, columns = 7 // size[0], 9 // size[1]
    top, left = (7 % size[0]) // 2, (9 % size[1]) // 2
    ties = rng.random(rows * columns)
    noise = g.picture(x, rng)
    regions = []
    for i in range(rows):
        for j in range(columns):
            a, b = top + i * size[0], left + j * size[1]
            total = sum(R[p, q, c] for p in range(a, a + size[0]) for q in range(b, b + size[1]) for c in range(2))
            key = {"morf": -total, "lerf": total, "smallest": abs(total), "random": 0}[order]
            regions.append((key, ties[len(regions)], a, b))
    regions.sort()
    node = "softmax1" if probability else "dense2"
    current = x.copy()
    f = [network.forward(current[None]).values[node][0, target]]
    for _, _, a, b in regions[:steps]:
        current[a : a + size[0], b : b + size[1]] = noise[a : a + size[0], b : b + size[1]]
        f.append(network.forward(current[None]).values[node][0, target])
    return f[0] - np.array(f)


@pytest.mark.parametrize("size, steps", [((2, 3), 9), ((3, 2), 5)])
@pytest.mark.parametrize("probability", [False, True])
def test_curves_by_loops(case, size, steps, probability):
    network, x, found = case
    g = Uniform(-1.0, (1.0, 2.0))
    orders = ("morf", "lerf", "smallest", "random")
    got = region_perturbation(
        network,
        x,
        found,
        [0, 1, 2],
        orders=orders,
        size=size,
        steps=steps,
        replacement=g,
        repetitions=2,
        probability=probability,
        seed=4,
        first=10,
    )
    for order in orders:
        for i in range(3):
            runs = [
                by_loops(network, x[i], found.relevance[i], i, g, steps, size, order, 4, 10 + i, r, probability)
                for r in range(2)
            ]
            np.testing.assert_allclose(got.curves[order].values[i], np.mean(runs, axis=0), atol=1e-12)
            wanted = np.mean(runs, axis=0).sum() / (steps + 1)
            assert got.numbers[f"aopc {order}"][i] == pytest.approx(wanted, abs=1e-12)
    np.testing.assert_allclose(got.numbers["abpc"], got.numbers["aopc morf"] - got.numbers["aopc lerf"])


@pytest.mark.parametrize("name", ["uniform", "constant", "blur", "dirichlet", "flip"])
def test_the_shared_forward_gives_the_curves_of_the_plain_loop(case, name):
    network, x, found = case
    a, b = (
        region_perturbation(network, x, found, size=2, steps=8, replacement=name, repetitions=3, shared=shared)
        for shared in (True, False)
    )
    for order in ("morf", "lerf"):
        np.testing.assert_allclose(a.curves[order].values, b.curves[order].values, atol=1e-12)
    assert a.settings["replacement"].lower().startswith(name[:4])


def test_noise_is_paired_whatever_the_batch(case):
    network, x, found = case
    whole = region_perturbation(network, x, found, size=2, steps=5, repetitions=2, replacement=Uniform(-1, 1))
    part = region_perturbation(
        network, x[1:], found.relevance[1:], size=2, steps=5, repetitions=2, replacement=Uniform(-1, 1), first=1
    )
    np.testing.assert_allclose(whole.curves["morf"].values[1:], part.curves["morf"].values, atol=1e-12)
    other = region_perturbation(network, x, found, size=2, steps=5, repetitions=2, replacement=Uniform(-1, 1), seed=1)
    assert np.abs(other.curves["morf"].values - whole.curves["morf"].values).max() > 1e-3


def test_many_pictures_times_repetitions_go_in_several_batches(case):
    network, x, found = case
    a = region_perturbation(network, x, found, size=3, steps=2, repetitions=50)
    assert a.curves["morf"].values.shape == (3, 3) and (a.curves["morf"].values[:, 0] == 0).all()


def test_steps_stop_at_the_last_region_and_then_the_order_is_no_matter(case):
    network, x, found = case
    full = region_perturbation(network, x, found, size=3, steps=99, replacement=Constant(0.0), repetitions=1)
    assert full.settings["steps"] == 6
    np.testing.assert_allclose(full.curves["morf"].values[:, -1], full.curves["lerf"].values[:, -1], atol=1e-12)


def test_occlusion_beats_random_and_least_comes_after_most(rng):
    network, x = nets.conv(rng), rng.normal(size=(20, 7, 9, 2))
    good, bad = occlusion(network, x), random_map(network, x)
    settings = {"size": 1, "steps": 20, "replacement": Constant(0.0), "repetitions": 1}
    a, b = (region_perturbation(network, x, found, **settings) for found in (good, bad))
    assert a.mean("aopc morf") > b.mean("aopc morf") > a.mean("aopc lerf")
    assert a.mean("abpc") > 5 * a.standard_error("abpc")


def test_channels_first_is_measured_alike(case):
    network, x, found = case
    turned = nets.channels_first(network)
    a = region_perturbation(network, x, found, size=2, steps=4, replacement=Uniform(-1, 1))
    b = region_perturbation(
        turned,
        x.transpose(0, 3, 1, 2),
        found.relevance.transpose(0, 3, 1, 2),
        size=2,
        steps=4,
        replacement=Uniform(-1, 1),
    )
    np.testing.assert_allclose(a.curves["morf"].values, b.curves["morf"].values, atol=1e-12)


def test_ties_are_broken_by_the_random_numbers():
    assert ranked(np.zeros(3), Order.MORF, np.array([0.5, 0.1, 0.3])).tolist() == [1, 2, 0]
    assert ranked(np.array([1.0, -2.0, 0.5]), Order.SMALLEST, np.zeros(3)).tolist() == [2, 0, 1]


def test_pixel_flipping_turns_pixels_over(case):
    network, x, found = case
    got = pixel_flipping(network, x, found, [0, 1, 2], steps=4, replacement=Flip(-3.0, 4.0))
    R = found.relevance.sum(axis=-1)
    for i in range(3):
        a, b = np.unravel_index(R[i].argmax(), (7, 9))
        changed = x[i : i + 1].copy()
        changed[0, a, b] = 1.0 - changed[0, a, b]
        wanted = network.forward(x).values["dense2"][i, i] - network.forward(changed).values["dense2"][0, i]
        assert got.curves["morf"].values[i, 1] == pytest.approx(wanted, abs=1e-12)
    assert set(got.curves) == {"morf", "smallest", "lerf"} and got.measure == "pixel_flipping"


def test_replacements(rng):
    x = rng.normal(size=(5, 4, 3))
    low, high = np.array([0.0, -1.0, 2.0]), np.array([1.0, 3.0, 2.5])
    u = Uniform(low, high).picture(np.zeros((50, 40, 3)), rng)
    assert (u >= low).all() and (u <= high).all()
    np.testing.assert_allclose(u.mean(axis=(0, 1)), (low + high) / 2, atol=0.1)
    d = (Dirichlet(0.0, 1.0).picture(np.zeros((60, 50, 3)), rng)).reshape(-1, 3)
    assert (d >= 0).all() and (d.sum(axis=1) <= 1).all()
    np.testing.assert_allclose(d.mean(axis=0), 0.25, atol=0.02)
    np.testing.assert_allclose(d.var(axis=0), 0.25 * 0.75 / 5, atol=0.005)
    gray = Dirichlet(0.0, 1.0).picture(np.zeros((60, 50, 1)), rng)
    assert gray.mean() == pytest.approx(0.5, abs=0.03) and gray.var() == pytest.approx(1 / 12, abs=0.01)
    np.testing.assert_allclose(Flip(-1, 2).picture(x, rng), 1 - x)
    assert (Constant((1.0, 2.0, 3.0)).picture(x, rng) == [1, 2, 3]).all()
    blurred = Blur(2.0).picture(x, rng)
    assert blurred.std() < x.std() and blurred.shape == x.shape


def test_replacement_by_name_knows_the_range(rng):
    network, x = nets.conv(rng), np.array([[-2.0, 5.0]])
    assert replacement("uniform", network, x) == Uniform(-2.0, 5.0)
    nodes = list(network.nodes.values())
    ranged = Network(nodes, metadata=Metadata(input_range=(0.0, 1.0)))
    assert replacement("dirichlet", ranged, x) == Dirichlet(0.0, 1.0)
    assert replacement("constant", ranged, x).text == "constant -2,5"
    assert replacement("flip", ranged, x).text == "flipped between 0 and 1"
    assert replacement("blur", ranged, x).text == "blur of 3 pixels"
    with pytest.raises(SettingError, match="replacement: expected one of uniform, constant, blur, dirichlet, flip"):
        replacement("black", ranged, x)


def test_what_makes_no_sense_is_refused(case):
    network, x, found = case
    with pytest.raises(SettingError, match="region_perturbation: steps: expected a whole number of at least 1, got 0"):
        region_perturbation(network, x, found, steps=0)
    with pytest.raises(SettingError, match="order: expected one of .'morf', 'lerf', 'smallest', 'random'., got 'best'"):
        region_perturbation(network, x, found, orders=("best",))
    with pytest.raises(SettingError, match="region size: expected lengths of at most the picture's .7, 9., got .8, 8."):
        region_perturbation(network, x, found, size=8)
    with pytest.raises(ShapeError, match="relevance: expected one number a pixel, shape .3, 7, 9."):
        region_perturbation(network, x, found.relevance[:, :3], size=2)
    bad = found.relevance.copy()
    bad[0, 0, 0, 0] = np.nan
    with pytest.raises(InputError, match="relevance: expected finite numbers"):
        region_perturbation(network, x, bad, size=2)
    assert len(grid(9, (227, 227))) == 625
    assert len(grid((7, 9), (7, 9))) == 1  # a region as large as the picture


def test_sensitivity_n_by_loops(case):
    network, x, found = case
    got = sensitivity_n(network, x, found, [0, 1, 2], sizes=(2, 30), subsets=7, baseline=0.5, seed=3, first=5)
    R = found.relevance.sum(axis=-1).reshape(3, -1)
    for i in range(3):
        for column, n in enumerate((2, 30)):
            inside = random_subsets(63, n, 7, np.random.default_rng([3, 5 + i, n]))
            assert (inside.sum(axis=1) == n).all()
            pairs = []
            for row in inside:
                changed = x[i].copy()
                changed[row.reshape(7, 9)] = 0.5
                fall = [network.forward(v[None]).values["dense2"][0, i] for v in (x[i], changed)]
                pairs.append((R[i][row].sum(), fall[0] - fall[1]))
            wanted = np.corrcoef(np.array(pairs).T)[0, 1]
            assert got.curves["correlation"].values[i, column] == pytest.approx(wanted, abs=1e-10)
    assert got.numbers["correlation"][0] == pytest.approx(got.curves["correlation"].values[0].mean())


def test_sensitivity_1_is_occlusion_1_and_completeness_is_sensitivity_all(rng):
    network, x = nets.dense(rng), rng.normal(size=(4, 5))
    removed = removals(network, x, 1, sizes=(1,), subsets=40)
    got = sensitivity_n(network, x, occlusion(network, x, 1), 1, removed=removed)
    np.testing.assert_allclose(got.curves["correlation"].values, 1, rtol=1e-9)
    assert removals(network, x, 1, sizes=(5,), subsets=2).falls[:, 0, 0].tolist() == pytest.approx(
        (network.forward(x).output[:, 1] - network.forward(0 * x).output[:, 1]).tolist()
    )


def test_sensitivity_n_where_nothing_varies(rng):
    network, x = nets.dense(rng), rng.normal(size=(2, 5))
    got = sensitivity_n(network, x, np.zeros((2, 5)), 1, subsets=3)
    assert np.isnan(got.curves["correlation"].values).all() and np.isnan(got.mean("correlation"))
    assert np.isnan(got.standard_error("correlation"))
    assert np.isnan(correlation(np.ones(3), np.arange(3.0)))
    assert default_sizes(1) == [1] and default_sizes(1000)[-1] == 800


def test_sensitivity_n_refuses(case):
    network, x, found = case
    with pytest.raises(SettingError, match="sensitivity_n: subsets: expected a whole number of at least 2, got 1"):
        sensitivity_n(network, x, found, subsets=1)
    with pytest.raises(SettingError, match="expected sizes from 1 to the 63 pixels, got .64."):
        sensitivity_n(network, x, found, sizes=[64])
    with pytest.raises(ShapeError, match="relevance: expected one number a pixel, shape .3, 7, 9., got .3, 7."):
        sensitivity_n(network, x, np.ones((3, 7, 2)), subsets=2, sizes=[1])


def test_dirichlet_fills_the_simplex_between_its_bounds(rng):
    """p = (x - low) / (high - low) is >= 0 with a sum of at most 1, and each p_i has the mean 1/(c + 1)."""
    low, high = np.array([-2.0, 1.0, 5.0]), np.array([-1.0, 4.0, 7.0])
    x = Dirichlet(low, high).picture(np.zeros((60, 50, 3)), rng)
    p = (x - low) / (high - low)
    assert p.min() >= 0 and p.sum(axis=-1).max() <= 1
    assert p.mean(axis=(0, 1)) == pytest.approx(np.full(3, 0.25), abs=0.02)


def test_one_default_in_the_function_and_in_the_settings():
    for function, names in (
        (region_perturbation, ("steps", "size", "replacement", "repetitions", "probability", "seed")),
        (pixel_flipping, ("steps", "probability", "seed")),
        (sensitivity_n, ("subsets", "seed")),
        (removals, ("subsets", "seed")),
    ):
        defaults = {name: inspect.signature(function).parameters[name].default for name in names}
        assert defaults == {name: getattr(Settings(), name) for name in names}, function
    assert Settings() == Settings(100, 9, "uniform", 10, False, 100, 15.0, 0)
