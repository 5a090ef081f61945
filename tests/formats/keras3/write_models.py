"""Write the models of this folder with Keras 3 (torch backend): python write_models.py; needs keras and torch.

Each model is small and has random weights; <name>.keras is Keras' own archive, compressed, <name>.h5 its older format
where that differs in what it says, expected.npz the batches and Keras' predictions.
"""

import zipfile
from pathlib import Path

import keras
import numpy as np
from keras import layers as L
from keras import ops

keras.utils.set_random_seed(7)
rng = np.random.default_rng(3)


def rand(m):
    for w in m.weights:
        v = w.numpy() if hasattr(w, "numpy") else np.array(w)
        if "seed" in w.path:
            continue
        nv = rng.normal(size=v.shape) * 0.4
        if "variance" in w.path:
            nv = np.abs(nv) + 0.3
        if "gamma" in w.path or w.path.endswith("scale"):
            nv = nv + 1
        if "count" in w.path:
            continue
        w.assign(nv.astype(v.dtype))


def seq(*ls):
    return keras.Sequential(list(ls))


M = {}


def model(f):
    M[f.__name__] = f
    return f


def X(*s):
    return rng.normal(size=(4, *s)).astype("float32")


def T(n, *s):
    return rng.integers(0, n, size=(4, *s)).astype("int32")


@model
def lstm_masked():
    return seq(
        keras.Input((7,), dtype="int32"),
        L.Embedding(9, 5, mask_zero=True),
        L.LSTM(4, return_sequences=True),
        L.GRU(3),
        L.Dense(3, activation="softmax"),
    ), T(4, 7)


@model
def lstm_masked_func():
    i = keras.Input((7,), dtype="int32")
    e = L.Embedding(9, 5, mask_zero=True)(i)
    h = L.Bidirectional(L.LSTM(4, return_sequences=True))(e)
    h = L.Bidirectional(L.GRU(3, return_sequences=True), merge_mode="ave")(h)
    h = L.GlobalAveragePooling1D()(h)
    return keras.Model(i, L.Dense(3)(h)), T(3, 7)


@model
def masking():
    x = X(6, 3)
    x[0, 2:] = 0
    x[1, 4:] = 0
    x[2, :2] = 0
    return (
        seq(
            keras.Input((6, 3)),
            L.Masking(),
            L.SimpleRNN(4, return_sequences=True, go_backwards=True),
            L.SimpleRNN(4, activation="relu"),
            L.Dense(2),
        ),
        x,
    )


@model
def states():
    i = keras.Input((6, 3))
    o, h, c = L.LSTM(4, return_state=True)(i)
    s, g = L.GRU(5, return_state=True, return_sequences=True, reset_after=False)(i)
    d = L.LSTM(4, return_sequences=True)(i, initial_state=[h, c])
    return keras.Model(i, [d, g, o, c, s]), X(6, 3)


@model
def bidi_none():
    i = keras.Input((6, 3))
    a, b = L.Bidirectional(L.LSTM(4, return_sequences=True), merge_mode=None)(i)
    return keras.Model(i, L.Concatenate()([a, b])), X(6, 3)


@model
def bidi_backlayer():
    return seq(
        keras.Input((6, 3)),
        L.Bidirectional(L.LSTM(4), backward_layer=L.GRU(4, go_backwards=True), merge_mode="mul"),
        L.Dense(3),
    ), X(6, 3)


@model
def timedist():
    return seq(
        keras.Input((5, 6)),
        L.TimeDistributed(L.Dense(4, activation="relu")),
        L.TimeDistributed(L.Reshape((2, 2))),
        L.TimeDistributed(L.Flatten()),
        L.TimeDistributed(L.BatchNormalization()),
        L.LSTM(3),
    ), X(5, 6)


@model
def timedist_conv():
    return seq(
        keras.Input((3, 8, 7, 2)),
        L.TimeDistributed(L.Conv2D(4, 3, activation="relu", padding="same")),
        L.TimeDistributed(L.MaxPooling2D(2)),
        L.TimeDistributed(L.Flatten()),
        L.LSTM(3),
    ), X(3, 8, 7, 2)


