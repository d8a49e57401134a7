"""Pulses: mean responses are those of the circuit, scattered as theory says."""

import dataclasses

import numpy as np
import pytest
import scipy.linalg

from numerics.pulsing import Pulsing
from numerics.results import ResultStore
from theory import circuits
from theory.errors import ProblemError

PULSES = Pulsing(
    circuits.feedforward_chain, {"neurons": 6}, observed=(0, 2), pulse=(0.0, 40.0), time=0.8, trials=400
)


def test_mean_response_is_the_matrix_exponential_within_its_scatter(tmp_path):
    """Before: pulse with the stationary scatter. After: exp(F t) pulse, with the stationary scatter again."""
    means = PULSES.run(ResultStore(tmp_path), progress=False)
    circuit = PULSES.circuit_of(0)
    pulse = np.zeros(6)
    pulse[[0, 2]] = PULSES.pulse
    scatter = np.sqrt(np.diagonal(circuit.covariance())[[0, 2]] / PULSES.trials)
    for found, expected in (
        (means.before.values, pulse[[0, 2]]),
        (means.after.values, (scipy.linalg.expm(circuit.drift * 0.8) @ pulse)[[0, 2]]),
    ):
        # 16 draws: means to a quarter of the scatter, standard deviations to 18% of it
        assert np.abs(found.mean(axis=0) - expected).max() < 4 * scatter.max() / 4
        np.testing.assert_allclose(found.std(axis=0, ddof=1) / scatter, 1.0, atol=4 * 0.18)


def test_correlation_over_the_trial_is_the_circuits_own(tmp_path):
    """Without scatter from the start: after = exp(F t) before, up to the noise of the interval."""
    short = dataclasses.replace(PULSES, observed=range(6), pulse=(0.0,) * 6, time=0.01)
    means = short.run(ResultStore(tmp_path), progress=False)
    step = scipy.linalg.expm(short.circuit_of(0).drift * 0.01)
    left = (means.after.values - means.before.values @ step.T).std(axis=0)
    np.testing.assert_allclose(left, np.sqrt(2 * 0.01 / 400), rtol=0.6)


def driven_by_one_noise() -> circuits.LinearCircuit:
    """Three neurons, the first of which alone has noise, and none drives another."""
    return circuits.LinearCircuit(np.diag([0.5, 0.0, 0.0]), noise=np.diag([1.0, 0.0, 0.0]))


def test_neurons_without_noise_answer_without_scatter():
    driven_by_one_noise.version = 1
    pulses = Pulsing(driven_by_one_noise, observed=(0, 1), pulse=(0.0, 2.0), time=1.5, trials=5)
    after = pulses.compute(progress=False, checkpoint=None).after.values
    np.testing.assert_allclose(after[:, 1], 2.0 * np.exp(-1.5), rtol=1e-9)
    assert after[:, 0].std() > 0


def test_pulse_that_does_not_fit_is_refused():
    with pytest.raises(ProblemError, match="1 entries, but 2"):
        dataclasses.replace(PULSES, pulse=(1.0,))
