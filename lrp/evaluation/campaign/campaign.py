"""Run a long evaluation from the start, or from where it was interrupted, to the end."""

from __future__ import annotations

import os
from collections.abc import Callable

from lrp.campaign import cluster, local
from lrp.errors import LoadError, SaveError
from lrp.evaluation.campaign.journal import Journal
from lrp.evaluation.campaign.plan import Problem, assembled, measurements
from lrp.evaluation.measurement import Measurement
from lrp.formats.results import load_arrays, load_attribute, save_arrays
from lrp.methods.tools import whole

CampaignProgress = Callable[[int, int], None]  # (units done, all units)
JOURNAL = ".partial"


def run(
    problem: Problem,
    path: str | os.PathLike[str],
    jobs: int = 1,
    dask: str | None = None,
    on_progress: CampaignProgress | None = None,
    replace: bool = False,
) -> dict[str, dict[str, Measurement]]:
    """Compute the units that are missing and write the results.

    While it runs, finished units are in `path`.partial, a journal. A run that was killed continues from it, with
    the same random numbers, and ends with the same bytes of `path`, whatever the number of jobs. A finished file of
    the same problem is read and not computed again.

    Parameters
    ----------
    problem : Problem
        Network, pictures, methods, metrics and settings.
    path : str or path
        The HDF5 file of the results.
    jobs : int
        Worker processes on this machine; each has one BLAS thread.
    dask : str, optional
        The address of a Dask scheduler; its workers compute then, and `jobs` has no effect.
    on_progress : callable, optional
        Called with (units done, all units) at the start and after each unit.
    replace : bool
        Overwrite a file at `path` that does not hold this evaluation.

    Returns
    -------
    dict
        metric -> method -> Measurement.

    Raises
    ------
    SaveError
        If `path` is a file that does not hold this evaluation, or the disk is full; finished units stay in the journal.
    LoadError
        If the journal is of another evaluation or damaged; it is left as it is.
    WorkerError
        If one unit ends three worker processes, or the cluster cannot be reached.
    """
    whole("jobs", jobs)
    plan, fingerprint, name = problem.plan, problem.fingerprint(), os.fspath(path)
    if os.path.exists(name):
        if _holds(name, fingerprint):
            stored = load_arrays(name, trusted=True)
            return measurements(stored, plan, load_attribute(name, "axes", trusted=True))
        if not replace:
            raise SaveError(
                f"{name!r}: there is a file already, and it does not hold this evaluation (other methods, settings,"
                " model or data); choose another output file, or replace it with --force (replace=True)"
            )
    units = plan.units()
    with Journal(name + JOURNAL, fingerprint) as journal:
        missing = [unit for unit in units if unit not in journal.results]
        if on_progress is not None:
            on_progress(len(units) - len(missing), len(units))
        if missing:
            computed = local(problem, missing, jobs) if dask is None else cluster(problem, missing, dask)
            try:
                for unit, arrays in computed:
                    journal.add(unit, arrays)
                    if on_progress is not None:
                        on_progress(len(journal.results), len(units))
            finally:
                computed.close()  # type: ignore[attr-defined]
        arrays, axes = assembled(plan, journal.results)
        save_arrays(name, arrays, {"plan": plan.to_json(), "axes": axes, "fingerprint": fingerprint})
        journal.remove()
    return measurements(arrays, plan, axes)


def _holds(name: str, fingerprint: str) -> bool:
    """Whether a file holds the results of the problem with this fingerprint."""
    try:
        return bool(load_attribute(name, "fingerprint", trusted=True) == fingerprint)
    except LoadError:
        return False
