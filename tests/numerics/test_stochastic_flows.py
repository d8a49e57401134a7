"""Recordings of stochastic flows: paths of networks again, jumps in time, escapes at their rate, curved readouts."""

import numpy as np
import pytest
import scipy.stats

from numerics.recordings import record
from theory import circuits
from theory.circuits import Flow, StochasticFlow
from theory.circuits.latents import DoubleWell, HopfNormalForm, SaddleNodeGhost
from theory.circuits.latents.double_well import kramers_time, passage_time
from theory.circuits.stochastic_flow import COMPRESSED
from theory.errors import ProblemError


class Chain(Flow):
    """A network written as a flow of its own."""

    weights: np.ndarray

    def __call__(self, states):
        import jax.numpy as jnp

        return jnp.tanh(states) @ self.weights.T - states


def latents(circuit, activity):
    return np.asarray(circuit.flow.latents(np.asarray(circuit.hidden(activity))))


def test_a_network_written_as_a_flow_takes_the_same_path():
    from theory.nonlinearities import HyperbolicTangent

    network = circuits.nonlinear_chain(5, skip=0.5, nonlinearity=HyperbolicTangent())
    flow = StochasticFlow(Chain(network.recurrence), 5, time_constant=1.0)
    options = dict(start=np.ones(5), step=0.25, seed=3, inputs=np.ones((30, 5)), pulses={7: np.arange(5.0)})
    expected, found = (record(circuit, 30, 0.8, **options).activity for circuit in (network, flow))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_a_readout_is_taken_of_the_same_path_and_starts_and_pulses_are_in_what_is_seen():
    plain = circuits.embedded_flow(HopfNormalForm(0.5), 6, seed=1)
    curved = circuits.embedded_flow(HopfNormalForm(0.5), 6, readout=COMPRESSED, seed=1)
    options = dict(trials=3, step=0.25, seed=5, observed=[0, 4])
    expected = np.arcsinh(record(plain, 40, 1.0, **options).activity)
    np.testing.assert_allclose(record(curved, 40, 1.0, **options).activity, expected, atol=1e-12)
    start, jump = np.linspace(-1, 1, 6), np.linspace(0.5, -0.5, 6)
    quiet = dict(step=0.25, seed=5)
    seen = record(curved, 9, 1.0, start=start, pulses={0: jump, 4: jump}, **quiet).activity[0]
    np.testing.assert_allclose(seen[0], start + jump, atol=1e-12)
    before = record(curved, 9, 1.0, start=start + jump, **quiet).activity[0]
    np.testing.assert_allclose(seen[:4], before[:4], atol=1e-12)
    np.testing.assert_allclose(seen[4], before[4] + jump, atol=1e-12)


class TestGhost:
    def test_passage_without_noise_takes_its_time_at_second_order_in_the_step(self):
        circuit = circuits.embedded_flow(SaddleNodeGhost(0.04, 1.5), 4, noise=1e-20, latent_noise=1e-20)
        errors = []
        for step in (0.1, 0.05):
            k = latents(circuit, record(circuit, 4000, 0.2, start=circuit.truth.states[0], step=step).activity[0])[:, 0]
            jumps = np.flatnonzero(np.diff(k) < -1)
            # where in its bin each jump falls is read off the flow's own clock, theta = atan(k / sqrt(mu))
            clock = np.arctan(k / 0.2) / 0.2
            turns = len(jumps) + (clock[-1] - clock[0]) / circuit.truth.passage_time
            errors.append(len(k[1:]) * 0.2 / turns / circuit.truth.passage_time - 1)
        assert errors[0] / errors[1] == pytest.approx(4, abs=0.4)
        # without its second order the error is of the third: a tenth of it, at a step of a twentieth
        assert abs(4 * errors[1] - errors[0]) / 3 < 0.1 * abs(errors[1])

    @pytest.mark.parametrize(("mu", "limit"), [(0.01, 2.0), (0.04, 1.0), (0.01, 4.0)])
    def test_its_own_step_is_as_good_as_it_says(self, mu, limit):
        latent = SaddleNodeGhost(mu, limit)
        circuit = circuits.embedded_flow(latent, 3, noise=1e-20, latent_noise=1e-20)
        k = latents(circuit, record(circuit, 4000, 0.25, start=circuit.truth.states[0]).activity[0])[:, 0]
        clock = np.arctan(k / np.sqrt(mu)) / np.sqrt(mu)
        turns = np.sum(np.diff(k) < -limit / 2) + (clock[-1] - clock[0]) / latent.passage_time
        assert abs(3999 * 0.25 / turns / latent.passage_time - 1) < 0.0025

    def test_passages_with_noise_are_as_frequent_as_their_flux(self):
        """Noise pushes it through the bottleneck: 1 / J = (1 / q) int p / (J / q)."""
        latent, noise = SaddleNodeGhost(0.01, 2.0), 5e-3
        circuit = circuits.embedded_flow(latent, 4, latent_noise=noise, seed=1)
        grid = np.linspace(-3, 2, 20_001)
        expected = np.trapezoid(np.exp(latent.log_density(grid[:, None], noise)), grid) / noise
        assert expected < 0.85 * latent.passage_time
        activity = record(circuit, 1500, 0.5, trials=32, step=0.0625, seed=2).activity
        k = latents(circuit, activity)[..., 0]
        jumps = np.sum(np.diff(k, axis=1) < -1.5, axis=1)
        found, error = 1499 * 0.5 / jumps.mean(), jumps.std() / jumps.mean() / np.sqrt(32)
        assert found == pytest.approx(expected, rel=4 * error + 0.01)  # and of the step, near L
        shares = np.exp(latent.log_density(grid[:, None], noise))
        law = np.cumsum(shares) / shares.sum()
        for place in (-0.5, 0.0, 0.5):
            assert np.mean(k < place) == pytest.approx(np.interp(place, grid, law), abs=0.03)


