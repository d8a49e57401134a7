"""An oscillation that is partly seen: closed form against Lyapunov solves."""

import numpy as np
import pytest

from numerics.recordings import record
from theory import circuits
from theory.errors import ProblemError
from theory.partial_observation import limit_cycle_seen, markov_student, oscillation_seen
from theory.students import Autoregression


def pair(neurons, fraction, frequency, timescale, seed):
    """Frequency and timescale of the student's pair."""
    circuit = circuits.oscillating_circuit(neurons, frequency, timescale, seed=seed)
    values = markov_student(circuit, range(round(fraction * neurons))).eigenvalues()
    turning = values[np.argmax(values.imag)]
    return turning.imag, 1 / (1 - turning.real)


@pytest.mark.parametrize(("fraction", "frequency", "timescale"), [(0.2, 1.0, 10.0), (0.5, 0.3, 15.0)])
def test_pair_approaches_the_closed_form_as_the_root_of_the_number_of_neurons(fraction, frequency, timescale):
    expected = np.array(oscillation_seen(fraction, frequency, timescale))
    errors = []
    for neurons in (50, 200):
        found = np.array([pair(neurons, fraction, frequency, timescale, seed) for seed in range(16)])
        errors.append(np.sqrt(np.mean((found / expected - 1) ** 2)))
        # the overlaps' own scatter, sqrt(2 (1 - f) / (f D)) of |u_o|^2, halved for a mean of two
        assert errors[-1] < 2 * np.sqrt((1 - fraction) / (fraction * neurons))
    # four times the neurons halve it; 16 draws know a root mean square to a fifth
    assert errors[1] < 0.75 * errors[0]


def test_all_neurons_show_the_oscillation_itself():
    assert oscillation_seen(1.0, 0.7, 12.0) == pytest.approx((0.7, 12.0))
    np.testing.assert_allclose(pair(20, 1.0, 0.7, 12.0, seed=0), (0.7, 12.0), rtol=1e-9)


def test_fraction_beyond_all_is_refused():
    with pytest.raises(ProblemError, match="1.2"):
        oscillation_seen(1.2, 1.0, 5.0)


def test_linear_student_of_a_limit_cycle_decays_as_the_number_of_neurons_says():
    """60 of 1000 neurons: of timescale 15.8, 5% each for time recorded, bins of .1 and the plane's unequal axes."""
    errors = []
    for seed in range(3):
        circuit = circuits.limit_cycle_circuit(1000, noise=0.4, seed=seed)
        fit = Autoregression().fit(record(circuit, 10_000, 0.1, observed=range(60), seed=seed))
        rates = np.log(fit.eigenvalues()[0]) / 0.1
        expected = limit_cycle_seen(60, noise=0.4)
        # the neurons' own loadings in place of their mean
        loading = np.sum(circuit.weights[0][:60] ** 2) / 120
        ratio = (expected.timescale - 1) * loading
        errors.append([-1 / rates.real / (1 + ratio) - 1, abs(rates.imag) / expected.frequency - 1])
    assert np.abs(np.mean(errors, axis=0)).max() < 0.15


def test_noise_that_drowns_the_cycle_is_refused():
    with pytest.raises(ProblemError, match="nothing turns"):
        limit_cycle_seen(10, noise=1.0)