@model
def timedist_model():
    inner = seq(keras.Input((8, 7, 2)), L.Conv2D(4, 3, strides=2), L.ReLU(), L.GlobalAveragePooling2D(), L.Dense(3))
    return seq(keras.Input((3, 8, 7, 2)), L.TimeDistributed(inner), L.GRU(3)), X(3, 8, 7, 2)


@model
def mha_cross():
    q = keras.Input((5, 6))
    v = keras.Input((7, 4))
    k = keras.Input((7, 3))
    y = L.MultiHeadAttention(2, 3, value_dim=4, output_shape=5)(q, v, k)
    z = L.MultiHeadAttention(3, 2, use_bias=False)(y, y, use_causal_mask=True)
    return keras.Model([q, v, k], z), [X(5, 6), X(7, 4), X(7, 3)]


@model
def mha_masked():
    i = keras.Input((6,), dtype="int32")
    e = L.Embedding(9, 4, mask_zero=True)(i)
    y = L.MultiHeadAttention(2, 3)(e, e)
    y = L.GlobalAveragePooling1D()(y)
    t = T(9, 6)
    t[:, 0] = 1
    t[0, 3:] = 0
    return keras.Model(i, y), t


@model
def gqa():
    q = keras.Input((5, 8))
    y = L.GroupQueryAttention(3, 4, 2)(q, q)
    return keras.Model(q, y), X(5, 8)


@model
def norms():
    return seq(
        keras.Input((5, 6, 8)),
        L.GroupNormalization(4),
        L.Conv2D(8, 3),
        L.LayerNormalization(axis=[1, 2, 3]),
        L.GroupNormalization(-1),
        L.RMSNormalization(),
        L.UnitNormalization(),
        L.LayerNormalization(scale=False),
        L.Flatten(),
        L.LayerNormalization(center=False, epsilon=1e-5),
        L.Dense(3),
    ), X(5, 6, 8)


@model
def norms_cf():
    return seq(
        keras.Input((8, 5, 6)),
        L.GroupNormalization(4, axis=1),
        L.BatchNormalization(axis=1),
        L.UnitNormalization(axis=1),
        L.BatchNormalization(axis=2),
        L.Flatten(),
        L.Dense(3),
    ), X(8, 5, 6)


@model
def preproc():
    n = L.Normalization(mean=[1.0, 2.0, 3.0], variance=[0.5, 2.0, 4.0])
    return seq(keras.Input((5, 3)), L.Rescaling(1 / 127.5, offset=-1), n, L.Flatten(), L.Dense(2)), X(5, 3)


@model
def preproc_adapt():
    n = L.Normalization()
    n.adapt(X(50, 3).reshape(-1, 3))
    return seq(keras.Input((3,)), n, L.Dense(2)), X(3)


@model
def act_all():
    i = keras.Input((9,))
    outs = []
    for a in [
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "celu",
        "gelu",
        "softplus",
        "softsign",
        "tanh",
        "sigmoid",
        "exponential",
        "silu",
        "mish",
        "hard_tanh",
        "hard_silu",
        "hard_shrink",
        "soft_shrink",
        "tanh_shrink",
        "log_sigmoid",
        "squareplus",
        "sparse_plus",
        "sparse_sigmoid",
        "hard_sigmoid",
        "softmax",
        "linear",
    ]:
        outs.append(L.Dense(4, activation=a)(i))
    return keras.Model(i, L.Concatenate()(outs)), X(9) * 3


@model
def act_layers():
    i = keras.Input((6, 4))
    x = L.Conv1D(5, 2)(i)
    outs = [
        L.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.3)(x),
        L.ReLU(6.0)(x),
        L.LeakyReLU(0.2)(x),
        L.ELU(0.7)(x),
        L.PReLU()(x),
        L.PReLU(shared_axes=[1])(x),
        L.Softmax()(x),
        L.Softmax(axis=1)(x),
        L.Activation("gelu")(x),
        L.Activation(keras.activations.tanh)(x),
        L.Dense(5, activation=L.LeakyReLU(0.4))(x),
    ]
    return keras.Model(i, L.Flatten()(L.Concatenate()(outs))), X(6, 4) * 2


