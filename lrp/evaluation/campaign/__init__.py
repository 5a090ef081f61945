"""A long evaluation in several processes: the plan, its journal on disk, the workers."""

from lrp.evaluation.campaign.campaign import JOURNAL, run
from lrp.evaluation.campaign.plan import Plan, Problem

__all__ = ["JOURNAL", "Plan", "Problem", "run"]
