"""The checks: each tries a student's function on hidden cases, simplest first, and explains the first difference."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lrp.arrays import Array
from lrp.graph import Network
from lrp.layers import Layer
from lrp.lessons.cases import DENSE_CASES, DenseCase, fractions, show
from lrp.lessons.diagnosis import COLUMNS, Division, LessonError, agrees, divide, likely_mistakes, missing_unit
from lrp.rules import LinearRule, Rule, parse

DenseFunction = Callable[[Array, Array, Array, Array], Any]


def rule(function: DenseFunction, expected: str | LinearRule) -> None:
    """Check a rule for a dense layer.

    Parameters
    ----------
    function : takes x (d,), w (d, k), b (k,), R (k,), arrays of Fractions; returns the relevance of x, (d,)
    expected : the rule it should compute, as text or as a value of `lrp.rules`

    Raises
    ------
    LessonError
        With the case, the first wrong input, the unit of relevance that is missing, and the likely mistake.

    Examples
    --------
    >>> from lrp.lessons import check
    >>> def zero(x, w, b, R):
    ...     z = x @ w + b
    ...     s = [r / zk if zk != 0 else 0 for r, zk in zip(R, z)]
    ...     return x * (w @ s)
    >>> check.rule(zero, "zero")
    zero: all 10 cases agree, with ==
    """
    wanted = _linear(expected)
    answers: list[Any] = []
    failed: tuple[DenseCase, Any, Division] | None = None
    for case in DENSE_CASES:
        division = divide(wanted, case)
        answer = _answer(function, case, division, case.x.shape)
        answers.append(answer)
        if failed is None and not agrees(answer, division.relevance):
            failed = case, answer, division
    if failed is not None:
        raise LessonError(_explain(*failed, answers, wanted))
    print(f"{wanted.text()}: all {len(DENSE_CASES)} cases agree, {_precision(answers)}")


def ledger(function: Callable[[Array, Array, Array, Array], Mapping[str, Any]], expected: str | LinearRule) -> None:
    """Check the account of a rule at a dense layer.

    Parameters
    ----------
    function : takes x, w, b, R as for `rule`; returns a dict with the numbers
        "passed", "bias", "stabilizer", "dropped"
    expected : the rule whose account it should be

    Raises
    ------
    LessonError
        With the first column that differs, and whether the account closes.
    """
    wanted = _linear(expected)
    names = ("passed", *COLUMNS)
    for case in DENSE_CASES:
        division = divide(wanted, case)
        answer = _call(function, case)
        if not isinstance(answer, Mapping) or set(answer) != set(names):
            raise LessonError(f"your function should return a dict with the keys {', '.join(names)}, got {answer!r}")
        for name in names:
            right = getattr(division, name)
            if not agrees([answer[name]], [right]):
                received, total = sum(case.R.tolist()), sum(answer.values())
                closes = "closes" if agrees([total], [received]) else f"does not close: it sums to {show(total)}"
                raise LessonError(
                    f"case {case.title!r} ({case.text()}): {name} should be {show(right)}, got {show(answer[name])}. "
                    f"{show(received)} units came in; your account {closes}"
                )
    print(f"the account of {wanted.text()}: all {len(DENSE_CASES)} cases agree")


def layer(
    function: Callable[[Array, Array], Any], expected: Layer, rule: str | Rule | None, shape: tuple[int, ...]
) -> None:
    """Check the relevance of any layer with one input.

    Parameters
    ----------
    function : takes x and R, one sample each without the batch axis; returns the relevance of x
    expected : the layer of `lrp.layers`
    rule : the rule, None for the layer's default
    shape : of one sample of x, such as (4, 4, 1)
    """
    rng = np.random.default_rng(7)
    for number in range(1, 7):
        x = fractions(rng.integers(-2, 4, shape))
        y = expected.compute(x[None])
        R = fractions(rng.integers(1, 6, y.shape[1:]))
        chosen = expected.check_rule(parse(rule) if isinstance(rule, str) else rule, type(expected).__name__)
        right = expected.distribute(R[None], chosen, (x[None],), y).parts[0][0]
        answer = _shaped(function(x, R), x.shape)
        if not agrees(answer, right):
            raise LessonError(
                f"case {number} of 6: x = {show(x)}, R = {show(R)}. {_first_difference(answer, right)}; your relevance "
                f"sums to {show(sum(answer.ravel()))}, R to {show(sum(R.ravel()))}"
            )
    print(f"{type(expected).__name__} under {chosen.text()}: all 6 cases agree")


def relevances(answer: Mapping[str, Any], network: Network, x: Any, **options: Any) -> None:
    """Check the relevance of every node of a network, from the output down; options go to `network.explain`.

    Parameters
    ----------
    answer : node name -> relevance of that node's output, with the batch axis

    Raises
    ------
    LessonError
        With the first node below which the numbers differ: the mistake is in the step above it.
    """
    explanation = network.explain(x, **options)
    for name, right in explanation.relevances.items():
        if name not in answer:
            raise LessonError(f"expected the relevance of node {name!r}, got {', '.join(answer) or 'no node'}")
        given = _shaped(answer[name], right.shape)
        if not np.allclose(given.astype(float), right.astype(float), rtol=1e-6, atol=1e-9):
            raise LessonError(
                f"{name}: {_first_difference(given, right)}; all nodes above agree: look at the step below them"
            )
    print(f"all {len(explanation.relevances)} nodes agree")


def composite(answer: Any, network: Network, expected: Any) -> None:
    """Check which rule a composite gives to each node; only the assigned rules count, not how they are written."""
    x = np.zeros((1, *(length or 1 for length in network.shapes[network.inputs[0]])))
    given, wanted = (network.explain(x, composite=text).rules for text in (answer, expected))
    wrong = [name for name in wanted if given[name] != wanted[name]]
    if wrong:
        name = wrong[0]
        raise LessonError(
            f"{name}: expected {wanted[name].text()}, got {given[name].text()}; {len(wrong)} nodes differ"
        )
    print(f"all {len(wanted)} nodes agree")


def root(function: Callable[[Array, Array, Any], Any], expected: str | LinearRule) -> None:
    """Check a root point of one rectified neuron: function(x (d,), w (d,), b) -> a point with w . point + b = 0.

    The point must also lie on the rule's search direction: the Taylor terms (x - point) w must be the rule's messages.
    """
    wanted, tried = _linear(expected), 0
    for case in DENSE_CASES:
        for k in range(case.w.shape[1]):
            x, w, b = case.x, case.w[:, k], min(case.b[k], fractions(0).item())
            z = x @ w + b
            if z <= 0 or (x < 0).any():
                continue
            tried += 1
            point = _shaped(function(x, w, b), x.shape)
            if not agrees([point @ w + b], [0]):
                raise LessonError(
                    f"x = {show(x)}, w = {show(w)}, b = {show(b)}: your point {show(point)} has the activation "
                    f"{show(point @ w + b)}; a root point has 0"
                )
            neuron = DenseCase("", x, w[:, None], fractions([0]), fractions([z]))
            messages = divide(wanted, neuron).relevance
            if not agrees((x - point) * w, messages):
                raise LessonError(
                    f"x = {show(x)}, w = {show(w)}, b = {show(b)}: {show(point)} is a root, but its Taylor terms are "
                    f"{show((x - point) * w)} and the rule's messages {show(messages)}: another search direction?"
                )
    print(f"root of {wanted.text()}: all {tried} neurons agree")


def aopc(function: Callable[[list[Any]], Any]) -> None:
    """Check the area over the perturbation curve: function([f(x0), f(x1), ... f(xL)]) -> AOPC.

        AOPC = 1/(L+1) sum_{k=0..L} (f(x0) - f(xk))

    Source: Samek et al. 2017, AOPC
    """
    for curve in ([5, 3, 1], [2, 2], [1, 2, 4, 8], [7]):
        scores = list(fractions(curve))
        right = sum((scores[0] - value for value in scores), fractions(0).item()) / len(scores)
        answer = function(scores)
        if not agrees([answer], [right]):
            other = right * len(scores) / max(len(scores) - 1, 1)
            hint = ": divide by the number of points L + 1, f(x0) included" if agrees([answer], [other]) else ""
            raise LessonError(f"scores {show(scores)}: expected {show(right)}, got {show(answer)}{hint}")
    print("AOPC: all 4 curves agree")


def equal(answer: Any, expected: Any) -> None:
    """Check an array of numbers: the same shape, and equal within rounding (with == for Fractions)."""
    right = np.asarray(expected, dtype=object)
    given = _shaped(answer, right.shape)
    if not agrees(given, right):
        raise LessonError(f"{_first_difference(given, right)}")
    print("the numbers agree")


def _linear(expected: str | LinearRule) -> LinearRule:
    wanted = parse(expected) if isinstance(expected, str) else expected
    if not isinstance(wanted, LinearRule):
        raise TypeError(f"expected a rule of linear layers, such as 'epsilon:1/4', got {expected!r}")
    return wanted


def _call(function: DenseFunction, case: DenseCase) -> Any:
    try:
        answer = function(case.x.copy(), case.w.copy(), case.b.copy(), case.R.copy())
    except ZeroDivisionError:
        raise LessonError(
            f"case {case.title!r} ({case.text()}): your function divides by 0. Where a denominator is 0, the rule is "
            "not defined (0/0): that share goes to no input. Decide this before you divide"
        ) from None
    if answer is None:
        raise LessonError("your function returns nothing yet; replace the dots and return the result")
    return answer


def _answer(function: DenseFunction, case: DenseCase, expected: Division, shape: tuple[int, ...]) -> Array:
    return _shaped(_call(function, case), shape)


def _shaped(answer: Any, shape: tuple[int, ...]) -> Array:
    if answer is None:
        raise LessonError("your function returns nothing yet; replace the dots and return the result")
    array = np.asarray(answer, dtype=object)
    if array.shape != shape:
        raise LessonError(f"expected an array of shape {shape}, the shape of the input, got {array.shape}")
    return array


def _first_difference(answer: Array, right: Array) -> str:
    wrong = [index for index in np.ndindex(right.shape) if not agrees([answer[index]], [right[index]])]
    index = wrong[0]
    where = index[0] if len(index) == 1 else index
    numbers = f"should receive {show(right[index])}, got {show(answer[index])}"
    return f"input {where} {numbers} ({len(wrong)} of {right.size} differ)"


def _explain(case: DenseCase, answer: Array, division: Division, answers: list[Any], wanted: LinearRule) -> str:
    mistakes = likely_mistakes(answers, wanted, DENSE_CASES)
    reason = f"\nLikely reason: {mistakes[0]}" if mistakes else ""
    return (
        f"case {case.title!r}: {case.text()}\n{_first_difference(answer, division.relevance)}.\n"
        f"{missing_unit(answer.tolist(), division, case)}.{reason}"
    )


def _precision(answers: list[Any]) -> str:
    floats = any(isinstance(value, (float, np.floating)) for answer in answers for value in np.ravel(answer))
    return "within rounding (your function computes in floats)" if floats else "with =="