@model
def merges():
    a = keras.Input((4, 3))
    b = keras.Input((4, 3))
    ls = [
        L.Add()([a, b]),
        L.Subtract()([a, b]),
        L.Multiply()([a, b]),
        L.Average()([a, b]),
        L.Maximum()([a, b]),
        L.Minimum()([a, b]),
        L.Concatenate(axis=1)([a, b]),
    ]
    d = L.Dot(axes=(1, 1))([a, b])
    d2 = L.Dot(axes=2)([a, b])
    return keras.Model([a, b], [*ls, d, d2]), [X(4, 3), X(4, 3)]


@model
def opsmodel():
    x = keras.Input((6, 4))
    a = x * 0.5 + 1
    b = a[:, 1:4]
    c = ops.relu(b)
    d = ops.softmax(c, axis=-1)
    e = ops.reshape(d, (-1, 12))
    f = ops.mean(x, axis=1)
    g = ops.concatenate([e, f], axis=-1)
    h = ops.transpose(x, (0, 2, 1))
    i = ops.expand_dims(f, 1)
    k = -x
    l = ops.sigmoid(x) ** 2
    m = x[:, -1]
    n = x[..., 0]
    o = ops.matmul(h, x)
    p = ops.leaky_relu(x, 0.3)
    q = ops.gelu(x)
    r = 1 - x
    s = ops.add(x, k)
    u = ops.max(x, axis=1)
    v = ops.squeeze(i, 1)
    y = x / 3
    z = ops.square(x)
    w = ops.tanh(x) * l
    return keras.Model(x, [a, b, c, d, e, f, g, h, i, k, l, m, n, o, p, q, r, s, u, v, y, z, w]), X(6, 4)


@model
def convs():
    return seq(
        keras.Input((13, 12, 4)),
        L.Conv2D(6, (3, 2), strides=(2, 1), padding="same", activation="relu"),
        L.SeparableConv2D(5, 3, depth_multiplier=2, padding="same", activation="tanh"),
        L.DepthwiseConv2D(3, depth_multiplier=2, strides=2),
        L.Conv2DTranspose(4, 3, strides=2, padding="same", output_padding=1),
        L.Conv2DTranspose(3, (2, 4), strides=(3, 2)),
        L.AveragePooling2D(3, strides=2),
        L.MaxPooling2D(2, padding="same"),
        L.ZeroPadding2D(((1, 0), (2, 1))),
        L.Cropping2D(((0, 1), (1, 2))),
        L.UpSampling2D((2, 3)),
        L.UpSampling2D(2, interpolation="bilinear"),
        L.GlobalMaxPooling2D(keepdims=True),
        L.Flatten(),
        L.Dense(3),
    ), X(13, 12, 4)


@model
def convs1():
    return seq(
        keras.Input((15, 3)),
        L.Conv1D(4, 3, padding="causal", dilation_rate=2),
        L.SeparableConv1D(6, 3, strides=2),
        L.DepthwiseConv1D(2),
        L.Conv1DTranspose(5, 3, strides=2, padding="same"),
        L.ZeroPadding1D((1, 2)),
        L.Cropping1D((0, 1)),
        L.UpSampling1D(2),
        L.MaxPooling1D(2),
        L.AveragePooling1D(3, 2),
        L.GlobalAveragePooling1D(),
        L.Dense(2),
    ), X(15, 3)


@model
def convs3():
    return seq(
        keras.Input((6, 7, 5, 2)),
        L.Conv3D(4, (2, 3, 2), padding="same", groups=2),
        L.Conv3DTranspose(3, 2, strides=2),
        L.MaxPooling3D(2),
        L.ZeroPadding3D(1),
        L.Cropping3D(((1, 0), (0, 1), (1, 1))),
        L.UpSampling3D(2),
        L.AveragePooling3D(2),
        L.GlobalAveragePooling3D(),
        L.Dense(2),
    ), X(6, 7, 5, 2)


