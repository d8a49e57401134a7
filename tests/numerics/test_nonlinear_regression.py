"""Regression with the nonlinearity inside: it finds the circuit's own weights where all neurons are seen."""

import numpy as np
import pytest

from numerics.recordings import record
from numerics.students import NonlinearRegression
from theory import circuits
from theory.errors import ProblemError
from theory.nonlinearities import HyperbolicTangent, Identity
from theory.partial_observation import RecordedCircuit
from theory.students import Autoregression

CHAIN = circuits.nonlinear_chain(3, skip=1.0, noise=2.0, nonlinearity=HyperbolicTangent())
RECORDING = record(CHAIN, 2000, 0.1, trials=60, step=0.1, seed=0)


def test_finds_the_weights_of_a_circuit_whose_neurons_are_all_seen():
    found = NonlinearRegression(HyperbolicTangent()).recurrence(RECORDING)
    # 12,000 time constants know a weight to 2%; bins of a tenth of one blur by as much as 10%
    np.testing.assert_allclose(found, CHAIN.recurrence, atol=0.2)
    blurred = Autoregression().fit(RECORDING).propagator
    linear = (blurred - np.exp(-0.1) * np.eye(3)) / (1 - np.exp(-0.1))
    assert np.abs(linear - CHAIN.recurrence).max() > 2 * np.abs(found - CHAIN.recurrence).max()


def test_of_the_identity_is_autoregression():
    decay, x = np.exp(-0.1), RECORDING.activity
    A = NonlinearRegression(Identity()).recurrence(RECORDING)
    before, after = x[:, :-1].reshape(-1, 3), x[:, 1:].reshape(-1, 3)
    expected = np.linalg.lstsq(before, after, rcond=None)[0].T
    np.testing.assert_allclose(decay * np.eye(3) + (1 - decay) * A, expected, atol=1e-10)


def test_ridge_shrinks_and_an_endless_recording_is_refused():
    strong = NonlinearRegression(HyperbolicTangent(), ridge=1e6).recurrence(RECORDING)
    assert np.abs(strong).max() < 1e-4
    with pytest.raises(ProblemError, match="samples"):
        NonlinearRegression().fit(RecordedCircuit(circuits.uncoupled(3)))
