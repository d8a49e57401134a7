"""Scores, on methods whose score is known: liars, deniers, the truth in hand, and exact models."""

import dataclasses
from dataclasses import dataclass

import numpy as np
import pandas
import pytest

from numerics.benchmark import statistics
from numerics.benchmark.cell import Cell
from numerics.benchmark.methods import ridge, truth_in_hand
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.queries import answer
from numerics.benchmark.score import Evidence
from numerics.benchmark.scores import comparison, perturbation
from numerics.benchmark.scores.checks import Checks
from numerics.benchmark.scores.comparison import Comparison
from numerics.benchmark.scores.perturbation import Perturbation
from numerics.benchmark.scores.regret import Regret
from numerics.benchmark.scores.timescale import Timescale
from numerics.benchmark.scores.verdict import Verdict
from numerics.benchmark.system import System
from numerics.recordings import record
from theory import circuits
from theory.circuits import LinearCircuit, Truth
from theory.partial_observation.identifiability import markov_impostor
from theory.partial_observation.pulses import pulse_trials_needed


@dataclass(frozen=True)
class Known(System):
    """A circuit of either label, with an impostor of the other."""

    id = "K"
    sentence = "a chain or a line"

    line: bool = False
    neurons: int = 10

    def draw(self, seed):
        if self.line:
            return circuits.symmetric_line_attractor(self.neurons, slow=100.0, fast=1.25, seed=seed)
        return circuits.feedforward_chain(self.neurons, rotated=True, seed=seed)

    def impostor(self, circuit, observed):
        made = markov_impostor(circuit, observed)
        return LinearCircuit(made.recurrence, made.noise, truth=Truth("point" if self.line else "line"))


@dataclass(frozen=True)
class Uncoupled(System):
    """Neurons that leak."""

    id = "N0"
    sentence = "uncoupled"

    neurons: int = 4

    def draw(self, seed):
        return circuits.uncoupled(self.neurons)

    def impostor(self, circuit, observed):
        return None


def evidence(cell, model, **options) -> Evidence:
    queries = cell.queries()
    return Evidence(cell, queries, answer(model, queries, 0), **options)


@pytest.fixture(scope="module")
def line():
    """A line attractor that is seen whole, and an autoregression of it."""
    cell = Cell(Known(line=True), RandomSubset(), fraction=1.0, duration=20_000.0)
    fitted = ridge.Ridge().fit(cell.training(), 0)
    return evidence(cell, fitted, fitted=fitted)


@pytest.fixture(scope="module")
def chain():
    cell = Cell(Known(), RandomSubset(), fraction=0.3, duration=5000.0)
    return evidence(cell, ridge.Ridge().fit(cell.training(), 0))


def with_claim(given: Evidence, claim, **options) -> Evidence:
    return Evidence(given.cell, given.queries, given.rollouts, claim=claim, **options)


@pytest.mark.parametrize("claim, H, M", [({"line": 1.0}, 1.0, 0.0), ({"point": 1.0}, 0.0, 1.0)])
def test_a_liar_hallucinates_always_and_a_denier_misses_always(line, chain, claim, H, M):
    rows = []
    for family, given in (("F1", chain), ("L1", line)):
        found = Verdict().of(with_claim(given, claim))
        assert set(found) == set(Verdict.columns)
        there = given.cell.circuit.truth.kind != "point"
        rows += [dict(method="m", family=family, attractor=there, draw=n, data=0, fit=0, **found) for n in range(20)]
    rates = statistics.rates(pandas.DataFrame(rows), claimed="claims").set_index("rate")
    assert rates.value["H"] == H
    assert rates.value["M"] == M


@pytest.mark.parametrize("is_line", [False, True])
def test_the_truth_in_hand_errs_neither_by_claim_nor_by_its_rollouts(is_line):
    for draw in range(3):
        cell = Cell(Known(line=is_line), RandomSubset(), fraction=0.3, duration=5000.0, draw=draw)
        fitted = truth_in_hand.TruthInHand().fit(cell.training(), 0, cell)
        given = evidence(cell, fitted)
        for claim in (fitted.claim(), None):
            found = Verdict().of(with_claim(given, claim))
            assert found["claims"] == float(is_line)
            assert found["own_claim"] == float(claim is not None)
            assert found["right_kind"] == 1.0
        if claim is None and is_line:
            assert Timescale().of(given)["timescale_recovered"] == 1.0


