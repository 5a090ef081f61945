"""The child that reads untrusted files: the same answers as in this process, bounds that hold, deaths that are errors."""

import io
import json
import os
import signal

import h5py
import numpy as np
import pytest

from lrp.errors import LoadError
from lrp.formats.container import reader, sandbox, worker
from lrp.formats.container.hdf5 import File
from lrp.formats.container.hdf5_writer import write_sample
from lrp.formats.container.pipe import arrays_of
from lrp.formats.container.reader import LIMITS, Limits, parts_of, plain, quoted, require_disjoint
from lrp.formats.container.sandbox import Sandbox, open_bytes, open_file


@pytest.fixture
def content():
    stream = io.BytesIO()
    write_sample(stream)
    with h5py.File(stream, "r+") as f:
        f["half"], f["big"] = np.array([1.5, -2], "f2"), np.arange(6, dtype=">i8").reshape(2, 3)
        bf = f.create_dataset("brain", data=np.array([0x3FC0, 0xC000], "<u2").view("V2"))
        bf.attrs["dtype"] = "bfloat16"
        f["scalar"] = np.float64(2.5)
        f["empty"] = np.zeros((0, 3))
        f.attrs.update({"number": 7, "float": 0.5, "none": h5py.Empty("f4"), "list": np.zeros(0), "big": np.arange(3)})
        f.create_group("group/inner")
        f["infinite"] = np.array([np.inf])
        f["type"] = np.dtype("f4")
    return stream.getvalue()


@pytest.fixture(params=[True, False], ids=["trusted", "child"])
def file(request, content):
    with open_bytes(content, "sample", request.param) as opened:
        yield opened


def test_every_operation(file):
    assert file.kind("/") == file.kind("/group") == "group" and file.kind("/numbers") == "dataset"
    assert file.kind("/nothing") == file.kind("/numbers/below") == ""
    assert file.children("/group") == ("inner",) and file.children("/numbers") == file.children("/nothing") == ()
    assert file.attribute("/", "text") == file.attribute("/", "ascii") == "a"
    assert file.attribute("/", "texts") == file.attribute("/", "bytes") == ("a", "b")
    assert file.attribute("/", "number") == 7 and file.attribute("/", "float") == 0.5
    assert file.attribute("/", "none") == () and file.attribute("/", "list") == ()
    assert file.attribute("/", "big").tolist() == [0, 1, 2]
    assert file.attribute("/", "absent") is file.attribute("/nothing", "x") is file.attribute("/", "") is None
    assert file.attribute("/brain", "dtype") == "bfloat16"
    assert file.shape("/numbers") == (2, 3) and file.references("/references") == ("/numbers",)
    assert file.array("/half").dtype == np.float16 and file.array("/half").tolist() == [1.5, -2]
    assert file.array("/big", (2, 3)).dtype == np.dtype("=i8") and file.array("/big").sum() == 15
    assert file.array("/brain").tolist() == [1.5, -2.0] and file.array("/brain").dtype == np.float32
    assert file.array("/scalar").shape == () and file.array("/empty").shape == (0, 3)
    assert np.isinf(file.array("/infinite", finite=False)).all()


def test_every_refusal(file):
    for call in (
        lambda: file.array("/infinite"),
        lambda: file.array("/big", (3, 2)),
        lambda: file.array("/nothing"),
        lambda: file.array("/group"),
        lambda: file.kind("/type"),
        lambda: file.kind("relative"),
        lambda: file.kind("/" + "a/" * 70 + "b"),
        lambda: file.references("/big"),
        lambda: file.shape("/references/x"),
    ):
        with pytest.raises(LoadError):
            call()
    assert file.kind("/group") == "group"  # an error is an answer, not an end


def test_bounds_of_one_file(content):
    with open_bytes(content, "sample", True, Limits(free_bytes=10, ratio=0)) as file, pytest.raises(
        LoadError, match="left"
    ):
        file.array("/big")
    with open_bytes(content, "sample", True, Limits(attribute_bytes=8, names=1)) as file:
        with pytest.raises(LoadError, match="limit"):
            file.attribute("/", "big")
        with pytest.raises(LoadError, match="more than 1 members"):
            file.children("/")
    with open_bytes(content, "sample", True, Limits(names=0)) as file, pytest.raises(LoadError, match="references"):
        file.references("/references")


