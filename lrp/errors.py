"""Every exception of the package; each says when it is raised.

A message is one sentence or two: subject, what was expected, what came, and what to do about it.
All of them are `LrpError`, so that the command line can print the sentence without a traceback.
"""

import difflib
from collections.abc import Iterable


class LrpError(Exception):
    """The base of every error that this package raises on purpose."""


class ShapeError(LrpError, ValueError):
    """An array's shape does not fit the layer, the network or the relevance it is given to."""


class InputError(LrpError, ValueError):
    """An input's values cannot be used: integers for a picture, NaN, infinity, outside the stated bounds."""


class SettingError(LrpError, ValueError):
    """A layer was built with a setting that makes no sense (stride 0, groups that do not divide the channels)."""


class RuleError(LrpError, ValueError):
    """A rule is unknown, has wrong parameters, or does not apply to the layer it was given to."""


class CompositeError(LrpError, ValueError):
    """A composite leaves a node without a rule, or one of its lines matches no node."""


class GraphError(LrpError, ValueError):
    """The nodes do not form a network: unknown input, a cycle, a name twice, no output."""


class TargetError(LrpError, LookupError):
    """The class to explain is out of range or has an unknown name."""


class StateError(LrpError, RuntimeError):
    """A call came before the one that it needs, such as `lrp()` before `forward()`."""


class ExactError(LrpError, TypeError):
    """A function that leaves the rational numbers (exp, sqrt, powers) was requested in exact arithmetic."""


class LedgerError(LrpError, ArithmeticError):
    """A node's line of the ledger does not close within its bound."""


class LoadError(LrpError, OSError):
    """A file is missing, damaged, of an unknown format, or holds something that cannot be read exactly."""


class SaveError(LrpError, OSError):
    """A file cannot be written; nothing half-written is left behind."""


class WorkerError(LrpError, RuntimeError):
    """A process that computes a part of a long job was lost again and again, or cannot be reached."""


class MissingExtraError(LrpError, ImportError):
    """An optional library is needed and not installed; the message names the extra that brings it."""


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """The end of a sentence, "; did you mean X?", for the known name nearest to a misspelt one; "" where none is near.

    >>> did_you_mean("epsilonn", ["zero", "epsilon"])
    "; did you mean 'epsilon'?"
    """
    near = difflib.get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
