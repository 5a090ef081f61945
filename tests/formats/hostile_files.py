"""Every class of file that a stranger may send: a function each, which writes one into a folder."""

from __future__ import annotations

import json
import pickle
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.formats.keras_files import KERNEL, TWO_LAYERS, WEIGHTS, archive, baseline, dense, sequential, write

SPOT = "model_weights/hidden/hidden/kernel:0"
HOSTILE: dict[str, Callable[[Path], Path]] = {}


def hostile(function: Callable[[Path], Path]) -> Callable[[Path], Path]:
    HOSTILE[function.__name__] = function
    return function


def replaced(folder: Path, make: Callable[[h5py.File], Any]) -> Path:
    """The good file with something else in the place of a kernel."""
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        del f[SPOT]
        make(f)
    return path


def dataset(**settings: Any) -> Callable[[Path], Path]:
    return lambda folder: replaced(folder, lambda f: f.create_dataset(SPOT, **settings))


def config(data: Any) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        write(folder / "m.h5", data)
        return folder / "m.h5"

    return make


def changed(**settings: Any) -> Callable[[Path], Path]:
    """A convolution with wrong settings."""

    def make(folder: Path) -> Path:
        layer = {"name": "hidden", "filters": 3, "kernel_size": [3, 3], "strides": [1, 1], "padding": "valid"}
        data = sequential({"class_name": "Conv2D", "config": {**layer, **settings}}, shape=(None, 8, 8, 1))
        weights = {"hidden": {"k": np.ones((3, 3, 1, 3), np.float32), "b": np.zeros(3, np.float32)}}
        write(folder / "m.h5", data, weights)
        return folder / "m.h5"

    return make


def functional(layers: list[dict[str, Any]], outputs: Any, inputs: Any = ("in",)) -> Callable[[Path], Path]:
    entry = {"class_name": "InputLayer", "name": "in", "inbound_nodes": []}
    entry["config"] = {"batch_input_shape": [None, 4], "name": "in"}
    data = {"name": "m", "layers": [entry, *layers], "input_layers": [[i, 0, 0] for i in inputs]}
    return config({"class_name": "Model", "config": {**data, "output_layers": outputs}})


def node(name: str, *calls: Any, kind: str = "Add") -> dict[str, Any]:
    return {"class_name": kind, "name": name, "config": {"name": name}, "inbound_nodes": [list(c) for c in calls]}


@hostile
def external_link(folder: Path) -> Path:
    h5py.File(folder / "canary.h5", "w").close()
    return replaced(folder, lambda f: f.__setitem__(SPOT, h5py.ExternalLink(folder / "canary.h5", "/x")))


@hostile
def external_link_group(folder: Path) -> Path:
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        del f["model_weights/hidden"]
        f["model_weights/hidden"] = h5py.ExternalLink("/etc/hostname", "/")
    return path


@hostile
def soft_link(folder: Path) -> Path:
    return replaced(folder, lambda f: f.__setitem__(SPOT, h5py.SoftLink("/model_weights/out/out/kernel:0")))


@hostile
def external_storage(folder: Path) -> Path:
    (folder / "canary.bin").write_bytes(bytes(48))
    return dataset(shape=(4, 3), dtype="f4", external=[(str(folder / "canary.bin"), 0, 48)])(folder)


@hostile
def virtual_dataset(folder: Path) -> Path:
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource(str(folder / "canary.h5"), "x", (4, 3))
    return replaced(folder, lambda f: f.create_virtual_dataset(SPOT, layout))


@hostile
def virtual_dataset_over_itself(folder: Path) -> Path:
    layout = h5py.VirtualLayout((4, 3), "f4")
    layout[:] = h5py.VirtualSource(".", SPOT, (4, 3))
    return replaced(folder, lambda f: f.create_virtual_dataset(SPOT, layout))


