"""The answers as text, for a page that runs Python itself (Pyodide) and has no server to ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lrp.errors import LrpError
from lrp.play.answers import Answers


class InPage:
    """JSON texts for the page's script; an error is {"error": sentence}.

    Parameters
    ----------
    answers : Answers
        What computes the answers.

    Examples
    --------
    >>> import lrp.models
    >>> page = InPage(Answers(lrp.models.load("mnist-mlp"), "mnist-mlp"))
    >>> page.explain("[]")
    '{"error": "question: expected a JSON object"}'
    """

    def __init__(self, answers: Answers) -> None:
        self._answers = answers

    def model(self) -> str:
        """What the page has to know before the first question."""
        return json.dumps(self._answers.model)

    def explain(self, question: str) -> str:
        """The answer to a question, a JSON object as `Answers.explain` takes it."""
        return _text(lambda: self._answers.explain(parse_question(question)))

    def picture(self, content: bytes, name: str) -> str:
        """The pixels of a picture file."""
        return _text(lambda: self._answers.picture(bytes(content), name))


def parse_question(text: str | bytes) -> dict[str, Any]:
    """The JSON object in a text; LrpError for anything else."""
    try:
        question = json.loads(text)
    except (ValueError, RecursionError):
        question = None
    if not isinstance(question, dict):
        raise LrpError("question: expected a JSON object")
    return question


def _text(compute: Callable[[], dict[str, Any]]) -> str:
    try:
        return json.dumps(compute())
    except LrpError as error:
        return json.dumps({"error": str(error)})
