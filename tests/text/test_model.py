"""A text model: a network, and what it takes to feed it a raw text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.errors import InputError, ShapeError
from lrp.graph import Network, Node
from lrp.layers import Dense, Embedding, Input
from lrp.text import TextModel, Tokenizer, Vocabulary, explain

LETTER = "The doctor of the EYE, and <pain>!"


def test_a_model_file_is_complete(model: TextModel, tmp_path: Path) -> None:
    lrp.save(model.described, tmp_path / "model.h5")
    loaded = TextModel.of(lrp.load(tmp_path / "model.h5"))
    assert (loaded.tokenizer, loaded.vocabulary, loaded.classes) == (model.tokenizer, model.vocabulary, model.classes)
    assert loaded.network.metadata.extra["licence"] == "none"
    document = loaded.read(LETTER)
    assert loaded.encode(document).tolist() == [7, 4, 8, 7, 2, 1, 3]
    assert (loaded.logits([loaded.encode(document)]) == model.logits([model.encode(document)])).all()


def test_a_network_that_reads_no_text(model: TextModel) -> None:
    with pytest.raises(InputError, match="the file holds no vocabulary, so that a text cannot become its input"):
        TextModel.of(model.network)


def test_the_network_must_take_words_and_have_a_vector_for_each(model: TextModel) -> None:
    dense = Network.sequential([Dense(np.ones((2, 3)))], input_shape=(2,))
    with pytest.raises(InputError, match="one input and one Embedding behind it is expected, got inputs input and 0"):
        TextModel(dense, Tokenizer(), model.vocabulary)
    late = Network([
        Node("words", Input((None,), tokens=True)), Node("a", Embedding(np.ones((3, 2))), ("words",)),
        Node("b", Embedding(np.ones((3, 2))), ("words",)),
    ])  # fmt: skip
    with pytest.raises(InputError, match="got inputs words and 2 Embedding layers"):
        TextModel(late, Tokenizer(), model.vocabulary)
    with pytest.raises(ShapeError, match="2 words and 2 numbers without a word need an embedding of 4 rows, got 9"):
        TextModel(model.network, Tokenizer(), Vocabulary(("a", "b")))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "letter: the text is empty; at least one word is expected."),
        (" \n\t", "letter: the text is empty; at least one word is expected."),
        ("?! ...", "letter: no word was found in its 6 characters."),
        ("From: me\n\n", "letter: no word was found in its 10 characters."),
        ("foo bar", "letter: none of its first 2 words is among the 7 that the model knows, "
                    "so that there is nothing to explain."),
    ],
)  # fmt: skip
def test_a_text_without_a_known_word_cannot_be_explained(model: TextModel, text: str, message: str) -> None:
    with pytest.raises(InputError) as error:
        explain(model, model.read(text, "letter"))
    assert str(error.value) == message


def test_a_file_is_named_in_what_is_said_of_it(model: TextModel, tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("caf\u00e9 pain", encoding="latin-1")
    with pytest.raises(InputError, match="letter.txt: not utf-8 text"):
        model.read_file(path)
    assert model.read_file(path, "latin-1").words == ("caf\u00e9", "pain")
    assert model.read_file(path, "latin-1").name == str(path)


def test_a_text_shorter_than_the_filter(build: Callable[..., TextModel]) -> None:
    for masked in (True, False):
        model = build(masked=masked, width=3)
        found = explain(model, model.read("pain"), "sci.med")
        assert found.relevance.shape == (1,)
        assert found.ledger is not None
        found.ledger.check()


def test_a_million_words_are_read_up_to_the_limit(model: TextModel) -> None:
    document = model.read("pain eye " * 500_000)
    found = explain(model, document)
    assert len(document) == 1_000_000
    assert found.relevance.shape == (9,)


def test_an_empty_text_has_a_class_all_the_same(model: TextModel) -> None:
    assert model.classify([np.array([], dtype=np.int64)]).shape == (1,)
    with pytest.raises(InputError, match="text model: at least one text is expected, got none"):
        model.logits([])
