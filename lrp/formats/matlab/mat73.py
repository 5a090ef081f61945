"""MATLAB v7.3 files: variables of an HDF5 file as MATLAB sees them, read lazily.

MATLAB keeps arrays column by column, so the file's axes are the reverse of MATLAB's. A struct is a group, a cell array
a dataset of references, a struct array a group whose members are datasets of references. Nothing is read before it is
requested, and a value deeper than DEPTH references (a cell that holds itself) is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lrp.arrays import Array
from lrp.errors import LoadError
from lrp.formats.build import floats
from lrp.formats.container import Reader, quoted

DEPTH = 12
LONGEST_TEXT = 100_000
NUMERIC = {
    "double",
    "single",
    "logical",
    "char",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
}


@dataclass(frozen=True)
class Variable:
    """One value. `index` is the number of the element where the path is a struct array, otherwise None."""

    file: Reader
    path: str
    label: str
    depth: int = 0
    index: int | None = None

    def fail(self, reason: str) -> LoadError:
        """The error to raise about this value."""
        return LoadError(f"{self.file.name}: {self.label}: {reason}")

    @property
    def kind(self) -> str:
        """MATLAB's name of the class; "" where none is stored."""
        kind = self.file.attribute(self.path, "MATLAB_class")
        if self.file.attribute(self.path, "MATLAB_object_decode") is not None:
            raise self.fail(
                f"an object of a MATLAB class ({quoted(kind)}) cannot be read without MATLAB; save its properties"
            )
        return kind if isinstance(kind, str) else ""

    @property
    def empty(self) -> bool:
        """Whether MATLAB stored an empty value: its dataset then holds the shape."""
        return self.file.attribute(self.path, "MATLAB_empty") == 1

    def _at(self, path: str, label: str) -> Variable:
        if self.depth >= DEPTH:
            raise self.fail(f"nested more than {DEPTH} deep; does a cell hold itself?")
        return Variable(self.file, path, label, self.depth + 1)

    def field(self, name: str) -> Variable | None:
        """A member of a struct, or None."""
        path = "/" + f"{self.path}/{name}".lstrip("/")
        if self.file.kind(self.path) != "group" or not self.file.kind(path):
            return None
        if self.index is None:
            return self._at(path, f"{self.label}.{name}")
        targets = self.file.references(path)
        if self.index >= len(targets) or not targets[self.index]:
            raise self.fail(f"element {self.index + 1} has no field {quoted(name)}")
        return self._at(targets[self.index], f"{self.label}.{name}")

    def need(self, name: str) -> Variable:
        """A member that must be there."""
        found = self.field(name)
        if found is None:
            raise self.fail(f"expected a field {name!r}, found none")
        return found

    def names(self) -> tuple[str, ...]:
        """The names of a struct's members."""
        return self.file.children(self.path)

    def cells(self) -> Iterator[Variable]:
        """The elements of a cell array, in MATLAB's order of counting."""
        if self.kind != "cell":
            raise self.fail(f"expected a cell array, got {quoted(self.kind or 'something else')}")
        if not self.empty:
            for number, target in enumerate(self.file.references(self.path), start=1):
                yield self._at(target, f"{self.label}{{{number}}}")

    def elements(self) -> list[Variable]:
        """The elements of a struct array; a single struct is one element. A cell array of structs is taken alike."""
        if self.kind == "cell":
            return list(self.cells())
        if self.kind != "struct":
            raise self.fail(f"expected a struct array, got {quoted(self.kind or 'something else')}")
        if self.empty:
            return []
        first = f"{self.path}/{self.names()[0]}" if self.names() else ""
        single = not first or self.file.kind(first) == "group" or self.file.attribute(first, "MATLAB_class") is not None
        if single:
            return [self]
        count = len(self.file.references(first))
        return [Variable(self.file, self.path, f"{self.label}({i + 1})", self.depth, i) for i in range(count)]

    def raw(self) -> Array:
        """The numbers with MATLAB's axes, in the file's own dtype."""
        if self.kind not in NUMERIC:
            refused = {"function_handle": "a function handle is code, which is never run"}
            raise self.fail(refused.get(self.kind, f"expected numbers, got {quoted(self.kind or 'something else')}"))
        if self.file.kind(self.path) == "group":
            raise self.fail("a sparse matrix is not read; store full(...) of it")
        values = self.file.array(self.path)
        if self.empty:
            return np.zeros(tuple(int(n) for n in values[:8]))
        return values.transpose()

    def array(self) -> Array:
        """The numbers with MATLAB's axes, in float64."""
        return floats(self.raw())

    def vector(self) -> Array:
        """All numbers in one row, column by column; () where empty."""
        return self.array().ravel(order="F")

    def number(self) -> float:
        """The only number."""
        values = self.vector()
        if len(values) != 1:
            raise self.fail(f"expected one number, got {len(values)}")
        return float(values[0])

    def integers(self) -> tuple[int, ...]:
        """Whole numbers in one row."""
        values = self.vector()
        if not (np.abs(values) < 2**31).all() or (values != np.round(values)).any():
            raise self.fail(f"expected whole numbers, got {quoted(values[:8].tolist())}")
        return tuple(int(v) for v in values)

    def text(self) -> str:
        """A char array of one row."""
        if self.kind != "char":
            raise self.fail(f"expected text, got {quoted(self.kind or 'something else')}")
        if self.empty:
            return ""
        codes = self.raw().ravel(order="F")
        if len(codes) > LONGEST_TEXT or codes.dtype.kind not in "ui":
            raise self.fail(f"expected text of at most {LONGEST_TEXT} characters")
        return codes.astype("<u2").tobytes().decode("utf-16-le", errors="replace")

    def texts(self) -> list[str]:
        """A cell array of texts, or one text."""
        return [self.text()] if self.kind == "char" else [cell.text() for cell in self.cells()]


def root(file: Reader) -> Variable:
    """All variables of a file, as the members of one struct."""
    return Variable(file, "/", "the file")


def is_matlab(file: Reader) -> bool:
    """Whether some variable of the file has a MATLAB class."""
    names = [name for name in file.children("/")[:256] if not name.startswith("#")]
    return any(file.attribute(f"/{name}", "MATLAB_class") is not None for name in names)
