"""Chainer: parameters that its HDF5 serializer wrote, with an architecture in our own JSON (load.py)."""

from lrp.formats.chainer.load import is_chainer, read

__all__ = ["is_chainer", "read"]