@model
def nest():
    base = seq(
        keras.Input((8, 8, 3)),
        L.Conv2D(4, 3, name="c1"),
        L.BatchNormalization(name="b1"),
        L.ReLU(),
        seq(L.Conv2D(4, 3, name="c1"), L.BatchNormalization(name="b1")),
    )
    base.layers[0].trainable = False
    base.layers[1].trainable = False
    i = keras.Input((8, 8, 3))
    j = keras.Input((8, 8, 3))
    a = base(i)
    b = base(j)
    return keras.Model([i, j], [L.Dense(3)(L.Flatten()(L.Add()([a, b]))), b]), [X(8, 8, 3), X(8, 8, 3)]


@model
def nestf():
    i0 = keras.Input((5,))
    h = L.Dense(4, activation="tanh")(i0)
    inner = keras.Model(i0, [h, L.Dense(2)(h)], name="two")
    i = keras.Input((5,))
    a, b = inner(i)
    c, d = inner(L.Dense(5)(i))
    inner.trainable = False
    return keras.Model(i, [a, b, c, L.Concatenate()([d, a])]), X(5)


@model
def dictio():
    a = keras.Input((4,), name="a")
    b = keras.Input((3,), name="b")
    return keras.Model(
        {"a": a, "b": b}, {"o": L.Dense(2, name="o")(L.Concatenate()([a, b])), "p": L.Dense(3, name="p")(a)}
    ), {"a": X(4), "b": X(3)}


@model
def shared():
    d = L.Dense(4)
    i = keras.Input((4,))
    return keras.Model(i, d(L.ReLU()(d(i)))), X(4)


@model
def attention():
    q = keras.Input((5, 4))
    v = keras.Input((6, 4))
    return keras.Model([q, v], [L.Attention()([q, v]), L.Attention(use_scale=True)([q, v])]), [X(5, 4), X(6, 4)]


@model
def einsum():
    i = keras.Input((5, 4))
    return keras.Model(i, L.EinsumDense("abc,cd->abd", output_shape=(None, 6), bias_axes="d", activation="relu")(i)), X(
        5, 4
    )


@model
def dropouts():
    return seq(
        keras.Input((6, 4)),
        L.GaussianNoise(0.1),
        L.Dropout(0.2),
        L.SpatialDropout1D(0.3),
        L.AlphaDropout(0.1),
        L.GaussianDropout(0.2),
        L.ActivityRegularization(0.1),
        L.Identity(),
        L.Flatten(),
        L.RepeatVector(3),
        L.Permute((2, 1)),
        L.Reshape((8, -1)),
        L.Dense(2),
    ), X(6, 4)


@model
def adaptive():
    return seq(keras.Input((6, 8, 4)), L.AdaptiveAveragePooling2D((2, 4)), L.Flatten(), L.Dense(2)), X(6, 8, 4)


HERE = Path(__file__).parent
OLDER = ("nest", "opsmodel", "lstm_masked_func", "gqa", "timedist_conv", "states")


def deflated(path):
    with zipfile.ZipFile(path) as z:
        members = {name: z.read(name) for name in z.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        for name, data in members.items():
            z.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    arrays = {}
    for name, make in M.items():
        keras.backend.clear_session()
        network, x = make()
        rand(network)
        y = network(x, training=False)
        ys = list(y.values()) if isinstance(y, dict) else y if isinstance(y, (list, tuple)) else [y]
        xs = list(x.values()) if isinstance(x, dict) else x if isinstance(x, list) else [x]
        network.save(HERE / f"{name}.keras")
        deflated(HERE / f"{name}.keras")
        if name in OLDER:
            network.save(HERE / f"{name}.h5")
        arrays.update({f"{name}/x{k}": v for k, v in enumerate(xs)})
        arrays.update({f"{name}/y{k}": keras.ops.convert_to_numpy(v) for k, v in enumerate(ys)})
    np.savez_compressed(HERE / "expected.npz", **arrays)
