"""Every stored result of Zennit, Captum and iNNvestigate that is relevance or a gradient, reproduced by its profile."""

from __future__ import annotations

import numpy as np
import pytest

from lrp import methods
from tests.conformance.golden import SINGLE, difference, keras_case, single_case, torch_case

ZENNIT_PRESETS = (
    "epsilon-plus",
    "epsilon-plus-flat",
    "epsilon-alpha2-beta1",
    "epsilon-alpha2-beta1-flat",
    "epsilon-gamma-box",
    "excitation-backprop",
)
EVERY_LAYER = (
    "epsilon:0.1",
    "gamma:0.25",
    "gamma:1",
    "z_plus",
    "alpha_beta:2,1",
    "alpha_beta:1,0",
    "w_square",
    "flat",
)
CAPTUM = {
    "epsilon-default": None,
    "epsilon:0.1": "*=epsilon:0.1",
    "gamma:0.25": "gamma:0.25",
    "alpha1_beta0": "alpha1_beta0",
}
INNVESTIGATE = {
    "lrp.z": "lrp.z",
    "lrp.epsilon|epsilon=1e-07": "lrp.epsilon",
    "lrp.epsilon|epsilon=0.01": "lrp.epsilon:0.01",
    "lrp.epsilon|epsilon=0.25": "lrp.epsilon:0.25",
    "lrp.epsilon|bias=False,epsilon=0.01": "lrp.epsilon_IB:0.01",
    "lrp.alpha_1_beta_0": "lrp.alpha_1_beta_0",
    "lrp.alpha_1_beta_0_IB": "lrp.alpha_1_beta_0_IB",
    "lrp.alpha_2_beta_1": "lrp.alpha_2_beta_1",
    "lrp.alpha_2_beta_1_IB": "lrp.alpha_2_beta_1_IB",
    "lrp.alpha_beta|alpha=3,beta=2": "lrp.alpha_beta:3,2",
    "lrp.z_plus": "lrp.z_plus",
    "lrp.z_plus_fast": "lrp.z_plus_fast",
    "lrp.w_square": "lrp.w_square",
    "lrp.flat": "lrp.flat",
    "lrp.sequential_preset_a": "lrp.sequential_preset_a",
    "lrp.sequential_preset_b": "lrp.sequential_preset_b",
    "lrp.sequential_preset_a_flat": "lrp.sequential_preset_a_flat",
    "lrp.sequential_preset_b_flat": "lrp.sequential_preset_b_flat",
    "deep_taylor": "deep_taylor",
    "deep_taylor.bounded|high=4.0,low=-4.0": "deep_taylor.bounded:-4,4",
}
ANALYZERS = {
    "LRPZ": "lrp.z",
    "LRPZIgnoreBias": "lrp.z_IB",
    "LRPEpsilon": "lrp.epsilon",
    "LRPEpsilonIgnoreBias": "lrp.epsilon_IB",
    "LRPWSquare": "lrp.w_square",
    "LRPFlat": "lrp.flat",
    "LRPAlpha2Beta1": "lrp.alpha_2_beta_1",
    "LRPAlpha2Beta1IgnoreBias": "lrp.alpha_2_beta_1_IB",
    "LRPAlpha1Beta0": "lrp.alpha_1_beta_0",
    "LRPAlpha1Beta0IgnoreBias": "lrp.alpha_1_beta_0_IB",
    "LRPZPlus": "lrp.z_plus",
    "LRPZPlusFast": "lrp.z_plus_fast",
    "LRPSequentialPresetA": "lrp.sequential_preset_a",
    "LRPSequentialPresetB": "lrp.sequential_preset_b",
    "LRPSequentialPresetAFlat": "lrp.sequential_preset_a_flat",
    "LRPSequentialPresetBFlat": "lrp.sequential_preset_b_flat",
    "DeepTaylor": "deep_taylor",
    "BoundedDeepTaylor": "deep_taylor.bounded:-128,128",
    "LRPZ_Flat_input_layer_rule": "lrp.z_flat",
    "LRPZ_boxed_input_layer_rule": "lrp.z_box:-10,10",
}


@pytest.mark.parametrize("rule", ZENNIT_PRESETS + EVERY_LAYER)
@pytest.mark.parametrize("name", ["dense", "conv"])
def test_zennit(shared, name, rule):
    data, network = torch_case(shared / "golden", name)
    kernels = "Dense" if name == "dense" else "Conv|Dense"
    composite = f"{kernels}={rule}" if rule in EVERY_LAYER else rule
    if rule == "epsilon-gamma-box":
        composite = f"{rule}:{data['low']},{data['high']}"
    explanation = network.explain(data["x"], int(data["target"]), composite, profile="zennit")
    explanation.ledger.check()
    library = "zennit-every-layer" if rule in EVERY_LAYER else "zennit"
    assert difference(explanation.relevance, data[f"R:{library}:{rule}"]) < 1e-12


