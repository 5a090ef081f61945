"""The long evaluation: the same bytes however often it is interrupted and however many workers it has."""

from __future__ import annotations

import io
import os
import pickle
import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lrp
from lrp.campaign import workers
from lrp.campaign.worker import serve
from lrp.errors import LoadError, LrpError, MissingExtraError, SaveError, SettingError, ShapeError, WorkerError
from lrp.evaluation.batch import Settings
from lrp.evaluation.campaign.campaign import JOURNAL, run
from lrp.evaluation.campaign.journal import Journal
from lrp.evaluation.campaign.plan import Plan, Problem, Unit, assembled, measurements
from lrp.evaluation.metrics import METRICS, metric_name
from lrp.formats.results.named_arrays import save_arrays
from lrp.methods import estimate_patterns
from tests.methods import nets

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = Settings(steps=4, size=2, repetitions=2, subsets=3)


@pytest.fixture
def problem(rng):
    network = nets.conv(rng)
    plan = Plan(("gradient_times_input", "random", "lrp:epsilon-plus"), ("abpc", "complexity"), 7, 3, SETTINGS)
    return Problem(plan, network, rng.normal(size=(7, 7, 9, 2)))


@pytest.fixture
def at_once(monkeypatch):
    """Units computed in this process, in order: for tests of what stands around it."""

    def compute(problem, units, jobs):
        for unit in units:
            yield unit, problem.compute(unit)

    monkeypatch.setattr("lrp.evaluation.campaign.campaign.local", compute)


def test_units_cover_all_pictures_of_all_methods(problem):
    units = problem.plan.units()
    assert len(units) == 9 and units[6] == Unit("gradient_times_input", 6, 7)
    assert sum(unit.stop - unit.start for unit in units) == 21
    assert [(u.start, u.stop) for u in Plan(("random",), ("aopc",), 21).units()] == [(0, 10), (10, 20), (20, 21)]


def test_results_are_those_of_the_measures_called_by_hand(problem, at_once, tmp_path):
    found = run(problem, tmp_path / "out.h5")
    from lrp.evaluation import region_perturbation
    from lrp.evaluation.replacement import replacement
    from lrp.methods import gradient_times_input

    g = replacement("uniform", problem.network, problem.x)
    maps = gradient_times_input(problem.network, problem.x)
    by_hand = region_perturbation(problem.network, problem.x, maps, size=2, steps=4, repetitions=2, replacement=g)
    np.testing.assert_allclose(
        found["abpc"]["gradient_times_input"].curves["morf"].values, by_hand.curves["morf"].values, atol=1e-12
    )
    assert found["complexity"]["random"].numbers["entropy"].shape == (7,)
    assert not (tmp_path / ("out.h5" + JOURNAL)).exists()


@pytest.mark.slow
def test_the_same_bytes_for_one_process_and_three(problem, tmp_path):
    seen = []
    run(problem, tmp_path / "one.h5", jobs=1, on_progress=lambda done, total: seen.append((done, total)))
    run(problem, tmp_path / "three.h5", jobs=3)
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "three.h5").read_bytes()
    assert seen[0] == (0, 9) and seen[-1] == (9, 9) and len(seen) == 10


def test_an_interrupted_run_goes_on_to_the_same_bytes(problem, at_once, tmp_path):
    run(problem, tmp_path / "whole.h5")

    class Stop(Exception):
        pass

    def stop_after(count):
        def watch(done, total):
            if done == count:
                raise Stop

        return watch

    for count in (2, 5, 5):
        with pytest.raises(Stop):
            run(problem, tmp_path / "broken.h5", on_progress=stop_after(count))
    with open(tmp_path / ("broken.h5" + JOURNAL), "ab") as file:
        file.write(b"lrp-part and then the power went")
    begun = []
    run(problem, tmp_path / "broken.h5", on_progress=lambda done, total: begun.append(done))
    assert begun[0] == 5
    assert (tmp_path / "whole.h5").read_bytes() == (tmp_path / "broken.h5").read_bytes()


