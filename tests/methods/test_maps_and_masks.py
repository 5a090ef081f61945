"""Class activation maps, occlusion, prediction difference, masks, blur saliency, class models, Shapley values, patterns."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from scipy import ndimage

from lrp import Network
from lrp.errors import GraphError, InputError, SettingError, ShapeError
from lrp.layers import BatchNorm, Conv, Dense, Flatten, GlobalAvgPool, GlobalMaxPool, GlobalSumPool, ReLU, Sigmoid, Tanh
from lrp.methods import (
    Estimator,
    blur_saliency,
    cam,
    class_model,
    contrastive_excitation_backprop,
    estimate_patterns,
    excitation_backprop,
    grad_cam,
    gradient,
    guided_backprop,
    guided_grad_cam,
    meaningful_perturbation,
    occlusion,
    pattern_attribution,
    pattern_net,
    prediction_difference,
    random_map,
    shapley,
)
from lrp.methods.perturbation.meaningful_perturbation import Mask, roughness, roughness_gradient
from lrp.methods.propagation.patterns import outer
from lrp.methods.tools.adam import Adam
from lrp.methods.tools.resize import resize
from tests.methods import nets


def test_resize_by_the_definition(rng):
    x = rng.normal(size=(1, 3, 2, 1))
    found = resize(x, (7, 5))
    for i, j in itertools.product(range(7), range(5)):
        a = min(max((i + 0.5) * 3 / 7 - 0.5, 0), 2)
        b = min(max((j + 0.5) * 2 / 5 - 0.5, 0), 1)
        value = sum(max(0, 1 - abs(a - p)) * max(0, 1 - abs(b - q)) * x[0, p, q, 0] for p in range(3) for q in range(2))
        assert found[0, i, j, 0] == pytest.approx(value, abs=1e-12)
    np.testing.assert_array_equal(resize(x, (3, 2)), x)
    assert (resize(x[:, :1, :1], (4, 3)) == x[0, 0, 0, 0]).all()


def test_cam_without_a_dense_layer_and_with_sum_pooling(rng):
    x = rng.normal(size=(2, 6, 7, 2))
    kernel = Conv(rng.normal(size=(3, 3, 2, 5)), rng.normal(size=5))
    bare = Network.sequential([kernel, ReLU(), GlobalAvgPool()], (6, 7, 2))
    found = cam(bare, x, 3)
    np.testing.assert_allclose(found.details["map"][..., 0], bare.forward(x).values["relu1"][..., 3])
    summed = Network.sequential([kernel, ReLU(), GlobalSumPool(keepdims=True), Flatten(), Dense(np.eye(5))], (6, 7, 2))
    found = cam(summed, x, 3)
    np.testing.assert_allclose(found.details["map"].sum(axis=(1, 2, 3)), found.score)
    assert found.relevance.shape == (2, 6, 7, 1) and found.details["bias"].tolist() == [0, 0]
    with pytest.raises(GraphError, match="ends in global average or sum pooling.*got GlobalMaxPool at globalmaxpool1"):
        cam(Network.sequential([kernel, GlobalMaxPool(), Dense(np.eye(5))], (6, 7, 2)), x, 0)


def test_grad_cam_by_loops_and_its_choice_of_layer(rng):
    network = nets.conv(rng)
    x = rng.normal(size=(2, 7, 9, 2))
    found = grad_cam(network, x, 1)
    assert found.settings["layer"] == "relu2"
    maps, g = network.forward(x).values["relu2"], network.gradient(x, 1).gradients["relu2"]
    for n, i, j in [(0, 0, 0), (1, 2, 3)]:
        value = sum(g[n, :, :, k].mean() * maps[n, i, j, k] for k in range(4))
        assert found.details["map"][n, i, j, 0] == pytest.approx(value, rel=1e-9)
    turned = grad_cam(network, x, 1, sign=-1)
    np.testing.assert_allclose(turned.details["map"], -found.details["map"])
    both = guided_grad_cam(network, x, 1)
    np.testing.assert_allclose(both.relevance, found.relevance * guided_backprop(network, x, 1).relevance)
    first = nets.channels_first(network)
    np.testing.assert_allclose(
        grad_cam(first, x.transpose(0, 3, 1, 2), 1).relevance, found.relevance.transpose(0, 3, 1, 2), atol=1e-12
    )
    assert guided_grad_cam(network, {"input": x}, 1).relevance["input"].shape == x.shape
    assert guided_grad_cam(network, (x,), 1).relevance[0].shape == x.shape
    with pytest.raises(GraphError, match="expected a network with a convolution"):
        grad_cam(nets.dense(rng), rng.normal(size=(1, 5)), 0)
    with pytest.raises(GraphError, match="layer: expected one of input, conv1"):
        grad_cam(network, x, 1, layer="nowhere")
    with pytest.raises(GraphError, match="expected a node with spatial axes and channels, got 'dense1'"):
        grad_cam(network, x, 1, layer="dense1")
    with pytest.raises(ShapeError, match="blur_saliency: expected pictures or sequences"):
        blur_saliency(nets.dense(rng), np.ones((1, 5)))


def test_the_last_feature_map_stands_behind_normalisation_and_activation(rng):
    norm = BatchNorm(np.zeros(5), np.ones(5))
    layers = [Conv(rng.normal(size=(3, 3, 2, 5))), norm, ReLU(), GlobalAvgPool(), Dense(rng.normal(size=(5, 3)))]
    assert grad_cam(Network.sequential(layers, (6, 7, 2)), np.ones((1, 6, 7, 2))).settings["layer"] == "relu1"


def test_excitation_backprop_at_a_layer(rng):
    network = nets.conv(rng)
    x = rng.normal(size=(2, 7, 9, 2))
    found = excitation_backprop(network, x, 1, layer="relu1")
    assert found.relevance.shape == (2, 7, 9, 1) and found.expected is None
    np.testing.assert_allclose(found.details["map"].sum(axis=(1, 2, 3)), 1, rtol=1e-9)
    with pytest.raises(
        GraphError, match="expected a node below dense2, where the contrast is taken, got softmax1|spatial"
    ):
        contrastive_excitation_backprop(network, x, 1, layer="softmax1")
    maps = Network.sequential([Conv(rng.normal(size=(2, 2, 2, 3))), GlobalAvgPool()], (6, 7, 2))
    with pytest.raises(GraphError, match="expected a node below conv1, where the contrast is taken, got conv1"):
        contrastive_excitation_backprop(maps, rng.random((1, 6, 7, 2)), 0)
    with pytest.raises(GraphError, match="expected a network with a dense or convolution layer"):
        contrastive_excitation_backprop(Network.sequential([GlobalAvgPool()], (6, 7, 2)), rng.random((1, 6, 7, 2)), 0)


@pytest.mark.parametrize("window, stride", [(1, None), ((3, 2), (2, 2)), (7, 7)])
def test_occlusion_by_loops(rng, window, stride):
    network = nets.conv(rng)
    x, value = rng.normal(size=(2, 7, 9, 2)), rng.normal(size=2)
    found = occlusion(network, x, [0, 2], window=window, stride=stride, baseline=value)
    h, w = (window, window) if isinstance(window, int) else window
    sh, sw = (h, w) if stride is None else (stride, stride) if isinstance(stride, int) else stride
    tops = sorted({*range(0, 7 - h + 1, sh), 7 - h})
    lefts = sorted({*range(0, 9 - w + 1, sw), 9 - w})
    for n, target in ((0, 0), (1, 2)):
        total, count = np.zeros((7, 9)), np.zeros((7, 9))
        for a, b in itertools.product(tops, lefts):
            changed = x[n : n + 1].copy()
            changed[0, a : a + h, b : b + w] = value
            logits = [network.forward(v).values["dense2"][0, target] for v in (x[n : n + 1], changed)]
            total[a : a + h, b : b + w] += (logits[0] - logits[1]) / (h * w)
            count[a : a + h, b : b + w] += 1
        np.testing.assert_allclose(found.relevance[n, ..., 0], total / count, atol=1e-12)


def test_occlusion_refuses_windows_that_do_not_fit(rng):
    network, x = nets.conv(rng), rng.normal(size=(1, 7, 9, 2))
    with pytest.raises(SettingError, match="expected lengths of at most the picture's .7, 9., got .8, 8."):
        occlusion(network, x, window=8)
    with pytest.raises(SettingError, match="stride: expected at most the window's lengths"):
        occlusion(network, x, window=2, stride=3)
    with pytest.raises(ShapeError, match="occlusion: expected a baseline that broadcasts"):
        occlusion(network, x, baseline=np.ones(3))


def test_prediction_difference_by_loops(rng):
    network = nets.conv(rng)
    x, others = rng.normal(size=(1, 7, 9, 2)) / 3, rng.normal(size=(3, 7, 9, 2)) / 3
    found = prediction_difference(network, x, 1, background=others, training_size=40, window=(7, 3))

    def bits(p):
        p = (p * 40 + 1) / (40 + 3)
        return math.log2(p / (1 - p))

    for left in (0, 3, 6):
        p = 0.0
        for other in others:
            changed = x.copy()
            changed[0, :, left : left + 3] = other[:, left : left + 3]
            p += network.forward(changed).output[0, 1] / 3
        wanted = bits(network.forward(x).output[0, 1]) - bits(p)
        np.testing.assert_allclose(found.relevance[0, :, left : left + 3, 0], wanted, rtol=1e-9)
    with pytest.raises(InputError, match="background: expected pictures of shape"):
        prediction_difference(network, x, background=others[0], training_size=40)


def test_prediction_difference_of_a_sample_is_that_of_the_sample_alone(rng):
    network = nets.conv(rng)
    x, others = rng.normal(size=(3, 7, 9, 2)) / 3, rng.normal(size=(2, 7, 9, 2)) / 3
    settings = {"background": others, "training_size": 40, "window": 4}
    together = prediction_difference(network, x, [0, 1, 2], **settings).relevance
    for n in range(3):
        alone = prediction_difference(network, x[n : n + 1], n, **settings).relevance
        np.testing.assert_allclose(together[n], alone[0], rtol=1e-9)


@pytest.mark.parametrize("count", [1, 10, 1000])
def test_the_laplace_correction_counts_training_instances_and_not_background_pictures(count):
    """p(c|x) = 1 of 2 classes and p(c|x without q) = 1/2: log2((N + 1) / 1) bits, however many equal pictures there are."""
    network = Network.sequential([Flatten(), Dense(np.array([[1000.0, 0.0]]))], (1, 1, 1))
    x, background = np.ones((1, 1, 1, 1)), np.zeros((count, 1, 1, 1))
    for N, bits in ((1, 1.0), (1023, 10.0)):
        found = prediction_difference(network, x, 0, background=background, training_size=N)
        assert found.relevance[0, 0, 0, 0] == pytest.approx(bits, rel=1e-12)
        assert found.settings["training_size"] == N and found.settings["background"] == count
    with pytest.raises(
        SettingError, match="prediction_difference: training_size: expected a whole number of at least 1"
    ):
        prediction_difference(network, x, 0, background=background, training_size=0)


def test_blur_saliency_by_the_formula(rng):
    network = nets.smooth(rng)
    x = rng.normal(size=(2, 5, 7, 1))
    found = blur_saliency(network, x, 1, spot=1.5, blur=1.0, spacing=3)
    target_alone = blur_saliency(network, x, 1, spot=1.5, blur=1.0, spacing=3, every_output=False)
    blurred = np.stack([ndimage.gaussian_filter(p[..., 0], 1.0, mode="nearest") for p in x])[..., None]
    for (i, j), (ci, cj) in {(0, 0): (0.75, 2 / 3), (1, 2): (3.25, 16 / 3)}.items():
        M = np.array([[math.exp(-((a - ci) ** 2 + (b - cj) ** 2) / 4.5) for b in range(7)] for a in range(5)])[
            ..., None
        ]
        change = network.forward(x).output - network.forward(x * (1 - M) + blurred * M).output
        np.testing.assert_allclose(found.details["grid"][:, i, j, 0], 0.5 * (change**2).sum(axis=1), rtol=1e-9)
        np.testing.assert_allclose(target_alone.details["grid"][:, i, j, 0], 0.5 * change[:, 1] ** 2, rtol=1e-9)
    assert found.relevance.shape == (2, 5, 7, 1)
    with pytest.raises(SettingError, match="blur_saliency: spot: expected a finite number above 0, got 0"):
        blur_saliency(network, x, spot=0)


def test_shapley_values_by_all_orders(rng):
    network = nets.dense(rng)
    x, r = rng.normal(size=(2, 5)), rng.normal(size=5)
    found = shapley(network, x, 1, baseline=r)
    for n in range(2):
        phi = np.zeros(5)
        for order in itertools.permutations(range(5)):
            at = r.copy()
            before = network.forward(at[None]).output[0, 1]
            for i in order:
                at[i] = x[n, i]
                after = network.forward(at[None]).output[0, 1]
                phi[i] += (after - before) / 120
                before = after
        np.testing.assert_allclose(found.relevance[n], phi, atol=1e-10)
    np.testing.assert_allclose(found.gap(), 0, atol=1e-10)


def test_sampled_shapley_values_sum_up_and_come_near(rng):
    network = nets.conv(rng)
    x = rng.normal(size=(2, 7, 9, 2))
    segments = np.arange(63).reshape(7, 9) % 13
    found = shapley(network, x, 1, segments=segments, samples=20)
    np.testing.assert_allclose(found.gap(), 0, atol=1e-9)
    assert found.details["standard_error"].shape == (2, 13) and found.settings["samples"] == 20
    few = np.arange(63).reshape(7, 9) % 12
    exact = shapley(network, x, 1, segments=few)
    assert "standard_error" not in exact.details
    np.testing.assert_allclose(exact.gap(), 0, atol=1e-9)
    for n, k in [(0, 0), (1, 11)]:
        np.testing.assert_allclose(
            exact.relevance[n, ..., 0][few == k], exact.details["values"][n, k] / (few == k).sum()
        )
    plain = shapley(network, x[:1], 1, samples=2)
    assert plain.settings["features"] == 63
    with pytest.raises(
        SettingError, match="shapley: samples for 63 features: expected a whole number of at least 2, got 1"
    ):
        shapley(network, x, samples=1)
    with pytest.raises(ShapeError, match="segments: expected whole numbers of shape .7, 9."):
        shapley(network, x, segments=np.ones((7, 9)))
    with pytest.raises(ShapeError, match="segments: expected every number from 0 to the largest at least once"):
        shapley(network, x, segments=np.ones((7, 9), dtype=int))


def test_class_model_climbs_by_the_formula(rng):
    network = nets.conv(rng, Tanh())
    x = np.zeros((1, 7, 9, 2))
    found = class_model(network, x, 2, steps=15, rate=0.02, decay=0.1)
    image = x
    for _ in range(15):
        image = image + 0.02 * (gradient(network, image, 2).relevance - 0.2 * image)
    np.testing.assert_allclose(found.relevance, image, atol=1e-12)
    assert (np.diff(found.details["scores"][:, 0]) > 0).all()
    with pytest.raises(SettingError, match="class_model: rate: expected a finite number above 0, got 0"):
        class_model(network, x, 2, rate=0)


def test_adam_makes_its_first_step_by_the_rate():
    adam = Adam(0.1)
    first = adam.step(np.array([1.0, 1.0]), np.array([5.0, -0.001]))
    np.testing.assert_allclose(first, [0.9, 1.1], rtol=1e-4)
    m, v = 0.1 * 5, 0.001 * 25
    m, v = 0.9 * m + 0.1 * 2, 0.999 * v + 0.001 * 4
    second = adam.step(first, np.array([2.0, 0.0]))
    wanted = first[0] - 0.1 * (m / (1 - 0.81)) / ((v / (1 - 0.999**2)) ** 0.5 + 1e-8)
    assert second[0] == pytest.approx(wanted, rel=1e-12)


def test_mask_and_its_transpose_are_adjoint(rng):
    mask = Mask((3, 2), (7, 5), 1.3)
    m, g = rng.normal(size=(2, 3, 2, 1)), rng.normal(size=(2, 7, 5, 1))
    assert (mask.full(m) * g).sum() == pytest.approx((m * mask.transpose(g)).sum(), rel=1e-12)
    np.testing.assert_allclose(mask.full(np.ones((1, 3, 2, 1))), 1, rtol=1e-12)


def test_roughness_gradient_is_the_limit_of_differences(rng):
    m = rng.random((2, 4, 3, 1))
    wanted = sum(
        (
            (m[0, i + 1, j, 0] - m[0, i, j, 0] if i < 3 else 0) ** 2
            + (m[0, i, j + 1, 0] - m[0, i, j, 0] if j < 2 else 0) ** 2
        )
        ** 1.5
        for i in range(4)
        for j in range(3)
    )
    assert roughness(m, 3)[0] == pytest.approx(wanted, rel=1e-12)
    found = roughness_gradient(m, 3)
    for index in np.ndindex(*m.shape):
        step = np.zeros_like(m)
        step[index] = 1e-6
        slope = (roughness(m + step, 3).sum() - roughness(m - step, 3).sum()) / 2e-6
        assert found[index] == pytest.approx(slope, abs=1e-8)


@pytest.mark.parametrize("game", ["deletion", "preservation"])
def test_the_learned_mask_finds_the_only_pixels_that_count(game):
    """The class hangs on the upper left corner: there the mask deletes, or preserves, and nowhere else."""
    kernel = np.zeros((12, 12, 1, 2))
    kernel[:4, :4, 0, 0] = 1.0
    network = Network.sequential([Conv(kernel, np.array([-4.0, 0.0])), Flatten()], (12, 12, 1))
    x = np.zeros((1, 12, 12, 1))
    x[0, :4, :4] = 1
    found = meaningful_perturbation(
        network, x, 0, game=game, area=2e-3, cell=4, mask_blur=0.5, blur=4.0, jitter=0, steps=60, smoothness=1e-4
    )
    R = found.relevance[0, ..., 0]
    assert R[:3, :3].mean() > 0.5 > 0.3 > R[6:, 6:].mean()
    start = meaningful_perturbation(network, x, 0, game=game, cell=4, mask_blur=0.5, blur=4.0, jitter=2, steps=1)
    if game == "deletion":
        assert found.details["probability"][0] < start.details["probability"][0]
    else:
        assert found.details["probability"][0] > 0.99


def test_masks_refuse_what_makes_no_sense(rng):
    network, x = nets.conv(rng), rng.normal(size=(1, 7, 9, 2))
    with pytest.raises(SettingError, match="game: expected one of .'deletion', 'preservation'., got 'chess'"):
        meaningful_perturbation(network, x, game="chess")
    with pytest.raises(
        SettingError, match="meaningful_perturbation: steps: expected a whole number of at least 1, got 0"
    ):
        meaningful_perturbation(network, x, steps=0)


def test_pattern_of_the_toy_is_the_signal(rng):
    """x = y (1, 0) + e (1, 1): the filter (1, -1) cancels e, the signal lies along (1, 0)."""
    y, e = rng.normal(size=(2, 200_000))
    data = np.stack([y + e, e], axis=1)
    network = Network.sequential([Dense(np.array([[1.0], [-1.0]]))], (2,))
    patterns = estimate_patterns(network, np.array_split(data, 3))
    np.testing.assert_allclose(patterns["dense1"][:, 0], (1, 0), atol=0.01)
    x = np.array([[2.0, 1.0]])
    np.testing.assert_allclose(pattern_net(network, x, 0, patterns=patterns).relevance[0], (1, 0), atol=0.01)
    np.testing.assert_allclose(gradient(network, x, 0).relevance[0], (1, -1))
    np.testing.assert_allclose(pattern_attribution(network, x, 0, patterns=patterns).relevance[0], (1, 0), atol=0.01)


@pytest.mark.parametrize("estimator", list(Estimator))
def test_patterns_by_loops_over_windows(rng, estimator):
    network = Network.sequential(
        [
            Conv(rng.normal(size=(2, 3, 1, 4)), rng.normal(size=4), (1, 2), ((1, 0), (0, 2)), groups=2),
            ReLU(),
            Flatten(),
            Dense(rng.normal(size=(5 * 3 * 4, 2)), rng.normal(size=2)),
        ],
        (5, 6, 2),
    )
    data = rng.normal(size=(7, 5, 6, 2))
    found = estimate_patterns(network, [data[:3], data[3:]], estimator)
    layer = network.nodes["conv1"].layer
    padded = np.pad(data, ((0, 0), (1, 0), (0, 2), (0, 0)))
    y = network.forward(data).values["conv1"]
    for j in range(4):
        patches, values = [], []
        for n, a, b in np.ndindex(7, 5, 3):
            patches.append(padded[n, a : a + 2, 2 * b : 2 * b + 3, j // 2 : j // 2 + 1])
            values.append(y[n, a, b, j])
        patches, values = np.array(patches), np.array(values)
        kept = values > 0 if estimator is Estimator.TWO_COMPONENT else np.ones(len(values), dtype=bool)
        products = (patches[kept] * values[kept, None, None, None]).mean(axis=0)
        n_plus = products - patches[kept].mean(axis=0) * values.mean()
        a = n_plus / (layer.weight[..., j] * n_plus).sum()
        np.testing.assert_allclose(found["conv1"][..., j], a, rtol=1e-9)
    dense = network.nodes["dense1"].layer
    h, out = network.forward(data).values["flatten1"], network.forward(data).output
    for j in range(2):
        cov = ((h - h.mean(axis=0)) * (out[:, j] - out[:, j].mean())[:, None]).mean(axis=0)
        np.testing.assert_allclose(found["dense1"][:, j], cov / (dense.weight[:, j] @ cov), rtol=1e-8)
    np.testing.assert_allclose((found["dense1"] * dense.weight).sum(axis=0), 1, rtol=1e-9)


def test_patterns_of_a_dead_neuron_and_of_nothing(rng):
    network = Network.sequential([Dense(np.zeros((2, 1)), np.array([-1.0])), ReLU()], (2,))
    assert estimate_patterns(network, [rng.normal(size=(5, 2))])["dense1"].tolist() == [[0], [0]]
    with pytest.raises(InputError, match="expected at least one batch"):
        estimate_patterns(network, [])
    with pytest.raises(
        ShapeError, match="dense1: pattern_net expected a pattern of the weight's shape .2, 1., got none"
    ):
        pattern_net(network, np.ones((1, 2)), 0, patterns={})
    with pytest.raises(SettingError, match="sigmoid1: pattern_net is defined for ReLU"):
        other = Network.sequential([Dense(np.ones((2, 2))), Sigmoid(), Dense(np.ones((2, 1)))], (2,))
        pattern_net(other, np.ones((1, 2)), 0, patterns=estimate_patterns(other, [rng.normal(size=(5, 2))]))


def test_random_map_is_one_number_a_pixel(rng):
    found = random_map(nets.conv(rng), np.ones((2, 7, 9, 2)), rng=rng)
    assert found.relevance.shape == (2, 7, 9, 1)
    assert random_map(nets.dense(rng), np.ones((2, 5))).relevance.shape == (2, 5)


def test_patterns_want_dense_or_convolution_layers():
    with pytest.raises(SettingError, match="patterns: expected dense or convolution layers, got ReLU"):
        outer(ReLU(), np.ones((1, 2)), np.ones((1, 2)))


def test_pattern_attribution_starts_with_the_target_s_own_value(rng):
    """R_i = w_i a_i S through one kernel, and through two by loops, with a ReLU's mask between them."""
    w1, b1, w2 = rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(4, 2))
    network = Network.sequential([Dense(w1, b1), ReLU(), Dense(w2)], (3,))
    a1, a2 = rng.normal(size=(3, 4)), rng.normal(size=(4, 2))
    x = rng.normal(size=3)
    z = [sum(x[i] * w1[i, j] for i in range(3)) + b1[j] for j in range(4)]
    score = sum(max(z[j], 0.0) * w2[j, 1] for j in range(4))
    inner = [w2[j, 1] * a2[j, 1] * score if z[j] > 0 else 0.0 for j in range(4)]
    wanted = [sum(w1[i, j] * a1[i, j] * inner[j] for j in range(4)) for i in range(3)]
    found = pattern_attribution(network, x[None], 1, patterns={"dense1": a1, "dense2": a2})
    np.testing.assert_allclose(found.relevance[0], wanted, rtol=1e-12)
    signal = [a2[j, 1] if z[j] > 0 else 0.0 for j in range(4)]
    wanted = [sum(a1[i, j] * signal[j] for j in range(4)) for i in range(3)]
    found = pattern_net(network, x[None], 1, patterns={"dense1": a1, "dense2": a2})
    np.testing.assert_allclose(found.relevance[0], wanted, rtol=1e-12)


