"""ONNX models, read without the onnx package (`lrp.formats.container` parses the file).

load.py              walks the graph, node by node
reader_context.py    what the reader of one node is given
constant_folding.py  operators whose inputs are all constants
operators.py         operators with weights or windows: convolution, products, pooling, normalisation
elementwise.py       activations and arithmetic; expressions.py finds activations that exporters write in pieces
shapes.py            operators that move, cut or join
recurrent.py         LSTM, GRU, RNN
tensors.py           the constants, inside the model or in a file beside it
"""

from lrp.formats.onnx.load import read

__all__ = ["read"]
