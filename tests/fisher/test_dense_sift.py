"""Dense SIFT: against a scalar loop from the definition, against VLFeat's stored results, and its support."""

import math

import h5py
import numpy as np
import pytest

from lrp import layers as L
from lrp.errors import ExactError, InputError, SettingError, ShapeError
from lrp.layers.local_features.sift_grid import grid


def histogram_by_loop(picture, left, top, b, bins, orientations, window, flat):
    """One histogram before normalisation, pixel by pixel and tap by tap."""
    h, w = picture.shape

    def at(y, x):
        return float(picture[min(max(y, 0), h - 1), min(max(x, 0), w - 1)])

    def gradient(y, x):
        gy = (at(y + 1, x) - at(y - 1, x)) * (0.5 if 0 < y < h - 1 else 1)
        gx = (at(y, x + 1) - at(y, x - 1)) * (0.5 if 0 < x < w - 1 else 1)
        return gx, gy

    def weight(offset, i):
        def gauss(o):
            return math.exp(-0.5 * ((o + b * (i - 0.5 * (bins - 1))) / (b * window)) ** 2)

        taps = [gauss(o) for o in range(-b + 1, b)]
        return (1 - abs(offset) / b) * (sum(taps) / len(taps) if flat else gauss(offset))

    result = np.zeros((bins, bins, orientations))
    for i in range(bins):
        for j in range(bins):
            for dy in range(-b + 1, b):
                for dx in range(-b + 1, b):
                    y, x = min(max(top + i * b + dy, 0), h - 1), min(max(left + j * b + dx, 0), w - 1)
                    gx, gy = gradient(y, x)
                    t = (math.atan2(gy, gx) % (2 * math.pi)) * orientations / (2 * math.pi)
                    size = math.hypot(gx, gy) * weight(dy, i) * weight(dx, j)
                    low = int(t) % orientations
                    result[i, j, low] += size * (1 - (t - int(t)))
                    result[i, j, (low + 1) % orientations] += size * (t - int(t))
    return result.ravel()


@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize(
    "b, step, bins, orientations, window", [(2, 3, 4, 8, 2.0), (3, 5, 3, 5, 1.3), (1, 4, 2, 1, 0.7)]
)
def test_descriptors_by_scalar_loop(b, step, bins, orientations, window, flat, rng):
    picture = rng.random((13, 17))
    found = L.DenseSIFT(b, step, window, flat, bins, orientations).describe(picture)
    frame = 0
    for top in range(0, 13 - (bins - 1) * b, step):
        for left in range(0, 17 - (bins - 1) * b, step):
            h = histogram_by_loop(picture, left, top, b, bins, orientations, window, flat)
            unit = np.minimum(h / np.linalg.norm(h), 0.2)
            assert found.frames[frame].tolist() == [left + b * (bins - 1) / 2, top + b * (bins - 1) / 2]
            assert found.descriptors[frame] == pytest.approx(unit / np.linalg.norm(unit), abs=1e-6)
            assert found.norms[frame] == pytest.approx(h.sum() / ((bins - 1) * b + 1) ** 2)
            frame += 1
    assert frame == len(found.frames) == len(found.supports)


@pytest.mark.parametrize("case", ["0", "1", "2"])
def test_vlfeat(shared, case):
    with h5py.File(shared / "golden" / "vlfeat" / "roofs.h5") as file:
        group, picture = file["dsift"][case], file["image"][:]
        stored = {key: group[key][:] for key in ("descriptors", "frames", "norm")}
        setting = dict(group.attrs)
    sift = L.DenseSIFT(
        int(setting["bin"]), int(setting["step"]), float(setting["window_size"]), bool(setting["flat_window"])
    )
    found = sift.describe(picture)
    assert (found.frames == stored["frames"]).all()
    assert (np.linalg.norm(found.descriptors - stored["descriptors"], axis=1) <= 2e-2).all()
    assert found.norms == pytest.approx(stored["norm"], rel=1e-4)


def test_scales_stand_one_after_the_other(rng):
    picture = rng.random((21, 26))
    both = L.DenseSIFT((2, 5), (3, 4)).describe(picture)
    parts = [L.DenseSIFT(b, s).describe(picture) for b, s in ((2, 3), (5, 4))]
    for name in both._fields:
        assert (getattr(both, name) == np.concatenate([getattr(part, name) for part in parts])).all()
    assert (L.DenseSIFT((2, 5), (3, 4)).compute(picture[None, ..., None])[0] == both.descriptors).all()


