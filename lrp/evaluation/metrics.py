"""The registry METRICS: what `lrp evaluate` can compute, by name, each from one batch of pictures and heatmaps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lrp.errors import SettingError, did_you_mean
from lrp.evaluation.batch import EvaluationBatch
from lrp.evaluation.completeness import completeness
from lrp.evaluation.complexity import complexity
from lrp.evaluation.continuity import continuity
from lrp.evaluation.input_invariance import input_invariance
from lrp.evaluation.maps import input_layout
from lrp.evaluation.measurement import Measurement
from lrp.evaluation.order import Order
from lrp.evaluation.outside_inside import outside_inside
from lrp.evaluation.pixel_flipping import pixel_flipping
from lrp.evaluation.pointing_game import pointing_game
from lrp.evaluation.randomisation import randomisation
from lrp.evaluation.region_perturbation import region_perturbation
from lrp.evaluation.relevance_mass import relevance_mass
from lrp.evaluation.replacement import bounds
from lrp.evaluation.sensitivity_n import sensitivity_n


def _regions(*orders: Order) -> Callable[[EvaluationBatch], Measurement]:
    """The measure region_perturbation in the given orders."""

    def measure(batch: EvaluationBatch) -> Measurement:
        s = batch.settings
        return region_perturbation(
            batch.network,
            batch.x,
            batch.attribution,
            batch.target,
            orders=orders,
            size=s.size,
            steps=s.steps,
            replacement=batch.replacement(s.replacement),
            repetitions=s.repetitions,
            probability=s.probability,
            seed=s.seed,
            first=batch.first,
        )

    return measure


def _flipping(batch: EvaluationBatch) -> Measurement:
    s = batch.settings
    return pixel_flipping(
        batch.network,
        batch.x,
        batch.attribution,
        batch.target,
        steps=s.steps,
        replacement=batch.replacement("flip"),
        probability=s.probability,
        seed=s.seed,
        first=batch.first,
    )


def _sensitivity_n(batch: EvaluationBatch) -> Measurement:
    s = batch.settings
    return sensitivity_n(
        batch.network, batch.x, batch.attribution, batch.target, subsets=s.subsets, seed=s.seed, first=batch.first
    )


def _randomisation(batch: EvaluationBatch) -> Measurement:
    return randomisation(batch.network, batch.x, batch.method, batch.target, seed=batch.settings.seed)


def _continuity(batch: EvaluationBatch) -> Measurement:
    return continuity(
        batch.network, batch.x, batch.method, batch.target, seed=batch.settings.seed, first=batch.first, samples=5
    )


def _input_invariance(batch: EvaluationBatch) -> Measurement:
    """input_invariance under a shift of every input by low - high, the (negative) length of the input range."""
    at = input_layout(batch.network)
    picture = at.channels_last(batch.x)
    low, high = bounds(batch.network, picture if batch.pictures is None else at.channels_last(batch.pictures))
    shift = np.broadcast_to(np.asarray(low, dtype=float) - np.asarray(high, dtype=float), picture[:1].shape)
    return input_invariance(batch.network, batch.x, batch.method, at.native(shift)[0], batch.target)


@dataclass(frozen=True)
class Metric:
    """One measure as a long evaluation computes it: callable on an EvaluationBatch, returns its Measurement.

    function: the public function that computes it. numbers, curves: the names in the Measurement, each with what it is.
    """

    measure: Callable[[EvaluationBatch], Measurement]
    function: Callable[..., Measurement]
    numbers: Mapping[str, str]
    curves: Mapping[str, str]
    needs_masks: bool = False

    def __call__(self, batch: EvaluationBatch) -> Measurement:
        return self.measure(batch)


_FALL = "fall of the score over the regions replaced"
_FLIP = "fall of the score over the pixels flipped"

METRICS: Mapping[str, Metric] = {
    "aopc": Metric(
        _regions(Order.MORF),
        region_perturbation,
        {"aopc morf": "mean fall of the score, most relevant regions first"},
        {"morf": _FALL},
    ),
    "abpc": Metric(
        _regions(Order.MORF, Order.LERF),
        region_perturbation,
        {
            "aopc morf": "mean fall, most relevant first",
            "aopc lerf": "mean fall, least relevant first",
            "abpc": "their difference",
        },
        {"morf": _FALL, "lerf": _FALL},
    ),
    "pixel_flipping": Metric(
        _flipping,
        pixel_flipping,
        {
            "aopc morf": "mean fall, most relevant first",
            "aopc smallest": "nearest to zero first",
            "aopc lerf": "most negative first",
            "abpc": "aopc morf - aopc lerf",
        },
        {"morf": _FLIP, "smallest": _FLIP, "lerf": _FLIP},
    ),
    "sensitivity_n": Metric(
        _sensitivity_n,
        sensitivity_n,
        {"correlation": "Pearson correlation of removed relevance and fall of the score, mean over n"},
        {"correlation": "correlation over n"},
    ),
    "complexity": Metric(
        lambda batch: complexity(batch.network, batch.attribution),
        complexity,
        {"entropy": "bits per pixel of the grey-level histogram", "size": "bytes of the heatmap as PNG"},
        {"concentration": "share of |relevance| over the fraction of pixels", "histogram": "grey levels"},
    ),
    "completeness": Metric(
        lambda batch: completeness(batch.attribution),
        completeness,
        {"gap": "|sum of relevance - score| / |score|", "sum": "sum of relevance"},
        {"share": "share of pictures over the gap"},
    ),
    "continuity": Metric(
        _continuity,
        continuity,
        {"max-sensitivity": "largest relative change (L2)", "continuity": "largest slope (L1 of change / L2 of step)"},
        {"max-sensitivity": "over the radius", "continuity": "over the radius"},
    ),
    "randomisation": Metric(
        _randomisation,
        randomisation,
        {
            "rank": "Spearman correlation with the trained network's map, mean over layers",
            "rank of |R|": "of the absolute values",
            "rank where it varies": "of the pixels that are not 0 in both",
            "ssim": "structural similarity",
        },
        {
            "rank": "over the layers, from the output down",
            "rank of |R|": "the same",
            "rank where it varies": "the same",
            "ssim": "the same",
        },
    ),
    "input_invariance": Metric(
        _input_invariance,
        input_invariance,
        {
            "difference": "relative change of the map under the whole shift",
            "passes": "1 where it is below 1e-9",
            "output": "largest difference of the two networks' outputs",
        },
        {"difference": "over the share of the shift"},
    ),
    "pointing_game": Metric(
        lambda batch: pointing_game(
            batch.network, batch.attribution, batch.objects("pointing_game"), batch.settings.tolerance
        ),
        pointing_game,
        {"hit": "1 where the largest relevance lies on the object", "distance": "pixels from the object"},
        {"accuracy": "over the tolerance in pixels"},
        needs_masks=True,
    ),
    "relevance_mass": Metric(
        lambda batch: relevance_mass(batch.network, batch.attribution, batch.objects("relevance_mass")),
        relevance_mass,
        {
            "mass": "share of positive relevance on the object",
            "rank": "share of the most relevant pixels on it",
            "area": "share of the picture that it covers",
        },
        {"precision": "share on the object over the fraction of pixels"},
        needs_masks=True,
    ),
    "outside_inside": Metric(
        lambda batch: outside_inside(batch.network, batch.attribution, batch.objects("outside_inside")),
        outside_inside,
        {"ratio": "mean relevance outside / inside", "unstable": "1 where the mean inside is not positive"},
        {"ratio": "over the pixels by which the mask is grown"},
        needs_masks=True,
    ),
}


def metric_name(text: str) -> str:
    """The key of METRICS for a name as people write it.

    Parameters
    ----------
    text : str
        The name; "-" is read as "_", blanks around it are ignored.

    Returns
    -------
    str
        A key of METRICS.

    Raises
    ------
    SettingError
        For a name that METRICS does not have; a similar name is suggested.

    Examples
    --------
    >>> metric_name("sensitivity-n")
    'sensitivity_n'
    """
    name = text.strip().replace("-", "_")
    if name not in METRICS:
        raise SettingError(f"metric: expected one of {', '.join(METRICS)}, got {text!r}{did_you_mean(name, METRICS)}")
    return name
