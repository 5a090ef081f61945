"""What each layer refuses, by its settings, its arrays, the shapes of its inputs or its rule: one clear sentence."""

import re
from dataclasses import fields

import numpy as np
import pytest

from lrp import layers as L
from lrp.errors import ExactError, InputError, LrpError, RuleError, SettingError, ShapeError
from lrp.rules import identity, parse, signal, winner, zero
from tests.cases import case_id, cases

one = np.ones

BUILT = {
    "reads numbers": (lambda: L.Dense(np.array([["a"]])), ShapeError, "Dense weight: expected an array of numbers"),
    "dense weight": (lambda: L.Dense(one(3)), ShapeError, r"Dense: expected a weight of shape \(in, out\), got \(3,\)"),
    "dense bias": (lambda: L.Dense(one((3, 2)), one(3)), ShapeError, r"Dense: expected a bias of shape \(2,\)"),
    "conv weight": (lambda: L.Conv(one((3, 2))), ShapeError, r"Conv: expected a weight of shape \(\*kernel, in/groups"),
    "conv groups": (lambda: L.Conv(one((1, 1, 3)), groups=2), SettingError, "Conv: expected groups that divide the 3"),
    "conv stride": (lambda: L.Conv(one((1, 1, 3)), stride=0), SettingError, "Conv stride: expected numbers of at least 1"),
    "conv stride count": (lambda: L.Conv(one((1, 1, 3)), stride=(1, 1)), SettingError, "Conv stride: expected 1 integers"),
    "conv padding word": (lambda: L.Conv(one((1, 1, 3)), padding="half"), SettingError, "expected 'valid', 'same' or"),
    "conv padding": (lambda: L.Conv(one((1, 1, 3)), padding=((1, 2, 3),)), SettingError, r"expected \(before, after\)"),
    "transposed weight": (lambda: L.ConvTranspose(one((3, 2))), ShapeError, "ConvTranspose: expected a weight of shape"),
    "transposed padding": (
        lambda: L.ConvTranspose(one((2, 1, 3)), padding="same"), SettingError, "ConvTranspose padding: expected"
    ),
    "pool padding": (lambda: L.MaxPool(2, padding=2), SettingError, "MaxPool: expected padding smaller than the window"),
    "lrn size": (lambda: L.LRN(0), SettingError, "LRN: expected a size of at least 1, got 0"),
    "lrn k": (lambda: L.LRN(3, k=0), SettingError, "LRN: expected k > 0 and alpha >= 0"),
    "norm mean": (lambda: L.BatchNorm(one((2, 2)), one(2)), ShapeError, "BatchNorm: expected a mean of shape"),
    "norm variance": (lambda: L.BatchNorm(one(2), -one(2)), SettingError, r"BatchNorm: expected variance \+ epsilon > 0"),
    "layer norm": (lambda: L.LayerNorm(1, one((2, 2))), ShapeError, "LayerNorm: expected a gamma with 1 axes"),
    "softmax axis": (lambda: L.Softmax(axis=0), SettingError, "Softmax: expected an axis of the sample"),
    "concat axis": (lambda: L.Concat(axis=0), SettingError, "Concat: expected an axis of the sample"),
    "embedding": (lambda: L.Embedding(one(3)), ShapeError, r"Embedding: expected a weight of shape \(vocabulary, d\)"),
    "reshape": (lambda: L.Reshape((-1, -1)), SettingError, "Reshape: expected positive lengths, -1 at most once"),
    "permute": (lambda: L.Permute((1, 3)), SettingError, "Permute: expected each of 1..2 once"),
    "zero pad": (lambda: L.ZeroPad(2), SettingError, r"ZeroPad padding: expected \(before, after\) for each"),
    "slice": (lambda: L.Slice(((0, 1, 0),)), SettingError, r"Slice: expected \(start, stop, step\)"),
    "repeat": (lambda: L.RepeatVector(0), SettingError, "RepeatVector: expected a number of at least 1"),
    "coefficients": (lambda: L.WeightedAdd(()), SettingError, "WeightedAdd: expected a number for each input"),
    "cell kernels": (lambda: L.SimpleRNN(one((3, 2)), one((2, 3))), ShapeError, "SimpleRNN: expected a kernel"),
    "cell bias": (lambda: L.SimpleRNN(one((3, 2)), one((2, 2)), one(3)), ShapeError, r"SimpleRNN: expected a bias of"),
    "cell output": (
        lambda: L.SimpleRNN(one((3, 2)), one((2, 2)), output="all"),
        SettingError,
        "SimpleRNN: expected an output among",
    ),
    "cell activation": (
        lambda: L.SimpleRNN(one((3, 2)), one((2, 2)), activation="sin"),
        SettingError,
        "SimpleRNN: expected an activation among",
    ),
    "attention bias": (
        lambda: L.MultiHeadAttention(
            one((3, 2, 2)), one((3, 2, 2)), one((3, 2, 2)), one((2, 2, 3)), query_bias=one(3)
        ),
        ShapeError,
        r"MultiHeadAttention: expected a query_bias of shape",
    ),
    "attention axes": (
        lambda: L.MultiHeadAttention(one((3, 2)), one((3, 2, 2)), one((3, 2, 2)), one((2, 2, 3))),
        ShapeError,
        "MultiHeadAttention: expected kernels with 3 axes",
    ),
    "attention heads": (
        lambda: L.MultiHeadAttention(one((3, 2, 2)), one((3, 1, 2)), one((3, 2, 2)), one((2, 2, 3))),
        ShapeError,
        "MultiHeadAttention: expected heads and lengths that fit",
    ),
}  # fmt: skip

