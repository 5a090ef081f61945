"""Fields that are computed when they are first read, and sums of the ledger that are."""

import copy
import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

import lrp
from lrp import layers as L
from lrp.lazy import LazyFields


@dataclass(frozen=True)
class Pair(LazyFields):
    a: int
    b: int
    c: int


def pair(calls):
    def compute():
        calls.append(1)
        return {"b": 2, "c": 3}

    return Pair.lazy(compute, a=1)


def test_fields_are_computed_once_when_one_is_read():
    calls = []
    made = pair(calls)
    assert made.a == 1 and not calls
    assert (made.b, made.c, made.b) == (2, 3, 2) and calls == [1]
    assert made == Pair(1, 2, 3) and replace(pair([]), c=5) == Pair(1, 2, 5)


def test_copies_and_pickles_hold_all_fields():
    for again in (copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))):
        calls = []
        assert again(pair(calls)) == Pair(1, 2, 3) and calls == [1]


def test_a_field_that_is_none_is_told():
    made = pair([])
    for name in ("d", "_e"):
        with pytest.raises(AttributeError, match=name):
            getattr(made, name)


def test_the_ledger_does_not_change_with_what_the_caller_changes(rng):
    weights = [rng.normal(size=shape) for shape in ((5, 7), (7,), (7, 3), (3,))]
    network = lrp.Network.sequential([L.Dense(*weights[:2]), L.ReLU(), L.Dense(*weights[2:])], (5,))
    x, R = rng.normal(size=(2, 5)), rng.normal(size=(2, 3))
    expected = network.explain(x.copy(), start=R.copy()).ledger.to_json()
    found = network.explain(x, start=R)
    x[...] = 0
    R[...] = 0
    found.relevance[...] = 0
    for name, array in found.relevances.items():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
    assert found.ledger.to_json() == expected
    found.ledger.check()


def test_a_layer_remembers_modified_weights_and_does_not_pickle_them(rng):
    layer = L.Dense(rng.normal(size=(5, 3)), rng.normal(size=3))
    x = abs(rng.normal(size=(2, 5)))
    first = layer.distribute(layer.compute(x), lrp.rules.z_plus(), (x,), layer.compute(x))
    kept = layer.__dict__["_modified"]
    assert kept
    again = layer.distribute(layer.compute(x), lrp.rules.z_plus(), (x,), layer.compute(x))
    assert (first.parts[0] == again.parts[0]).all() and layer.__dict__["_modified"] is kept
    assert "_modified" not in pickle.loads(pickle.dumps(layer)).__dict__
    other = layer.distribute(layer.compute(x), lrp.rules.gamma(2), (x,), layer.compute(x))
    assert not np.allclose(other.parts[0], first.parts[0]), "rules do not meet each other's weights"
