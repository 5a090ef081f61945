"""Deep Taylor decomposition: the root points behind the rules, what they guarantee, and where the theory fails.

First `directions.py` and `roots.py` (one layer, root points along a direction, Taylor products), then `nearest.py` (the
nearest root in a box), `relevance_models.py` (relevance of hidden neurons), `certificates.py` (conservative, positive,
consistent), `membership.py` and `search.py` (linear regions), `recursive.py`, `searched.py`, `steered.py` (roots as
functions of the input), `convergence.py` (maps of rank 1). docs/deep-taylor.md has the measurements.
"""
