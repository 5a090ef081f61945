"""The property tests run over every layer and every rule: nothing is registered without a case."""

import importlib
import inspect
import pkgutil

import numpy as np

import lrp.layers
from lrp.layers import FAMILIES, LAYERS, Layer
from lrp.rules import RULES as CATALOGUE
from tests.cases import CASES, RULES


def concrete_layers():
    """Every class below lrp.layers that can be built, by a walk over its files."""
    found = set()
    for module in pkgutil.walk_packages(lrp.layers.__path__, "lrp.layers."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Layer) and not inspect.isabstract(kind) and kind.__module__.startswith("lrp.layers."):
                found.add(kind)
    return found


def test_every_concrete_layer_is_registered_once():
    registered = [kind for family in FAMILIES.values() for kind in family]
    assert len(registered) == len(set(registered)) == len(LAYERS)
    assert set(registered) == concrete_layers()
    assert list(LAYERS.values()) == registered and all(name == kind.__name__ for name, kind in LAYERS.items())


def test_families_and_their_layers_are_in_alphabetical_order():
    assert list(FAMILIES) == sorted(FAMILIES)
    for name, family in FAMILIES.items():
        names = [kind.__name__ for kind in family]
        assert names == sorted(names, key=str.lower), name


def test_a_family_is_a_package():
    for name, family in FAMILIES.items():
        packages = {kind.__module__.split(".")[2] for kind in family}
        expected = {"affine", "dense", "embedding"} if name == "linear maps" else {name.replace(" ", "_")}
        assert packages == expected


def test_every_layer_is_a_name_of_the_package():
    assert all(getattr(lrp.layers, name) is kind for name, kind in LAYERS.items())
    assert set(LAYERS) <= set(lrp.layers.__all__) and len(set(lrp.layers.__all__)) == len(lrp.layers.__all__)


def test_every_layer_has_a_case():
    rng = np.random.default_rng(0)
    assert {type(case.build(rng)).__name__ for case in CASES} == set(LAYERS)


def test_every_rule_has_a_case():
    assert {rule.name for rule in RULES} == set(CATALOGUE)


def test_names_of_cases_are_unique():
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(set(RULES)) == len(RULES)