FITTED = {
    "dense": (lambda: L.Dense(one((3, 2))), [(4,)], "expected inputs with 3 features on the last axis"),
    "conv axes": (lambda: L.Conv(one((1, 3, 2))), [(3,)], "expected inputs of 1 spatial axes and channels last"),
    "conv channels": (lambda: L.Conv(one((1, 3, 2))), [(5, 4)], "input has 4 channels, kernel expects 3"),
    "conv too small": (lambda: L.Conv(one((4, 3, 2))), [(2, 3)], "a window of 4 does not fit into length 2"),
    "transposed": (lambda: L.ConvTranspose(one((2, 1, 3))), [(5, 4)], "expected"),
    "transposed cut": (lambda: L.ConvTranspose(one((1, 1, 3)), padding=((1, 1),)), [(1, 3)], "nothing is left of"),
    "pool": (lambda: L.MaxPool(2), [(5, 4)], "expected inputs of 2 spatial axes and channels last"),
    "global pool": (lambda: L.GlobalMaxPool(), [(5,)], "expected spatial axes and channels last"),
    "lrn within": (lambda: L.LRN(3, within_channel=True), [(5,)], "expected spatial axes and channels last"),
    "batch norm": (lambda: L.BatchNorm(one(2), one(2)), [(3,)], "expected 2 channels on the last axis"),
    "layer norm": (lambda: L.LayerNorm(1, one(2)), [(3,)], r"LayerNorm: expected \(2,\) on the last axes"),
    "rms norm": (lambda: L.RMSNorm(one(2)), [(3,)], "RMSNorm: expected a gamma for the last axis"),
    "group norm": (lambda: L.GroupNorm(2), [(4, 3)], "GroupNorm: expected groups that divide the channels"),
    "group norm gamma": (lambda: L.GroupNorm(1, one(2)), [(4, 3)], r"GroupNorm: expected a gamma of shape \(3,\)"),
    "prelu": (lambda: L.PReLU(one(2)), [(3,)], "expected slopes that broadcast"),
    "affine": (lambda: L.Affine(one(2)), [(3,)], "expected a weight that broadcasts"),
    "add axes": (lambda: L.Add(), [(3,), (3, 1)], "Add: expected inputs with equally many axes"),
    "add shape": (lambda: L.Add(), [(3,), (2,)], "Add: expected inputs of one shape"),
    "subtract": (lambda: L.Subtract(), [(3,)], "Subtract: expected two inputs, got 1"),
    "weighted add": (lambda: L.WeightedAdd((1.0, 2.0)), [(3,)], "WeightedAdd: expected 2 inputs, got 1"),
    "concat": (lambda: L.Concat(axis=3), [(3,), (2,)], "Concat: expected inputs with equally many axes"),
    "matmul": (lambda: L.MatMul(), [(2, 3), (2, 3)], "MatMul: expected matrices"),
    "dot axes": (lambda: L.Dot(3, 1), [(2, 3), (2, 3)], "Dot: expected axes of"),
    "dot lengths": (lambda: L.Dot(1, 2), [(2, 3), (2, 3)], "Dot: expected equal lengths on the summed axes"),
    "reshape": (lambda: L.Reshape((4,)), [(3,)], r"expected a shape for the 3 entries of \(3,\), got \(4,\)"),
    "permute": (lambda: L.Permute((2, 1)), [(3,)], "expected samples of 2 axes"),
    "zero pad": (lambda: L.ZeroPad(((1, 1),)), [(3,)], "expected inputs of 1 spatial axes and channels last"),
    "crop": (lambda: L.Crop(((1, 2),)), [(3, 1)], "expected spatial axes longer than what is cut off"),
    "up-sample": (lambda: L.UpSample((2,)), [(3,)], "expected inputs of 1 spatial axes and channels last"),
    "interpolate": (lambda: L.Interpolate((4,)), [(3,)], "expected"),
    "slice axes": (lambda: L.Slice((0, 0)), [(3,)], "Slice: expected samples of at least 2 axes"),
    "slice index": (lambda: L.Slice((5,)), [(3,)], "Slice: expected an index into an axis of length 3, got 5"),
    "slice nothing": (lambda: L.Slice(((2, 1, 1),)), [(3,)], "Slice: nothing is left of"),
    "feature mask": (lambda: L.FeatureMask(), [(3,)], "FeatureMask: expected steps and features"),
    "masked mean": (lambda: L.MaskedMean(), [(3,), (3,)], "MaskedMean: expected steps and features"),
    "masking": (lambda: L.Masking(), [(3, 2), (4,)], "Masking: expected a mask of one number per step"),
    "cell inputs": (lambda: L.SimpleRNN(one((3, 2)), one((2, 2))), [(4, 5)], "SimpleRNN: expected 1 inputs"),
    "cell states": (
        lambda: L.SimpleRNN(one((3, 2)), one((2, 2)), initial=True),
        [(4, 3), (5,)],
        "SimpleRNN: expected first states of length 2",
    ),
    "attention inputs": (
        lambda: L.MultiHeadAttention(one((3, 2, 2)), one((3, 2, 2)), one((3, 2, 2)), one((2, 2, 3))),
        [(4, 3)],
        "MultiHeadAttention: expected 3 inputs, got 1",
    ),
    "attention features": (
        lambda: L.MultiHeadAttention(one((3, 2, 2)), one((3, 2, 2)), one((3, 2, 2)), one((2, 2, 3))),
        [(4, 3), (4, 3), (4, 5)],
        "MultiHeadAttention: expected steps and 3 features",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BUILT)
def test_a_layer_that_makes_no_sense(name):
    build, kind, sentence = BUILT[name]
    with pytest.raises(kind, match=sentence):
        build()


@pytest.mark.parametrize("name", FITTED)
def test_inputs_that_do_not_fit(name):
    build, shapes, sentence = FITTED[name]
    with pytest.raises(LrpError, match=sentence):
        build().output_shape(*shapes)


@pytest.mark.parametrize(
    "layer, shapes, rule",
    [
        (L.Dense(one((3, 2))), [(3,)], identity()),
        (L.SumPool(2), [(4, 4, 1)], identity()),
        (L.Maximum(), [(3,), (3,)], identity()),
        (L.MatMul(), [(2, 3), (3, 2)], identity()),
        (L.LayerNorm(1, one(3)), [(3,)], winner()),
        (L.SimpleRNN(one((3, 2)), one((2, 2))), [(4, 3)], identity()),
        (L.MultiHeadAttention(*[one((3, 2, 2))] * 3, one((2, 2, 3))), [(4, 3)] * 3, identity()),
    ],
)
def test_a_rule_that_the_layer_does_not_know(layer, shapes, rule):
    xs = tuple(one((1, *shape)) for shape in shapes)
    y = layer.compute(*xs)
    with pytest.raises(RuleError, match="expected"):
        layer.distribute(one(y.shape), rule, xs, y)


def test_a_gate_that_is_not_there():
    xs = (one((1, 3)), one((1, 3)))
    with pytest.raises(RuleError, match="signal: expected the number of one of 2 inputs, got 5"):
        L.Multiply().distribute(one((1, 3)), signal(5), xs, xs[0])


def test_values_that_a_function_does_not_take():
    with pytest.raises(InputError, match="Log: expected numbers above 0"):
        L.Log().compute(np.zeros((1, 2)))
    exact = np.full((1, 3), 1, dtype=object)
    with pytest.raises(ExactError, match="LRN: expected a whole number beta in exact arithmetic"):
        L.LRN(3, 1, 0.75).compute(exact)


def test_free_lengths_stay_free():
    assert L.Reshape((-1, 2)).output_shape((None, 2)) == (None, 2)
    assert L.Masking().output_shape((None, 2), (None,)) == (None, 2)
    assert L.RMSNorm().weights() == {}


def test_a_zero_rule_on_a_layer_without_part_in_the_relevance():
    """A dead layer under a rule whose group is 0/0 everywhere passes nothing and drops all."""
    layer, x = L.Dense(np.zeros((2, 1))), one((1, 2))
    divided = layer.distribute(one((1, 1)), zero(), (x,), layer.compute(x))
    assert divided.parts[0].tolist() == [[0, 0]] and divided.dropped[0] == 1


def test_cells_without_a_bias():
    x = one((1, 4, 3))
    for layer in (L.SimpleRNN(one((3, 2)), one((2, 2))), L.GRU(one((3, 6)), one((2, 6)))):
        assert layer.compute(x).shape == (1, 2)


def test_a_power_that_is_no_whole_number():
    assert L.LAYERS["Power"](0.5).compute(np.array([[4.0, 9.0]])).tolist() == [[2, 3]]


def parameters_section(kind):
    """The text below `Parameters` in a class docstring, up to the next section."""
    doc = kind.__doc__ or ""
    return doc.split("Parameters\n    ----------\n")[1] if "Parameters\n    ----------\n" in doc else ""


# The convolutions and Dense describe their arguments in prose.
DESCRIBED = [k for k in L.LAYERS.values() if k not in (L.Conv, L.ConvTranspose, L.Dense) and fields(k)]


@pytest.mark.parametrize("kind", DESCRIBED, ids=lambda kind: kind.__name__)
def test_every_argument_is_described(kind):
    names = re.findall(r"^    (\w[\w, ]*?)(?: :.*)?$", parameters_section(kind), re.M)
    described = {name for line in names for name in line.split(", ")}
    assert {f.name for f in fields(kind)} <= described


def test_the_text_of_a_rule_is_a_rule(rng):
    """distribute() takes text, a Rule, or None for the default, and refuses what the layer does not take."""
    layer, x = L.Dense(rng.normal(size=(3, 2)), rng.normal(size=2)), rng.normal(size=(4, 3))
    y, R = layer.compute(x), rng.normal(size=(4, 2))
    one, two = layer.distribute(R, "epsilon:0.25", (x,), y), layer.distribute(R, parse("epsilon:0.25"), (x,), y)
    assert one.parts[0].tobytes() == two.parts[0].tobytes() and (one.bias == two.bias).all()
    (gradient,) = layer.distribute(R, "gradient", (x,), y).parts
    assert gradient.tobytes() == layer.pullback(R, (x,), y)[0].tobytes()
    with pytest.raises(RuleError, match="a Dense layer needs a rule"):
        layer.distribute(R, None, (x,), y)
    assert (L.ReLU().distribute(R, None, (y,), y).parts[0] == R).all()


@pytest.mark.parametrize("case", cases(), ids=case_id)
def test_every_layer_takes_the_gradient(case, rng):
    layer, xs = case.build(rng), case.inputs(rng)
    y = layer.compute(*xs)
    parts = layer.distribute(np.ones_like(y), "gradient", xs, y).parts
    for part, same in zip(parts, layer.pullback(np.ones_like(y), xs, y), strict=True):
        assert part.tobytes() == same.tobytes()


def test_an_error_names_its_layer_once():
    with pytest.raises(ShapeError, match="^MatMul: expected matrices"):
        L.MatMul().forward(one((1, 2, 3)), one((1, 2, 3)))
    with pytest.raises(ShapeError, match="^PReLU: expected slopes that broadcast"):
        L.PReLU(one(2)).forward(one((1, 3)))
