"""What every layer and rule must leave alone: batch mates, the order of samples, inputs, weights, other threads."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cases import RULES, case_id, cases, exact_cases, numbers, rules_of


def setup(case, rng, dtype, n=2):
    layer = case.build(rng).astype(dtype)
    xs = case.inputs(rng, n, dtype)
    y = layer.compute(*xs)
    return layer, xs, y, numbers(rng, y.shape, dtype)


@pytest.mark.parametrize("case", exact_cases(), ids=case_id)
def test_a_sample_does_not_depend_on_its_batch(case, rng):
    layer, xs, y, R = setup(case, rng, "exact")
    for rule in rules_of(case):
        whole = layer.distribute(R, rule, xs, y)
        for i in range(len(R)):
            one = layer.distribute(R[i : i + 1], rule, tuple(x[i : i + 1] for x in xs), y[i : i + 1])
            for part, alone in zip(whole.parts, one.parts, strict=True):
                assert (part[i] == alone[0]).all(), rule.text()
            assert whole.bias[i] == one.bias[0] and whole.dropped[i] == one.dropped[0], rule.text()


@pytest.mark.parametrize("case", exact_cases(), ids=case_id)
def test_relevance_is_linear(case, rng):
    layer, xs, y, first = setup(case, rng, "exact", n=1)
    second = numbers(rng, y.shape, "exact")
    for rule in rules_of(case):
        a, b = (layer.distribute(R, rule, xs, y) for R in (first, second))
        both = layer.distribute(3 * first - second, rule, xs, y)
        for part, p, q in zip(both.parts, a.parts, b.parts, strict=True):
            assert (part == 3 * p - q).all(), rule.text()
        assert (both.dropped == 3 * a.dropped - b.dropped).all(), rule.text()
        nothing = layer.distribute(0 * first, rule, xs, y)
        assert all((part == 0).all() for part in nothing.parts), rule.text()


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_same_call_same_bits_and_nothing_changed(case, rng):
    layer, xs, y, R = setup(case, rng, "float64")
    for array in (*xs, y, R, *layer.weights().values()):
        array.setflags(write=False)
    with ThreadPoolExecutor(2) as pool:
        for rule in rules_of(case):
            first, second = layer.distribute(R, rule, xs, y), layer.distribute(R, rule, xs, y)
            others = list(pool.map(lambda _, r=rule: layer.distribute(R, r, xs, y), range(2)))
            for again in (second, *others):
                for part, same in zip(first.parts, again.parts, strict=True):
                    assert part.tobytes() == same.tobytes(), rule.text()


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_output_shape_is_the_shape_of_the_output(case, rng):
    layer, xs, y, _ = setup(case, rng, "float64")
    assert layer.output_shape(*(x.shape[1:] for x in xs)) == y.shape[1:]


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_forward_then_lrp_by_hand(case, rng):
    layer, xs, y, R = setup(case, rng, "float64")
    rule = layer.default_rule or next(rule for rule in RULES if layer.accepts(rule))
    assert (layer.forward(*xs) == y).all()
    by_hand = layer.lrp(R, rule)
    parts = layer.distribute(R, rule, xs, y).parts
    for part, same in zip(by_hand if isinstance(by_hand, tuple) else (by_hand,), parts, strict=True):
        assert (part == same).all()


# the mean of three numbers is a third of what floats hold exactly, so they miss the exact zeros
COMPARABLE = exact_cases(without=("average",))


@pytest.mark.parametrize("case", COMPARABLE, ids=case_id)
def test_floats_agree_with_fractions(case, rng):
    layer, xs, y, R = setup(case, rng, "exact")
    floating, floats = layer.astype("float64"), tuple(x.astype(float) for x in xs)
    for rule in rules_of(case, linear=True):
        exact = layer.distribute(R, rule, xs, y)
        if (abs(exact.parts[0].astype(float)) > 1e6).any():
            continue  # a denominator near 0 magnifies rounding without bound
        divided = floating.distribute(R.astype(float), rule, floats, floating.compute(*floats))
        for part, true in zip(divided.parts, exact.parts, strict=True):
            scale = max(float(abs(true).max()), 1.0)
            undecided = case.name.startswith("batch-norm") or "lrn" in case.name
            error = abs(part - true.astype(float)).max()
            assert error <= (1e-6 if undecided else 1e-9) * scale, rule.text()