@pytest.mark.parametrize("rule", CAPTUM)
@pytest.mark.parametrize("name", ["dense", "conv"])
def test_captum(shared, name, rule):
    data, network = torch_case(shared / "golden", name)
    explanation = network.explain(data["x"], int(data["target"]), CAPTUM[rule], profile="captum")
    explanation.ledger.check()
    assert difference(explanation.relevance, data[f"R:captum:{rule}"]) < 1e-12


@pytest.mark.parametrize("name", ["dense", "conv"])
def test_torch_gradient(shared, name):
    data, network = torch_case(shared / "golden", name)
    gradient = network.gradient(data["x"], int(data["target"])).gradient
    assert difference(gradient, data["R:zennit:gradient"]) < 1e-12


@pytest.mark.parametrize("analyzer", INNVESTIGATE)
@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_innvestigate_with_biases(shared, name, analyzer):
    data, network = keras_case(shared / "golden", name)
    explanation = network.explain(data["x"], data["target"], INNVESTIGATE[analyzer], profile="innvestigate")
    explanation.ledger.check()
    assert difference(explanation.relevance, data[analyzer]) < 1e-12


@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_innvestigate_gradients(shared, name):
    data, network = keras_case(shared / "golden", name)
    gradient = network.gradient(data["x"], data["target"]).gradient
    assert difference(gradient, data["gradient"]) < 1e-12
    assert difference(data["x"] * gradient, data["input_t_gradient"]) < 1e-12


@pytest.mark.parametrize("layer", SINGLE)
@pytest.mark.parametrize("analyzer", ANALYZERS)
def test_innvestigate_single_layers(shared, analyzer, layer):
    x, expected, network = single_case(shared / "golden", analyzer, layer)
    explanation = network.explain(x, composite=ANALYZERS[analyzer], profile="innvestigate")
    assert explanation.relevance.dtype == "float32"
    assert difference(explanation.relevance, expected) < 1e-6


@pytest.mark.parametrize("layer", SINGLE)
def test_innvestigate_single_layer_gradients(shared, layer):
    x, expected, network = single_case(shared / "golden", "Gradient", layer)
    assert difference(network.gradient(x).gradient, expected) < 1e-6
    x, expected, network = single_case(shared / "golden", "InputTimesGradient", layer)
    assert difference(x * network.gradient(x).gradient, expected) < 1e-6


RECTIFIED = {"deconvnet": methods.deconvolution, "guided_backprop": methods.guided_backprop}


@pytest.mark.parametrize("analyzer", RECTIFIED)
@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_innvestigate_rectified_maps_are_the_published_ones_times_the_logit(shared, name, analyzer):
    data, network = keras_case(shared / "golden", name)
    found = RECTIFIED[analyzer](network, data["x"], data["target"])
    logit = found.score.reshape(-1, *[1] * (data["x"].ndim - 1))
    assert difference(found.relevance * logit, data[analyzer]) < 1e-12
    assert difference(found.relevance, data[analyzer]) > 1e-3


@pytest.mark.parametrize("steps", [8, 64])
@pytest.mark.parametrize("name", ["mlp", "lenet"])
def test_innvestigate_integrated_gradients_leave_the_end_point_out(shared, name, steps):
    data, network = keras_case(shared / "golden", name)
    expected = data[f"integrated_gradients|reference_inputs=0,steps={steps}"]
    found = methods.integrated_gradients(network, data["x"], data["target"], steps=steps, scheme="left")
    assert difference(found.relevance, expected) < 1e-12
    found = methods.integrated_gradients(network, data["x"], data["target"], steps=steps)
    assert difference(found.relevance, expected) > 1e-6


@pytest.mark.parametrize("layer", SINGLE)
def test_innvestigate_single_layer_methods(shared, layer):
    for analyzer, method in (("Deconvnet", methods.deconvolution), ("GuidedBackprop", methods.guided_backprop)):
        x, expected, network = single_case(shared / "golden", analyzer, layer)
        found = method(network, x)
        assert difference(found.relevance * found.score.reshape(-1, 1, 1, 1), expected) < 1e-6
    x, expected, network = single_case(shared / "golden", "IntegratedGradients", layer)
    found = methods.integrated_gradients(network, x, steps=64, scheme="left")
    assert difference(found.relevance, expected) < 1e-5
    assert np.isfinite(expected).all()
