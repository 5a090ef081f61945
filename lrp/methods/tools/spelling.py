"""The nearest known name for a misspelt one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def suggestion(word: object, known: Iterable[str]) -> str:
    """The end of an error's sentence: the known name that is most like the word, or nothing.

    >>> suggestion("gradcam", ["gradient", "grad_cam"])
    "; did you mean 'grad_cam'?"
    >>> suggestion("lime", ["gradient", "grad_cam"])
    ''
    """
    near = get_close_matches(str(word), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