@pytest.mark.parametrize("game, sign, empty", [("deletion", 1.0, 1.0), ("preservation", -1.0, 0.0)])
def test_the_mask_descends_the_objective_of_its_game(rng, game, sign, empty):
    """Three steps of Adam on the objective of the docstring, whose gradient is taken by differences."""
    network, x = nets.conv(rng, Tanh()), rng.normal(size=(1, 7, 9, 2))
    settings = {"area": 1e-4, "smoothness": 0.2, "power": 3.0, "cell": 3, "mask_blur": 0.8, "blur": 1.5, "rate": 0.05}
    found = meaningful_perturbation(network, x, 1, game=game, jitter=0, steps=3, **settings)
    blurred = np.stack([ndimage.gaussian_filter(x[0, ..., c], 1.5, mode="nearest") for c in range(2)], axis=-1)
    mask = Mask((3, 3), (7, 9), 0.8)

    def objective(m):
        M = mask.full(m)
        p = network.forward(M * x + (1 - M) * blurred).output[0, 1]
        return 1e-4 * np.abs(m - empty).sum() + 0.2 * roughness(m, 3.0)[0] + sign * p

    m, adam = np.full((1, 3, 3, 1), 0.5), Adam(0.05)
    for _ in range(3):
        g = np.zeros_like(m)
        for index in np.ndindex(*m.shape):
            step = np.zeros_like(m)
            step[index] = 1e-6
            g[index] = (objective(m + step) - objective(m - step)) / 2e-6
        m = np.clip(adam.step(m, g), 0, 1)
    np.testing.assert_allclose(found.details["mask"], m, atol=1e-6)
    assert np.ptp(m) > 0.01
