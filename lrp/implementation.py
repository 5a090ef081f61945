"""Which of two implementations of one contract runs: the reference, which reads like the paper, or the fast one.

LRP_REFERENCE=1 in the environment runs everything on the reference implementations alone. They are tested equal.
"""

from __future__ import annotations

import os


def use_reference() -> bool:
    """Whether the reference implementations are chosen: LRP_REFERENCE is set, and neither empty nor 0.

    >>> use_reference()
    False
    """
    return os.environ.get("LRP_REFERENCE", "0") not in ("", "0")
