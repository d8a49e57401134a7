"""Circuits: their covariances against other ways to compute them, and the truths they are stored with."""

import inspect

import numpy as np
import pytest
import scipy.integrate
import scipy.linalg

from theory import circuits
from theory.circuits import LinearCircuit, Truth
from theory.circuits.covariance import propagator_and_noise
from theory.errors import ProblemError, UnstableSystemError

SMALL = {
    "uncoupled": circuits.uncoupled(7),
    "symmetric_line_attractor": circuits.symmetric_line_attractor(12, slow=40.0),
    "non_normal_line_attractor": circuits.non_normal_line_attractor(12, 5.0, slow=40.0),
    "plane_attractor": circuits.plane_attractor(12, slow=60.0, second=30.0, non_normality=2.0),
    "feedforward_chain": circuits.feedforward_chain(12, skip=0.5, rotated=True),
    "null_low_rank": circuits.null_low_rank(12, rank=2, gain=5.0),
    "random_circuit": circuits.random_circuit(12),
    "oscillating_circuit": circuits.oscillating_circuit(12, pairs=2),
}
every_circuit = pytest.mark.parametrize("circuit", SMALL.values(), ids=SMALL.keys())


def test_every_circuit_of_the_package_is_tested_here():
    makers = [getattr(circuits, name) for name in circuits.__all__ if inspect.isfunction(getattr(circuits, name))]
    linear = [make for make in makers if inspect.signature(make).return_annotation is LinearCircuit]
    assert {make.__name__ for make in linear} == set(SMALL)


@every_circuit
class TestEveryCircuit:
    def test_covariance_is_scipys(self, circuit):
        expected = scipy.linalg.solve_continuous_lyapunov(circuit.drift, -circuit.diffusion)
        np.testing.assert_allclose(circuit.covariance(), expected, rtol=1e-10, atol=1e-10 * np.abs(expected).max())
        assert circuit.residual() < 1e-14

    def test_spectrum_integrates_to_the_covariance(self, circuit):
        # w = tan(angle / 2): the whole line, and smooth at its ends
        angles = 2 * np.pi * (np.arange(4000) + 0.5) / 4000 - np.pi
        spectra = circuit.power_spectrum(np.tan(angles / 2)).real
        weights = 0.5 / np.cos(angles / 2) ** 2 / 4000  # dw / 2 pi
        found = np.einsum("w,wij->ij", weights, spectra)
        np.testing.assert_allclose(found, circuit.covariance(), atol=1e-8 * np.abs(found).max())

    @pytest.mark.parametrize("bin_size", [0.01, 1.0, 30.0])
    def test_bins_keep_the_stationary_law(self, circuit, bin_size):
        propagator, noise = circuit.discretise(bin_size)
        S = circuit.covariance()
        np.testing.assert_allclose(propagator @ S @ propagator.T + noise, S, atol=1e-12 * np.abs(S).max())
        np.testing.assert_allclose(propagator, scipy.linalg.expm(circuit.drift * bin_size), atol=1e-12)

    def test_noise_of_a_bin_is_its_quadrature(self, circuit):
        def integrand(t):
            step = scipy.linalg.expm(circuit.drift * t)
            return step @ circuit.diffusion @ step.T

        expected, _ = scipy.integrate.quad_vec(integrand, 0.0, 2.0, epsabs=1e-11, epsrel=1e-12)
        np.testing.assert_allclose(circuit.discretise(2.0)[1], expected, rtol=1e-9, atol=1e-9)

    def test_is_reversible_exactly_where_its_truth_says_so(self, circuit):
        flow = circuit.drift @ circuit.covariance()  # detailed balance: symmetric
        assert circuit.truth.reversible == bool(np.abs(flow - flow.T).max() < 1e-9 * np.abs(flow).max())

    def test_velocity_has_that_jacobian_everywhere_and_rests_at_the_truths_fixed_points(self, circuit):
        states = np.random.default_rng(0).normal(size=(3, circuit.neurons))
        moved = states + 1e-3 * np.eye(3, circuit.neurons)
        for before, after in zip(states, moved, strict=True):
            expected = circuit.jacobian(before) @ (after - before)
            np.testing.assert_allclose(circuit.velocity(after) - circuit.velocity(before), expected, atol=1e-14)
        assert circuit.curvature_bound(states[0], 1.0) == 0.0
        rests = circuits.fixed_points_of(circuit)
        assert rests.unstable_dimensions == (0,) and not circuit.velocity(rests.states).any()

    def test_lagged_covariance_at_equal_and_unequal_steps(self, circuit):
        equal = circuit.lagged_covariance(np.arange(5) * 0.7)
        unequal = circuit.lagged_covariance([0.0, 0.7, 2.1])
        np.testing.assert_allclose(equal[[0, 1, 3]], unequal, atol=1e-12 * np.abs(equal).max())


