"""Where units are computed: processes on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import importlib
import os
import pickle
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from lrp.arrays import Array
from lrp.campaign.work import Problem, Result
from lrp.errors import LrpError, MissingExtraError, WorkerError

Unit = Any
LOSSES = 3  # processes that one unit may end before it is given up
PATIENCE = 10  # seconds to wait for a cluster without an answer or a worker
THREADS = ("LRP_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def local(problem: Problem, units: Sequence[Unit], jobs: int) -> Iterator[Result]:
    """Yield the results as they are finished, from `jobs` processes with one BLAS thread each.

    A process that is lost (killed, out of memory) is replaced and its unit computed again; WorkerError if one
    unit loses three. An error in a unit is raised here. Closing the iterator ends the processes.
    """
    message = pickle.dumps(problem)
    waiting: queue.SimpleQueue[Unit] = queue.SimpleQueue()
    for unit in units:
        waiting.put(unit)
    answers: queue.SimpleQueue[Result | BaseException] = queue.SimpleQueue()
    running = [_Process(message, waiting, answers) for _ in range(max(1, min(jobs, len(units))))]
    try:
        for _ in units:
            answer = answers.get()
            if isinstance(answer, BaseException):
                raise answer
            yield answer
    finally:
        while not waiting.empty():  # units that no process has begun
            waiting.get()
        for process in running:
            process.stop()


class _Process:
    """One process and the thread that feeds it."""

    def __init__(
        self,
        message: bytes,
        waiting: queue.SimpleQueue[Unit],
        answers: queue.SimpleQueue[Result | BaseException],
    ) -> None:
        self.message, self.waiting, self.answers = message, waiting, answers
        self.stopped = False
        self.process: subprocess.Popen[bytes] | None = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End the process; the thread follows."""
        self.stopped = True
        process = self.process
        if process is not None:
            process.kill()
        self.thread.join()

    def _run(self) -> None:
        try:
            while (unit := self._next()) is not None:
                self.answers.put((unit, self._computed(unit)))
        except BaseException as error:  # any error, for the consumer of `answers` waits for it
            self.answers.put(error)
        finally:
            self._end()

    def _next(self) -> Unit | None:
        """The next unit that no process has begun; None if there is none left."""
        try:
            return self.waiting.get_nowait()
        except queue.Empty:
            return None

    def _end(self) -> None:
        """End the process, if there is one."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.communicate()

    def _computed(self, unit: Unit) -> dict[str, Array]:
        """One unit's arrays; a lost process is replaced up to LOSSES times."""
        losses = 0
        while losses < LOSSES and not self.stopped:
            try:
                kind, answer = self._answer_of_process(unit)
            except (EOFError, BrokenPipeError, pickle.UnpicklingError):
                self._end()
                losses += 1
                continue
            if kind == "failed":
                raise answer
            result: dict[str, Array] = answer
            return result
        raise WorkerError(
            f"{unit}: the process that computes them was lost {losses}"
            " times; is the memory too small? What is finished is kept: give the same command again, with fewer jobs"
        )

    def _answer_of_process(self, unit: Unit) -> tuple[str, Any]:
        """The answer of the process to one unit; a new process is started if there is none."""
        process = self.process
        if process is None:
            process = self.process = _start_process()
            self._send(process, self.message)
        self._send(process, pickle.dumps(unit))
        answer: tuple[str, Any] = pickle.load(_pipe(process.stdout))
        return answer

    def _send(self, process: subprocess.Popen[bytes], message: bytes) -> None:
        pipe = _pipe(process.stdin)
        pipe.write(message)
        pipe.flush()


def _pipe(pipe: Any) -> Any:
    """A pipe of a process that was started with pipes."""
    return pipe


def _start_process() -> subprocess.Popen[bytes]:
    """A new worker process that imports this same package."""
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, **{name: "1" for name in THREADS}, "PYTHONPATH": paths}
    return subprocess.Popen(
        [sys.executable, "-m", "lrp.campaign.worker"],
        start_new_session=True,  # Ctrl-C at the terminal is for the command alone, while a worker imports too
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


def cluster(problem: Problem, units: Sequence[Unit], address: str) -> Iterator[Result]:
    """Yield the results as they are finished, from the workers of the Dask scheduler at `address`.

    Units of a lost worker are computed again, by the cluster or, if it lost the data too, by submitting them again;
    WorkerError after three rounds without a result, or if the cluster is gone or has no worker. Workers must have this
    package, and one BLAS thread (the default of `dask worker`) for results equal to the bit. MissingExtraError
    without dask.distributed.
    """
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        raise MissingExtraError(
            "distributed: needed for --dask, and not installed; install it with the extra 'cluster': pip install"
            " 'lrp[cluster]'"
        ) from None
    try:
        _check_reachable(distributed, address)
        client = distributed.Client(address, timeout=PATIENCE, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        raise WorkerError(f"--dask: no scheduler answers at {address!r} ({error})") from None
    with client:
        missing, losses = list(units), 0
        while missing:
            try:
                futures = _submitted(client, problem, missing)
            except OSError as error:  # also a timeout
                raise WorkerError(
                    f"--dask: the cluster at {address!r} takes no work ({error}); what is finished is kept: start it,"
                    " with at least one worker, and give the same command again"
                ) from None
            try:
                for future in distributed.as_completed(futures, loop=client.loop):
                    unit = futures[future]
                    arrays = _answer(future, unit)
                    if isinstance(arrays, dict):
                        missing.remove(unit)
                        losses = 0
                        yield unit, arrays
                    else:
                        lost, reason = unit, arrays
            finally:
                client.cancel(list(futures))
            losses += 1
            if missing and losses >= LOSSES:
                raise WorkerError(
                    f"{lost}: the cluster gave them up {LOSSES} times"
                    f" ({reason}); what is finished is kept: give the same command again"
                )


def _check_reachable(distributed: Any, address: str) -> None:
    """ValueError or OSError if no scheduler listens; checked first, for a failed client prints a traceback at exit."""
    if address.startswith("inproc://"):  # a scheduler in this process
        return
    host, port = distributed.comm.get_address_host_port(address)
    socket.create_connection((host, port), timeout=PATIENCE).close()


def _submitted(client: Any, problem: Problem, units: Sequence[Unit]) -> dict[Any, Unit]:
    """The futures of the units. The problem is sent to every worker once, and again if all that had it were lost."""
    shared = client.scatter(problem, broadcast=True, hash=False)
    return {client.submit(_compute, shared, unit, pure=False): unit for unit in units}


def _compute(problem: Problem, unit: Unit) -> dict[str, Array]:
    """What a worker of the cluster runs."""
    return problem.compute(unit)


def _answer(future: Any, unit: Unit) -> dict[str, Array] | Exception:
    """A future's result, or the exception with which the cluster lost it; an error of the unit itself is raised."""
    try:
        result: dict[str, Array] = future.result()
        return result
    except LrpError:
        raise
    except Exception as error:  # a lost worker, lost data, a cancelled task
        return error
