"""Optional libraries: imported when they are needed, with a sentence that names the extra where they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from lrp.errors import MissingExtraError


def require(module: str, library: str) -> Any:
    """The module; MissingExtraError where its library is not installed."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise MissingExtraError(
            f"{library}: needed for pictures, and not installed; install it with the extra 'views': pip install"
            " 'lrp[views]'"
        ) from None
