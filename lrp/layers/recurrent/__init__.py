"""Recurrent layers.

cell_activations.py   the activations that a cell can have, by name
gru.py                GRU
ledger.py             the division of relevance inside a cell, and the sums of what is lost
lstm.py               LSTM
recurrent.py          the base: a cell, run over the steps of a sequence
simple_rnn.py         SimpleRNN
"""

from lrp.layers.recurrent.cell_activations import ACTIVATIONS
from lrp.layers.recurrent.gru import GRU
from lrp.layers.recurrent.lstm import LSTM
from lrp.layers.recurrent.recurrent import Recurrent
from lrp.layers.recurrent.simple_rnn import SimpleRNN

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "LSTM",
    "Recurrent",
    "SimpleRNN",
]