HOSTILE["shape_bomb"] = dataset(shape=(1 << 20, 1 << 20), dtype="f4", chunks=(1024, 1024))
HOSTILE["shape_overflow"] = dataset(shape=(1 << 32, 1 << 32), dtype="f4", chunks=(64, 64))
HOSTILE["shape_nothing_stored"] = dataset(shape=(4, 3), dtype="f4", chunks=(2, 3))
HOSTILE["rank_32"] = dataset(shape=(2,) * 32, dtype="f4", chunks=(1,) * 32)
HOSTILE["compressed_other_shape"] = dataset(data=np.zeros((400, 300)), compression="gzip")
HOSTILE["variable_length"] = dataset(shape=(4,), dtype=h5py.vlen_dtype(np.float32))
HOSTILE["strings"] = dataset(data=np.array([[b"abcd"] * 3] * 4))
HOSTILE["compound"] = dataset(data=np.zeros((4, 3), dtype=[("a", "f4"), ("b", "f8")]))
HOSTILE["complex"] = dataset(data=np.zeros((4, 3), dtype="c8"))
HOSTILE["opaque"] = dataset(data=np.zeros((4, 3), dtype="V7"))
HOSTILE["references"] = dataset(shape=(4, 3), dtype=h5py.ref_dtype)
HOSTILE["null_space"] = dataset(data=h5py.Empty("f4"))
HOSTILE["not_finite"] = dataset(data=np.where(np.eye(4, 3) > 0, np.nan, 1.0))
HOSTILE["wrong_shape"] = dataset(data=KERNEL.T)
HOSTILE["a_group"] = lambda folder: replaced(folder, lambda f: f.create_group(SPOT))
HOSTILE["a_named_type"] = lambda folder: replaced(folder, lambda f: f.__setitem__(SPOT, np.dtype("f4")))


@hostile
def gzip_bomb_that_fits_its_config(folder: Path) -> Path:
    units = 1 << 25
    weights = {"hidden": {"hidden/kernel:0": np.zeros((4, 1))}}
    path = folder / "m.h5"
    write(path, sequential(dense("hidden", units, use_bias=False)), weights)
    with h5py.File(path, "r+") as f:
        del f[SPOT]
        spot = f.create_dataset(SPOT, (4, units), "f4", chunks=(4, 1 << 20), compression="gzip")
        chunk = zlib.compress(bytes(16 << 20))
        for start in range(0, units, 1 << 20):
            spot.id.write_direct_chunk((0, start), chunk)
    return path


@hostile
def deflate_in_deflate(folder: Path) -> Path:
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((4, 3))
    plist.set_deflate(9)
    plist.set_deflate(9)

    def make(f: h5py.File) -> None:
        space = h5py.h5s.create_simple((4, 3))
        made = h5py.h5d.create(f.id, SPOT.encode(), h5py.h5t.IEEE_F32LE, space, plist)
        made.write_direct_chunk((0, 0), zlib.compress(zlib.compress(bytes(48))))

    return replaced(folder, make)


@hostile
def bomb_inside_a_chunk(folder: Path) -> Path:
    """A chunk of 48 bytes that inflates to 600 MB: only a limit of memory helps."""

    def make(f: h5py.File) -> None:
        spot = f.create_dataset(SPOT, (4, 3), "f4", chunks=(4, 3), compression="gzip")
        squeezer = zlib.compressobj(9)
        chunk = b"".join(squeezer.compress(bytes(1 << 20)) for _ in range(600)) + squeezer.flush()
        spot.id.write_direct_chunk((0, 0), chunk)

    return replaced(folder, make)


def plugin_filter(number: int) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        plist.set_chunk((4, 3))
        plist.set_filter(number, h5py.h5z.FLAG_OPTIONAL, ())
        space = h5py.h5s.create_simple((4, 3))
        return replaced(folder, lambda f: h5py.h5d.create(f.id, SPOT.encode(), h5py.h5t.IEEE_F32LE, space, plist))

    return make


