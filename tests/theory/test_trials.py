"""Identifiability in trials: against simulated likelihood ratios, and against long records."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from numerics.recordings import record
from theory.circuits import feedforward_chain, random_circuit
from theory.errors import ProblemError
from theory.partial_observation import (
    RecordedCircuit,
    divergence_rate,
    markov_impostor,
    recording_time_needed,
    trials_needed,
)


def pair(circuit, observed, **options):
    truth = RecordedCircuit(circuit, observed, **options)
    return truth, RecordedCircuit(markov_impostor(circuit, observed), **options)


def vector_covariance(recorded, samples):
    C = recorded.lagged_covariance(range(samples))
    return np.block([[C[i - j] if i >= j else C[j - i].T for j in range(samples)] for i in range(samples)])


def test_likelihood_ratios_of_simulated_trials_have_the_mean_and_reach_the_error_rates():
    truth, impostor = pair(feedforward_chain(20), [0, 1], bin_size=0.5, observation_noise=0.1)
    samples, trials = 12, 20_000
    needed = trials_needed(truth, impostor, samples)
    laws = [multivariate_normal(cov=vector_covariance(each, samples)) for each in (truth, impostor)]
    ratios = []
    for each in (truth, impostor):
        recording = record(
            each.circuit, samples, 0.5, observed=each.observed, observation_noise=0.1, trials=trials, seed=7
        )
        x = recording.activity.reshape(trials, -1)
        ratios.append(laws[0].logpdf(x) - laws[1].logpdf(x))
    error = ratios[0].std() / np.sqrt(trials)
    assert abs(ratios[0].mean() - needed.divergence) < 4 * error
    # the number of trials is where the two Gaussian tails meet both rates
    predicted = (1.6449 * (ratios[0].std() + ratios[1].std()) / (ratios[0].mean() - ratios[1].mean())) ** 2
    assert needed.trials == pytest.approx(predicted, rel=0.15)  # 4 standard errors of the difference of means


def test_long_trials_need_the_time_of_the_rate():
    truth, impostor = pair(feedforward_chain(5), [0], bin_size=1.0, observation_noise=0.2)
    time = recording_time_needed(divergence_rate(truth, impostor))
    totals = [samples * trials_needed(truth, impostor, samples).trials for samples in (500, 1000, 2000)]
    assert totals[-1] == pytest.approx(2 * totals[-1] - totals[-2], rel=0.01)  # edges cost a constant: converged
    # the rate's formula takes both variances to be 2 h T, which holds to first order in the difference
    assert totals[-1] == pytest.approx(time, rel=0.1)


def test_impostor_of_equal_covariance_and_slope_is_found_out_by_later_samples():
    truth, impostor = pair(random_circuit(6, gain=0.7, seed=3), [0, 1], bin_size=1e-3)
    few, more = (trials_needed(truth, impostor, samples).divergence for samples in (2, 8))
    assert 0 <= few < more < 1e-3


def test_same_process_is_never_told_apart():
    truth, _ = pair(feedforward_chain(5), [0], bin_size=1.0)
    assert trials_needed(truth, truth, 10).trials == np.inf


def test_too_long_a_trial_is_refused_with_its_size():
    truth, impostor = pair(feedforward_chain(5), [0, 1], bin_size=1.0)
    with pytest.raises(ProblemError, match="6000 numbers"):
        trials_needed(truth, impostor, 3_000)
