"""Recordings of nonlinear circuits: the order of the step, agreement with exact sampling, and what noise does."""

import tracemalloc

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg
import scipy.stats

from numerics.recordings import nonlinear, record, stream
from theory import circuits
from theory.circuits import LinearCircuit, NonlinearCircuit
from theory.errors import ProblemError
from theory.nonlinearities import HyperbolicTangent, Identity

B = circuits.feedforward_chain(6, skip=0.5, rotated=True).recurrence
SHARED = np.diag([0.5, 1.0, 1.5, 1.0, 1.0, 1.0]) + 0.3
STRAIGHT = NonlinearCircuit(B, Identity(), noise=SHARED, time_constant=2.0)
EXACT = LinearCircuit(B, noise=SHARED, time_constant=2.0)
QUIET = NonlinearCircuit(B, HyperbolicTangent(), noise=1e-24, time_constant=2.0)


def scheme(step):
    """One step of the scheme at phi = identity, in time constants: its propagator and the factor of its noise."""
    E, I = np.exp(-step), np.eye(len(B))
    ahead = E * I + (1 - E) * B
    q = (E - 1 + step) / step
    return ahead + q * B @ (ahead - I), I + q * B, 1 - E**2


@pytest.mark.parametrize("start", [np.zeros(6), np.arange(6.0)])
def test_identity_takes_exactly_the_steps_of_the_scheme(start):
    circuit = NonlinearCircuit(B, Identity(), noise=1e-24, time_constant=2.0)
    activity = record(circuit, 9, 1.2, start=start, step=0.3, pulses={4: np.ones(6)}).activity[0]
    propagator, _, _ = scheme(0.15)
    state = start
    for sample in range(9):
        state = state + (sample == 4)
        np.testing.assert_allclose(activity[sample], state, atol=1e-9)
        state = np.linalg.matrix_power(propagator, 4) @ state


def test_covariance_errs_at_second_order_in_the_step():
    exact = LinearCircuit(B).covariance()
    errors = []
    for step in (0.2, 0.1, 0.05):
        propagator, factor, variance = scheme(step)
        S = scipy.linalg.solve_discrete_lyapunov(propagator, variance * factor @ factor.T)
        errors.append(np.abs(S - exact).max() / np.abs(exact).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 2, atol=0.1)
    assert errors[-1] < 1e-3


@pytest.mark.parametrize("bin_size", [0.5, 3.0])
def test_identity_is_the_exactly_sampled_circuit(bin_size):
    recording = record(STRAIGHT, 1500, bin_size, trials=40, observed=[0, 3], observation_noise=0.2, step=0.2, seed=1)
    expected = EXACT.lagged_covariance(np.arange(4) * bin_size)[:, [0, 3]][:, :, [0, 3]]
    expected[0] += 0.2 * np.eye(2)
    # one independent sample in 10 units of time; the step's own error is a tenth of that (.1 tau)
    scatter = np.abs(expected[0]).max() * np.sqrt(2 * max(10.0 / bin_size, 1.0) / 60_000)
    np.testing.assert_allclose(recording.lagged_covariance(range(4)), expected, atol=4 * scatter)


def test_step_is_chosen_where_halving_changes_little():
    step = nonlinear.halved_step(NonlinearCircuit(B, Identity()))
    propagator, factor, variance = scheme(step)
    S = scipy.linalg.solve_discrete_lyapunov(propagator, variance * factor @ factor.T)
    exact = LinearCircuit(B).covariance()
    assert abs(np.trace(S) / np.trace(exact) - 1) < 4 / 3 * nonlinear.TOLERANCE
    assert nonlinear.halved_step(NonlinearCircuit(B, Identity()), 1e-3) < step


def test_halves_of_a_step_add_up_to_its_noise():
    random, step = np.random.default_rng(0), 0.3
    noise = random.normal(size=(400, 10, 3, 4)) * np.sqrt(-np.expm1(-4 * step))
    halves = nonlinear._refined(noise, 2 * step / 2, random)
    first, second = halves[:, ::2], halves[:, 1::2]
    np.testing.assert_allclose(np.exp(-step) * first + second, noise, atol=1e-14)
    expected = -np.expm1(-2 * step)
    assert np.var(first) == pytest.approx(expected, rel=0.03) and np.var(second) == pytest.approx(expected, rel=0.03)
    assert abs(np.mean(first * second)) < 0.02 * expected


def test_without_noise_it_follows_the_flow_with_inputs_and_pulses():
    random = np.random.default_rng(0)
    inputs, jump, start = random.normal(size=(12, 6)), random.normal(size=6), random.normal(size=6)
    activity = record(QUIET, 12, 0.7, start=start, inputs=inputs, pulses={5: jump}, step=0.02).activity[0]
    state = start
    for sample in range(12):
        state = state + (sample == 5) * jump
        np.testing.assert_allclose(activity[sample], state, atol=1e-4)  # of the step: (.01 tau)^2
        path = scipy.integrate.solve_ivp(
            lambda _, z, u: QUIET.velocity(z) + u / 2.0, (0, 0.7), state, args=(inputs[sample],), rtol=1e-9, atol=1e-11
        )
        state = path.y[:, -1]