def test_a_finished_file_is_read_and_another_one_is_left_alone(problem, at_once, tmp_path):
    first = run(problem, tmp_path / "out.h5")
    again = run(problem, tmp_path / "out.h5", on_progress=lambda done, total: pytest.fail("nothing is to be computed"))
    for method, found in first["abpc"].items():
        np.testing.assert_array_equal(found.numbers["abpc"], again["abpc"][method].numbers["abpc"])
        assert again["abpc"][method].curves["morf"].x_label == "regions replaced"
    other = replace(problem, plan=replace(problem.plan, metrics=("complexity",)))
    before = (tmp_path / "out.h5").read_bytes()
    with pytest.raises(SaveError, match="there is a file already, and it does not hold this evaluation"):
        run(other, tmp_path / "out.h5")
    (tmp_path / "text.h5").write_text("notes")
    with pytest.raises(SaveError, match="there is a file already"):
        run(other, tmp_path / "text.h5")
    assert (tmp_path / "out.h5").read_bytes() == before
    with pytest.raises(SettingError, match="jobs: expected a whole number of at least 1, got 0"):
        run(problem, tmp_path / "new.h5", jobs=0)


def test_a_disk_that_is_full_at_the_very_end_loses_nothing(problem, at_once, tmp_path, monkeypatch):
    def full(name, arrays, attributes):
        raise SaveError(f"{name!r} cannot be written: No space left on device")

    monkeypatch.setattr("lrp.evaluation.campaign.campaign.save_arrays", full)
    with pytest.raises(SaveError, match="No space left on device"):
        run(problem, tmp_path / "a.h5")
    monkeypatch.undo()
    begun = []
    run(problem, tmp_path / "a.h5", on_progress=lambda done, total: begun.append((done, total)))
    assert begun == [(9, 9)] and not (tmp_path / ("a.h5" + JOURNAL)).exists()


def test_what_methods_are_given_belongs_to_the_problem(problem, rng, tmp_path):
    """Patterns of the same file name and other numbers are another evaluation; the file is read once."""
    prints = set()
    plan = replace(
        problem.plan,
        methods=(f"pattern_net:{tmp_path}/p.h5", f"prediction_difference:{tmp_path}/x.h5,training_size=50"),
    )
    for scale in (1.0, 2.0):
        patterns = {k: scale * v for k, v in estimate_patterns(problem.network, [problem.x]).items()}
        save_arrays(tmp_path / "p.h5", patterns)
        save_arrays(tmp_path / "x.h5", {"x": problem.x[:2]})
        given = replace(problem, plan=plan)
        prints.add(given.fingerprint())
        os.remove(tmp_path / "p.h5")
        os.remove(tmp_path / "x.h5")
        for unit in plan.units()[:2]:
            assert pickle.loads(pickle.dumps(given)).compute(unit)["abpc/numbers/abpc"].shape == (3,)
    assert len(prints) == 2


def test_a_run_that_only_has_to_write_its_file(problem, at_once, tmp_path):
    run(problem, tmp_path / "whole.h5")
    with Journal(tmp_path / ("again.h5" + JOURNAL), problem.fingerprint()) as journal:
        for unit in reversed(problem.plan.units()):
            journal.add(unit, problem.compute(unit))
    run(problem, tmp_path / "again.h5")
    assert (tmp_path / "whole.h5").read_bytes() == (tmp_path / "again.h5").read_bytes()


def test_fingerprints_tell_problems_apart(problem):
    changed = [
        replace(problem, x=problem.x + 1),
        replace(problem, target=np.zeros(7, dtype=int)),
        replace(problem, masks=np.ones((7, 7, 9))),
        replace(problem, plan=replace(problem.plan, chunk=2)),
        replace(problem, network=nets.conv(np.random.default_rng(1))),
    ]
    prints = {p.fingerprint() for p in [problem, *changed]}
    assert len(prints) == 6 and problem.fingerprint() in prints
    with pytest.raises(ShapeError, match="target: expected one for each of 7 pictures, got 3"):
        replace(problem, target=np.zeros(3))


