"""The text form of methods, and the files that patterns are kept in."""

from __future__ import annotations

import numpy as np
import pytest

from lrp.errors import InputError, LoadError, SaveError, SettingError
from lrp.formats.results.named_arrays import load_arrays, load_attribute, save_arrays
from lrp.methods import (
    METHODS,
    REVEAL_CANCEL,
    deep_lift,
    estimate_patterns,
    parse,
    pattern_net,
    prediction_difference,
    smoothgrad,
)
from lrp.methods.catalogue import split
from tests.methods import nets

LEARNING = ("pattern_net", "pattern_attribution", "prediction_difference")  # they want a file


@pytest.mark.parametrize("name", sorted(set(METHODS) - {"cam", *LEARNING}))
def test_every_method_can_be_called_by_its_name(rng, name):
    light = {"meaningful_perturbation": ":steps=2,cell=2", "shapley": ":samples=2", "occlusion": ":window=3"}
    network, x = nets.conv(rng), rng.random((2, 7, 9, 2))
    found = parse(name + light.get(name, ""))(network, x, [1, 0], np.random.default_rng(5))
    assert np.asarray(found.relevance).shape[:3] == (2, 7, 9)
    assert found.target.tolist() == [1, 0]
    np.testing.assert_allclose(found.score, network.forward(x).values["dense2"][[0, 1], [1, 0]])


def test_settings_are_read(rng):
    network, x = nets.conv(rng), rng.random((1, 7, 9, 2))
    a = parse("deep-lift:reveal_cancel,baseline=0.5")(network, x, 0)
    np.testing.assert_array_equal(a.relevance, deep_lift(network, x, 0, baseline=0.5, rule=REVEAL_CANCEL).relevance)
    b = parse("lrp:conv*=gamma:0.5 *=epsilon")(network, x, 0)
    assert b.settings["composite"] == "conv*=gamma:0.5 *=epsilon"
    c = smoothgrad(network, x, method=parse("sensitivity:inf"), samples=2)
    assert c.settings["method"] == "sensitivity:inf"


def test_random_numbers_are_handed_on_where_a_method_draws_some(rng):
    network, x = nets.conv(rng), rng.random((1, 7, 9, 2))
    a, b = (parse("random")(network, x, 0, np.random.default_rng(k)).relevance for k in (1, 2))
    assert (a != b).all()


@pytest.mark.parametrize(
    "text, said",
    [
        ("lime", "method: expected one of lrp, gradient"),
        ("cam:1", "cam: expected settings among none, got '1'"),
        ("grad-camm", "got 'grad-camm'; did you mean 'grad_cam'"),
        ("integrated_gradients:step=3", "got 'step=3'; did you mean 'steps'"),
        ("deep_lift:reveal-cancel", "got 'reveal-cancel'; did you mean 'reveal_cancel'"),
        ("sensitivity:inf,power=2", "sensitivity: expected settings among norm, got 'power=2'"),
        ("sensitivity:inf,2", "sensitivity: expected settings among norm, got '2'"),
        ("integrated_gradients:steps=many", "integrated_gradients: steps: expected a number, got 'many'"),
        ("pattern_net", "pattern_net: expected the setting patterns, such as pattern_net:FILE.h5, got none"),
        ("prediction_difference:window=3", "prediction_difference: expected the setting background, such as"),
        ("deep_lift:gentle", "deep_lift: rule: expected one of rescale, reveal_cancel, got 'gentle'"),
    ],
)
def test_what_cannot_be_read_says_so(text, said):
    with pytest.raises(SettingError, match=said):
        parse(text)


def test_words_of_the_command_line_are_split_at_methods():
    assert split(["gradient,lrp:epsilon-gamma-box:-3,3.5", "grad-cam,,random"]) == [
        "gradient",
        "lrp:epsilon-gamma-box:-3,3.5",
        "grad-cam,",
        "random",
    ]


def test_patterns_go_to_a_file_and_back(rng, tmp_path):
    network, x = nets.conv(rng), rng.random((3, 7, 9, 2))
    patterns = estimate_patterns(network, [rng.normal(size=(20, 7, 9, 2))])
    save_arrays(tmp_path / "patterns.h5", patterns, {"note": "twenty pictures"})
    back = load_arrays(tmp_path / "patterns.h5")
    assert set(back) == set(patterns) and all((back[k] == patterns[k]).all() for k in patterns)
    assert load_attribute(tmp_path / "patterns.h5", "note") == "twenty pictures"
    assert load_attribute(tmp_path / "patterns.h5", "other") is None
    found = parse(f"pattern_net:{tmp_path}/patterns.h5")(network, x, 1)
    np.testing.assert_array_equal(found.relevance, pattern_net(network, x, 1, patterns=patterns).relevance)


def test_pictures_to_draw_from_come_from_a_file(rng, tmp_path):
    network, x, others = nets.conv(rng), rng.random((1, 7, 9, 2)), rng.random((3, 7, 9, 2))
    save_arrays(tmp_path / "others.h5", {"x": others})
    found = parse(f"prediction_difference:{tmp_path}/others.h5,training_size=50,window=3")(network, x, 1)
    wanted = prediction_difference(network, x, 1, background=others, training_size=50, window=3)
    np.testing.assert_array_equal(found.relevance, wanted.relevance)
    save_arrays(tmp_path / "wrong.h5", {"pictures": others})
    with pytest.raises(InputError, match="expected a file of arrays with the pictures as x, got pictures"):
        parse(f"prediction_difference:{tmp_path}/wrong.h5")
    with pytest.raises(LoadError, match="nowhere.h5"):
        parse(f"prediction_difference:{tmp_path}/nowhere.h5")


def test_files_of_arrays(tmp_path):
    save_arrays(tmp_path / "a.h5", {"b/c": np.arange(3.0), "a": np.ones((2, 2), dtype=np.float32)})
    back = load_arrays(tmp_path / "a.h5", trusted=True)
    assert back["b/c"].tolist() == [0, 1, 2] and back["a"].dtype == np.float32
    with pytest.raises(SaveError, match="expected at least one array to store"):
        save_arrays(tmp_path / "b.h5", {})
    import lrp

    lrp.save(nets.golden(lrp.layers.ReLU()), tmp_path / "model.h5")
    with pytest.raises(LoadError, match="expected a file of arrays .lrp-arrays, version 1., got another kind"):
        load_arrays(tmp_path / "model.h5", trusted=True)
