"""A file gives the same network, and a picture the same pixels, whether the child process or this process reads it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lrp
from lrp.errors import LoadError
from lrp.formats.container import picture_reader, read_picture
from tests.conftest import SHARED

HERE = Path(__file__).resolve().parent
MODELS = (".h5", ".hdf5", ".keras", ".onnx", ".caffemodel", ".mat")
LARGEST = 400_000  # bytes
CORPUS = [] if SHARED is None else sorted(p for p in (SHARED / "corpus").rglob("*") if p.suffix in MODELS)
EACH = 12  # every so manyth file is read by the child, too: starting a child takes most of the time
SMALL = [path for path in CORPUS if path.stat().st_size < LARGEST and "hostile" not in path.parts]
FILES = [*sorted(HERE.glob("keras3/*.keras")), *SMALL]


def architecture(path: Path) -> Path | None:
    """A prototxt or JSON of the same name beside a file of weights."""
    beside = (path.with_suffix(suffix) for suffix in (".prototxt", ".json"))
    return next((one for one in beside if one.exists()), None)


def read(path: Path, trusted: bool) -> "lrp.Network | str":
    try:
        return lrp.load(path, trusted=trusted, architecture=architecture(path))
    except LoadError as error:
        return str(error)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(4))
def test_a_file_gives_the_same_network(part: int) -> None:
    for number, path in enumerate(FILES[part::4]):
        here = read(path, True)
        if number % EACH:
            continue
        child = read(path, False)
        if isinstance(here, str) or isinstance(child, str):
            assert here == child, path
            continue
        assert list(here.nodes) == list(child.nodes) and here.shapes == child.shapes, path
        for one, other in zip(here.nodes.values(), child.nodes.values(), strict=True):
            assert type(one.layer) is type(other.layer) and repr(one.layer.settings()) == repr(other.layer.settings())
            for name, weight in one.layer.weights().items():
                assert np.array_equal(weight, other.layer.weights()[name], equal_nan=True), (path, name)


@pytest.mark.parametrize("kind", ["png", "jpg", "bmp", "gif", "tif", "webp", "ppm", "broken"])
@pytest.mark.parametrize("mode, size", [(None, (None, None)), ("L", (4, None)), ("RGB", (3, 9))])
def test_a_picture_gives_the_same_pixels(tmp_path: Path, kind: str, mode, size, rng: np.random.Generator) -> None:
    path = tmp_path / f"a.{kind}"
    if kind == "broken":
        path.write_bytes(b"GIF89a nothing")
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(rng.integers(0, 256, (5, 7, 3), np.uint8)).save(
            path, **({"exif": exif} if kind == "jpg" else {})
        )

    def pixels(read) -> "np.ndarray | str":
        try:
            return read()
        except LoadError as error:
            return str(error)

    here = pixels(lambda: read_picture(path, mode, size, trusted=True))
    with picture_reader() as reader:
        for child in (pixels(lambda: read_picture(path, mode, size)), pixels(lambda: reader(path, mode, size))):
            assert type(here) is type(child) and np.array_equal(here, child)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F"])
def test_modes_in_this_process(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode if mode != "I;16" else "I", (7, 5))
    path = tmp_path / ("a.tif" if mode in ("CMYK", "F", "I", "I;16") else "a.png")
    if mode in ("LA", "RGBA"):
        image.putalpha(255)
    image.save(path)
    if mode == "F":
        with pytest.raises(LoadError, match="expected gray, RGB or CMYK"):
            read_picture(path, trusted=True)
    else:
        assert read_picture(path, trusted=True).shape == (5, 7, 1 if mode in ("1", "L", "LA", "I;16", "I") else 3)
    if mode == "RGBA":
        image.putalpha(254)
        image.save(path)
        with pytest.raises(LoadError, match="without transparency"):
            read_picture(path, trusted=True)