def test_journals_of_others_are_left_alone(problem, tmp_path):
    path = tmp_path / "a.partial"
    with Journal(path, "one"):
        with pytest.raises(SaveError, match="another process is writing this journal"):
            Journal(path, "one")
    with Journal(path, "two") as journal:  # nothing was finished in it: nothing is lost
        journal.add(Unit("m", 0, 1), {"a": np.arange(3.0)})
    before = path.read_bytes()
    with pytest.raises(LoadError, match="expected the journal of this very evaluation, got that of another"):
        Journal(path, "one")
    assert path.read_bytes() == before
    (tmp_path / "b.partial").write_text("a letter to a friend, longer than any head of a record could be")
    with pytest.raises(LoadError, match="expected a journal of this program, got another or a damaged file; it is"):
        Journal(tmp_path / "b.partial", "one")
    assert (tmp_path / "b.partial").read_text().startswith("a letter")
    with pytest.raises(SaveError, match="the journal cannot be written"):
        Journal(tmp_path / "nowhere" / "c.partial", "one")
    (tmp_path / "d.partial").write_bytes(b"lrp-")
    with Journal(tmp_path / "d.partial", "one") as journal:
        assert journal.results == {}


@pytest.mark.parametrize("cut", [1, 20, 47, 60, 300])
def test_a_torn_record_is_forgotten(problem, tmp_path, cut):
    path = tmp_path / "a.partial"
    with Journal(path, "one") as journal:
        journal.add(Unit("m", 0, 1), {"a": np.arange(3.0)})
        size = path.stat().st_size
        journal.add(Unit("m", 1, 2), {"a": np.arange(30.0)})
    with open(path, "r+b") as file:
        file.truncate(size + cut)
    with Journal(path, "one") as journal:
        assert list(journal.results) == [Unit("m", 0, 1)]
        assert path.stat().st_size == size
        journal.add(Unit("m", 1, 2), {"a": np.ones(2)})
    with Journal(path, "one") as journal:
        assert journal.results[Unit("m", 1, 2)]["a"].tolist() == [1, 1]


def three_records(path):
    """A journal of one head and three units; where each record ends."""
    ends = []
    with Journal(path, "one") as journal:
        ends.append(path.stat().st_size)
        for start in range(3):
            journal.add(Unit("m", start, start + 1), {"a": np.full(2, float(start))})
            ends.append(path.stat().st_size)
    return ends


def test_a_journal_cut_at_any_byte_keeps_every_whole_record(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda number: None)
    ends = three_records(tmp_path / "a.partial")
    content = (tmp_path / "a.partial").read_bytes()
    for length in sorted({*range(0, len(content), 7), *ends, *(end + 1 for end in ends), *(end - 1 for end in ends)}):
        path = tmp_path / "b.partial"
        path.write_bytes(content[:length])
        with Journal(path, "one") as journal:
            whole = [end for end in ends if end <= length]
            assert sorted(unit.start for unit in journal.results) == list(range(len(whole) - 1)), length
        assert path.read_bytes() == content[: max([ends[0], *whole])], length