def test_plugins_are_taken_and_given_back(content):
    h5py.h5pl.append(b"/nowhere")
    before = h5py.h5pl.size()
    with File(io.BytesIO(content), "sample"):
        assert h5py.h5pl.size() == 0
    assert h5py.h5pl.size() == before
    with pytest.raises(LoadError, match="damaged"):
        File(io.BytesIO(content[:200]), "sample")
    assert h5py.h5pl.size() == before
    h5py.h5pl.remove(before - 1)


def test_other_types_of_attributes(content):
    stream = io.BytesIO(content)
    with h5py.File(stream, "r+") as f:
        f.attrs["complex"] = 1j
    with open_bytes(stream.getvalue(), "sample", True) as file, pytest.raises(LoadError, match="neither text nor"):
        file.attribute("/", "complex")


def test_memory_errors_are_load_errors(content, monkeypatch):
    def exhausted(self):
        raise MemoryError

    with File(io.BytesIO(content), "sample") as file:
        monkeypatch.setattr(h5py.Dataset, "__getitem__", lambda self, key: exhausted(self))
        with pytest.raises(LoadError, match="memory"):
            file.array("/big")


def test_small_helpers():
    assert plain(np.array([b"a", "b"], dtype=object)) == ("a", "b") and plain(np.zeros((0,))) == ()
    assert parts_of("/") == [] and quoted("x" * 300).endswith("...")
    for path in ("/a//b", "/./a", "/a/..", "/a\0"):
        with pytest.raises(LoadError):
            parts_of(path)
    extents: dict[int, int] = {}
    for start in (0, 8, 0):
        require_disjoint(extents, "x", start, 8)
    with pytest.raises(LoadError, match="shares"):
        require_disjoint(extents, "x", 4, 8)
    assert LIMITS.budget(10**12) == LIMITS.total_bytes and LIMITS.time(0) == LIMITS.seconds


def test_one_child_serves_many_files_and_is_started_again(content):
    with Sandbox() as box:
        for _ in range(2):
            with box.open(None, content, "sample") as file:
                assert file.array("/big").sum() == 15
        first = box._child.pid
        with pytest.raises(LoadError, match="signal"), box.open(None, content, "sample") as file:
            os.kill(first, signal.SIGSEGV)
            file.kind("/")
        with pytest.raises(LoadError, match="ended after"):
            file.kind("/")
        with box.open(None, content, "sample") as file:
            assert file.kind("/") == "group" and box._child.pid != first


def test_a_child_that_says_nothing_or_nonsense(content, monkeypatch):
    for program, message in (
        ("import sys, time\nsys.stdout.buffer.write(bytes(8))\nsys.stdout.flush()\ntime.sleep(60)", "limits of time"),
        ("import time\ntime.sleep(60)", "limits of time"),
        ("raise SystemExit(3)", "code 3"),
        ("import os\nos.write(1, b'\\xff' * 8)", "code 0"),
        ("import os\nos.write(1, (2).to_bytes(8, 'little') + b'[]')", "code 0"),
        ("import os\nos.write(1, (2).to_bytes(8, 'little') + b'{x')", "code 0"),
    ):
        monkeypatch.setattr(sandbox, "BOOT", program)
        monkeypatch.setattr(sandbox, "START_SECONDS", 1.0)
        with pytest.raises(LoadError, match=message), open_bytes(content, "sample"):
            pass
    monkeypatch.setattr(sandbox.sys, "executable", "/nowhere/python")
    with pytest.raises(LoadError, match="trusted=True"), open_bytes(content, "sample"):
        pass


def test_an_array_that_does_not_fit_its_description(content, monkeypatch):
    with open_bytes(content, "sample") as file:
        monkeypatch.setattr(file, "_ask", lambda request: ({"arrays": [["<f8", [3]]]}, bytearray(8)))
        with pytest.raises(LoadError, match="does not fit"):
            file.array("/big")


def messages(*requests):
    stream = io.BytesIO()
    for request in requests:
        worker.send(stream, request)
    stream.seek(0)
    return stream


def answers_of(stream):
    stream.seek(0)
    found = []
    while message := worker.receive(stream, 1 << 20):
        found.append(message)
    return found


