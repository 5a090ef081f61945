"""Writing a file whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets

from lrp.errors import SaveError


def check_target(path: str | os.PathLike[str]) -> None:
    """Raise SaveError if a file of that name cannot be written, before any work is done for it."""
    target = os.fspath(path)
    folder = os.path.dirname(target) or "."
    if os.path.isdir(target):
        raise SaveError(f"{target}: expected the name of a file to write, got a folder")
    if not os.path.isdir(folder):
        raise SaveError(f"{target}: expected a name in a folder that exists, got the folder {folder!r}; make it first")
    if not os.access(folder, os.W_OK):
        raise SaveError(f"{target}: expected a folder that can be written, got {folder!r}; choose another")


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write the data to a file beside the target and rename it: an error leaves what was there before."""
    target = os.fspath(path)
    partial = f"{target}.{secrets.token_hex(4)}.part"
    try:
        with open(partial, "xb") as file:
            file.write(data)
        os.replace(partial, target)
    except OSError as error:
        raise SaveError(f"{target}: cannot be written ({error.strerror}); choose another place") from None
    finally:
        with contextlib.suppress(OSError):  # it is gone after a success
            os.remove(partial)
