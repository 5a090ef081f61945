"""How a picture becomes a network's input: the affine map, the customary constants by name, and what looks wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError, did_you_mean

ORDERS = ("gray", "rgb", "bgr")
LARGEST_SPAN = (
    300.0  # networks are fed with pixels as they are (255) or less; wider inputs come from mistaken constants
)


@dataclass(frozen=True)
class Preprocessing:
    """x = (pixel - mean) / scale, for pixels from 0 to 255, per channel in the network's own channel order.

    mean and scale: one number or one per channel. channels: "gray", "rgb" or "bgr".
    """

    mean: tuple[float, ...] = (0.0,)
    scale: tuple[float, ...] = (255.0,)
    channels: str = "rgb"

    def __post_init__(self) -> None:
        for name in ("mean", "scale"):
            object.__setattr__(self, name, tuple(float(v) for v in np.atleast_1d(getattr(self, name))))
        if self.channels not in ORDERS:
            raise SettingError(f"preprocessing: expected channels among {ORDERS}, got {self.channels!r}")
        counts = (1, 1 if self.channels == "gray" else 3)
        if len(self.mean) not in counts or len(self.scale) not in counts:
            raise SettingError(
                f"preprocessing: expected one mean and scale, or one for each of the channels ({self.channels}), got"
                f" {len(self.mean)} and {len(self.scale)}"
            )
        if 0.0 in self.scale:
            raise SettingError("preprocessing: expected a scale that is not 0, for pixels are divided by it")

    @classmethod
    def of_unit_pixels(cls, mean: Sequence[float], scale: Sequence[float], channels: str = "rgb") -> Preprocessing:
        """The same map from constants that are stated for pixels from 0 to 1, as torchvision states them.

        >>> Preprocessing.of_unit_pixels((0.5,), (0.5,)).mean
        (127.5,)
        """
        return cls(tuple(255 * m for m in mean), tuple(255 * s for s in scale), channels)

    def __call__(self, pixels: Array) -> Array:
        """(..., h, w, c) pixels from 0 to 255, gray or RGB, to the network's input in float64."""
        wanted = 1 if self.channels == "gray" else 3
        if pixels.shape[-1] != wanted:
            raise ShapeError(
                f"preprocessing: expected {wanted} channels ({self.channels}) on the last axis, got {pixels.shape}"
            )
        ordered = pixels[..., ::-1] if self.channels == "bgr" else pixels
        return (ordered.astype(np.float64) - np.array(self.mean)) / np.array(self.scale)

    def range(self) -> tuple[Array, Array]:
        """The network's input for pixels 0 and 255: the bounds that the z^B rule asks for, per channel."""
        ends = [(value - np.array(self.mean)) / np.array(self.scale) for value in (0.0, 255.0)]
        return np.minimum(*ends), np.maximum(*ends)

    def doubt(self) -> str:
        """A sentence where the constants can hardly be meant for pixels from 0 to 255; empty otherwise.

        >>> Preprocessing((0.485,), (0.229,)).doubt()[:63]
        'preprocessing: black and white become -2.12 and 1.11e+03; were '
        """
        low, high = self.range()
        if (high - low).max() > LARGEST_SPAN:
            return (
                f"preprocessing: black and white become {low.min():.3g} and {high.max():.3g}; were mean and scale"
                " stated for pixels from 0 to 1? then say so with --pixels 0..1 (Preprocessing.of_unit_pixels)"
            )
        if (high - low).max() < 0.05:
            return (
                f"preprocessing: black and white become {low.min():.3g} and {high.max():.3g}, nearly the same; is the"
                " scale stated twice?"
            )
        return ""


IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # RGB, of pixels from 0 to 1
CAFFE_MEAN = (103.939, 116.779, 123.68)  # BGR, of pixels from 0 to 255


def named_preprocessing(name: str, channels: str = "rgb") -> Preprocessing:
    """The customary constants of a name.

    Parameters
    ----------
    name : "imagenet-torch", "imagenet-caffe", "0..1", "-1..1" or "none"
        "imagenet-torch": torchvision's classification models, RGB. "imagenet-caffe": the mean of VGG-16 and of Keras'
        "caffe" mode, BGR. "0..1" and "-1..1": what black and white become. "none": pixels from 0 to 255 as they are.
    channels : "gray", "rgb" or "bgr"
        The order of the network's channels, for the last three names.

    Raises
    ------
    SettingError
        For another name, and for the ImageNet constants with gray channels.

    Examples
    --------
    >>> named_preprocessing("-1..1", "gray").range()
    (array([-1.]), array([1.]))
    """
    if name not in NAMED:
        raise SettingError(
            f"preprocessing: expected one of {', '.join(NAMED)}, got {name!r}{did_you_mean(name, NAMED)}"
        )
    made = NAMED[name]
    if len(made.mean) == 1:
        return Preprocessing(made.mean, made.scale, channels)
    if channels == "gray":
        raise SettingError(f"preprocessing: {name} has three channels, the network has one; use 0..1, -1..1 or none")
    return made


NAMED = {
    "imagenet-torch": Preprocessing.of_unit_pixels(IMAGENET_MEAN, IMAGENET_DEVIATION),
    "imagenet-caffe": Preprocessing(CAFFE_MEAN, (1.0,), "bgr"),
    "0..1": Preprocessing((0.0,), (255.0,)),
    "-1..1": Preprocessing((127.5,), (127.5,)),
    "none": Preprocessing((0.0,), (1.0,)),
}
