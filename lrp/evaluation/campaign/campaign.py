"""A long evaluation from start to end, or from where it was interrupted to the end."""

from __future__ import annotations

import os
from collections.abc import Callable

from lrp.arrays import Array
from lrp.errors import LoadError, SaveError
from lrp.evaluation.campaign.journal import Journal
from lrp.evaluation.campaign.plan import Problem, assembled, measurements
from lrp.evaluation.campaign.workers import cluster, local
from lrp.evaluation.measurement import Measurement
from lrp.formats.results import load_arrays, load_attribute, save_arrays
from lrp.methods.tools import whole

Watch = Callable[[int, int], None]
JOURNAL = ".partial"


def run(
    problem: Problem,
    path: str | os.PathLike[str],
    jobs: int = 1,
    dask: str | None = None,
    watch: Watch | None = None,
) -> dict[str, dict[str, Measurement]]:
    """Compute what is missing and write the results: metric -> method -> measurement.

    While it runs, results are in `path`.partial, a journal; a run that was killed goes on from it, with the same random
    numbers, to the same bytes of `path`, whatever the number of jobs. watch(done, all) is called at the start and after
    each unit. A finished file of the same problem is read, not computed again; of another, SaveError.
    """
    whole("jobs", jobs)
    plan, fingerprint, name = problem.plan, problem.fingerprint(), os.fspath(path)
    if os.path.exists(name):
        return measurements(_finished(name, fingerprint), plan, load_attribute(name, "axes", trusted=True))
    units = plan.units()
    with Journal(name + JOURNAL, fingerprint) as journal:
        missing = [unit for unit in units if unit not in journal.results]
        if watch is not None:
            watch(len(units) - len(missing), len(units))
        if missing:
            computed = local(problem, missing, jobs) if dask is None else cluster(problem, missing, dask)
            try:
                for unit, arrays in computed:
                    journal.add(unit, arrays)
                    if watch is not None:
                        watch(len(journal.results), len(units))
            finally:
                computed.close()  # type: ignore[attr-defined]
        arrays, axes = assembled(plan, journal.results)
        save_arrays(name, arrays, {"plan": plan.to_json(), "axes": axes, "fingerprint": fingerprint})
        journal.remove()
    return measurements(arrays, plan, axes)


def _finished(name: str, fingerprint: str) -> dict[str, Array]:
    """The arrays of a finished file of this problem; SaveError for any other file."""
    try:
        stored = load_attribute(name, "fingerprint", trusted=True)
    except LoadError:
        stored = None
    if stored != fingerprint:
        raise SaveError(
            f"{name!r}: there is a file already, and it does not hold this evaluation (other methods, settings, model"
            " or data); remove it or choose another output file"
        )
    return load_arrays(name, trusted=True)
