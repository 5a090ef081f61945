"""Draws ramp.png, an input for trying the model out: a dark ship-like hull on a blue ramp. No picture of any data set.

python models/cifar10-cnn/example.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image


def picture() -> np.ndarray:
    """(32, 32, 3) bytes."""
    rows, columns = np.mgrid[:32, :32]
    sky = np.stack([140 + 2 * rows, 180 + rows, 235 - 0 * rows], axis=-1)
    water = (rows >= 22)[..., None]
    pixels = np.where(water, np.array([30, 70, 120]), sky)
    hull = (rows >= 17) & (rows < 24) & (columns > 3 + (23 - rows) // -2 + 2) & (columns < 29 + (rows - 23) // 2)
    cabin = (rows >= 11) & (rows < 17) & (columns >= 12) & (columns < 22)
    pixels = np.where(hull[..., None], np.array([60, 20, 25]), pixels)
    pixels = np.where(cabin[..., None], np.array([235, 235, 230]), pixels)
    return pixels.clip(0, 255).astype(np.uint8)


if __name__ == "__main__":
    Image.fromarray(picture()).save(Path(__file__).with_name("ramp.png"))
