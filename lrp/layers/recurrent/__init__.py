"""Recurrent layers: simple RNN, LSTM, GRU; `gates.py` divides the relevance of a gated product."""

from lrp.layers.recurrent.gates import ACTIVATIONS
from lrp.layers.recurrent.gru import GRU
from lrp.layers.recurrent.lstm import LSTM
from lrp.layers.recurrent.simple_rnn import Recurrent, SimpleRNN

__all__ = ["ACTIVATIONS", "GRU", "LSTM", "Recurrent", "SimpleRNN"]
