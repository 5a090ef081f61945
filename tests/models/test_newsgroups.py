"""The newsgroup networks as PyTorch trains them and as the package computes them: the same outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import pytest

import lrp
from lrp.text import ARRAS, TextModel, Tokenizer, Vocabulary, padded, relevances

torch = pytest.importorskip("torch")

WORDS, CLASSES = 11, 3
NAMES = ["newsgroups-cnn", "newsgroups-lstm"]
TEXTS = [np.array(text) for text in ([2, 5, 1, 8, 3, 4, 4, 12], [6], [7, 1, 2, 11, 9])]


@pytest.fixture(params=NAMES)
def pair(request: pytest.FixtureRequest, script: Callable[[str], ModuleType]) -> tuple[torch.nn.Module, TextModel]:
    """PyTorch's network with random weights, and its conversion."""
    module = script(f"{request.param}/train.py")
    torch.manual_seed(3)
    network = module.build(WORDS, CLASSES).double().eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.3)
        network.vectors.table.weight[:2] = 0
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    metadata = lrp.Metadata(classes=("a", "b", "c"))
    converted = lrp.Network(module.convert(weights), metadata=metadata)
    return network, TextModel(converted, Tokenizer(), Vocabulary(tuple("abcdefghijk")))


def test_outputs(pair: tuple[torch.nn.Module, TextModel]) -> None:
    network, model = pair
    with torch.no_grad():
        expected = network(torch.from_numpy(padded(TEXTS))).numpy()
    assert model.logits(TEXTS) == pytest.approx(expected, abs=1e-12)


def test_gradients(pair: tuple[torch.nn.Module, TextModel]) -> None:
    network, model = pair
    kept = {}

    def keep(module: torch.nn.Module, inputs: tuple[torch.Tensor], output: torch.Tensor) -> None:
        output.retain_grad()
        kept["vectors"] = output

    network.vectors.register_forward_hook(keep)
    network(torch.from_numpy(padded(TEXTS)))[:, 1].sum().backward()
    gradient = kept["vectors"].grad.numpy()
    for one in relevances(model, TEXTS, 1, method="squared_gradient"):
        assert one.elements == pytest.approx(gradient[one.index, : len(TEXTS[one.index])] ** 2, abs=1e-12)


def test_the_ledger_closes_and_company_changes_nothing(pair: tuple[torch.nn.Module, TextModel]) -> None:
    _, model = pair
    for one in relevances(model, TEXTS, 2, composite=ARRAS):
        assert one.ledger is not None
        one.ledger.check()
        (alone,) = relevances(model, [TEXTS[one.index]], 2, composite=ARRAS)
        assert one.relevance == pytest.approx(alone.relevance, abs=1e-10)


def test_word_vectors_of_another_model(
    pair: tuple[torch.nn.Module, TextModel], script: Callable[[str], ModuleType]
) -> None:
    network, model = pair
    training = script("newsgroups_training.py")
    other = training.WordVectors(WORDS, 100)
    holder = torch.nn.Module()
    holder.vectors = other
    training.begin_with(holder, model, model.vocabulary)
    assert torch.equal(other.table.weight.double(), network.vectors.table.weight.float().double())
    with pytest.raises(SystemExit, match="knows other words"):
        training.begin_with(holder, model, Vocabulary(("z",)))


@pytest.mark.slow
def test_training_fits_a_handful_of_texts(script: Callable[[str], ModuleType]) -> None:
    module = script("newsgroups-cnn/train.py")
    training = script("newsgroups_training.py")
    torch.manual_seed(0)
    network = module.build(WORDS, CLASSES)
    training.train(network, TEXTS * 20, np.array([0, 1, 2] * 20), epochs=8)
    with torch.no_grad():
        assert network(torch.from_numpy(padded(TEXTS))).argmax(1).tolist() == [0, 1, 2]
    assert not network.vectors(torch.tensor([[0, 1]])).any()
