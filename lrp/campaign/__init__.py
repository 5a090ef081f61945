"""Long computations cut into units: processes on this machine, or the workers of a Dask cluster.

work       what a unit and a problem are
workers    `local` and `cluster` compute units and give their results as they are finished
worker     the process that computes units
"""

from lrp.campaign.work import Arrays, Problem, Result
from lrp.campaign.workers import cluster, local

__all__ = ["Arrays", "Problem", "Result", "cluster", "local"]