def test_a_flipped_byte_loses_its_own_record_and_in_a_length_those_behind_it(tmp_path, monkeypatch):
    """Records are found by the lengths before them; whatever was lost is computed and appended again."""
    monkeypatch.setattr(os, "fsync", lambda number: None)
    ends = three_records(tmp_path / "a.partial")
    content = (tmp_path / "a.partial").read_bytes()
    for place in range(0, len(content), 11):
        path, changed = tmp_path / "b.partial", bytearray(content)
        changed[place] ^= 1
        path.write_bytes(changed)
        hit = sum(end <= place for end in ends)  # 0: the first record, which says whose journal it is
        if not hit:
            with pytest.raises(LoadError, match="another or a damaged file; it is left alone"):
                Journal(path, "one")
            assert path.read_bytes() == changed
            continue
        in_length = place - ends[hit - 1] < 16  # the magic number and the length
        lost = [k for k in range(3) if k + 1 == hit or (in_length and k + 1 > hit)]
        with Journal(path, "one") as journal:
            assert sorted(unit.start for unit in journal.results) == [k for k in range(3) if k not in lost], place
            for k in lost:
                journal.add(Unit("m", k, k + 1), {"a": np.full(2, float(k))})
        with Journal(path, "one") as journal:
            assert {unit.start: arrays["a"].tolist() for unit, arrays in journal.results.items()} == {
                k: [k, k] for k in range(3)
            }


def test_a_damaged_head_with_nothing_behind_it_is_left_alone(tmp_path):
    path = tmp_path / "a.partial"
    with Journal(path, "one"):
        pass
    changed = bytearray(path.read_bytes())
    changed[-1] ^= 1
    path.write_bytes(changed)
    with pytest.raises(LoadError, match="another or a damaged file; it is left alone: remove it, or choose another"):
        Journal(path, "one")
    assert path.read_bytes() == changed


def test_an_error_before_anything_is_finished_leaves_no_journal(problem, at_once, tmp_path):
    """Else the corrected command would be told that the journal is another evaluation's."""
    wrong = replace(problem, plan=replace(problem.plan, settings=replace(SETTINGS, size=50)))
    with pytest.raises(SettingError, match="region size"):
        run(wrong, tmp_path / "a.h5")
    assert not (tmp_path / ("a.h5" + JOURNAL)).exists()
    run(problem, tmp_path / "a.h5")


def test_a_full_disk_loses_nothing(problem, tmp_path):
    """The size of files is limited by the system itself."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(tmp_path / "a.partial", "one") as journal:
        journal.add(Unit("m", 0, 1), {"a": np.arange(3.0)})
        resource.setrlimit(resource.RLIMIT_FSIZE, (4000, limits[1]))
        try:
            with pytest.raises(SaveError, match="the disk took no more .File too large.; 1 finished parts are kept"):
                journal.add(Unit("m", 1, 2), {"a": np.ones(100_000)})
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        journal.add(Unit("m", 2, 3), {"a": np.ones(2)})
    with Journal(tmp_path / "a.partial", "one") as journal:
        assert sorted(unit.start for unit in journal.results) == [0, 2]


def test_without_locks_on_the_platform(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with Journal(tmp_path / "a.partial", "one"), Journal(tmp_path / "a.partial", "one"):
        pass


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}


@pytest.fixture
def command(tmp_path, rng):
    """lrp evaluate as a process of its own: command(out, jobs)."""
    lrp.save(nets.conv(rng), tmp_path / "model.h5")
    np.save(tmp_path / "x.npy", rng.normal(size=(6, 7, 9, 2)))
    words = [sys.executable, "-m", "lrp", "evaluate", str(tmp_path / "model.h5"), str(tmp_path / "x.npy"), "--trusted"]
    words += ["--methods", "gradient,random,integrated_gradients:steps=60", "--metric", "abpc", "--size", "2"]
    words += ["--steps", "6", "--repetitions", "2", "--chunk", "1"]
    return lambda out, jobs: [*words, "--out", str(tmp_path / out), "--jobs", str(jobs)]


def stopped_in_the_middle(words, partial, number):
    """The command with a signal to it and all its processes, once something is finished: (exit code, errors)."""
    process = subprocess.Popen(
        words,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (partial.exists() and partial.stat().st_size > 4_000) and process.poll() is None:
        time.sleep(0.01)
    if number == signal.SIGKILL:
        process.send_signal(number)  # to the command alone: its workers must notice by themselves
    else:
        os.killpg(process.pid, number)
    _, said = process.communicate()
    return process.returncode, said


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_command_stopped_in_the_middle_ends_with_the_same_file(tmp_path, command, number):
    """kill -9, and Ctrl-C at a terminal: the file in the end has the bytes of an undisturbed run with one job."""
    subprocess.run(command("a.h5", 1), env=environment(), check=True, capture_output=True)
    partial = tmp_path / ("b.h5" + JOURNAL)
    code, said = stopped_in_the_middle(command("b.h5", 2), partial, number)
    assert code == (-signal.SIGKILL if number == signal.SIGKILL else 130) and said == ""
    assert partial.exists() and not (tmp_path / "b.h5").exists()
    done = subprocess.run(command("b.h5", 2), env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and "continuing from" in done.stderr
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.slow
def test_a_full_disk_ends_the_command_and_loses_nothing(tmp_path, command):
    """No file may grow beyond 16 KiB: the system itself refuses, in the command's process alone."""
    subprocess.run(command("a.h5", 1), env=environment(), check=True, capture_output=True)
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (16_384, 16_384))  # noqa: E731
    full = subprocess.run(command("b.h5", 1), env=environment(), capture_output=True, text=True, preexec_fn=limit)
    partial = tmp_path / ("b.h5" + JOURNAL)
    assert full.returncode == 2 and full.stderr.count("\n") == 1
    assert f"lrp evaluate: {str(partial)!r}: the disk took no more (File too large); " in full.stderr
    assert "finished parts are kept in this file: make room and give the same command again" in full.stderr
    done = subprocess.run(command("b.h5", 1), env=environment(), capture_output=True, text=True)
    assert done.returncode == 0 and "continuing from" in done.stderr and not partial.exists()
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


