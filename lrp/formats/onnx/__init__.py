"""ONNX models. `load.py` walks the graph; `operators.py` and its neighbours read one kind of node each."""

from lrp.formats.onnx.load import is_onnx, read

__all__ = ["is_onnx", "read"]
