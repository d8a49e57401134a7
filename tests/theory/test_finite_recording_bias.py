"""The bias of timescales from finite recordings, against recordings."""

import numpy as np
import pytest

from theory import circuits
from theory.circuits import LinearCircuit
from theory.errors import DomainWarning
from theory.partial_observation import RecordedCircuit, timescale_bias, timescale_spread

BIN = 0.5


def root(covariance):
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.clip(values, 0.0, None))) @ vectors.T


def activity(circuit, observed, samples, draws, seed=0):
    """Many recordings side by side, (sample, recording, neuron): the exact process of `numerics.recordings.record`."""
    random = np.random.default_rng(seed)
    propagator, noise = circuit.discretise(BIN)
    state = random.normal(size=(draws, circuit.neurons)) @ root(circuit.covariance())
    colour, found = root(noise), np.empty((samples, draws, len(observed)))
    for sample in range(samples):
        found[sample] = state[:, observed]
        state = state @ propagator.T + random.normal(size=state.shape) @ colour
    return found


def slowest_eigenvalues(x):
    present = np.einsum("nda,ndb->dab", x, x, optimize=True) / len(x)
    later = np.einsum("nda,ndb->dab", x[1:], x[:-1], optimize=True) / (len(x) - 1)
    values = np.linalg.eigvals(np.swapaxes(np.linalg.solve(present, np.swapaxes(later, 1, 2)), 1, 2))
    return values[np.arange(len(values)), np.argmax(np.abs(values), axis=1)]


def test_of_one_neuron_it_is_that_of_marriott_pope_and_kendall():
    recorded, rate = RecordedCircuit(LinearCircuit([[0.9]]), bin_size=0.5), np.exp(-0.05)
    known, centred = (timescale_bias(recorded, 10_000, 800, centred=c) for c in (False, True))
    assert known.eigenvalue == pytest.approx(-2 * rate / 10_000, rel=1e-9)
    assert centred.eigenvalue == pytest.approx(-(1 + 3 * rate) / 10_000, rel=1e-9)
    # of a timescale of 10 in 5,000: nothing, and -2 s^2 / T
    assert abs(known.timescale) < 0.05 * abs(centred.timescale)  # the bin's share of the timescale
    assert centred.timescale == pytest.approx(-2 * 10.0**2 / 5_000, rel=2e-3)


@pytest.mark.parametrize(
    ("circuit", "observed", "samples"),
    [
        (circuits.feedforward_chain(30, skip=0.5, rotated=True, seed=1), [0, 1, 2], 1000),
        (circuits.symmetric_line_attractor(30, slow=30.0), [0, 1, 2, 3, 4, 5], 1000),
        (circuits.null_low_rank(20, 1, 10.0, seed=1), [0, 1, 2], 600),
    ],
    ids=["chain", "line", "null low rank"],
)
def test_recordings_are_biased_as_predicted(circuit, observed, samples):
    recorded, draws = RecordedCircuit(circuit, observed, BIN), 2000
    x = activity(circuit, observed, samples, draws)
    truth = np.exp(-BIN / timescale_spread(recorded, samples, 300).timescale)
    for centred in (False, True):
        predicted = timescale_bias(recorded, samples, 300, centred)
        eigenvalues = slowest_eigenvalues(x - centred * x.mean(axis=0)).real
        gap, error = eigenvalues.mean() - truth, eigenvalues.std() / np.sqrt(draws)
        # 3 standard errors, and the next order in 1 / samples
        assert gap == pytest.approx(predicted.eigenvalue, abs=3 * error + 0.05 * abs(predicted.eigenvalue))
        assert abs(gap) > 5 * error  # there is a bias to be seen
        timescales = -BIN / np.log(eigenvalues)
        gap = timescales.mean() + BIN / np.log(truth)
        error = timescales.std() / np.sqrt(draws)
        assert gap == pytest.approx(predicted.timescale, abs=3 * error + 0.05 * abs(predicted.timescale))


def test_unpredicted_modes_and_coloured_residues_matter():
    """Control: the one-neuron formula with the mode's own eigenvalue is far off where neurons are hidden."""
    for circuit, observed in (
        (circuits.feedforward_chain(30, skip=0.5, rotated=True, seed=1), [0, 1, 2]),
        (circuits.symmetric_line_attractor(30, slow=30.0), [0, 1, 2, 3, 4, 5]),
    ):
        recorded = RecordedCircuit(circuit, observed, BIN)
        found = timescale_bias(recorded, 1000, 300, centred=False).eigenvalue
        naive = -2 * np.exp(-BIN / timescale_spread(recorded, 1000, 300).timescale) / 1000
        assert abs(np.log(found / naive)) > np.log(1.8)


def test_fully_seen_circuit_ends_its_sums_after_two_lags():
    """Residues are white: what reaches further is the mean alone."""
    recorded = RecordedCircuit(circuits.null_low_rank(8, 2, 1.0), bin_size=BIN)
    recorded = RecordedCircuit(
        LinearCircuit(recorded.circuit.recurrence + np.diag(np.linspace(0, 0.8, 8))), bin_size=BIN
    )
    short, long = (timescale_bias(recorded, 5000, longest, centred=False).eigenvalue for longest in (40, 200))
    assert short == pytest.approx(long, rel=1e-4)


def test_of_a_few_timescales_the_first_order_fails_and_a_warning_says_so():
    """300 time constants of a line that is seen to last 43."""
    circuit, observed = circuits.non_normal_line_attractor(20, 5.0, 20.0, seed=1), [0, 1, 2, 3]
    recorded = RecordedCircuit(circuit, observed, BIN)
    with pytest.warns(DomainWarning, match="6.9 timescales"):
        predicted = timescale_bias(recorded, 600, 600)
    truth = np.exp(-BIN / timescale_spread(recorded, 600, 600).timescale)
    x = activity(circuit, observed, 600, 1500)
    eigenvalues = slowest_eigenvalues(x - x.mean(axis=0)).real
    gap, error = eigenvalues.mean() - truth, eigenvalues.std() / np.sqrt(1500)
    assert gap - predicted.eigenvalue < -4 * error  # more strongly biased than the first order says
    assert gap / predicted.eigenvalue < 1.5