@pytest.mark.slow
def test_a_worker_lost_in_the_middle_is_replaced(problem, tmp_path, monkeypatch):
    started = []
    begin = workers._start_process

    def start():
        started.append(begin())
        return started[-1]

    send, sent = workers._Process._send, []

    def lost_before_the_second_unit(own, process, message):
        sent.append(message)
        if len(sent) == 3:  # the problem, a unit, and now the next
            started[0].kill()
            started[0].wait()
        send(own, process, message)

    monkeypatch.setattr(workers, "_start_process", start)
    monkeypatch.setattr(workers._Process, "_send", lost_before_the_second_unit)
    run(problem, tmp_path / "a.h5", jobs=1)
    assert len(started) == 2
    monkeypatch.undo()
    run(problem, tmp_path / "b.h5", jobs=2)
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_a_unit_that_kills_every_worker_is_given_up_and_the_rest_is_kept(problem, tmp_path, monkeypatch):
    def dead():
        return subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    monkeypatch.setattr(workers, "_start_process", dead)
    first = problem.plan.units()[0]
    with Journal(tmp_path / ("a.h5" + JOURNAL), problem.fingerprint()) as journal:
        journal.add(first, problem.compute(first))
    with pytest.raises(WorkerError, match="random, pictures 0 to 2: the process that computes them was lost 3 times"):
        run(problem, tmp_path / "a.h5")
    with Journal(tmp_path / ("a.h5" + JOURNAL), problem.fingerprint()) as journal:
        assert list(journal.results) == [first]


def test_an_error_of_a_unit_is_told_with_its_method(rng, tmp_path):
    network = nets.conv(rng)
    plan = Plan(("random", "cam"), ("complexity",), 2, 1, SETTINGS)
    with pytest.raises(LrpError, match="^cam: expected a network that ends in global average"):
        run(Problem(plan, network, rng.normal(size=(2, 7, 9, 2))), tmp_path / "a.h5", jobs=2)


