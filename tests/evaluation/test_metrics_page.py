"""The registry says what each metric computes, and the table of docs/evaluation.md is what the registry says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lrp import evaluation
from lrp.errors import SettingError
from lrp.evaluation import METRICS
from lrp.evaluation.batch import EvaluationBatch, Settings, explained
from lrp.methods import parse
from tests import pages_metrics
from tests.methods import nets


def test_the_page_is_up_to_date():
    """If not: python -m tests.pages_metrics > page && mv page docs/evaluation.md"""
    assert pages_metrics.page() == pages_metrics.PAGE.read_text(encoding="utf-8")


def test_one_row_per_metric_with_its_source():
    rows = pages_metrics.metrics_table().splitlines()
    assert len(rows) == 2 + len(METRICS) and all(row.replace("\\|", "").count("|") == 6 for row in rows)
    assert "| `aopc` | `region_perturbation` | aopc morf:" in rows[2] and "Samek et al. 2017" in rows[2]


@pytest.mark.parametrize("name", METRICS)
def test_numbers_and_curves_are_those_that_are_documented(name, rng):
    metric = METRICS[name]
    network = nets.unpadded(rng) if name == "input_invariance" else nets.conv(rng)
    x, method = rng.normal(size=(2, 7, 9, 2)), parse("gradient_times_input")
    settings = Settings(steps=3, size=2, repetitions=1, subsets=3)
    found = explained(network, x, method, None, settings, 0)
    masks = np.zeros((2, 7, 9), dtype=bool)
    masks[:, 1:4, 2:5] = True
    batch = EvaluationBatch(network, x, found, method, settings, masks=masks, target=found.target.tolist())
    measured = metric(batch)
    assert set(measured.numbers) == set(metric.numbers) and set(measured.curves) == set(metric.curves)
    assert getattr(evaluation, metric.function.__name__) is metric.function
    if metric.needs_masks:
        with pytest.raises(SettingError, match=f"{name}: expected data with `masks`"):
            metric(replace(batch, masks=None))
    else:
        assert set(metric(replace(batch, masks=None)).numbers) == set(metric.numbers)
