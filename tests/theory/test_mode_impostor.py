"""Fast hidden neurons that look slow, and what covariances allow a fit to claim."""

import numpy as np
import pytest
import scipy.linalg

from theory import circuits
from theory.errors import ProblemError
from theory.partial_observation import (
    RecordedCircuit,
    impostor_neurons,
    markov_student,
    mode_impostor,
    supported_by_projection,
    supported_timescales,
)
from theory.students import Autoregression


@pytest.mark.parametrize(("timescale", "neurons", "bin_size"), [(50.0, 40, 1.0), (10.0, 6, 0.3), (30.0, 16, 2.0)])
def test_impostor_has_the_covariances_of_its_circuit_and_looks_slow(timescale, neurons, bin_size):
    """The closed form in Laguerre polynomials against matrix exponentials of the circuit; no mode but the unit's."""
    impostor = mode_impostor(timescale, neurons, bin_size, time_constant=1.0)
    circuit = impostor.circuit()
    np.testing.assert_allclose(circuit.covariance(), np.eye(neurons), atol=1e-11)
    recorded = RecordedCircuit(circuit, [0], bin_size)
    exact = recorded.lagged_covariance(range(100))[:, 0, 0]
    np.testing.assert_allclose(impostor.autocorrelation(99), exact, atol=1e-10)
    assert Autoregression().fit(recorded).slowest() == pytest.approx(timescale, rel=1e-9)
    # trace and traces of powers of B = I + F: all zero where every eigenvalue of F is -1
    power = np.eye(neurons)
    for _ in range(3):
        power = power @ circuit.recurrence
        assert abs(np.trace(power)) < 1e-8 * neurons


def test_longer_impostors_remember_longer():
    far = [mode_impostor(50.0, n, 1.0, 1.0).autocorrelation(60)[60] for n in (26, 40, 80, 200)]
    assert np.all(np.diff(far) > 0) and far[-1] == pytest.approx(np.exp(-60 / 50.0), rel=1e-3)


def test_fewest_neurons_are_the_fewest():
    least = impostor_neurons(20.0, 1.0, 1.0)
    assert mode_impostor(20.0, least, 1.0, 1.0).ratio <= 1.0
    with pytest.raises(ProblemError, match=f"it takes {least}"):
        mode_impostor(20.0, least - 1, 1.0, 1.0)


def test_bound_holds_for_any_network_with_the_same_covariance_and_no_smaller_innovations():
    """Random stationary networks of one covariance: those whose innovations exceed the recording's obey its bound."""
    random = np.random.default_rng(0)
    recorded = RecordedCircuit(circuits.feedforward_chain(30, skip=0.5, rotated=True), range(4), 1.0)
    S, later = recorded.lagged_covariance([0, 1])
    root = np.linalg.cholesky(S)
    longest, tried = supported_timescales(recorded)[1], 0
    correlations = scipy.linalg.svdvals(np.linalg.solve(root, np.linalg.solve(root, later.T).T))
    for _ in range(200):
        turned = scipy.linalg.qr(random.normal(size=(4, 4)))[0]
        whitened = turned @ np.diag(correlations[0] * random.uniform(0, 1, 4))
        A = root @ whitened @ np.linalg.inv(root)
        slowest = -1 / np.log(np.abs(np.linalg.eigvals(A)).max())
        assert slowest <= longest * (1 + 1e-9)
        tried += slowest > 0.5 * longest
    assert tried > 0  # the bound is not idle


def test_bound_in_bins_becomes_that_of_continuous_time():
    """R1: 1 / Re(1 - l) is at most the largest eigenvalue of S_oo, for a bin that goes to zero."""
    circuit = circuits.non_normal_line_attractor(40, 3.0, slow=50.0)
    exact = markov_student(circuit, range(5)).timescale_bounds()
    errors = []
    for bin_size in (0.02, 0.01):
        found = supported_timescales(RecordedCircuit(circuit, range(5), bin_size))
        errors.append(np.abs(np.array(found) / exact - 1).max())
    assert errors[1] < 0.6 * errors[0] and errors[1] < 0.02  # first order in the bin


def test_each_mode_of_the_regression_is_within_the_bound_of_its_own_projection():
    recorded = RecordedCircuit(circuits.feedforward_chain(30, skip=0.5, rotated=True), range(4), 1.0)
    values, left = np.linalg.eig(Autoregression().fit(recorded).propagator.T)
    for value, u in zip(values, left.T, strict=True):
        # u is left eigenvector of the regression: its projection is predicted by itself alone
        assert supported_by_projection(recorded, u.conj()) == pytest.approx(-1 / np.log(abs(value)), rel=1e-6)
