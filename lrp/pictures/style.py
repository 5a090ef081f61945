"""How figures look: colours, scale, fonts. A value, which `lrp explain --style` reads as text."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import Any

from lrp.errors import InputError, did_you_mean
from lrp.pictures.colours import COLOUR_MAPS


class Scale(Enum):
    """Which panels have one colour scale, so that equal colours mean equal relevance."""

    PANEL = "panel"
    ROW = "row"  # the panels of one sample
    FIGURE = "figure"


@dataclass(frozen=True)
class Style:
    """The look of a figure.

    Parameters
    ----------
    colours : one of `COLOUR_MAPS`
        Positive to negative relevance; 0 is white in all of them.
    scale : Scale
        Which panels share the strongest colour.
    percentile : float
        The strongest colour is this percentile of |R|, from 0 to 100; the number of entries beyond it is written below
        the panel.
    font : float
        Points of a title.
    overlay : float
        From 0 to 1: how strongly the colours cover the input in grey; 0 shows relevance alone.
    contours : int
        The number of contour lines on each side of 0.

    Examples
    --------
    >>> Style.parse("projector,percentile=99").font
    16.0
    """

    colours: str = "red-blue"
    scale: Scale = Scale.ROW
    percentile: float = 100.0
    font: float = 9.0
    overlay: float = 0.0
    contours: int = 0

    def __post_init__(self) -> None:
        if self.colours not in COLOUR_MAPS:
            raise InputError(f"style: expected colours among {', '.join(COLOUR_MAPS)}, got {self.colours!r}")
        bounds = {"percentile": (0, 100), "font": (1, 100), "overlay": (0, 1), "contours": (0, 20)}
        for name, (low, high) in bounds.items():
            if not low <= getattr(self, name) <= high:
                raise InputError(f"style: expected {name} from {low} to {high}, got {getattr(self, name)}")

    @classmethod
    def parse(cls, text: str) -> Style:
        """The style of a text such as "projector,colours=purple-orange,scale=panel"; InputError for anything else."""
        style = cls()
        for part in filter(None, (piece.strip() for piece in text.split(","))):
            name, equals, value = part.partition("=")
            if not equals and name in NAMED_STYLES:
                style = replace(style, **NAMED_STYLES[name])
                continue
            if not equals or name not in READ:
                known = [*NAMED_STYLES, *(f"{key}=" for key in READ)]
                raise InputError(f"style: expected {', '.join(known)}, got {part!r}{did_you_mean(name, known)}")
            try:
                read = READ[name](value)
            except ValueError:
                raise InputError(
                    f"style: expected another value of {name}, got {value!r}; such as {DEFAULTS[name]}"
                ) from None
            style = replace(style, **{name: read})
        return style


NAMED_STYLES: dict[str, dict[str, Any]] = {"paper": {}, "projector": {"font": 16.0}}
READ = {"colours": str, "scale": Scale, "percentile": float, "font": float, "overlay": float, "contours": int}
DEFAULTS = {f.name: getattr(f.default, "value", f.default) for f in fields(Style)}