def test_support_is_what_a_descriptor_depends_on(rng):
    """A pixel changes the histograms of the frames whose support holds it, but for the rectangle's corners."""
    sift = L.DenseSIFT(2, 4, orientations=5)
    picture = rng.random((11, 14))
    before = sift.histograms(picture[..., None])[0]
    supports = sift.describe(picture).supports
    for y, x in np.ndindex(*picture.shape):
        moved = picture.copy()
        moved[y, x] += 0.37
        changed = (sift.histograms(moved[..., None])[0] != before).any(axis=1)
        inside = (supports[:, 0] <= x) & (x <= supports[:, 2]) & (supports[:, 1] <= y) & (y <= supports[:, 3])
        corner = ((supports[:, 0] == x) | (supports[:, 2] == x)) & ((supports[:, 1] == y) | (supports[:, 3] == y))
        assert (changed <= inside).all() and (changed | corner >= inside).all(), (y, x)


def test_colours_are_mixed_by_their_weights(rng):
    picture = rng.random((12, 15, 3))
    grey = picture @ np.array([0.3, 0.5, 0.2])
    colour = L.DenseSIFT(2, 3, colour_weights=(0.3, 0.5, 0.2))
    assert colour.compute(picture[None])[0] == pytest.approx(L.DenseSIFT(2, 3).describe(grey).descriptors)
    assert colour.describe(picture).frames.tolist() == L.DenseSIFT(2, 3).describe(grey).frames.tolist()


def test_a_constant_picture_has_zero_descriptors():
    found = L.DenseSIFT(3, 4).describe(np.full((15, 16), 0.4))
    assert (found.descriptors == 0).all() and (found.norms == 0).all()


def test_positions_lie_at_the_frames(rng):
    sift = L.DenseSIFT((2, 3), 4)
    centres = sift.describe(rng.random((17, 23))).frames
    positions = L.SiftPositions((2, 3), 4).compute(np.zeros((2, 17, 23, 1)))
    assert positions.shape == (2, len(centres), 2)
    assert positions[1] == pytest.approx((centres + 0.5) / [23, 17])


def test_shapes(rng):
    sift = L.DenseSIFT((2, 3), (4, 5))
    assert sift.output_shape((17, 23, 1)) == (len(sift.describe(rng.random((17, 23))).frames), 128)
    assert sift.output_shape((None, None, 1)) == (None, 128)
    assert L.SiftPositions().output_shape((None, 9, 1)) == (None, 2)
    assert sift.frames_of((17, 23, 1)) == sum(g.count for g in sift.grids(17, 23))
    assert grid(17, 23, 2, 4, 4, 2.0, False).count == 3 * 5


@pytest.mark.parametrize(
    "shape, size",
    [((6, 20), 2), ((20, 6), 2), ((1, 20), 1)],
)
def test_a_picture_smaller_than_a_frame_is_refused(shape, size):
    with pytest.raises(InputError, match=f"at least .* pixels for bin size {size}, got {shape[0]}x{shape[1]}"):
        L.DenseSIFT(size, 1).describe(np.zeros(shape))


def test_refused_settings_and_pictures():
    for wrong in ({"bin_sizes": 0}, {"bin_sizes": ()}, {"bin_sizes": (2, 3), "steps": (1, 2, 3)}, {"window_size": 0}):
        with pytest.raises(SettingError, match="expected positive bin sizes and one step"):
            L.DenseSIFT(**wrong)
    with pytest.raises(ShapeError, match=r"pictures of shape \(h, w, 1\) per sample, got \(20, 20, 3\)"):
        L.DenseSIFT(2).compute(np.zeros((1, 20, 20, 3)))
    picture = np.zeros((20, 20))
    picture[3, 4] = np.nan
    with pytest.raises(InputError, match="dense SIFT: expected finite numbers, got .*nan.* at index"):
        L.DenseSIFT(2).describe(picture)
    with pytest.raises(ExactError, match="dense SIFT: expected floating-point pixels, got Fractions"):
        L.DenseSIFT(2).compute(np.full((1, 20, 20, 1), 1, dtype=object))