def test_stream_is_a_trial_of_the_record_whatever_the_pieces(monkeypatch):
    options = dict(observation_noise=0.1, seed=4, step=0.25, pulses={25: np.ones(6)}, observed=[0, 5])
    whole = record(STRAIGHT, 60, 0.5, trials=3, **options)
    monkeypatch.setattr(nonlinear, "NUMBERS", 2 * 7 * 6)
    pieces = list(stream(STRAIGHT, 60, 0.5, trial=1, **options))
    assert [len(piece) for piece in pieces] == [7] * 8 + [4]
    # the burn-in is counted in pieces, so from its end on the numbers differ unless the start is given
    options["start"] = np.zeros(6)
    whole = record(STRAIGHT, 60, 0.5, trials=3, **options)
    pieces = list(stream(STRAIGHT, 60, 0.5, trial=1, **options))
    np.testing.assert_allclose(np.concatenate(pieces), whole.activity[1], atol=1e-12)
    assert np.abs(whole.activity[0, 1:] - whole.activity[1, 1:]).min() > 0


def test_memory_does_not_grow_with_the_length(monkeypatch):
    monkeypatch.setattr(nonlinear, "NUMBERS", 2**16)
    peaks = []
    for samples in (20_000, 80_000):
        tracemalloc.start()
        for _ in stream(STRAIGHT, samples, 2.0, step=1.0):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]


class TestGaussianClosure:
    def test_holds_along_a_chain_even_where_its_neurons_saturate(self):
        circuit = circuits.nonlinear_chain(8, noise=4.0, nonlinearity=HyperbolicTangent())
        recording = record(circuit, 500, 2.0, trials=64, step=0.25, seed=2)
        predicted = np.diag(circuit.gaussian_closure().covariance())
        # 64,000 units of time with memories of about 5: variances are known to sqrt(2 * 5 / 64,000), 1.3%
        np.testing.assert_allclose(np.var(recording.activity, axis=(0, 1)), predicted, rtol=0.05)

    def test_misses_what_saturation_adds_to_driven_neurons(self):
        """Rank one from Gaussian sources of variance v: the arcsine law is right, the closure 7% below it."""
        v, gain = 6.0, 10.0
        circuit = circuits.nonlinear_null_low_rank(20, gain=gain, noise=v)
        target = circuit.weights[0][:, 0] / gain
        measured = np.var(record(circuit, 500, 2.0, trials=64, step=0.125, seed=2).activity @ target)
        arcsine, _ = scipy.integrate.quad(lambda t: np.exp(-t) * np.arcsin(np.exp(-t) / (1 + 2 / np.pi / v)), 0, 40)
        exact = v + gain**2 * 2 / np.pi * arcsine
        assert measured == pytest.approx(exact, rel=0.03)  # three standard errors or more
        assert target @ circuit.gaussian_closure().covariance() @ target < 0.94 * exact

    def test_fails_where_the_law_has_two_peaks(self):
        """It puts one Gaussian over both states, of half the variance, and invents a line attractor."""
        circuit = circuits.bistable_circuit(200, overlap=2.0, noise=0.02, seed=1)
        assert circuit.truth.kind == "points"
        recording = record(circuit, 150, 1.0, trials=64, step=0.25, seed=3)
        m = circuit.weights[0][:, 0]
        k = recording.activity @ m / (m @ m)
        assert scipy.stats.kurtosis(k.ravel()) < -1.5  # a Gaussian's is 0, two points' -2
        closure = circuit.gaussian_closure()
        assert m @ closure.covariance() @ m / (m @ m) ** 2 < 0.6 * np.mean(k**2)
        # B is of rank one, so its trace is its eigenvalue
        assert 1 / (1 - np.trace(closure.recurrence)) > 200
        # about the state it is in, k relaxes as the draw's own slope there says: 64 trials of 150 bins know it to 1%
        within = k - np.sign(k.mean(axis=1, keepdims=True)) * np.abs(k).mean()
        relaxed = np.mean(within[:, 1:] * within[:, :-1]) / np.mean(within**2)
        assert relaxed == pytest.approx(np.exp(-1 / circuit.truth.timescales[0]), abs=0.04)


def test_noise_dissolves_two_states_into_one():
    """a = 1.3: two states without noise, one at Q = 1, where a G(Q) = .81."""
    circuit = circuits.bistable_circuit(300, overlap=1.3, noise=1.0, seed=0)
    m = circuit.weights[0][:, 0]
    k = record(circuit, 200, 2.0, trials=32, step=0.25, seed=0).activity @ m / (m @ m)
    assert circuit.truth.kind == "points" and abs(scipy.stats.kurtosis(k.ravel())) < 0.5


def test_cycle_turns_at_its_own_speed():
    circuit = circuits.limit_cycle_circuit(200, rotation=0.8, noise=0.01, seed=1)
    M = circuit.weights[0]
    activity = record(circuit, 200, 0.5, trials=4, step=0.25, seed=0).activity
    k = np.linalg.lstsq(M, activity.reshape(-1, 200).T, rcond=None)[0].reshape(2, 4, 200)
    turned = np.unwrap(np.arctan2(k[1], k[0]), axis=1)
    speed = np.mean(turned[:, -1] - turned[:, 0]) / (199 * 0.5)
    assert speed == pytest.approx(circuit.truth.speed, rel=0.03)
    assert np.sqrt(np.mean(np.sum(k**2, axis=0))) == pytest.approx(circuit.truth.radius, rel=0.03)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: record(EXACT, 5, 1.0, step=0.1), "leave it out"),
        (lambda: record(STRAIGHT, 5, 1.0, step=-0.1), "step = -0.1"),
        (lambda: record(STRAIGHT, 5, 1.0, start=np.zeros(5)), "5 entries"),
        (lambda: record(STRAIGHT, 5, 1.0, inputs=np.zeros((4, 6))), r"\(5, 6\)"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ProblemError, match=message):
        make()
