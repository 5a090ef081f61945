"""The papers' networks: blob shapes and parameter counts of the published tables, weight sources, wrong files."""

import h5py
import numpy as np
import pytest

import lrp
from lrp.errors import LoadError
from lrp.layers import Dense
from models.architectures import (
    ARCHITECTURES,
    Arrays,
    Native,
    Seeded,
    caffe,
    caffenet,
    nin_cifar,
)
from models.architectures.builder import Builder

# the blobs of the published definitions, channels last
SHAPES = {
    "caffenet": {
        "conv1": (55, 55, 96), "pool1": (27, 27, 96), "norm1": (27, 27, 96), "conv2": (27, 27, 256), "pool2": (13, 13, 256),
        "norm2": (13, 13, 256), "conv3": (13, 13, 384), "conv4": (13, 13, 384), "conv5": (13, 13, 256), "pool5": (6, 6, 256),
        "fc6": (4096,), "fc7": (4096,), "fc8": (1000,), "prob": (1000,),
    },
    "vgg16": {
        "conv1_2": (224, 224, 64), "pool1": (112, 112, 64), "conv2_2": (112, 112, 128), "pool2": (56, 56, 128),
        "conv3_3": (56, 56, 256), "pool3": (28, 28, 256), "conv4_3": (28, 28, 512), "pool4": (14, 14, 512),
        "conv5_3": (14, 14, 512), "pool5": (7, 7, 512), "fc6": (4096,), "fc7": (4096,), "fc8": (1000,),
    },
    "googlenet": {
        "conv1/7x7_s2": (112, 112, 64), "pool1/3x3_s2": (56, 56, 64), "conv2/3x3": (56, 56, 192), "pool2/3x3_s2": (28, 28, 192),
        "inception_3a/output": (28, 28, 256), "inception_3b/output": (28, 28, 480), "pool3/3x3_s2": (14, 14, 480),
        "inception_4a/output": (14, 14, 512), "inception_4b/output": (14, 14, 512), "inception_4c/output": (14, 14, 512),
        "inception_4d/output": (14, 14, 528), "inception_4e/output": (14, 14, 832), "pool4/3x3_s2": (7, 7, 832),
        "inception_5a/output": (7, 7, 832), "inception_5b/output": (7, 7, 1024), "pool5/7x7_s1": (1, 1, 1024),
        "loss3/classifier": (1000,),
    },
    "squeezenet": {
        "conv1": (111, 111, 96), "pool1": (55, 55, 96), "fire2/concat": (55, 55, 128), "fire3/concat": (55, 55, 128),
        "fire4/concat": (55, 55, 256), "pool4": (27, 27, 256), "fire5/concat": (27, 27, 256), "fire6/concat": (27, 27, 384),
        "fire7/concat": (27, 27, 384), "fire8/concat": (27, 27, 512), "pool8": (13, 13, 512), "fire9/concat": (13, 13, 512),
        "conv10": (15, 15, 1000), "pool10": (1000,),
    },
    "nin_cifar": {
        "conv1": (32, 32, 192), "cccp1": (32, 32, 160), "cccp2": (32, 32, 96), "pool1": (16, 16, 96), "conv2": (16, 16, 192),
        "cccp4": (16, 16, 192), "pool2": (8, 8, 192), "conv3": (8, 8, 192), "cccp6": (8, 8, 10), "pool3": (10,),
    },
}  # fmt: skip
PARAMETERS = {
    "caffenet": 60_965_224, "vgg16": 138_357_544, "googlenet": 6_998_552, "squeezenet": 1_248_424, "nin_cifar": 966_986,
}  # fmt: skip


class Zeros(Seeded):
    """Weights that cost no random numbers: for shapes alone."""

    def kernel(self, name, shape):
        return np.zeros(shape, np.float32)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_shapes_and_parameters_are_the_published_ones(name):
    network = ARCHITECTURES[name](Zeros())
    assert {node: network.shapes[node] for node in SHAPES[name]} == SHAPES[name]
    assert sum(w.size for node in network.nodes.values() for w in node.layer.weights().values()) == PARAMETERS[name]


def test_groups_and_normalisation_of_caffenet():
    network = caffenet(Zeros())
    assert [network.nodes[f"conv{k}"].layer.groups for k in range(1, 6)] == [1, 2, 1, 2, 2]
    norm = network.nodes["norm1"].layer
    assert (norm.size, norm.alpha, norm.beta, norm.k) == (5, 1e-4, 0.75, 1.0)


