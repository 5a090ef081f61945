"""The activations of recurrent layers by name, as files store them."""

from __future__ import annotations

from lrp.layers.activations import (
    ELU,
    GELU,
    SELU,
    Activation,
    Exponential,
    HardSigmoid,
    HardTanh,
    LeakyReLU,
    Linear,
    ReLU,
    Sigmoid,
    SiLU,
    Softplus,
    Softsign,
    Tanh,
)

# The activations that a recurrent layer can store by name; hard_sigmoid_6 is that of Keras 3.
ACTIVATIONS: dict[str, Activation] = {
    "linear": Linear(),
    "tanh": Tanh(),
    "sigmoid": Sigmoid(),
    "relu": ReLU(),
    "relu6": ReLU(6.0),
    "hard_sigmoid": HardSigmoid(0.2),
    "hard_sigmoid_6": HardSigmoid(1 / 6),
    "hard_tanh": HardTanh(),
    "softsign": Softsign(),
    "softplus": Softplus(),
    "elu": ELU(),
    "selu": SELU(),
    "silu": SiLU(),
    "swish": SiLU(),
    "gelu": GELU(),
    "leaky_relu": LeakyReLU(0.2),
    "exponential": Exponential(),
}