def test_the_worker_in_this_process(content, tmp_path, monkeypatch):
    """What the child does, where coverage sees it: its bounds are set aside, since they would be ours."""
    monkeypatch.setattr(worker, "resource", None)
    limits = {"limits": sandbox.asdict(LIMITS), "name": "sample"}
    ask = [{"operation": "array", "arguments": ["/big"]}, {"operation": "close_all", "arguments": []}]
    ask += [{"operation": "array", "arguments": ["/nothing"]}, {"operation": "close"}]
    out = io.BytesIO()
    (tmp_path / "m.h5").write_bytes(content)
    worker.serve_file(messages(*ask), out, {**limits, "path": str(tmp_path / "m.h5")}, bytearray())
    opened, array, unknown, absent = answers_of(out)
    assert opened[0]["value"] == len(content) and arrays_of(*array, "x")[0].sum() == 15
    assert "not an operation" in unknown[0]["error"] and "expected a dataset" in absent[0]["error"]
    out = io.BytesIO()
    worker.serve_file(messages(), out, {**limits, "path": None}, bytearray(b"text"))
    assert "signature" in answers_of(out)[0][0]["error"]
    worker.warm_up()
    short = io.BytesIO((20).to_bytes(8, "little") + b"{")
    assert worker.receive(short, 100) is None
    cut = io.BytesIO((10).to_bytes(8, "little") + b'{"size":9}' + b"123")
    assert worker.receive(cut, 100) is None
    big = io.BytesIO((10).to_bytes(8, "little") + b'{"size":9}' + bytes(9))
    assert worker.receive(big, 5) is None and json.loads('{"size":9}')["size"] == 9


class Recorded:
    """A `resource` that only writes down what it is asked for."""

    RLIM_INFINITY, RUSAGE_SELF = -1, 0
    RLIMIT_CORE, RLIMIT_FSIZE, RLIMIT_CPU, RLIMIT_NOFILE, RLIMIT_AS = range(5)

    def __init__(self):
        self.limits = {k: (1 << 40, -1 if k else 5) for k in range(5)}

    def getrusage(self, who):
        return type("Usage", (), {"ru_utime": 0.5, "ru_stime": 0.25})

    def getrlimit(self, what):
        return self.limits[what]

    def setrlimit(self, what, pair):
        self.limits[what] = pair

    def getpagesize(self):
        return 4096


@pytest.mark.parametrize("statm", [True, False])
def test_the_bounds_are_set_and_lifted(statm, monkeypatch, tmp_path):
    recorded = Recorded()
    monkeypatch.setattr(worker, "resource", recorded)
    (tmp_path / "statm").write_bytes(b"1000 2 3")
    monkeypatch.setattr(worker, "STATM", str(tmp_path / "statm") if statm else "/nowhere")
    before = dict(recorded.limits)
    bounds = worker.Bounds(LIMITS.time(1000), LIMITS.budget(1000))
    assert recorded.limits[0][0] == recorded.limits[1][0] == 0 and recorded.limits[2][0] == 2
    assert recorded.limits[4][0] == (1000 * 4096 + LIMITS.free_bytes + worker.MEMORY_SLACK if statm else 1 << 40)
    bounds.lift()
    assert recorded.limits == before


def test_the_life_of_the_child(monkeypatch, content):
    """serve() with pipes in the place of the standard streams."""
    monkeypatch.setattr(worker, "resource", None)
    monkeypatch.setattr(worker.signal, "signal", lambda *a: None)
    monkeypatch.setattr(worker.os, "dup2", lambda *a: None)
    request = {"path": None, "name": "sample", "limits": sandbox.asdict(LIMITS)}
    stdin, out = io.BytesIO(), io.BytesIO()
    worker.send(stdin, request, content)
    worker.send(stdin, {"operation": "close"})
    stdin.seek(0)
    streams = iter([out, stdin])
    monkeypatch.setattr(worker.os, "fdopen", lambda *a: next(streams))
    worker.serve()
    assert [m[0].get("value") for m in answers_of(out)] == ["ready", len(content)]


def test_a_path_is_opened_once_for_all(tmp_path, content):
    (tmp_path / "m.h5").write_bytes(content)
    with open_file(tmp_path / "m.h5") as file, open_file(tmp_path / "m.h5", trusted=True) as trusted:
        assert file.array("/big").tolist() == trusted.array("/big").tolist()
    with pytest.raises(LoadError, match="signature"), open_bytes(b"text", "text"):
        pass
    assert reader.require_signature(io.BytesIO(bytes(512) + content), "x") == 512 + len(content)