def test_an_invented_slow_mode_is_a_hallucination_at_every_ratio(chain):
    # control: a line that is claimed of the chain by a model that has one
    cell = chain.cell

    class Invents:
        def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
            start = history[-1] + (0 if pulse is None else pulse)
            decays = np.array([0.998] + [0.2] * (len(start) - 1)) ** np.arange(1, steps + 1)[:, None]
            return np.tile(start * decays, (samples, 1, 1))

    found = Verdict().of(evidence(cell, Invents()))
    assert [found[name] for name in ("claims_5", "claims", "claims_20")] == [1.0] * 3
    assert found["p_line"] > 0.9
    assert found["log_score"] > 2.0
    assert Timescale().of(evidence(cell, Invents()))["timescale_recovered"] == 0.0


def test_a_ratio_of_its_own_decides_a_claim_in_between():
    class Between:
        def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
            start = history[-1] + (0 if pulse is None else pulse)
            rates = np.array([1 / 45.0, 1 / 3.0, 1.0, 1.0])  # 15 times slower than the next
            return np.tile(start * np.exp(-rates * np.arange(1, steps + 1)[:, None]), (samples, 1, 1))

    found = Verdict().of(evidence(Cell(Uncoupled(), RandomSubset(), fraction=1.0, duration=500.0), Between()))
    assert [found[name] for name in ("claims_5", "claims", "claims_20")] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize("draws", [20, pytest.param(300, marks=pytest.mark.full)])
def test_the_null_hallucinates_at_five_percent_on_held_out_draws(draws):
    def statistic(draw):
        cell = Cell(Uncoupled(), RandomSubset(), fraction=1.0, duration=200.0, draw=draw, data=draw)
        queries = cell.queries().items()
        asked = {name: dataclasses.replace(group, steps=min(200, group.steps)) for name, group in queries}
        fitted = ridge.Ridge().fit(cell.training(), 0)
        return Verdict().of(Evidence(cell, asked, answer(fitted, asked, 0)))["statistic"]

    values = [statistic(draw) for draw in range(2 * draws)]
    threshold = statistics.calibrated_threshold(values[:draws])
    hits = int(np.sum(np.array(values[draws:]) > threshold))
    # of n calibrating draws the share above is itself beta distributed: the interval must hold .05 at 99.9%
    low, high = statistics.wilson(hits, draws, 0.999)
    assert low <= 0.05 <= high
    assert statistics.wilson(int(np.sum(np.array(values[draws:]) > np.median(values[:draws]))), draws, 0.999)[0] > 0.05


def test_timescales_are_off_by_what_the_fit_says(line):
    found = Timescale().of(line)
    slowest = -1 / np.log(np.abs(np.linalg.eigvals(line.fitted.A)).max())
    assert found["timescale"] == pytest.approx(slowest, rel=1e-6)
    assert found["timescale_error"] == pytest.approx(np.log2(slowest / 100.0), abs=1e-6)
    assert found["timescale_recovered"] == float(abs(np.log2(slowest / 100.0)) < np.log2(1.5))
    wide = Timescale().of(with_claim(line, None, interval=(60.0, np.inf)))
    assert wide["timescale_recovered"] == 0.0
    assert wide["timescale_error"] == found["timescale_error"]


def test_regret_columns_are_those_of_the_test(chain, line):
    found = Regret().of(chain)
    assert set(found) == set(Regret.columns)
    assert found["not_applicable"] == 0.0
    assert found["identifiable"] == float(found["oracle_best"] <= 0.05)
    assert Regret().of(line)["not_applicable"] == 1.0  # seen whole: there is nothing to tell apart