def test_truth_is_that_of_the_matrix_where_it_can_be_computed():
    for circuit in (circuits.symmetric_line_attractor(9), circuits.non_normal_line_attractor(9, 10.0)):
        found = np.sort(1 / (1 - np.linalg.eigvals(circuit.recurrence).real))[::-1]
        np.testing.assert_allclose(found[:2], circuit.truth.timescales, rtol=1e-9)
        assert circuit.truth.kind == "line"
    for non_normality in (1.0, 3.0):
        plane = circuits.plane_attractor(9, slow=500.0, second=200.0, non_normality=non_normality)
        found = np.sort(1 / (1 - np.linalg.eigvals(plane.recurrence).real))[::-1]
        np.testing.assert_allclose(found[:3], plane.truth.timescales, rtol=1e-9)
        assert plane.truth.kind == "plane" and plane.truth.reversible == (non_normality == 1)
        # two slow modes: the process forgets nothing else
        late = plane.lagged_covariance([0.0, 50.0])
        assert np.linalg.matrix_rank(late[1], tol=1e-12 * np.abs(late).max()) == 2
    assert circuits.plane_attractor(9, slow=500.0, second=5.0).truth.kind == "line"
    chain = circuits.feedforward_chain(9, skip=1.0)
    assert np.array_equal(np.linalg.matrix_power(chain.recurrence, 9), np.zeros((9, 9)))
    low_rank = circuits.null_low_rank(9, rank=3, gain=100.0)
    assert np.abs(low_rank.recurrence @ low_rank.recurrence).max() < 1e-10


def test_eigenvalues_of_a_rotated_chain_are_lost_in_rounding_while_its_truth_is_not():
    chain = circuits.feedforward_chain(300, rotated=True)
    assert np.abs(np.linalg.eigvals(chain.recurrence)).max() > 0.8  # all are zero
    assert chain.truth.timescales == (1.0,)


def test_units_of_time_and_noise():
    """A time constant stretches time and leaves the covariance; noise multiplies it."""
    base = SMALL["random_circuit"]
    slower = LinearCircuit(base.recurrence, noise=3.0, time_constant=20.0)
    np.testing.assert_allclose(slower.covariance(), 3.0 * base.covariance(), rtol=1e-12)
    np.testing.assert_allclose(slower.lagged_covariance([40.0]), 3.0 * base.lagged_covariance([2.0]), rtol=1e-10)


def test_shared_noise_is_taken_as_it_is():
    noise = np.array([[2.0, 1.0], [1.0, 1.0]])
    circuit = LinearCircuit(np.array([[0.0, 0.5], [0.0, 0.0]]), noise)
    A, S = np.eye(2) - circuit.recurrence, circuit.covariance()
    np.testing.assert_allclose(A @ S + S @ A.T, 2 * noise, atol=1e-13)


@pytest.mark.full
@pytest.mark.parametrize("neurons", [1000, 2000])
def test_residual_is_at_rounding_for_large_far_from_normal_circuits(neurons):
    for circuit in (
        circuits.feedforward_chain(neurons),
        circuits.feedforward_chain(neurons, skip=1.0, rotated=True),
        circuits.non_normal_line_attractor(neurons, 10.0),
    ):
        assert circuit.residual() < 1e-14


class TestRefusals:
    def test_unstable_circuit(self):
        with pytest.raises(UnstableSystemError, match="below 1"):
            LinearCircuit(np.diag([0.5, 1.01])).covariance()
        with pytest.raises(UnstableSystemError):
            LinearCircuit(np.eye(2)).covariance()  # a perfect integrator

    def test_unstable_circuit_can_still_be_followed_for_a_while(self):
        propagator, noise = propagator_and_noise(np.array([[0.5]]), np.array([[2.0]]), 3.0)
        assert propagator[0, 0] == pytest.approx(np.exp(1.5))
        assert noise[0, 0] == pytest.approx(2 * (np.exp(3.0) - 1))

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (dict(recurrence=[[1.0, 2.0]]), "square"),
            (dict(recurrence=[[np.nan]]), "not finite"),
            (dict(recurrence=np.zeros((2, 2)), noise=[[1.0, 2.0], [2.0, 1.0]]), "eigenvalue is -1"),
            (dict(recurrence=np.zeros((2, 2)), noise=[[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
            (dict(recurrence=np.zeros((2, 2)), noise=[[1.0]]), "2 x 2"),
            (dict(recurrence=np.zeros((2, 2)), noise=-1.0), "noise = -1"),
            (dict(recurrence=np.zeros((2, 2)), time_constant=0.0), "time_constant"),
            (dict(recurrence=np.zeros((2, 2)), truth="line"), "Truth"),
        ],
    )
    def test_what_is_no_circuit(self, arguments, message):
        with pytest.raises(ProblemError, match=message):
            LinearCircuit(**arguments)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: circuits.non_normal_line_attractor(5, 0.5), "at least"),
            (lambda: circuits.null_low_rank(5, rank=3), "at least 6"),
            (lambda: circuits.random_circuit(5, gain=1.0), "below 1"),
            (lambda: circuits.symmetric_line_attractor(5, slow=-1.0), "slow = -1"),
            (lambda: Truth("blob"), "blob"),
            (lambda: circuits.uncoupled(3).lagged_covariance([-1.0]), "transposed"),
        ],
    )
    def test_what_no_circuit_of_that_kind_has(self, make, message):
        with pytest.raises(ProblemError, match=message):
            make()
