"""Settings that make no sense: one sentence each, before any work, whatever their type."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from lrp.errors import InputError, LrpError, SettingError, ShapeError
from lrp.methods import (
    REVEAL_CANCEL,
    blur_saliency,
    class_model,
    deconvolution,
    deep_lift,
    grad_cam,
    guided_backprop,
    integrated_gradients,
    meaningful_perturbation,
    occlusion,
    parse,
    pattern_attribution,
    prediction_difference,
    sensitivity,
    shapley,
    smoothgrad,
)
from lrp.methods.tools.checks import number, whole
from tests.methods import nets

NAN = float("nan")
OTHERS = np.zeros((2, 7, 9, 2))


@pytest.mark.parametrize(
    "method, settings, error, said",
    [
        (integrated_gradients, {"steps": 2.5}, SettingError, "steps: expected a whole number of at least 1, got 2.5"),
        (integrated_gradients, {"steps": "3"}, SettingError, "steps: expected a whole number of at least 1, got '3'"),
        (integrated_gradients, {"steps": True}, SettingError, "steps: expected a whole number of at least 1, got True"),
        (integrated_gradients, {"baseline": NAN}, InputError, "integrated_gradients: baseline: expected finite"),
        (integrated_gradients, {"baseline": "black"}, InputError, "baseline: expected numbers, got 'black'"),
        (deep_lift, {"baseline": ["a", "b"]}, InputError, "deep_lift: baseline: expected numbers, got dtype"),
        (deep_lift, {"rule": "gentle"}, SettingError, "rule: expected one of rescale, reveal_cancel, got 'gentle'"),
        (deep_lift, {"rule": 3}, SettingError, "rule: expected RESCALE, REVEAL_CANCEL or a function of a node, got 3"),
        (smoothgrad, {"spread": NAN}, SettingError, "spread: expected a finite number of at least 0, got nan"),
        (smoothgrad, {"sigma": -1}, SettingError, "sigma: expected a finite number of at least 0, got -1"),
        (
            smoothgrad,
            {"method": "gradient"},
            SettingError,
            "method: expected a function .* got 'gradient'; lrp.methods",
        ),
        (occlusion, {"window": 2.5}, SettingError, "window: expected 2 integers"),
        (occlusion, {"baseline": NAN}, InputError, "occlusion: baseline: expected finite numbers"),
        (occlusion, {"baseline": "grey"}, InputError, "baseline: expected numbers, got 'grey'"),
        (prediction_difference, {"background": "others"}, InputError, "background: expected numbers, got 'others'"),
        (prediction_difference, {"background": OTHERS * NAN}, InputError, "background: expected finite numbers"),
        (
            prediction_difference,
            {"background": OTHERS[:0]},
            InputError,
            "background: expected pictures of shape .7, 9, 2.",
        ),
        (
            prediction_difference,
            {"background": OTHERS, "window": 0},
            SettingError,
            "window: expected numbers of at least 1",
        ),
        (grad_cam, {"sign": 5}, SettingError, "sign: expected 1 or -1, got 5"),
        (
            pattern_attribution,
            {"patterns": None},
            ShapeError,
            "patterns: expected a pattern for each kernel .* NoneType",
        ),
        (meaningful_perturbation, {"rate": 0}, SettingError, "rate: expected a finite number above 0, got 0"),
        (meaningful_perturbation, {"area": -1}, SettingError, "area: expected a finite number of at least 0, got -1"),
        (meaningful_perturbation, {"cell": 1.5}, SettingError, "cell: expected a whole number of at least 1, got 1.5"),
        (meaningful_perturbation, {"jitter": -1}, SettingError, "jitter: expected a whole number of at least 0"),
        (blur_saliency, {"spacing": 0}, SettingError, "spacing: expected a whole number of at least 1, got 0"),
        (blur_saliency, {"blur": np.inf}, SettingError, "blur: expected a finite number above 0, got inf"),
        (shapley, {"samples": 2.5}, SettingError, "samples for 63 features: expected a whole number of at least 2"),
        (shapley, {"segments": -np.ones((7, 9), int)}, ShapeError, "got 1 numbers from -1 to -1"),
        (class_model, {"steps": 0}, SettingError, "class_model: steps: expected a whole number of at least 1, got 0"),
        (class_model, {"decay": -1}, SettingError, "class_model: decay: expected a finite number of at least 0"),
        (sensitivity, {"norm": 3}, SettingError, "norm: expected one of .* got 3"),
    ],
)
def test_one_sentence(rng, method, settings, error, said):
    with pytest.raises(error, match=said) as caught:
        more = {"training_size": 50} if method is prediction_difference else {}
        method(nets.conv(rng), rng.normal(size=(2, 7, 9, 2)), 1, **more, **settings)
    assert isinstance(caught.value, LrpError) and "\n" not in str(caught.value)


def test_numbers_that_are_right_are_handed_on():
    assert whole("steps", np.int64(3)) == 3 and whole("jitter", 0, 0) == 0
    assert (
        number("sigma", 0, least=0) == 0.0 and number("rate", np.float32(0.5), above=0) == 0.5 and number("x", -1) == -1
    )


@pytest.mark.parametrize("method", [sensitivity, deconvolution, guided_backprop])
@pytest.mark.parametrize("norm, text", [(1, "1"), (2, "2"), (2.0, "2"), (np.inf, "inf")])
def test_norms_by_their_number(rng, method, norm, text):
    network, x = nets.conv(rng), rng.normal(size=(2, 7, 9, 2))
    a, b = method(network, x, 1, norm=norm), method(network, x, 1, norm=text)
    np.testing.assert_array_equal(a.relevance, b.relevance)
    assert a.settings["norm"] == text


def test_rules_by_their_name(rng):
    network, x = nets.conv(rng), rng.normal(size=(2, 7, 9, 2))
    a, b = deep_lift(network, x, 1, rule="reveal_cancel"), deep_lift(network, x, 1, rule=REVEAL_CANCEL)
    np.testing.assert_array_equal(a.relevance, b.relevance)
    assert a.settings["rule"] == "reveal_cancel"


def test_smoothgrad_of_a_method_that_has_no_name(rng):
    network, x = nets.conv(rng), rng.normal(size=(1, 7, 9, 2))
    found = smoothgrad(network, x, 1, method=partial(sensitivity, norm="inf"), samples=2)
    assert found.settings["method"] == "given"
    named = parse("smoothgrad:samples=2,method=sensitivity:inf")(network, x, 1)
    np.testing.assert_array_equal(found.relevance, named.relevance)
    assert named.settings["method"] == "sensitivity:inf"
