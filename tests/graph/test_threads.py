"""What a network and a layer keep between calls is safe to share: two threads at once, and results of one's own."""

import copy
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import lrp
from lrp.errors import StateError
from lrp.graph import PROFILES, Profile
from lrp.layers import Dense
from tests.cases import numbers
from tests.graph.nets import lenet


def together(*jobs):
    """The results of the jobs, started at the same moment in a thread each."""
    barrier = threading.Barrier(len(jobs))

    def run(job):
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result() for future in [pool.submit(run, job) for job in jobs]]


def test_two_threads_miss_the_same_rules(rng):
    names = ["epsilon", "epsilon-plus", "epsilon-plus-flat", "epsilon-alpha2-beta1", None]
    for _ in range(20):
        network = lenet(rng)
        nodes = {name: lenet(rng)._rules.rules(PROFILES["paper"], name, "dense2") for name in names}
        jobs = [lambda name=name: network._rules.rules(PROFILES["paper"], name, "dense2") for name in names * 2]
        for name, rules in zip(names * 2, together(*jobs)):
            assert rules == nodes[name]


def test_two_threads_explain_by_different_composites(rng):
    network, x = lenet(rng), numbers(rng, (2, 6, 8, 2))
    alone = {name: lenet_like.explain(x, 0, name).relevance for lenet_like in [network.astype("float64")] for name in
             ("epsilon-plus", "epsilon-plus-flat")}  # fmt: skip
    for _ in range(5):
        fresh = network.astype("float64")
        for name, found in zip(alone, together(*(lambda n=n: fresh.explain(x, 0, n).relevance for n in alone))):
            np.testing.assert_array_equal(found, alone[name])


def test_profiles_of_one_name_do_not_meet_each_others_rules(rng):
    network, x = lenet(rng), numbers(rng, (1, 6, 8, 2))
    one, other = (Profile("mine", "mine", options={"epsilon": f"stab={stab}"}) for stab in ("plus", "clip"))
    assert network.explain(x, 0, profile=one).rules != network.explain(x, 0, profile=other).rules


def test_rules_of_a_result_are_the_callers_own(rng):
    network, x = lenet(rng), numbers(rng, (1, 6, 8, 2))
    before = dict(network.explain(x, 0).rules)
    network.explain(x, 0).rules.clear()
    assert network.explain(x, 0).rules == before


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_a_copy_of_a_network_explains_the_same(rng, again):
    network, x = lenet(rng), numbers(rng, (1, 6, 8, 2))
    expected = network.explain(x, 0, "epsilon-plus").relevance
    np.testing.assert_array_equal(again(network).explain(x, 0, "epsilon-plus").relevance, expected)


def test_each_thread_has_its_own_last_forward_pass(rng):
    layer = Dense(numbers(rng, (5, 3)), numbers(rng, (3,)))
    xs = [numbers(rng, (2, 5)), numbers(rng, (4, 5))]
    expected = [layer.distribute(y := layer.compute(x), "zero", (x,), y).parts[0] for x in xs]
    both_have_run = threading.Barrier(2)

    def job(x):
        y = layer.forward(x)
        both_have_run.wait()
        return layer.lrp(y, "zero")

    for found, one in zip(together(*(lambda x=x: job(x) for x in xs)), expected):
        np.testing.assert_array_equal(found, one)
    with pytest.raises(StateError, match="lrp\\(\\) needs the activations of a forward pass"):
        layer.lrp(np.ones((2, 3)), "zero")  # this thread has made none


def test_two_threads_make_the_same_modified_weights(rng):
    w, b, x = numbers(rng, (50, 30)), numbers(rng, (30,)), numbers(rng, (4, 50))
    alone = Dense(w, b)
    rules = ["z_plus", "gamma:0.5", "alpha_beta:2,1", "z_plus", "w_square"]
    expected = [alone.distribute(y := alone.compute(x), rule, (x,), y).parts[0] for rule in rules]
    for _ in range(20):
        shared = Dense(w, b)
        y = shared.compute(x)
        jobs = [lambda rule=rule: shared.distribute(y, rule, (x,), y).parts[0] for rule in rules]
        for found, one in zip(together(*jobs), expected):
            np.testing.assert_array_equal(found, one)
    assert isinstance(lrp.rules.parse("z_plus"), lrp.rules.Rule)