HOSTILE["filter_32004"] = plugin_filter(32004)
HOSTILE["filter_40000"] = plugin_filter(40000)
HOSTILE["filter_scaleoffset"] = dataset(data=np.ones((4, 3), "i4"), scaleoffset=0)
HOSTILE["lambda_layer"] = config(sequential({"class_name": "Lambda", "config": {"name": "l", "function": ["4wEA"]}}))
HOSTILE["json_deep"] = config('{"class_name": "Sequential", "config": ' + "[" * 30000 + "]" * 30000 + "}")
HOSTILE["json_nan"] = config(json.dumps(TWO_LAYERS).replace('"units": 3', '"units": NaN'))
HOSTILE["json_huge_integer"] = config(json.dumps(TWO_LAYERS).replace('"units": 3', '"units": ' + "9" * 400))
HOSTILE["json_double_key"] = config(json.dumps(TWO_LAYERS).replace('"units": 3', '"units": 3, "units": 3'))
HOSTILE["json_not_utf8"] = config(np.bytes_(json.dumps(TWO_LAYERS).encode().replace(b"hidden", b"\xff\xfe")))
HOSTILE["json_no_object"] = config("[1, 2]")
HOSTILE["stride_0"] = changed(strides=[0, 0])
HOSTILE["stride_negative"] = changed(strides=[-1, 1])
HOSTILE["dilation_huge"] = changed(dilation_rate=[10**9, 10**9])
HOSTILE["kernel_huge"] = changed(kernel_size=[10**6, 10**6])
HOSTILE["filters_huge"] = changed(filters=10**12)
HOSTILE["padding_bogus"] = changed(padding="../../etc")
HOSTILE["groups_bad"] = changed(groups=7)
HOSTILE["strings_for_integers"] = changed(kernel_size="33", strides=[True, 1.5])
HOSTILE["activation_function"] = config(
    sequential(dense("hidden", 3, {"module": "builtins", "class_name": "function", "config": "eval"}))
)
HOSTILE["custom_layer"] = config(sequential({"class_name": "MyLayer", "config": {"name": "mine"}}))
HOSTILE["graph_cycle"] = functional(
    [node("a", [["in", 0, 0, {}], ["b", 0, 0, {}]]), node("b", [["a", 0, 0, {}], ["a", 0, 0, {}]])], [["b", 0, 0]]
)
HOSTILE["graph_missing"] = functional([node("a", [["ghost", 0, 0, {}], ["in", 0, 0, {}]])], [["a", 0, 0]])
HOSTILE["graph_double_names"] = functional([node("a", [["in", 0, 0]]), node("a", [["in", 0, 0]])], [["a", 0, 0]])
HOSTILE["graph_bad_tensor"] = functional([node("a", [["in", 0, 7, {}], ["in", 0, 0, {}]])], [["a", 0, 0]])
HOSTILE["graph_bad_node"] = functional([node("a", [["in", -1, 0, {}], ["in", 0, 0, {}]])], [["a", 0, 0]])
HOSTILE["graph_bad_output"] = functional([node("a", [["in", 0, 0, {}], ["in", 0, 0, {}]])], [["z", 0, 0]])
HOSTILE["graph_bad_input"] = functional([node("a", [["in", 0, 0, {}]])], [["a", 0, 0]], inputs=("nobody",))


@hostile
def padding_bomb(folder: Path) -> Path:
    layers = [{"class_name": "ZeroPadding2D", "config": {"name": "p", "padding": [[60000, 60000]] * 2}}]
    layers.append({"class_name": "UpSampling2D", "config": {"name": "u", "size": [1000, 1000]}})
    return config(sequential(*layers, shape=(None, 8, 8, 1)))(folder)