def test_the_worker_answers_until_its_input_ends(problem):
    units = [Unit("random", 0, 3), Unit("cam", 0, 3), Unit("random", "a", 3)]
    source, sink = io.BytesIO(), io.BytesIO()
    for message in (replace(problem, plan=replace(problem.plan, methods=("random", "cam"))), *units):
        pickle.dump(message, source)
    source.seek(0)
    serve(source, sink)
    sink.seek(0)
    kind, arrays = pickle.load(sink)
    assert kind == "done" and arrays["abpc/curves/morf"].shape == (3, 5)
    kind, error = pickle.load(sink)
    assert kind == "failed" and isinstance(error, LrpError)
    kind, error = pickle.load(sink)
    assert kind == "failed" and str(error).startswith("random, pictures a to 2: TypeError: ")


def test_the_workers_own_process(problem, monkeypatch, tmp_path):
    """main() in this process, on files in the place of pipes."""
    from lrp.campaign import worker

    ignored = []
    (tmp_path / "in").write_bytes(pickle.dumps(problem))
    with open(tmp_path / "in") as source, open(tmp_path / "out", "w") as out, open(tmp_path / "err", "w") as err:
        monkeypatch.setattr(worker.signal, "signal", lambda number, handler: ignored.append((number, handler)))
        monkeypatch.setattr(sys, "stdin", source)
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", err)
        worker.main()
        print("a stray line", flush=True)
        ended = []
        monkeypatch.setattr(worker, "serve", lambda source, sink: (_ for _ in ()).throw(BrokenPipeError()))
        monkeypatch.setattr(worker.os, "_exit", ended.append)
        worker.main()
        monkeypatch.undo()
    assert ended == [1] and ignored == [(signal.SIGINT, signal.SIG_IGN)] * 2
    assert (tmp_path / "out").read_text() == "" and (tmp_path / "err").read_text() == "a stray line\n"


def test_a_stopped_pool_leaves_no_process(problem):
    results = workers.local(problem, problem.plan.units(), 2)
    next(results)
    results.close()


@pytest.fixture
def distributed(monkeypatch):
    """dask.distributed, and what its own processes need: this package and one BLAS thread (as its workers have)."""
    found = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    return found


def slower(problem):
    """Enough units, and long enough, for something to happen in their middle."""
    plan = replace(problem.plan, methods=("gradient_times_input", "random", "integrated_gradients:steps=80"), chunk=1)
    return replace(problem, plan=plan)


def killing(pids, done_before):
    """A watch that ends a process by SIGKILL when so many units are done."""
    killed = []

    def watch(done, total):
        if done == done_before:
            killed.append(pids().pop())
            os.kill(killed[0], signal.SIGKILL)

    return killed, watch


def test_dask_gives_the_same_bytes_with_a_worker_killed_in_the_middle(problem, tmp_path, distributed):
    """Two processes, one of which is lost by SIGKILL: the bytes are those of one job."""
    run(slower(problem), tmp_path / "local.h5", jobs=1)
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as cluster:
        killed, watch = killing(lambda: [worker.pid for worker in cluster.workers.values()], 5)
        found = run(slower(problem), tmp_path / "dask.h5", dask=cluster.scheduler_address, on_progress=watch)
        assert killed and set(found) == {"abpc", "complexity"}
    assert (tmp_path / "local.h5").read_bytes() == (tmp_path / "dask.h5").read_bytes()


@pytest.mark.slow
def test_jobs_give_the_same_bytes_with_a_worker_killed_in_the_middle(problem, tmp_path, monkeypatch):
    run(slower(problem), tmp_path / "one.h5", jobs=1)
    started, begin = [], workers._start_process

    def start():
        started.append(begin())
        return started[-1]

    monkeypatch.setattr(workers, "_start_process", start)
    killed, watch = killing(lambda: [process.pid for process in started], 5)
    run(slower(problem), tmp_path / "two.h5", jobs=2, on_progress=watch)
    assert killed and len(started) == 3
    assert (tmp_path / "one.h5").read_bytes() == (tmp_path / "two.h5").read_bytes()