def test_the_whole_circuit_answers_pulses_as_itself_and_a_leak_does_not(line):
    cell = line.cell
    step, _ = cell.circuit.discretise(cell.bin_size)

    class Exact:
        def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
            z, path = history[-1] + (0 if pulse is None else pulse), []
            for _ in range(steps):
                z = step @ z
                path.append(z)
            return np.tile(np.stack(path) @ cell.readout.T @ cell.readout, (samples, 1, 1))

    class Frozen:
        def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
            return np.tile(history[-1] * np.ones((steps, 1)), (samples, 1, 1))

    if np.array_equal(cell.readout, np.eye(10)):
        exact = Perturbation().of(evidence(cell, Exact()))
        assert max(exact[f"response_{kind}"] for kind in ("single", "on", "off", "crossing")) < 1e-10
    frozen = Perturbation().of(evidence(cell, Frozen()))
    assert frozen["response_single"] == pytest.approx(1.0)
    assert Perturbation().of(line)["response_single"] < 0.3
    assert np.isnan(frozen["pulses_needed"])


def test_a_circuits_response_is_that_of_pulsed_recordings(chain):
    cell, queries = chain.cell, chain.queries["pulsed"]
    which = np.flatnonzero(queries.kind != "none")[:3]
    found = perturbation.true_responses(cell, queries, which)
    for query, response in zip(which, found, strict=True):
        state = cell.states(1)[tuple(queries.place[query])]
        options = dict(samples=20, bin_size=cell.bin_size, start=state, seed=3)
        pulsed = record(cell.circuit, pulses={0: cell.readout.T @ queries.pulse[query]}, **options).activity
        plain = record(cell.circuit, **options).activity
        assert np.allclose((pulsed - plain)[0, 1:] @ cell.readout.T, response[:19], atol=1e-9)


def test_pulses_needed_agree_with_theory_for_one_neuron():
    cell = Cell(Known(), RandomSubset(), fraction=0.1, duration=1000.0)
    queries = cell.queries()["pulsed"]
    pulse = queries.pulse[queries.kind == "single"][0]
    expected = pulse_trials_needed(cell.drawn, cell.observed, pulse, 1.0, [1.0])
    assert perturbation.pulses_needed(cell, queries) == pytest.approx(expected, rel=1e-9)


def test_checks_tell_a_line_from_a_chain(line, chain):
    for_line, for_chain = Checks().of(line), Checks().of(chain)
    assert set(for_line) == set(Checks.columns)
    assert for_line["convexity_p"] > 0.001 and for_line["coherency_p"] > 0.001
    assert for_chain["coherency_p"] < 0.01  # a chain is not in detailed balance


def test_comparisons_are_zero_for_the_same_and_grow_with_the_difference():
    random = np.random.default_rng(0)
    x, y = (random.normal(size=(20, 2000, 2)) for _ in range(2))
    assert comparison.state_space_divergence(x, y) < 0.05
    # a shift by one standard deviation in one of two directions: 1/2 nats, less what bins hide
    assert comparison.state_space_divergence(x, y + [1.0, 0.0]) == pytest.approx(0.5, abs=0.1)
    assert comparison.spectral_distance(x, y) < 0.05
    slow = np.cumsum(random.normal(size=x.shape), axis=1)
    assert comparison.spectral_distance(x, slow) > 0.5
    places = np.stack([np.zeros(100, int), np.arange(100)], axis=1)
    actual = x[0, 1:101][:, None]
    assert comparison.variance_explained(x, actual, places, 1) == 1.0
    assert comparison.variance_explained(x, 0 * actual, places, 1) == pytest.approx(0.0, abs=0.05)
    counts = random.poisson(2.0, size=(1, 200, 3)).astype(float)
    mean = np.tile(counts.mean(axis=(0, 1)), (100, 1))
    assert comparison.bits_per_spike(counts, mean, places) == pytest.approx(0.0, abs=1e-12)
    assert comparison.bits_per_spike(counts, 0.1 * mean, places) < 0
    assert np.isnan(comparison.bits_per_spike(x, mean, places))


def test_the_r2_of_an_autoregression_is_that_of_its_law(chain):
    found = Comparison().of(chain)
    assert set(found) == set(Comparison.columns)
    assert found["R2_1"] > found["R2_5"] > found["R2_20"] - 0.1
    assert np.isnan(found["bits_per_spike"])
