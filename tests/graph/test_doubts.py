"""What looks wrong about an explanation is said, and nothing is said about one that is right."""

import numpy as np
import pytest

import lrp
from lrp.layers import Dense, Flatten, Softmax


def network(weight, bias=None, softmax=False, **metadata):
    layers = [Dense(np.asarray(weight, float), bias)] + [Softmax()] * softmax
    return lrp.Network.sequential(layers, (len(weight),), metadata=lrp.Metadata(**metadata))


def test_nothing_is_said_of_a_sound_explanation():
    explanation = network([[1.0, 2], [3, 4]], input_range=(0, 1)).explain(np.array([[0.5, 1.0]]), composite="*=zero")
    assert explanation.doubts() == [] and "doubt" not in repr(explanation)


@pytest.mark.parametrize("value, doubted", [(1.0, False), (1.015, False), (1.03, True), (-0.03, True), (-0.015, False)])
def test_an_input_outside_the_range_that_the_model_states(value, doubted):
    explanation = network([[1.0, 2], [3, 4]], input_range=(0, 1)).explain(np.array([[0.5, value]]), 0, "*=zero")
    assert [d.startswith("input: expected numbers from 0 to 1") for d in explanation.doubts()] == [True] * doubted


@pytest.mark.parametrize("scale, doubted", [(0.1, True), (5.0, False)])
def test_a_prediction_that_is_nearly_uniform(scale, doubted):
    explanation = network(scale * np.eye(4), softmax=True).explain(np.array([[0.0, 0, 1, 0]]), composite="*=zero")
    assert [d.startswith("prediction: sample 0 has no class above 0.26") or d for d in explanation.doubts()] == [
        True
    ] * doubted


def test_two_classes_and_logits_are_not_probabilities():
    assert network(np.zeros((2, 2)), np.ones(2), softmax=True).explain(np.ones((1, 2)), 0, "*=zero").doubts() == []
    assert network(np.eye(3) / 2).explain(np.ones((1, 3)), 0, "*=zero").doubts() == []


def test_relevance_that_the_stabilizers_took():
    explanation = network([[0.001], [0.001]]).explain(np.ones((1, 2)), composite="*=epsilon:0.01")
    assert "the stabilizers took 83%" in explanation.doubts()[0] and "epsilon-plus-flat" in repr(explanation)
    assert network([[0.1], [0.1]]).explain(np.ones((1, 2)), composite="*=epsilon:0.01").doubts() == []


def test_relevance_that_was_multiplied():
    weight, bias = np.array([[1.0], [-1.0]]), np.array([-0.5])
    explanation = network(weight, bias).explain(np.array([[1.52, 1.0]]), composite="*=zero")
    assert "times the relevance of sample 0 arrived" in explanation.doubts()[0]
    assert network(weight, bias).explain(np.array([[1.6, 1.0]]), composite="*=zero").doubts() == []


def test_a_preprocessing_for_unit_pixels():
    prepare = lrp.Preprocessing((0.485,), (0.229,), "gray")
    layers = [Flatten(), Dense(np.ones((4, 1)))]
    doubted = lrp.Network.sequential(layers, (2, 2, 1), metadata=lrp.Metadata(preprocessing=prepare))
    assert "--pixels 0..1" in doubted.explain(np.ones((1, 2, 2, 1)), composite="*=zero").doubts()[0]
    assert lrp.Preprocessing((127.5,), (127.5,)).doubt() == "" and "stated twice" in lrp.Preprocessing(0, 1e5).doubt()