def test_a_cluster_that_is_gone_or_empty(problem, tmp_path, distributed, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    settings = {"threads_per_worker": 1, "processes": False, "dashboard_address": None, "silence_logs": 50}
    with distributed.LocalCluster(n_workers=0, **settings) as cluster:
        with pytest.raises(WorkerError, match="takes no work .No valid workers found.; what is finished is kept"):
            run(problem, tmp_path / "a.h5", dask=cluster.scheduler_address)
    assert list(tmp_path.iterdir()) == []
    with distributed.LocalCluster(n_workers=1, **settings) as cluster:
        with pytest.raises(WorkerError, match="takes no work .*; what is finished is kept"):
            run(
                slower(problem),
                tmp_path / "a.h5",
                dask=cluster.scheduler_address,
                on_progress=lambda done, total: cluster.close() if done == 3 else None,
            )
    begun = []
    run(slower(problem), tmp_path / "a.h5", on_progress=lambda done, total: begun.append(done))
    assert 3 <= begun[0] < 21


def test_dask_says_what_is_wrong(problem, tmp_path, monkeypatch, distributed):
    with pytest.raises(WorkerError, match="--dask: no scheduler answers at 'nonsense://here'"):
        run(problem, tmp_path / "a.h5", dask="nonsense://here")

    class Future:
        def __init__(self, error):
            self.error = error

        def result(self):
            raise self.error

    monkeypatch.setattr(workers, "_answer", lambda future, unit: RuntimeError("memory"))
    with distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster:
        with pytest.raises(WorkerError, match="the cluster gave them up 3 times .memory."):
            list(workers.cluster(problem, problem.plan.units()[:1], cluster.scheduler_address))
    monkeypatch.undo()
    assert str(workers._answer(Future(RuntimeError("memory")), Unit("random", 0, 3))) == "memory"
    with pytest.raises(SettingError, match="as it was"):
        workers._answer(Future(SettingError("as it was")), Unit("random", 0, 3))
    monkeypatch.setattr(workers.importlib, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(MissingExtraError, match="extra 'cluster'"):
        run(problem, tmp_path / "a.h5", dask="tcp://127.0.0.1:1")


@pytest.mark.parametrize("metric", list(METRICS))
def test_every_metric_runs(rng, problem, metric):
    if metric == "input_invariance":  # wants a first layer without padding
        problem = replace(problem, network=nets.unpadded(rng))
    masks = np.zeros((7, 7, 9), dtype=bool)
    masks[:, 2:5, 3:6] = True
    plan = replace(problem.plan, methods=("gradient_times_input",), metrics=(metric,))
    arrays = replace(problem, plan=plan, masks=masks, target=np.ones(7, dtype=int)).compute(
        Unit("gradient_times_input", 0, 3)
    )
    assert any(name.startswith(f"{metric}/numbers/") for name in arrays)
    assert any(name.startswith(f"{metric}/curves/") for name in arrays)
    unit = Unit("gradient_times_input", 0, 3)
    found = measurements(*assembled_with(replace(plan, pictures=3), {unit: arrays}))
    (here,) = found[metric].values()
    assert here.curves and all(curve.x_label and curve.y_label for curve in here.curves.values())


def assembled_with(plan, results):
    arrays, axes = assembled(plan, results)
    return arrays, plan, axes


def test_metrics_without_masks_and_unknown_ones(problem):
    plan = replace(problem.plan, metrics=("pointing_game",))
    with pytest.raises(SettingError, match="random: pointing_game: expected data with `masks`"):
        replace(problem, plan=plan).compute(Unit("random", 0, 2))
    assert metric_name("sensitivity-n") == "sensitivity_n"
    with pytest.raises(SettingError, match="metric: expected one of aopc"):
        metric_name("beauty")
