"""Windows that slide over the spatial axes of channels-last arrays: for convolution and pooling."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from lrp import arrays
from lrp.arrays import Array
from lrp.errors import SettingError, ShapeError

Pairs = tuple[tuple[int, int], ...]
Padding = str | Pairs


def per_axis(value: Any, axes: int, subject: str, least: int = 1) -> tuple[int, ...]:
    """One integer for each of `axes` spatial axes; a single number is used for all of them."""
    values = tuple(value) if isinstance(value, (tuple, list, np.ndarray)) else (value,) * axes
    if len(values) != axes or not all(isinstance(v, (int, np.integer)) and not isinstance(v, bool) for v in values):
        raise SettingError(f"{subject}: expected {axes} integers, one for each spatial axis, got {value!r}")
    if min(values) < least:
        raise SettingError(f"{subject}: expected numbers of at least {least}, got {value!r}")
    return tuple(int(v) for v in values)


def check_padding(padding: Any, axes: int, subject: str) -> Padding:
    """ "valid", "same", or (before, after) for each spatial axis; an integer is used for before and after."""
    if isinstance(padding, str):
        if padding not in ("valid", "same"):
            raise SettingError(f"{subject}: expected 'valid', 'same' or numbers, got {padding!r}")
        return padding
    values = tuple(padding) if isinstance(padding, (tuple, list, np.ndarray)) else (padding,) * axes
    pairs = tuple(tuple(v) if isinstance(v, (tuple, list, np.ndarray)) else (v, v) for v in values)
    if len(pairs) != axes or any(len(pair) != 2 for pair in pairs):
        raise SettingError(f"{subject}: expected (before, after) for each of {axes} spatial axes, got {padding!r}")
    return tuple((a, b) for a, b in (per_axis(pair, 2, subject, least=0) for pair in pairs))


@dataclass(frozen=True)
class Windows:
    """The geometry of windows on D spatial axes of an array (n, *spatial, c).

    "same" pads so that the output has ceil(length / stride) entries; of an odd number of zeros the last is after, as in
    TensorFlow. ceil: the last window may exceed the padded end, if it starts inside the input or the padding before it.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Padding = "valid"
    dilation: tuple[int, ...] | None = None
    ceil: bool = False

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        """Computed once: the geometry of windows takes more time than the arithmetic of small networks."""
        return hash((self.size, self.stride, self.padding, self.dilation, self.ceil))

    @property
    def steps(self) -> tuple[int, ...]:
        """The distance of two taps on each axis."""
        return self.dilation or (1,) * len(self.size)

    def extents(self) -> tuple[int, ...]:
        """The length that a window covers on each axis."""
        return tuple((k - 1) * d + 1 for k, d in zip(self.size, self.steps, strict=True))

    def pads(self, spatial: tuple[int, ...]) -> Pairs:
        """(before, after) zeros on each axis, as stated: without what ceil mode adds."""
        if self.padding == "valid":
            return ((0, 0),) * len(spatial)
        if not isinstance(self.padding, str):
            return self.padding
        pairs = []
        for length, extent, stride in zip(spatial, self.extents(), self.stride, strict=True):
            missing = max((-(-length // stride) - 1) * stride + extent - length, 0)
            pairs.append((missing // 2, missing - missing // 2))
        return tuple(pairs)

    @lru_cache(maxsize=256)
    def output(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """The number of windows on each axis."""
        counts = []
        rows = zip(spatial, self.pads(spatial), self.extents(), self.stride, strict=True)
        for length, (before, after), extent, stride in rows:
            room = length + before + after - extent
            count = (-(-room // stride) if self.ceil else room // stride) + 1
            if self.ceil and (count - 1) * stride >= length + before:
                count -= 1
            counts.append(count)
        return tuple(counts)

    def output_shape(self, spatial: tuple[int | None, ...], subject: str) -> tuple[int | None, ...]:
        """output() for lengths that may be free (None); ShapeError where a window does not fit."""
        result: list[int | None] = []
        for axis, length in enumerate(spatial):
            if length is None:
                result.append(None)
                continue
            one = self._axis(axis)
            (count,) = one.output((length,))
            if count < 1:
                raise ShapeError(
                    f"{subject}: a window of {one.extents()[0]} does not fit into length {length} with padding "
                    f"{one.pads((length,))[0]}; use a larger picture or more padding"
                )
            result.append(count)
        return tuple(result)

    def _axis(self, axis: int) -> Windows:
        padding = self.padding if isinstance(self.padding, str) else (self.padding[axis],)
        return Windows((self.size[axis],), (self.stride[axis],), padding, (self.steps[axis],), self.ceil)

    @lru_cache(maxsize=256)
    def reach(self, spatial: tuple[int, ...]) -> Pairs:
        """pads(), with more after the end if ceil mode or the last window needs it."""
        rows = zip(spatial, self.pads(spatial), self.output(spatial), self.extents(), self.stride, strict=True)
        return tuple(
            (before, max(after, (count - 1) * stride + extent - length - before))
            for length, (before, after), count, extent, stride in rows
        )

    @lru_cache(maxsize=256)
    def padded_spatial(self, spatial: tuple[int, ...]) -> tuple[int, ...]:
        """The spatial lengths with their padding."""
        return tuple(n + before + after for n, (before, after) in zip(spatial, self.reach(spatial), strict=True))

    @lru_cache(maxsize=256)
    def are_points(self, spatial: tuple[int, ...]) -> bool:
        """Whether each window is one entry, in order, and there are no others: a dense layer at every position."""
        return set(self.size) == set(self.stride) == {1} and self.padded_spatial(spatial) == spatial

    def padded(self, x: Array, fill: Any = 0) -> Array:
        """x with its padding: (n, *spatial, c) -> (n, *(spatial + reach), c)."""
        spatial = x.shape[1:-1]
        if self.padded_spatial(spatial) == spatial:
            return x
        result = self.empty(x)
        if fill:
            result.fill(arrays.scalar(fill, x))
        self.cropped(result, spatial)[...] = x
        return result

    def cropped(self, padded: Array, spatial: tuple[int, ...]) -> Array:
        """The inverse of padded(): what lies in the padding is cut off."""
        reach = self.reach(spatial)
        inner = tuple(slice(before, before + length) for length, (before, _) in zip(spatial, reach, strict=True))
        return padded[(slice(None), *inner)]

    @lru_cache(maxsize=256)
    def slices(self, spatial: tuple[int, ...]) -> tuple[tuple[slice, ...], ...]:
        """For each axis, and each kernel offset on it, the slice that picks its entry of every window."""
        rows = zip(self.size, self.steps, self.stride, self.output(spatial), strict=True)
        return tuple(
            tuple(slice(o * d, o * d + stride * (count - 1) + 1, stride) for o in range(length))
            for length, d, stride, count in rows
        )

    @lru_cache(maxsize=256)
    def taps(self, spatial: tuple[int, ...]) -> tuple[tuple[tuple[int, ...], tuple[slice, ...]], ...]:
        """Each kernel offset, with the slices that pick its entry of every window from a padded array."""
        inner = product(*self.slices(spatial))
        return tuple((offset, (slice(None), *tap)) for offset, tap in zip(np.ndindex(*self.size), inner, strict=True))

    def view(self, padded: Array, spatial: tuple[int, ...]) -> Array:
        """What each kernel offset finds in every window, without a copy: (*size, n, *windows, c)."""
        first, *steps, last = padded.strides
        within = (step * d for step, d in zip(steps, self.steps, strict=True))
        outer = (step * stride for step, stride in zip(steps, self.stride, strict=True))
        shape = (*self.size, len(padded), *self.output(spatial), padded.shape[-1])
        return as_strided(padded, shape, (*within, first, *outer, last))

    @lru_cache(maxsize=256)
    def turned(self, spatial: tuple[int, ...]) -> Windows | None:
        """The windows of the outputs that each input belongs to: of stride 1, the transpose is a convolution again.

        None for other strides, and where the padding is wider than the kernel: there are outputs of padding alone.
        """
        rows = zip(self.extents(), self.reach(spatial), strict=True)
        pads = tuple((extent - 1 - before, extent - 1 - after) for extent, (before, after) in rows)
        least = min(min(pair) for pair in pads)
        return replace(self, padding=pads, ceil=False) if set(self.stride) == {1} and least >= 0 else None

    def empty(self, x: Array) -> Array:
        """Zeros of the padded shape: what an adjoint adds into."""
        return arrays.zeros((len(x), *self.padded_spatial(x.shape[1:-1]), x.shape[-1]), x)
