"""The check names the reason: each deviation is computed by scalar loops of its own, from the vector alone."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from lrp import conformance
from lrp.conformance.deviations import SINGLE
from lrp.conformance.vectors import Vector, as_data
from lrp.errors import InputError


@cache
def every_case():
    return tuple(conformance.cases())


def vectors(prefix):
    return [Vector(as_data(case)) for case in every_case() if case.id.startswith(prefix)]


def numbers(vector):
    """x, weight, bias and R of a dense case."""
    layer = vector.case.network.nodes["layer"].layer
    return vector.case.x["x"], layer.weight, layer.bias, vector.case.start


def dense(rule):
    """A loop over samples and neurons: rule(products, bias, z) -> shares of R."""

    def explain(vector):
        x, w, b, R = numbers(vector)
        result = np.zeros_like(x)
        for n in range(len(x)):
            for k in range(w.shape[1]):
                with np.errstate(all="ignore"):
                    result[n] += rule(x[n], w[:, k], b[k]) * R[n, k]
        return result

    return explain


def plus(v):
    return np.maximum(v, 0)


def minus(v):
    return np.minimum(v, 0)


def both_halves(x, w, b):
    p = x * w
    return 2 * plus(p) / (plus(p).sum() + b) - minus(p) / (minus(p).sum() + b)


def unsigned(x, w, b):
    return x * w / ((x * w).sum() + b + 0.25)


def unscaled_bias(x, w, b):
    p, z = x * w, (x * w).sum() + b
    c = p + 0.25 * (plus(p) if z > 0 else minus(p))
    return c / (c.sum() + b) if z != 0 else 0 * p


def squared_bias(x, w, b):
    return w * w / ((w * w).sum() + b * b)


def unguarded(x, w, b):
    return w * w / (w * w).sum()


CASES = {
    "both halves": (
        "layers/dense/alpha_beta:2,1/",
        both_halves,
        "the bias is added in full to both halves of alpha-beta",
    ),
    "unsigned": ("layers/dense/epsilon:0.25/", unsigned, "the stabilizer is added whatever the sign of z"),
    "unscaled": ("layers/dense/gamma:0.25/", unscaled_bias, "the bias is added in full: gamma does not scale it"),
    "squared": ("layers/dense/w_square/", squared_bias, "the bias, squared, counts in the denominator of w^2"),
}


@pytest.mark.parametrize("name", CASES)
def test_the_reason_is_found(name):
    prefix, rule, words = CASES[name]
    report = conformance.run(dense(rule), vectors(prefix))
    assert not report.agrees
    for verdict in report.failures():
        assert words in verdict.reasons or verdict.reasons[0].startswith("0/0"), verdict.text()
    assert words in report.text()


def test_unguarded_division_is_named():
    report = conformance.run(dense(unguarded), vectors("layers/dense/w_square/"))
    (failure,) = report.failures()
    assert failure.id.endswith("/dead")
    assert "0/0" in failure.reasons[0]


def test_what_is_finite_beside_nan_is_explained_too():
    """The bias squared and no guard: the second sample is NaN, the first tells why it differs."""

    def explain(vector):
        result = dense(squared_bias)(vector)
        result[1] = np.nan
        return result

    (failure,) = conformance.run(explain, vectors("layers/dense/w_square/signed")).failures()
    assert failure.reasons[0].startswith("0/0")
    assert "the bias, squared, counts in the denominator of w^2" in failure.reasons


def test_duplicated_ties_and_gradient_fallback():
    def duplicated(vector):
        x, R = vector.case.x["x"], vector.case.start
        result = np.zeros_like(x)
        for n, i, j, c in np.ndindex(R.shape):
            window = x[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c]
            result[n, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, c] += R[n, i, j, c] * (window == window.max())
        return result

    report = conformance.run(duplicated, vectors("layers/max-pool/winner:share/"))
    ties = [v for v in report.failures() if v.id.endswith("/ties")]
    assert ties and ties[0].reasons[0].startswith("ties are duplicated")

    def gradient(vector):
        x, R = vector.case.x["x"], vector.case.start
        return np.repeat(np.repeat(R, 2, axis=1), 2, axis=2) / 4 + 0 * x

    report = conformance.run(gradient, vectors("layers/avg-pool/zero/"))
    assert all("gradient fallback: average pooling has no rule" in v.reasons for v in report.failures())


def test_two_deviations_at_once_are_found_and_remembered():
    def both(x, w, b):
        p = x * w
        return 2 * plus(p) / (plus(p).sum() + b + 1e-6 * (1 if plus(p).sum() + b >= 0 else -1)) - minus(p) / (
            minus(p).sum() + b + 1e-6 * (1 if minus(p).sum() + b >= 0 else -1)
        )

    report = conformance.run(dense(both), vectors("layers/dense/alpha_beta:2,1/"))
    reasons = {reason for verdict in report.failures() for reason in verdict.reasons}
    assert reasons == {
        "the bias is added in full to both halves of alpha-beta; and a stabilizer of 1e-6 in rules that have none"
    }


def test_nothing_explains_noise():
    rng = np.random.default_rng(0)
    report = conformance.run(lambda v: rng.normal(size=v.case.x["x"].shape), vectors("layers/flatten/identity/signed"))
    assert report.failures()[0].reasons == ("no known deviation explains it",)


def test_the_search_through_pairs_ends_after_cases_that_it_does_not_explain(monkeypatch):
    """Two cases of noise are searched through, the third is not; a pair that is known already is still found."""
    from lrp.conformance import reasons

    monkeypatch.setattr(reasons, "MAX_SEARCHES", 2)
    searched = []
    pairs = reasons._pairs
    monkeypatch.setattr(reasons, "_pairs", lambda effective: searched.append(1) or pairs(effective))
    rng = np.random.default_rng(0)
    few = vectors("layers/dense/zero/")[:3]
    report = conformance.run(lambda v: rng.normal(size=v.case.x["x"].shape), few)
    assert [v.reasons[0] for v in report.failures()] == [
        "no known deviation explains it",
        "no known deviation explains it",
        "no known deviation explains it (pairs were tried on the first 2 such cases)",
    ]
    assert len(searched) == 2


def test_float32_results_are_held_to_float32():
    few = vectors("layers/dense/zero/signed")
    exact = few[0].relevance("x")
    assert conformance.check({few[0].id: exact.astype(np.float32)}, few).agrees
    rounded = exact.astype(np.float32).astype(np.float64)
    report = conformance.check({few[0].id: rounded}, few)
    assert report.failures()[0].reasons[0].startswith("float32 arithmetic")


def test_axes_starts_and_factors():
    few = vectors("networks/mlp/epsilon_0.25/")
    first = few[0].case
    report = conformance.check({first.id: first.explain("paper", start="one").relevances["x"]}, few)
    assert "relevance starts with 1, not with the logit" in report.failures()[0].reasons
    report = conformance.check({first.id: few[0].relevance("x").T}, few)
    assert "axes" in report.failures()[0].reasons[0]
    one = vectors("layers/flatten/identity/zeros")
    report = conformance.check({one[0].id: 0 * one[0].relevance("x")}, one)
    assert not report.agrees


def test_several_inputs_and_inner_nodes():
    few = vectors("networks/two-inputs/epsilon_0.25/")
    answer = few[0].case.explain("paper").relevances
    assert conformance.check({few[0].id: answer}, few).agrees
    assert conformance.check({few[0].id: {"fc1": answer["fc1"]}}, few).agrees
    with pytest.raises(InputError, match="names"):
        conformance.check({few[0].id: answer["left"]}, few)
    with pytest.raises(InputError, match="by node"):
        conformance.check({few[0].id: {"nowhere": answer["left"]}}, few)
    with pytest.raises(InputError, match="identifiers"):
        conformance.check({"layers/none": answer}, few)


def test_an_empty_report_agrees_with_nothing():
    report = conformance.run(lambda vector: None, vectors("layers/dense/zero/"))
    assert not report.agrees and len(report.missing) == 9
    assert "0 of 0" in report.text()


def test_zero_answers():
    """A case whose answer is zero everywhere: relevance that starts at a dead end."""
    (vector,) = vectors("layers/dense/zero/signed")
    quiet = Vector({**as_data(vector.case), "relevances": {"x": {"shape": [2, 3], "values": ["0"] * 6}}})
    assert conformance.check({quiet.id: np.zeros((2, 3))}, [quiet]).agrees
    assert not conformance.check({quiet.id: np.ones((2, 3))}, [quiet]).agrees


def test_deviations_are_told_apart():
    assert len({deviation.words for deviation in SINGLE}) == len(SINGLE)
    with pytest.raises(InputError):
        conformance.check({"x": np.ones(1)}, [])
