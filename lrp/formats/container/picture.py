"""Pictures (extra `Pillow`) of the KINDS below, decoded to 8-bit gray or RGB, upright as their EXIF data says.

Of several frames or pages the first is read. 16 bits become 8 by rounding pixel / 257; CMYK becomes RGB by Pillow's
formula, without a colour profile; an alpha channel must be opaque.
"""

import importlib
import io
import re
from typing import Any, BinaryIO

import numpy as np

from lrp.errors import LoadError
from lrp.formats.container.reader import Array, quoted

PICTURE_BYTES = 64 << 20
PICTURE_PIXELS = 40_000_000
KINDS = ("PNG", "JPEG", "BMP", "GIF", "PPM", "TIFF", "WEBP")
LATE = ("ImageOps", "TiffImagePlugin", "WebPImagePlugin", "MpoImagePlugin")  # what Pillow imports when it needs them
DEEP = ("I", "I;16", "I;16B", "I;16L")  # Pillow's names of 16-bit gray


def prepare() -> None:
    """Import Pillow and its decoders, before the child may open no further file."""
    pillow = importlib.import_module("PIL.Image")
    pillow.preinit()
    for name in LATE:
        importlib.import_module(f"PIL.{name}")


def parse_picture(
    stream: BinaryIO, name: str, mode: str | None = None, size: tuple[int | None, int | None] = (None, None)
) -> Array:
    """The pixels of a picture, uint8 of shape (h, w, 1) or (h, w, 3).

    Parameters
    ----------
    stream : binary stream
    name : str
        What errors call the file.
    mode : "L", "RGB" or None
        Convert to this mode and resize to `size` (bilinear); None keeps the picture as it is.
    size : (height, width)
        None keeps the picture's own length.
    """
    pillow = importlib.import_module("PIL.Image")
    length = stream.seek(0, io.SEEK_END)
    if length > PICTURE_BYTES:
        raise LoadError(f"{name} has {length} bytes; the limit of a picture is {PICTURE_BYTES}")
    stream.seek(0)
    try:
        # of a stream with a file number libtiff would open a copy, which the limit of open files forbids
        with pillow.open(io.BytesIO(stream.read()), formats=KINDS) as opened:
            if opened.width * opened.height > PICTURE_PIXELS:
                raise LoadError(
                    f"{name}: expected at most {PICTURE_PIXELS} pixels, got {opened.width} x {opened.height}; resize it"
                )
            opened.load()
            image = _plain(importlib.import_module("PIL.ImageOps").exif_transpose(opened), name)
    except (LoadError, MemoryError):
        raise
    except Exception as error:  # Pillow raises OSError, ValueError, SyntaxError, struct.error ... over damaged files
        shown = quoted(re.sub(r" *<[^>]*>", "", str(error))[:100])  # without the addresses of objects
        raise LoadError(f"{name}: expected a picture that can be read, got a damaged or other file ({shown})") from None
    if mode is not None:
        image = image.convert(mode)
        height, width = (wanted or own for wanted, own in zip(size, (image.height, image.width)))
        image = image.resize((width, height), pillow.Resampling.BILINEAR)
    return np.asarray(image).reshape(image.height, image.width, len(image.getbands()))


def _plain(image: Any, name: str) -> Any:
    """The picture as 8-bit gray or RGB: palettes and bits are looked up, an opaque alpha channel is left out."""
    if "A" in image.getbands() or "transparency" in image.info:
        image = image.convert("RGBA" if image.mode not in ("LA", "La") else "LA")
        if image.getchannel("A").getextrema()[0] < 255:
            raise LoadError(
                f"{name}: expected a picture without transparency, got one; flatten it onto a background first"
            )
        return image.convert("L" if image.mode == "LA" else "RGB")
    if image.mode in ("1", "L"):
        return image.convert("L")
    if image.mode in ("P", "RGB", "CMYK", "YCbCr"):
        return image.convert("RGB")
    if image.mode in DEEP:
        pixels = np.asarray(image, dtype=np.int64)
        if pixels.min() < 0 or pixels.max() > 65535:
            raise LoadError(f"{name}: expected gray values from 0 to 65535, got {pixels.min()} to {pixels.max()}")
        return importlib.import_module("PIL.Image").fromarray(np.rint(pixels / 257).astype(np.uint8))
    raise LoadError(f"{name}: expected gray, RGB or CMYK, got Pillow's mode {quoted(image.mode)}; convert it first")
