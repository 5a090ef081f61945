"""What the page is answered, without HTTP."""

import numpy as np
import pytest

import lrp.models
from lrp.errors import InputError, LrpError
from lrp.play import Answers


@pytest.fixture(scope="module")
def answers():
    return Answers(lrp.models.load("mnist-lenet"), "mnist-lenet")


def test_the_model_is_described(answers):
    model = answers.model
    assert (model["kind"], model["height"], model["width"], model["channels"]) == ("picture", 28, 28, 1)
    assert model["classes"] == list("0123456789") and model["nodes"] == ["conv1", "conv2", "dense1", "dense2"]
    assert model["presets"]["epsilon-gamma-box"]["conv1"] == "z_box:0,1"


def test_a_picture_becomes_pixels_and_an_explanation(answers):
    path = lrp.models.example("mnist-lenet", "three.png")
    pixels = answers.picture(path.read_bytes(), "three.png")["pixels"]
    rules = answers.model["presets"]["epsilon-gamma-box"]
    found = answers.explain({"pixels": pixels, "target": 8, "rules": rules})
    network = answers.network
    x = np.array(pixels).reshape(1, 28, 28, 1) / 255
    wanted = network.explain(x, target=8, composite="epsilon-gamma-box")
    assert found["logits"][0][0] == 3 and found["target"] == 8
    assert np.allclose(found["heatmap"], wanted.relevance[0, ..., 0])
    total = dict(zip(("received", "passed", "bias", "stabilizer", "dropped"), found["ledger"][-1][2:]))
    assert total["received"] == pytest.approx(sum(v for k, v in total.items() if k != "received"))
    names = [layer["name"] for layer in found["layers"]]
    assert names[0] == "dense2" and names[-1] == "input" and len(names) == len(network.nodes)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"pixels": [0] * 783, "rules": {}}, "expected 784 numbers from 0 to 255, got 783"),
        ({"pixels": [256.0] * 784, "rules": {}}, "from 0 to 255"),
        ({"pixels": [0] * 784}, "expected a rule for each node"),
        ({"pixels": [0] * 784, "rules": {"conv1": "epsilon"}}, "conv2: the composite"),
        ({"pixels": [0] * 784, "rules": {"conv1": "no such rule"}}, "rule"),
        ({"pixels": [0] * 784, "rules": {}, "target": "3"}, "target: expected the number of an output"),
    ],
)
def test_what_does_not_fit_is_one_sentence(answers, question, sentence):
    with pytest.raises(LrpError, match=sentence):
        answers.explain(question)


def test_a_wrong_file_is_named_as_the_user_knows_it(answers):
    with pytest.raises(LrpError, match="^holiday.png") as error:
        answers.picture(b"no picture", "holiday.png")
    assert "/" not in str(error.value).split(":")[0]


def test_a_text_is_marked():
    answers = Answers(lrp.models.load("newsgroups-lstm"))
    assert answers.model["kind"] == "text"
    found = answers.explain({"text": "My car has a new engine", "target": None})
    words = {word: value for word, value, known in found["words"] if known}
    assert answers.model["classes"][found["target"]] == "rec.autos" and words["car"] == max(words.values())
    with pytest.raises(InputError, match="at most 20000 characters"):
        answers.explain({"text": "x" * 20_001})


def test_other_networks_are_refused():
    network = lrp.Network.sequential([lrp.layers.Dense(np.ones((3, 2)))], (3,))
    with pytest.raises(InputError, match="lrp convert --mean"):
        Answers(network)
