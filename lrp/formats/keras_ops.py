"""Operations on tensors in a functional model: arithmetic with constants, slices, functions called by name."""

from __future__ import annotations

from lrp.formats.keras_build import Translator

TABLE: dict[str, Translator] = {}
