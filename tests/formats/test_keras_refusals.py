"""Settings of Keras layers that cannot be read exactly: each ends in one sentence that names the layer."""

import pytest

import lrp
from lrp.errors import LoadError
from lrp.formats.keras.basic import AUGMENTATIONS
from tests.formats.keras_files import sequential, write

VECTOR, STEPS, PICTURE = (None, 4), (None, 5, 4), (None, 6, 6, 3)
SETTINGS = [
    (VECTOR, "Activation", {"activation": "glu"}),
    (VECTOR, "Activation", {"activation": {"class_name": "ReLU", "config": 3}}),
    (VECTOR, "Activation", {"activation": {"class_name": "LeakyReLU", "config": {"slope": 1}}}),
    (VECTOR, "Activation", {"activation": {"class_name": "f", "config": {}, "registered_name": "mine>f"}}),
    (VECTOR, "Softmax", {"axis": [1, 2]}),
    (VECTOR, "Softmax", {"axis": 7}),
    (VECTOR, "Softmax", {"axis": 0}),
    (VECTOR, "LeakyReLU", {"alpha": "steep"}),
    (VECTOR, "ReLU", {"negative_slope": True}),
    (VECTOR, "Dropout", {"rate": {"config": {"value": "x"}}}),
    (VECTOR, "Dense", {"units": 2, "dtype": {"class_name": "QuantizedDTypePolicy"}}),
    (VECTOR, "Reshape", {"target_shape": "2,2"}),
    (VECTOR, "Permute", {"dims": "2,1"}),
    (VECTOR, "Permute", {"dims": [2, 2]}),
    (VECTOR, "RepeatVector", {"n": 0}),
    (VECTOR, "EinsumDense", {"equation": "ab,bc->ca"}),
    (VECTOR, "LayerNormalization", {"axis": 3}),
    (VECTOR, "LayerNormalization", {"rms_scaling": True}),
    (PICTURE, "LayerNormalization", {"axis": 1}),
    (PICTURE, "BatchNormalization", {"axis": [1, 2]}),
    (PICTURE, "BatchNormalization", {"renorm": True}),
    (PICTURE, "BatchNormalization", {"epsilon": -1.0}),
    (PICTURE, "GroupNormalization", {"axis": [1, 2]}),
    (PICTURE, "RMSNormalization", {"axis": 1}),
    (PICTURE, "UnitNormalization", {"axis": [1, 2]}),
    (PICTURE, "Normalization", {"invert": True}),
    (PICTURE, "Normalization", {"axis": [1, 2]}),
    (PICTURE, "Rescaling", {"scale": "big"}),
    (VECTOR, "Conv2D", {"filters": 2, "kernel_size": 3}),
    (PICTURE, "UpSampling2D", {"interpolation": "bicubic"}),
    (PICTURE, "MaxPooling2D", {"pool_size": [60000, 60000]}),
    (PICTURE, "AdaptiveMaxPooling2D", {"output_size": [4, 4]}),
    (PICTURE, "ZeroPadding2D", {"padding": [1, 2, 3]}),
    (PICTURE, "Cropping2D", {"cropping": [[3, 3], [3, 3]]}),
    (STEPS, "LSTM", {"units": 2, "activation": "softmax"}),
    (STEPS, "LSTM", {"units": 2, "time_major": True}),
    (VECTOR, "GRU", {"units": 2}),
    (STEPS, "Bidirectional", {"layer": {"class_name": "Dense", "config": {"name": "d", "units": 2}}}),
    (STEPS, "TimeDistributed", {"layer": {"class_name": "LSTM", "config": {"name": "l", "units": 2}}}),
    (STEPS, "TimeDistributed", {"layer": {"class_name": "Softmax", "config": {"name": "s", "axis": 1}}}),
    (STEPS, "TimeDistributed", {"layer": 3}),
    (STEPS, "Attention", {}),
    (STEPS, "MultiHeadAttention", {"num_heads": 2, "key_dim": 2}),
    (STEPS, "Concatenate", {"axis": 9}),
    (STEPS, "Dot", {"axes": 1}),
    (STEPS, "TFOpLambda", {"function": "math.erfinv"}),
    (STEPS, "TFOpLambda", {"function": 3}),
    (STEPS, "TFOpLambda", {"function": "math.multiply"}),
    (STEPS, "SlicingOpLambda", {}),
    (STEPS, "PReLU", {"shared_axes": [4]}),
]


@pytest.mark.parametrize("shape, kind, config", SETTINGS)
def test_a_setting_that_is_not_read(shape, kind, config, tmp_path):
    data = sequential({"class_name": kind, "config": {"name": "odd", **config}}, shape=shape)
    path = write(tmp_path / "m.h5", data, {}, "3.15.1")
    with pytest.raises(LoadError) as caught:
        lrp.load(path, trusted=True)
    assert "m.h5" in str(caught.value)


@pytest.mark.parametrize("version", ["4.0", "new", 7])
def test_a_version_that_is_not_known(version, tmp_path):
    with pytest.raises(LoadError, match="ersion"):
        lrp.load(write(tmp_path / "m.h5", version=version), trusted=True)


@pytest.mark.parametrize("version", [None, "2.2.4", "2.2.4-tf", "2.14.0", "3.0.5"])
def test_versions_that_are_read_alike(version, tmp_path):
    assert lrp.load(write(tmp_path / "m.h5", version=version, backend=None), trusted=True).outputs == ("out",)


@pytest.mark.parametrize("kind", AUGMENTATIONS)
def test_augmentation_does_nothing_at_inference(tmp_path, rng, kind):
    layer = {"class_name": kind, "config": {"name": "augment", "factor": 0.2}}
    path = write(
        tmp_path / "a.h5", sequential(layer, {"class_name": "Flatten", "config": {"name": "flat"}}, shape=PICTURE), {}
    )
    x = rng.normal(size=(2, 6, 6, 3))
    assert (lrp.load(path, trusted=True).forward(x).output == x.reshape(2, -1)).all()


def test_a_random_crop_is_refused_by_name(tmp_path):
    layer = {"class_name": "RandomCrop", "config": {"name": "crop", "height": 2, "width": 2}}
    with pytest.raises(LoadError, match="RandomCrop"):
        lrp.load(write(tmp_path / "a.h5", sequential(layer, shape=PICTURE), {}), trusted=True)
