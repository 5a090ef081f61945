"""Draws the example inputs of the models: digits as strokes of a round pen, 28x28, white on black.

    python models/strokes.py FOLDER      writes three.png, seven.png ... into the folder

A digit is a few curves through points that a person set down on a sheet of 100 x 140; the pen's ink is a disc that is
dark inside and fades over one pixel. As in MNIST, the drawing fills 20x20 pixels and its centre of mass is the middle.
The pictures are ours: no picture of any data set has gone into them.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lrp.pictures import png

Points = list[tuple[float, float]]

# x to the right, y downwards; each stroke is one movement of the pen
STROKES: dict[str, list[Points]] = {
    "zero": [[(52, 6), (24, 24), (10, 66), (22, 114), (52, 132), (82, 108), (90, 62), (76, 20), (48, 6)]],
    "one": [[(38, 26), (58, 6)], [(58, 6), (55, 50), (50, 92), (46, 132)]],
    "two": [[(14, 36), (28, 12), (54, 4), (80, 20), (80, 50), (56, 84), (14, 126)], [(14, 126), (50, 122), (92, 130)]],
    "three": [[(16, 18), (46, 4), (78, 18), (72, 46), (44, 62)], [(44, 62), (78, 72), (86, 102), (60, 128), (14, 122)]],
    "four": [[(30, 6), (22, 40), (14, 76)], [(14, 76), (50, 74), (92, 70)], [(74, 8), (68, 70), (64, 134)]],
    "five": [[(84, 8), (56, 10), (28, 12)], [(28, 12), (24, 54)], [(24, 54), (60, 54), (84, 86), (64, 124), (14, 126)]],
    "six": [[(70, 6), (34, 40), (16, 88), (30, 126), (62, 130), (82, 104), (66, 78), (38, 82), (20, 104)]],
    "seven": [[(10, 16), (48, 12), (88, 8)], [(88, 8), (68, 50), (50, 92), (40, 134)]],
    "eight": [[(76, 20), (46, 6), (22, 26), (40, 58), (72, 86), (76, 118), (46, 132), (20, 112), (34, 78), (70, 50),
               (82, 28), (74, 16)]],
    "nine": [[(80, 36), (56, 10), (24, 24), (20, 54), (48, 66), (76, 46), (82, 26)], [(82, 26), (76, 80), (66, 132)]],
}  # fmt: skip
SIDE, BOX = 28, 20
RADIUS = 1.1  # of the pen, in pixels


def curve(points: Points, steps: int = 40) -> NDArray[np.float64]:
    """Points (m, 2) on the Catmull-Rom curve through the given ones.

    p(t) = (2 p1 + (p2 - p0) t + (2 p0 - 5 p1 + 4 p2 - p3) t^2 + (3 p1 - p0 - 3 p2 + p3) t^3) / 2
    """
    p = np.array([points[0], *points, points[-1]], dtype=np.float64)
    t = np.linspace(0, 1, steps)[:, np.newaxis]
    pieces = []
    for p0, p1, p2, p3 in zip(p, p[1:], p[2:], p[3:]):
        cubic = (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3
        pieces.append(p1 + cubic / 2)
    return np.concatenate(pieces)


def draw(name: str) -> NDArray[np.uint8]:
    """The digit as a picture (28, 28), 0 = no ink."""
    path = np.concatenate([curve(points) for points in STROKES[name]])
    path = (path - path.min(0)) * ((BOX - 2 * RADIUS) / np.ptp(path, axis=0).max())
    ink = _ink(path + (SIDE - np.ptp(path, axis=0)) / 2)
    rows, columns = np.indices(ink.shape) + 0.5
    mass = np.array([(columns * ink).sum(), (rows * ink).sum()]) / ink.sum()
    centred = path + (SIDE - np.ptp(path, axis=0)) / 2 + SIDE / 2 - mass
    return np.round(255 * _ink(centred)).astype(np.uint8)


def _ink(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """How dark each pixel is: 1 within the pen's radius of the path, falling to 0 over one pixel."""
    rows, columns = np.indices((SIDE, SIDE)) + 0.5
    distance = np.hypot(columns[..., np.newaxis] - path[:, 0], rows[..., np.newaxis] - path[:, 1]).min(-1)
    return np.clip(RADIUS + 0.5 - distance, 0, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description="Draw the ten digits as strokes into a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--digits", nargs="*", choices=STROKES, default=list(STROKES), help="which (default: all)")
    arguments = parser.parse_args()
    for name in arguments.digits:
        (arguments.folder / f"{name}.png").write_bytes(png(draw(name)))


if __name__ == "__main__":
    main()
