"""Values with fields that are computed when they are first read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

T = TypeVar("T", bound="LazyFields")


class LazyFields:
    """The base of a frozen dataclass of which some instances know how to compute a part of their fields.

    lazy(compute, field=value, ...) makes such an instance: compute() returns the missing fields by name, is called
    when one of them is first read, and then forgotten with all that it holds. What it holds must not change meanwhile.
    """

    @classmethod
    def lazy(cls: type[T], compute: Callable[[], Mapping[str, Any]], **known: Any) -> T:
        made = object.__new__(cls)
        made.__dict__.update(known, _compute=compute)
        return made

    def __getattr__(self, name: str) -> Any:
        """Called for fields that are not there yet."""
        if not name.startswith("_"):
            self.computed()
        return object.__getattribute__(self, name)  # raises where there is no such field

    def __getstate__(self) -> dict[str, Any]:
        """All fields, computed: what is copied and pickled."""
        return self.computed().__dict__

    def computed(self: T) -> T:
        """Itself, with all fields computed."""
        compute = self.__dict__.get("_compute")
        if compute is not None:
            self.__dict__.update(compute())
            self.__dict__.pop("_compute", None)  # another thread may have removed it
        return self
