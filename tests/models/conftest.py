"""The folder of the models, and its scripts as modules."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

MODELS = Path(__file__).resolve().parents[2] / "models"
Script = Callable[[str], ModuleType]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """A script by its path below the folder: script("strokes.py"). It finds its neighbours, as when it is run."""
    monkeypatch.syspath_prepend(MODELS)
    before = set(sys.modules)

    def load(name: str) -> ModuleType:
        if "/" not in name:
            return importlib.import_module(Path(name).stem)
        spec = importlib.util.spec_from_file_location(name.replace("/", "_").removesuffix(".py"), MODELS / name)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in set(sys.modules) - before:  # other tests must not find these short names
        if Path(getattr(sys.modules[name], "__file__", None) or "").parent == MODELS:
            del sys.modules[name]