@hostile
def nested_copies(folder: Path) -> Path:
    """A model that calls a model twice that calls a model twice ...: 2^24 layers from 24."""
    inner: Any = {
        "class_name": "Model",
        "config": {
            "name": "m0",
            "input_layers": [["i", 0, 0]],
            "output_layers": [["a", 0, 0]],
            "layers": [
                {
                    "class_name": "InputLayer",
                    "name": "i",
                    "config": {"name": "i", "batch_input_shape": [None, 4]},
                    "inbound_nodes": [],
                },
                node("a", [["i", 0, 0, {}], ["i", 0, 0, {}]]),
            ],
        },
    }
    for depth in range(1, 24):
        entry = {**inner, "name": f"m{depth - 1}", "inbound_nodes": [[["i", 0, 0, {}]], [[f"m{depth - 1}", 1, 0, {}]]]}
        first = {"class_name": "InputLayer", "name": "i", "config": {"name": "i", "batch_input_shape": [None, 4]}}
        inner = {
            "class_name": "Model",
            "config": {
                "name": f"m{depth}",
                "input_layers": [["i", 0, 0]],
                "output_layers": [[f"m{depth - 1}", 2, 0]],
                "layers": [{**first, "inbound_nodes": []}, entry],
            },
        }
    return config(inner)(folder)


def names(key: str, value: Any, where: str = "model_weights") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        path = baseline(folder / "m.h5")
        with h5py.File(path, "r+") as f:
            f[where].attrs[key] = value
        return path

    return make


HIDDEN = "model_weights/hidden"
HOSTILE["weight_name_absolute"] = names("weight_names", [b"/model_weights/out/out/kernel:0", b"hidden/bias:0"], HIDDEN)
HOSTILE["weight_name_dots"] = names("weight_names", [b"../out/out/kernel:0", b"hidden/bias:0"], HIDDEN)
HOSTILE["weight_names_three"] = names("weight_names", [b"hidden/kernel:0", b"hidden/bias:0", b"x"], HIDDEN)
HOSTILE["weight_names_number"] = names("weight_names", 7, HIDDEN)
HOSTILE["weight_names_swapped"] = names("weight_names", [b"hidden/bias:0", b"hidden/other:0"], HIDDEN)
HOSTILE["layer_names_evil"] = names("layer_names", np.array([b"hidden", b"", b"..", b"a\0b"]))
HOSTILE["layer_names_missing"] = names("layer_names", [b"hidden"])


@hostile
def layer_names_with_a_gap(folder: Path) -> Path:
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        del f["model_weights"].attrs["layer_names"]
        f["model_weights"].attrs["layer_names0"] = [b"hidden"]
        f["model_weights"].attrs["layer_names2"] = [b"out"]
    return path


@hostile
def one_byte_of_the_global_heap(folder: Path) -> Path:
    """The size of the first object in a heap collection: libhdf5 loops for ever inside one C call."""
    path = baseline(folder / "m.h5")
    data = bytearray(path.read_bytes())
    at = data.index(b"GCOL") + 24
    data[at : at + 8] = (1 << 63).to_bytes(8, "little")
    path.write_bytes(data)
    return path


def bytes_of(make: Callable[[bytes], bytes]) -> Callable[[Path], Path]:
    def write_it(folder: Path) -> Path:
        path = folder / "m.h5"
        path.write_bytes(make(baseline(folder / "good.h5").read_bytes()))
        return path

    return write_it


HOSTILE["empty"] = bytes_of(lambda good: b"")
HOSTILE["signature_only"] = bytes_of(lambda good: good[:8])
HOSTILE["half"] = bytes_of(lambda good: good[: len(good) // 2])
HOSTILE["text"] = bytes_of(lambda good: b"weights\n" * 100)
HOSTILE["pickled"] = bytes_of(lambda good: pickle.dumps({"a": 1}))
HOSTILE["zip_without_a_model"] = lambda folder: archive(folder / "m.keras", members={"config.json": None})


def zipped(**settings: Any) -> Callable[[Path], Path]:
    return lambda folder: archive(folder / "m.keras", **settings)


def keras_3(kind: str, module: str | None = "keras.layers", registered: str | None = None, **settings: Any) -> Any:
    layer = {"class_name": kind, "module": module, "registered_name": registered, "config": settings}
    first = {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 4]}}
    return {"class_name": "Sequential", "config": {"layers": [first, layer]}}


