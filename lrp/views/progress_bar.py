"""A progress bar over the nodes of a network, where the work is long and someone is watching."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator

from lrp.errors import MissingExtraError
from lrp.pictures import require

DELAY = 1.0  # seconds of work before the bar appears


@contextlib.contextmanager
def progress(total: int, label: str) -> Iterator[Callable[[str], None]]:
    """Yields a function to be called with the name of each step before it begins.

    The bar is drawn on standard error if that is a terminal and tqdm is installed; otherwise nothing is.
    """
    try:
        tqdm = require("tqdm", "tqdm").tqdm
    except MissingExtraError:  # a bar is a comfort: the work is done without it
        yield lambda name: None
        return
    with tqdm(total=total, desc=label, file=sys.stderr, disable=None, delay=DELAY, mininterval=0, leave=False) as bar:

        def step(name: str) -> None:
            bar.set_postfix_str(name, refresh=False)
            bar.update()

        yield step
