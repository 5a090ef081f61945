"""Other libraries, run on the same network with the same weights: the extra `oracles` (torch, zennit, captum, lxt).

from lrp.conformance import oracles
print(oracles.table(network, x, target))
"""

from lrp.conformance.oracles.runner import ORACLES, Comparison, compare, table

__all__ = ["ORACLES", "Comparison", "compare", "table"]