HOSTILE["zip_lambda"] = zipped(config=keras_3("Lambda", name="l", function={"class_name": "__lambda__"}))
HOSTILE["zip_module"] = zipped(config=keras_3("system", "os", command="touch owned"))
HOSTILE["zip_registered"] = zipped(config=keras_3("Dense", None, "Custom>Dense", name="dense", units=2))
HOSTILE["zip_string_lookup"] = zipped(config=keras_3("StringLookup", name="s", vocabulary="/etc/passwd"))
HOSTILE["zip_bomb"] = zipped(members={"config.json": b" " * (40 << 20)}, method=zipfile.ZIP_DEFLATED)
HOSTILE["zip_weights_bomb"] = zipped(members={"model.weights.h5": bytes(64 << 20)}, method=zipfile.ZIP_DEFLATED)


@hostile
def zip_symlink(folder: Path) -> Path:
    path = archive(folder / "m.keras", members={"model.weights.h5": None})
    with zipfile.ZipFile(path, "a") as z:
        entry = zipfile.ZipInfo("model.weights.h5")
        entry.external_attr = 0o120777 << 16
        z.writestr(entry, "/etc/passwd")
    return path


@hostile
def zip_twice(folder: Path) -> Path:
    path = archive(folder / "m.keras")
    with zipfile.ZipFile(path, "a") as z:
        entry = zipfile.ZipInfo("config.jsoX")
        z.writestr(entry, "{}")
    path.write_bytes(path.read_bytes().replace(b"config.jsoX", b"config.json"))
    return path


@hostile
def zip_wrong_checksum(folder: Path) -> Path:
    path = archive(folder / "m.keras")
    path.write_bytes(path.read_bytes().replace(b'"units": 2', b'"units": 3'))
    return path


@hostile
def zip_lying_size(folder: Path) -> Path:
    path = archive(folder / "m.keras")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"config.json") - 46
    data[at + 24 : at + 28] = (7).to_bytes(4, "little")
    path.write_bytes(data)
    return path


@hostile
def zip_external_link(folder: Path) -> Path:
    path = archive(folder / "m.keras")
    inner = folder / "inner.h5"
    with h5py.File(inner, "w") as f:
        f["layers/dense/vars/0"] = h5py.ExternalLink("canary.h5", "/x")
        f["layers/dense/vars/1"] = np.zeros(2, np.float32)
    return archive(path, members={"model.weights.h5": inner.read_bytes()})


HARMLESS: dict[str, Callable[[Path], Path]] = {}


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def hard_link_cycle(folder: Path) -> Path:
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        f["model_weights/hidden/up"] = f["model_weights"]
    return path


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def many_links(folder: Path) -> Path:
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        for k in range(5000):
            f[f"model_weights/l{k}"] = h5py.SoftLink("/nowhere")
    return path


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def pickle_attribute(folder: Path) -> Path:
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        f.attrs["pickle"] = np.void(pickle.dumps(print))
    return path


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def compressed_and_shuffled(folder: Path) -> Path:
    return dataset(data=KERNEL, compression="gzip", shuffle=True, fletcher32=True)(folder)


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def big_endian(folder: Path) -> Path:
    return dataset(data=KERNEL.astype(">f8"))(folder)


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def user_block(folder: Path) -> Path:
    good = baseline(folder / "good.h5")
    path = folder / "m.h5"
    with h5py.File(path, "w", userblock_size=1024) as f, h5py.File(good) as g:
        for key, value in g.attrs.items():
            f.attrs[key] = value
        g.copy("model_weights", f)
    return path


@(lambda f: HARMLESS.setdefault(f.__name__, f))
def names_in_pieces(folder: Path) -> Path:
    path = baseline(folder / "m.h5")
    with h5py.File(path, "r+") as f:
        del f["model_weights"].attrs["layer_names"]
        for k, name in enumerate(WEIGHTS):
            f["model_weights"].attrs[f"layer_names{k}"] = [name]
    return path
