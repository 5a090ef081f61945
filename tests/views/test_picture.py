"""From picture files to inputs and back to something to look at."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.errors import InputError, LoadError, ShapeError
from lrp.layers import Add, Dense, Flatten, Input, Permute
from lrp.pictures import png
from lrp.pictures import viewable as seen
from lrp.views import read_input

BGR = lrp.Preprocessing((104.0, 117.0, 123.0), (1.0,), "bgr")
GRAY = lrp.Preprocessing((0.0,), (255.0,), "gray")


def network(
    shape: tuple[int | None, ...], preprocessing: lrp.Preprocessing | None, order: tuple[int, ...] = (1, 2, 3)
) -> lrp.Network:
    """A network that does nothing but take a picture."""
    metadata = lrp.Metadata(preprocessing=preprocessing)
    return lrp.Network.sequential([Permute(order), Flatten()], shape, metadata=metadata)


def viewable(x: np.ndarray, net: lrp.Network) -> np.ndarray:
    preprocessing = net.metadata.preprocessing
    return seen(x, net.metadata.bounds(), preprocessing is not None and preprocessing.channels == "bgr")


def saved(path: Path, pixels: np.ndarray, mode: str | None = None) -> Path:
    image = Image.fromarray(pixels)
    (image if mode is None else image.convert(mode)).save(path)
    return path


def test_gray(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, size=(5, 7), dtype=np.uint8)
    x = read_input(saved(tmp_path / "a.png", pixels), network((5, 7, 1), GRAY))
    assert x.dtype == np.float64 and np.array_equal(x, pixels[np.newaxis, ..., np.newaxis] / 255)


def test_colours_in_the_networks_own_order_and_layout(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, size=(5, 7, 3), dtype=np.uint8)
    path = saved(tmp_path / "a.png", pixels)
    blue, green, red = (pixels[..., 2 - c] - np.array(BGR.mean)[c] for c in range(3))
    expected = np.stack([blue, green, red], axis=-1)
    assert np.array_equal(read_input(path, network((5, 7, 3), BGR))[0], expected)
    first = read_input(path, network((3, 5, 7), BGR, (2, 3, 1)))
    assert np.array_equal(first[0], expected.transpose(2, 0, 1))
    assert read_input(path, network((None, None, 3), BGR)).shape == (1, 5, 7, 3)


@pytest.mark.parametrize("mode", ["P", "1", "LA", "RGBA"])
def test_modes_that_hold_the_same_picture(tmp_path: Path, mode: str) -> None:
    pixels = np.zeros((5, 7, 3), np.uint8)
    pixels[1:3, 2:5] = 255
    channels = GRAY if mode in ("1", "LA") else lrp.Preprocessing((0.0,), (255.0,), "rgb")
    x = read_input(saved(tmp_path / "a.png", pixels, mode), network((5, 7, 1 if mode in ("1", "LA") else 3), channels))
    assert np.array_equal(x[0, ..., 0], pixels[..., 0] / 255)


def test_what_a_picture_must_not_be(tmp_path: Path) -> None:
    gray = network((5, 7, 1), GRAY)
    with pytest.raises(ShapeError, match=r"a.png: expected a picture with 1 channel \(gray\), got 3 \(RGB\)"):
        read_input(saved(tmp_path / "a.png", np.zeros((5, 7, 3), np.uint8)), gray)
    with pytest.raises(ShapeError, match=r"expected a picture with 3 channels \(RGB\), got 1 \(gray\)"):
        read_input(saved(tmp_path / "a.png", np.zeros((5, 7), np.uint8)), network((5, 7, 3), BGR))
    with pytest.raises(ShapeError, match=r"expected a picture of 5 x 7 pixels \(height x width\), got 7 x 5"):
        read_input(saved(tmp_path / "a.png", np.zeros((7, 5), np.uint8)), gray)
    with pytest.raises(LoadError, match="without transparency"):
        read_input(saved(tmp_path / "a.png", np.zeros((5, 7, 4), np.uint8)), gray)
    with pytest.raises(LoadError, match="expected gray, RGB or CMYK, got Pillow's mode 'F'"):
        read_input(saved(tmp_path / "a.tif", np.zeros((5, 7), np.float32)), gray)
    with pytest.raises(LoadError, match="none.png: expected a picture, got a path where no file is"):
        read_input(tmp_path / "none.png", gray)
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(LoadError, match="b.png: expected a picture that can be read"):
        read_input(tmp_path / "b.png", gray)
    truncated = saved(tmp_path / "c.png", np.random.default_rng(0).integers(0, 256, (5, 7), np.uint8))
    truncated.write_bytes(truncated.read_bytes()[:60])
    with pytest.raises(LoadError, match="c.png: expected a picture that can be read"):
        read_input(truncated, gray)


@pytest.mark.parametrize("kind", ["bmp", "gif", "tif", "webp", "png"])
def test_other_kinds_of_files_hold_the_same_picture(tmp_path: Path, kind: str, rng: np.random.Generator) -> None:
    pixels = rng.choice([0, 51, 255], size=(5, 7, 3)).astype(np.uint8)
    path = tmp_path / f"a.{kind}"
    options = {"webp": {"lossless": True}, "tif": {"compression": "tiff_lzw"}}.get(kind, {})
    Image.fromarray(pixels).save(path, **options)
    rgb = lrp.Preprocessing((0.0,), (1.0,), "rgb")
    assert np.array_equal(read_input(path, network((5, 7, 3), rgb))[0], pixels)


def test_the_first_of_several_frames_is_read(tmp_path: Path) -> None:
    frames = [Image.fromarray(np.full((5, 7), value, np.uint8)) for value in (51, 204)]
    for name in ("a.gif", "a.tif", "a.webp"):
        frames[0].save(
            tmp_path / name, save_all=True, append_images=frames[1:], **({"lossless": True} if "webp" in name else {})
        )
        x = read_input(tmp_path / name, network((5, 7, 1), GRAY), fit=True)
        np.testing.assert_allclose(x, 0.2, atol=1e-12)


@pytest.mark.parametrize("orientation, turned", [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_a_picture_is_read_upright(tmp_path: Path, orientation: int, turned: int, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, (5, 7), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    for name in ("a.png", "a.jpg"):
        Image.fromarray(pixels).save(tmp_path / name, exif=exif, quality=100)
        upright = np.rot90(pixels, turned)
        x = read_input(tmp_path / name, network((*upright.shape, 1), GRAY))
        np.testing.assert_allclose(x[0, ..., 0] * 255, upright, atol=0 if name == "a.png" else 12)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    pixels = np.array([[0, 257, 128, 129, 65535]], np.uint16)
    path = saved(tmp_path / "a.png", pixels)
    x = read_input(path, network((1, 5, 1), lrp.Preprocessing(0, 1, "gray")))
    assert x.ravel().tolist() == [0, 1, 0, 1, 255]


def test_cmyk_becomes_rgb(tmp_path: Path) -> None:
    Image.new("CMYK", (7, 5), (0, 255, 255, 0)).save(tmp_path / "a.tif")
    x = read_input(tmp_path / "a.tif", network((5, 7, 3), lrp.Preprocessing(0, 1, "rgb")))
    assert (x == [255, 0, 0]).all()


def test_fit_resizes_and_converts_on_demand(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.full((10, 14, 3), 51, np.uint8))
    assert np.array_equal(read_input(path, network((5, 7, 1), GRAY), fit=True), np.full((1, 5, 7, 1), 0.2))
    assert read_input(path, network((None, 7, 1), GRAY), fit=True).shape == (1, 10, 7, 1)


def test_networks_that_take_no_picture(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.png", np.zeros((5, 7), np.uint8))
    with pytest.raises(InputError, match="expected a model that stores how a picture becomes its input"):
        read_input(path, network((5, 7, 1), None))
    with pytest.raises(InputError, match="expected a network with one picture as its input"):
        read_input(path, lrp.Network.sequential([Dense(np.ones((35, 2)))], (35,)))
    two = lrp.Network(
        [lrp.Node("a", Input((5, 7, 1))), lrp.Node("b", Input((5, 7, 1))), lrp.Node("c", Add(), ("a", "b"))]
    )
    with pytest.raises(InputError, match="expected a network with one picture as its input"):
        read_input(path, two)


def test_an_input_is_shown_as_the_picture_it_was(tmp_path: Path, rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, size=(5, 7, 3), dtype=np.uint8)
    path = saved(tmp_path / "a.png", pixels)
    for net in (network((5, 7, 3), BGR), network((3, 5, 7), BGR, (2, 3, 1))):
        assert np.allclose(viewable(read_input(path, net)[0], net), pixels / 255, rtol=0, atol=1e-12)


def test_without_a_range_the_extremes_are_black_and_white() -> None:
    x = np.array([[-2.0, 0.0], [2.0, 1.0]])[..., np.newaxis]
    assert np.array_equal(viewable(x, network((2, 2, 1), None)), [[0, 0.5], [1, 0.75]])
    assert np.array_equal(viewable(np.ones((2, 2, 1)), network((2, 2, 1), None)), np.zeros((2, 2)))
    assert np.array_equal(viewable(x[0, :, 0], network((2, 2, 1), None)), x[0, :, 0])


def test_png_holds_the_pixels(rng: np.random.Generator) -> None:
    pixels = rng.integers(0, 256, size=(5, 7), dtype=np.uint8)
    image = Image.open(io.BytesIO(png(pixels)))
    assert np.array_equal(np.asarray(image), pixels) and "Description" not in image.info