def test_double_well_is_left_as_often_as_its_exact_passage_time_says():
    latent, noise = DoubleWell(), 0.12
    circuit = circuits.embedded_flow(latent, 4, latent_noise=noise, seed=1)
    k = latents(circuit, record(circuit, 3000, 0.5, trials=32, step=0.125, seed=2).activity)[..., 0]
    arrivals = np.zeros(32)
    for trial, path in enumerate(k):
        ends = np.sign(path[np.abs(path) > 1])  # a passage ends at the other minimum, and the next begins
        arrivals[trial] = np.sum(np.diff(ends) != 0)
    found, error = 1500 / arrivals.mean(), arrivals.std() / arrivals.mean() / np.sqrt(32)
    exact = passage_time(noise)
    # between samples .5 apart it may touch a minimum unseen: half a bin late, or three of them
    assert exact * (1 - 4 * error) < found < exact * (1 + 4 * error) + 1.5
    assert abs(kramers_time(noise) / exact - 1) > 0.1  # at this noise the asymptote is wrong, and would be seen
    grid = np.linspace(-3, 3, 6001)
    shares = np.exp(latent.log_density(grid[:, None], noise))
    within = np.abs(grid) < 0.5
    assert np.mean(np.abs(k) < 0.5) == pytest.approx(shares[within].sum() / shares.sum(), rel=0.1)


def test_angle_on_an_exact_ring_diffuses_and_nothing_else_moves_it():
    noise = 2e-3
    circuit = circuits.embedded_flow(HopfNormalForm(0.0), 6, noise=0.2, latent_noise=noise, readout=COMPRESSED, seed=0)
    k = latents(circuit, record(circuit, 60, 1.0, trials=128, step=0.25, seed=1).activity)
    angle = np.unwrap(np.arctan2(k[..., 1], k[..., 0]), axis=1)
    spread = np.mean((angle[:, 50] - angle[:, 0]) ** 2)
    # 2 q t / r^2, and r^2 is 1 to a few q; 128 squares of a Gaussian are known to sqrt(2 / 128)
    assert spread == pytest.approx(2 * noise * 50, rel=3.5 * np.sqrt(2 / 128))
    assert scipy.stats.kstest((angle[:, 0] / (2 * np.pi)) % 1.0, "uniform").pvalue > 1e-3
    across = np.asarray(circuit.hidden(record(circuit, 60, 1.0, trials=128, step=0.25, seed=1).activity))
    across = across - k @ circuit.flow.loadings.T
    assert np.mean(across**2) == pytest.approx(0.2 * 4 / 6, rel=0.05)  # 4 directions of 6


def test_shapes_and_settings_are_refused():
    with pytest.raises(ProblemError, match="Flow"):
        StochasticFlow(lambda u: u, 3)
    with pytest.raises(ProblemError, match="3 neurons"):
        StochasticFlow(Chain(np.eye(3)), 3).velocity(np.ones(2))
    with pytest.raises(ProblemError, match="direction of its own"):
        circuits.embedded_flow(HopfNormalForm(), 1)
