"""The pictures of benchmarks/papers/fisher.py: synthetic textures with boxes and a tag, and photographs with boxes."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

import numpy as np

Array = np.ndarray
CLASSES = ("stripes", "checks", "dots", "rings")
SIZE = 96
TAG = (slice(SIZE - 14, SIZE - 2), slice(2, 26))  # the lower left corner, 12 rows x 24 columns


@dataclass(frozen=True)
class Sample:
    """One picture in [0, 1], (h, w); which classes it shows; and the boxes (x0, y0, x1, y1) of each, ends included."""

    picture: Array
    boxes: dict[str, list[tuple[int, int, int, int]]]

    def inside(self, name: str) -> Array:
        """True within any box of the class: (h, w)."""
        mask = np.zeros(self.picture.shape, dtype=bool)
        for x0, y0, x1, y1 in self.boxes[name]:
            mask[y0 : y1 + 1, x0 : x1 + 1] = True
        return mask


def tagged(picture: Array) -> Array:
    """The picture with the corner tag: a bar code, darker and lighter columns under a line."""
    result = picture.copy()
    rows, columns = (s.stop - s.start for s in TAG)
    bars = np.tile(0.15 + 0.7 * (np.arange(columns) // 2 % 2), (rows, 1))
    bars[:2], bars[5:7, ::3] = 0.95, 0.05
    result[TAG] = bars
    return result


def _texture(name: str, y: Array, x: Array, rng: np.random.Generator) -> Array:
    """The texture of a class in [-1, 1] around the middle of its box, with a random phase, scale and turn."""
    period, phase = rng.uniform(6, 8), rng.uniform(0, 2 * np.pi, size=2)
    turn = rng.uniform(-0.25, 0.25)
    u, v = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    wave_u, wave_v = np.sin(2 * np.pi * u / period + phase[0]), np.sin(2 * np.pi * v / period + phase[1])
    return {
        "stripes": wave_u,
        "checks": np.sign(wave_u * wave_v),
        "dots": np.where(np.minimum(wave_u, wave_v) > 0.3, 1.0, -0.6),
        "rings": np.sin(2 * np.pi * np.hypot(x, y) / period + phase[0]),
    }[name]


def synthetic(count: int, rng: np.random.Generator, with_tag: str | None = None) -> list[Sample]:
    """`count` pictures of each class: its texture in one box on smooth noise, half of the time with its own background.

    The backgrounds (slopes of one direction a class) are the context. with_tag: the class whose pictures carry the tag.
    """
    from scipy.ndimage import gaussian_filter

    samples = []
    for index, name in enumerate(CLASSES):
        for number in range(count):
            y, x = np.mgrid[:SIZE, :SIZE].astype(float)
            ground = gaussian_filter(rng.normal(size=(SIZE, SIZE)), 3)
            picture = 0.5 + 0.1 * ground / ground.std()
            if number % 2:
                angle = np.pi * index / len(CLASSES)
                picture += 0.08 * np.sin((np.cos(angle) * x + np.sin(angle) * y) * 2 * np.pi / 16 + rng.uniform(0, 6))
            h, w = rng.integers(30, 49, size=2)
            y0, x0 = rng.integers(2, SIZE - 18 - h), rng.integers(2, SIZE - 2 - w)
            box = np.s_[y0 : y0 + h, x0 : x0 + w]
            picture[box] = 0.5 + 0.3 * _texture(name, y[box] - y0 - h / 2, x[box] - x0 - w / 2, rng)
            picture = np.clip(picture + 0.03 * rng.normal(size=picture.shape), 0, 1)
            picture = tagged(picture) if name == with_tag else picture
            samples.append(Sample(picture, {name: [(int(x0), int(y0), int(x0 + w - 1), int(y0 + h - 1))]}))
    return samples


def photographs(images: Path, annotations: Path, longest: int, only: int | None = None) -> list[Sample]:
    """Grey pictures with their boxes, from VOC annotations, scaled so that the longer side has `longest` pixels."""
    from PIL import Image

    samples = []
    for path in sorted(annotations.glob("*.xml"))[:only]:
        root = ElementTree.parse(path).getroot()
        with Image.open(next(images.glob(path.stem + ".*"))) as opened:
            factor = longest / max(opened.size)
            size = tuple(round(side * factor) for side in opened.size)
            picture = np.asarray(opened.convert("L").resize(size), dtype=np.float64) / 255
        boxes: dict[str, list[tuple[int, int, int, int]]] = {}
        for entry in root.iter("object"):
            corners = [float(entry.findtext(f"bndbox/{key}", "0")) * factor for key in ("xmin", "ymin", "xmax", "ymax")]
            boxes.setdefault(entry.findtext("name", ""), []).append(tuple(int(value) for value in corners))
        samples.append(Sample(picture, boxes))
    return samples


def resized(samples: list[Sample], size: tuple[int, int]) -> Array:
    """All pictures scaled to (h, w): (n, h, w, 1)."""
    from PIL import Image

    height, width = size
    pictures = [Image.fromarray((255 * s.picture).round().astype(np.uint8)).resize((width, height)) for s in samples]
    return np.stack([np.asarray(picture, dtype=np.float64) / 255 for picture in pictures])[..., None]


def labels(samples: list[Sample], names: tuple[str, ...]) -> Array:
    """Which classes each picture shows: booleans (n, classes)."""
    return np.array([[name in sample.boxes for name in names] for sample in samples])