def test_every_composite_explains_the_smallest_one():
    network = nin_cifar(Seeded(1))
    x = network.metadata.preprocessing(np.random.default_rng(0).integers(0, 256, size=(1, 32, 32, 3)))
    for name in lrp.composites.PRESETS:
        explanation = network.explain(x, 3, name)
        explanation.ledger.check()
        assert np.isfinite(explanation.relevance).all()


def tiny(weights):
    """A convolution in two groups and a dense layer behind a picture, under slashed names."""
    b = Builder(weights, (4, 5, 2))
    b.conv("block/conv", 2, 6, groups=2)
    b.dense("fc", 3)
    return b.network(lrp.Metadata(), "float32")


def caffe_file(path, kernel, dense, bias):
    with h5py.File(path, "w") as file:
        file["data/block/conv/0"], file["data/block/conv/1"] = kernel, np.arange(6, dtype=np.float32)
        file["data/fc/0"], file["data/fc/1"] = dense, bias
        file.create_group("data/empty")


def test_a_caffe_file_is_read_in_its_own_layout(tmp_path, rng):
    kernel = rng.normal(size=(6, 1, 2, 2)).astype(np.float32)
    dense = rng.normal(size=(3, 6 * 3 * 4)).astype(np.float32)
    caffe_file(tmp_path / "net.h5", kernel, dense, np.zeros((1, 1, 1, 3), np.float32))
    network = tiny(caffe(tmp_path / "net.h5", trusted=True))
    x = rng.normal(size=(1, 4, 5, 2)).astype(np.float32)
    trace = network.forward(x)
    for f in range(6):  # the definition, channel by channel
        channel = x[0, :, :, f // 3]
        expected = sum(kernel[f, 0, i, j] * channel[i : i + 3, j : j + 4] for i in range(2) for j in range(2)) + f
        assert trace.values["block/conv"][0, :, :, f] == pytest.approx(expected, rel=1e-4, abs=1e-5)
    flat = trace.values["relu_block/conv"][0].transpose(2, 0, 1).ravel()  # Caffe flattens channels first
    assert trace.output[0] == pytest.approx(dense @ flat, rel=1e-4, abs=1e-4)


def test_native_weights_come_back(tmp_path):
    first = tiny(Seeded(3))
    lrp.save(first, tmp_path / "tiny.h5")
    again = tiny(Native(tmp_path / "tiny.h5", trusted=True))
    assert isinstance(again.nodes["fc"].layer, Dense)
    for name, node in first.nodes.items():
        for key, weight in node.layer.weights().items():
            assert (again.nodes[name].layer.weights()[key] == weight).all()


def test_weights_that_do_not_fit(tmp_path):
    with pytest.raises(LoadError, match="weights: expected a layer 'block/conv', found none"):
        tiny(Arrays({}, {}))
    wrong = {"block/conv": np.zeros((6, 2, 2, 2), np.float32)}
    with pytest.raises(LoadError, match=r"weights of 'block/conv': expected shape \(2, 2, 1, 6\), got \(2, 2, 2, 6\)"):
        tiny(Arrays(wrong, {}))
    lrp.save(tiny(Seeded()), tmp_path / "tiny.h5")
    with pytest.raises(LoadError, match="weights of 'data2': expected a weight of shape .*, got nothing"):
        Native(tmp_path / "tiny.h5", trusted=True).kernel("data2", (1, 2))
    with pytest.raises(LoadError, match=r"weights of 'fc': expected a bias of shape \(4,\), got \(3,\)"):
        Native(tmp_path / "tiny.h5", trusted=True).bias("fc", 4)


@pytest.mark.slow
def test_photographs_get_sensible_classes(shared, tmp_path):
    """SqueezeNet 1.0 with its published weights: pictures named after an object have it among the best five."""
    pytest.importorskip("PIL")
    from lrp.views import read_input
    from models.architectures.convert_squeezenet import convert

    network = convert(shared / "data" / "squeezenet")
    expected = {
        "rooster2.jpg": "cock", "ladybug2.jpg": "ladybug", "scooter1.jpg": "motor_scooter", "hare9.jpg": "hare",
        "frog1.jpg": "tailed_frog", "volcano2.jpg": "volcano", "wolf3.jpg": "timber_wolf", "cat9.jpg": "tiger_cat",
    }  # fmt: skip
    for picture, wanted in expected.items():
        logits = network.forward(read_input(shared / "data" / "images" / picture, network, fit=True)).values["pool10"][
            0
        ]
        assert wanted in [network.metadata.classes[i] for i in np.argsort(-logits)[:5]], picture
    x = read_input(shared / "data" / "images" / "rooster2.jpg", network, fit=True)
    for name in lrp.composites.PRESETS:
        explanation = network.explain(x, "cock", name)
        explanation.ledger.check()
        assert explanation.relevance.shape == x.shape
