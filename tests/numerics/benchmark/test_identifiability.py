"""The likelihood-ratio test errs as often as theory says, and a cell is labelled by whether it can work at all."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import scipy.stats

from numerics.benchmark import identifiability as idf
from numerics.benchmark.cell import Cell
from numerics.benchmark.methods import method
from numerics.benchmark.observations.random_subset import RandomSubset
from numerics.benchmark.statistics import wilson
from numerics.benchmark.system import System
from theory import circuits
from theory.circuits import LinearCircuit, Truth
from theory.partial_observation import RecordedCircuit, divergence_rate
from theory.partial_observation.identifiability import markov_impostor, recording_time_needed
from theory.students.kalman import LatentModel, filtered_log_likelihood, trial_log_likelihoods


@dataclass(frozen=True)
class Chain(System):
    """A chain, whose impostor has another label."""

    id = "F1"
    sentence = "a chain"

    neurons: int = 20
    label: str = "line"

    def draw(self, seed):
        return circuits.feedforward_chain(self.neurons, rotated=True, seed=seed)

    def impostor(self, circuit, observed):
        made = markov_impostor(circuit, observed)
        return LinearCircuit(made.recurrence, made.noise, truth=Truth(self.label))


@pytest.fixture(scope="module")
def pair():
    chain = circuits.feedforward_chain(20)
    truth = RecordedCircuit(chain, [0], 1.0)
    return truth, RecordedCircuit(markov_impostor(chain, [0]), None, 1.0)


def test_trials_have_the_likelihood_of_their_joint_gaussian():
    rng = np.random.default_rng(0)
    A, C = np.array([[0.8, 0.3], [0.0, 0.5]]), np.array([[1.0, 0.5]])
    P = np.array([[2.0, 0.3], [0.3, 1.0]])
    Q, R = P - A @ P @ A.T, np.array([[0.4]])
    x = rng.normal(size=(3, 6, 1))
    powers = [np.linalg.matrix_power(A, k) for k in range(6)]
    covariance = np.array(
        [
            [(C @ powers[abs(i - j)] @ P @ C.T).item() + (0.4 if i == j else 0.0) for j in range(6)]
            for i in range(6)
        ]
    )
    expected = scipy.stats.multivariate_normal(np.zeros(6), covariance).logpdf(x[:, :, 0])
    model = LatentModel(A, C, Q, R, P)
    assert np.allclose(trial_log_likelihoods(model, x), expected, rtol=1e-12)
    assert filtered_log_likelihood(model, list(x)) == pytest.approx(expected.sum(), rel=1e-12)


def test_the_test_errs_as_often_as_the_analytic_likelihood_ratio(pair):
    # long and close: the ratio is Gaussian with mean +- h T and variance 2 h T
    rate = divergence_rate(*pair)
    time = int(recording_time_needed(rate))
    draws = 3000
    one, other = idf.spectral_ratios(*pair, time, 1, draws, 0)
    for errors in ((one < 0).sum(), (other > 0).sum()):
        low, high = wilson(errors, draws, 0.999)
        assert low <= idf.analytic_error(rate, time) <= high
    # control: with twice the rate it does not fit
    assert not low <= idf.analytic_error(2 * rate, time) <= high
    error = np.sqrt(2 * rate * time / draws)  # of the mean
    assert abs(one.mean() - rate * time) < 4 * error
    assert abs(idf.equal_error(one, other) - 0.05) < 0.02


@dataclass(frozen=True)
class Straight(Chain):
    """The chain of `pair`, the same in every draw."""

    def draw(self, seed):
        return circuits.feedforward_chain(self.neurons)


@dataclass(frozen=True)
class First(RandomSubset):
    """Its first neuron alone."""

    def channels(self, circuit, fraction, random):
        return np.eye(circuit.neurons)[:1]


def test_the_oracles_rates_are_those_of_the_analytic_likelihood_ratio(pair):
    """H of a chain, and M of its impostor, whose label is a line."""
    rate, oracle, recordings = divergence_rate(*pair), method("oracle"), 100
    cell = Cell(Straight(), First(), duration=float(round(recording_time_needed(rate))))
    expected = idf.analytic_error(rate, cell.duration)
    for impostor in (False, True):
        recorded = [replace(cell, data=data, impostor=impostor) for data in range(recordings)]
        claims = np.array([oracle.fit(one.training(), 0, truth=one).claim()["line"] > 0.5 for one in recorded])
        low, high = wilson(int(np.sum(claims != impostor)), recordings)
        assert low <= expected <= high
        # the control: what would be expected of four times the recording time
        assert not low <= idf.analytic_error(rate, 4 * cell.duration) <= high


def test_the_spectral_test_agrees_with_kalman_filters(pair):
    rate, samples = divergence_rate(*pair), 400
    models = [idf._latent(one, rate) for one in pair]
    exact = idf.simulated_ratios(*models, samples, 3, 400, 1)
    spectral = idf.spectral_ratios(*pair, samples, 3, 4000, 2)
    for a, b in zip(exact, spectral, strict=True):
        # ends of trials are neglected: a memory of 9 bins over 400
        assert abs(a.mean() - b.mean()) < 4 * a.std() / np.sqrt(len(a)) + 0.05 * abs(b.mean())
        assert a.var() == pytest.approx(b.var(), rel=4 * np.sqrt(2 / len(a)) + 0.05)


def test_a_reduced_model_is_the_observed_process(pair):
    truth = RecordedCircuit(circuits.feedforward_chain(40), [0, 3], 0.5)
    other = RecordedCircuit(markov_impostor(truth.circuit, [0, 3]), None, 0.5)
    model = idf._latent(truth, divergence_rate(truth, other))
    assert len(model.A) < 40
    powers = [np.linalg.matrix_power(model.A, k) for k in range(30)]
    covariances = np.stack([model.C @ power @ model.P @ model.C.T for power in powers])
    covariances[0] += model.R
    exact = truth.lagged_covariance(range(30))
    assert np.abs(covariances - exact).max() < 0.02 * np.abs(exact).max()  # the divergence bounds its square


def test_labels_follow_time_observation_and_truth():
    cell = Cell(Chain(), RandomSubset(), fraction=0.1, duration=100.0)
    short = idf.identifiability(cell)
    assert short.label == idf.UNIDENTIFIABLE and short.best > 0.05
    truth, other = idf._pair(cell)
    enough = 4 * recording_time_needed(short.rate)
    long = idf.identifiability(replace(cell, duration=float(round(enough))))
    assert long.label == idf.IDENTIFIABLE
    # of a time four times as long as needed the error is Phi(-3.29)
    assert long.best <= wilson(round(400 * idf.analytic_error(short.rate, enough)), 400, 0.999)[1]
    swapped = idf.identifiability(replace(cell, impostor=True))
    assert idf._pair(replace(cell, impostor=True))[0].neurons == 2
    assert swapped.label == idf.UNIDENTIFIABLE and 0 < swapped.rate < np.inf
    assert idf.identifiability(replace(cell, system=Chain(label="point"))).label == idf.NOT_APPLICABLE
    assert idf.identifiability(replace(cell, fraction=1.0)).label == idf.NOT_APPLICABLE
    noisy = idf.identifiability(replace(cell, duration=float(round(enough)), noise=3.0))
    assert noisy.rate < short.rate / 2


def test_what_has_no_likelihood_is_unknown():
    @dataclass(frozen=True)
    class Counts(RandomSubset):
        def measure(self, signal, bin_size, noise, random):
            return np.round(signal)

    cell = Cell(Chain(), Counts(), fraction=0.1, duration=100.0)
    assert idf.identifiability(cell).label == idf.UNKNOWN

    @dataclass(frozen=True)
    class Alone(Chain):
        def impostor(self, circuit, observed):
            return None

    assert idf.identifiability(Cell(Alone(), RandomSubset(), duration=100.0)).label == idf.UNKNOWN
