"""Nonlinear circuits: their truths against what their own flow does, and where a Gaussian can stand in for them."""

import inspect

import numpy as np
import pytest
import scipy.integrate
import scipy.special

from theory import circuits
from theory.circuits import LinearCircuit, NonlinearCircuit
from theory.circuits.scalar_roots import all_roots
from theory.errors import ProblemError
from theory.nonlinearities import ErrorFunction, HyperbolicTangent, Identity

PHIS = [ErrorFunction(), HyperbolicTangent(), Identity()]
each_phi = pytest.mark.parametrize("phi", PHIS, ids=lambda phi: type(phi).__name__)
SMALL = {
    "bistable_circuit": circuits.bistable_circuit(40, overlap=2.0, independent=1.0),
    "limit_cycle_circuit": circuits.limit_cycle_circuit(60, rotation=1.0, seed=1),
    "bistable_copies": circuits.bistable_copies(45, copies=2, overlap=2.0),
    "gaussian_ring": circuits.gaussian_ring(40, overlap=2.0),
    "ring_circuit": circuits.ring_circuit(9, overlap=2.0),
    "chaotic_network": circuits.chaotic_network(60, duration=500.0, seed=1),
    "nonlinear_chain": circuits.nonlinear_chain(6, skip=0.5, nonlinearity=HyperbolicTangent()),
    "nonlinear_null_low_rank": circuits.nonlinear_null_low_rank(12, rank=2, gain=5.0),
}
every_circuit = pytest.mark.parametrize("circuit", SMALL.values(), ids=SMALL.keys())


@each_phi
class TestNonlinearities:
    def test_derivative_is_the_finite_difference(self, phi):
        x, step = np.linspace(-3, 3, 61), 1e-5
        np.testing.assert_allclose(phi.derivative(x), (phi(x + step) - phi(x - step)) / (2 * step), atol=1e-9)

    def test_bound_and_curvature_hold_and_are_reached(self, phi):
        x = np.linspace(-30, 30, 60_001)
        if np.isfinite(phi.bound):
            assert np.abs(phi(x)).max() == pytest.approx(phi.bound)
        assert np.abs(np.gradient(phi.derivative(x), x)).max() == pytest.approx(phi.curvature, rel=1e-5)

    @pytest.mark.parametrize("variance", [0.0, 0.1, 1.0, 5.0, 300.0])
    def test_means_over_gaussians_are_their_quadrature(self, phi, variance):
        def mean(function):
            return scipy.integrate.quad(
                lambda x: float(function(np.sqrt(variance) * x)) * np.exp(-x * x / 2) / np.sqrt(2 * np.pi),
                -12, 12, points=[0.0], epsabs=1e-13, limit=200,
            )[0]  # fmt: skip

        assert phi.mean_derivative(variance) == pytest.approx(mean(phi.derivative), abs=1e-12)
        step = 1e-4 * max(variance, 0.01)
        if variance > 0:
            slope = (phi.mean_derivative(variance + step) - phi.mean_derivative(variance - step)) / (2 * step)
            assert phi.mean_derivative_slope(variance) == pytest.approx(slope, abs=1e-7)


def test_every_nonlinear_circuit_of_the_package_is_tested_here():
    makers = [getattr(circuits, name) for name in circuits.__all__ if inspect.isfunction(getattr(circuits, name))]
    found = {make.__name__ for make in makers if inspect.signature(make).return_annotation is NonlinearCircuit}
    assert found == set(SMALL)


@every_circuit
class TestEveryNonlinearCircuit:
    def test_jacobian_is_the_finite_difference_of_the_flow(self, circuit):
        state, step = np.random.default_rng(0).normal(size=circuit.neurons), 1e-5
        moves = step * np.eye(circuit.neurons)
        expected = (circuit.velocity(state + moves) - circuit.velocity(state - moves)).T / (2 * step)
        np.testing.assert_allclose(circuit.jacobian(state), expected, atol=1e-8)

    def test_without_noise_the_circuit_ends_on_an_attractor_that_its_truth_holds(self, circuit):
        for seed in range(3):
            start = 2 * np.random.default_rng(seed).normal(size=circuit.neurons)
            truth = circuit.truth
            if truth.kind == "chaos":  # it has no end: see `test_known_attractors`
                continue
            path = scipy.integrate.solve_ivp(
                lambda _, z: circuit.velocity(z), (0, 150), start, method="DOP853", rtol=1e-9, atol=1e-10
            )
            end = path.y[:, -1]
            if truth.kind in ("cycle", "ring"):
                spacing = np.linalg.norm(truth.states[1] - truth.states[0])
                assert np.linalg.norm(truth.states - end, axis=1).min() < spacing
            else:
                rests = truth.states[np.array(truth.unstable_dimensions) == 0] if truth.kind == "points" else [0 * end]
                assert min(np.abs(end - rest).max() for rest in rests) < 1e-6

    def test_curvature_bound_holds_for_second_differences(self, circuit):
        random, step = np.random.default_rng(1), 1e-3
        z, u = random.normal(size=(2, 60, circuit.neurons)) * random.choice([0.3, 1.0, 3.0], size=(60, 1))
        u = step * u / np.linalg.norm(u, axis=1, keepdims=True)
        second = circuit.velocity(z + u) - 2 * circuit.velocity(z) + circuit.velocity(z - u)
        seen = np.linalg.norm(second, axis=1) / step**2
        axis = step * np.eye(circuit.neurons)[np.argmax(np.linalg.norm(circuit.recurrence, axis=0))]
        at = np.sqrt(2 / np.pi) * axis / step
        steepest = circuit.velocity(at + axis) - 2 * circuit.velocity(at) + circuit.velocity(at - axis)
        bound = circuit.curvature_bound(np.zeros(circuit.neurons), 1.0)
        assert 0 < seen.max() <= bound
        # it is reached where one neuron's phi is most curved: phi'' of tanh is 3% less at that place
        assert 0.9 * bound < np.linalg.norm(steepest) / step**2 <= bound * (1 + 1e-5)

    def test_closure_is_self_consistent(self, circuit):
        closure = circuit.gaussian_closure()
        gains = circuit.nonlinearity.mean_derivative(np.diag(closure.covariance()))
        np.testing.assert_allclose(closure.recurrence, circuit.recurrence * gains, atol=1e-10)


class TestBistable:
    @pytest.mark.parametrize("phi", [ErrorFunction(), HyperbolicTangent()])
    @pytest.mark.parametrize("independent", [0.0, 1.0])
    def test_fixed_points_do_not_move_and_have_the_jacobians_spectrum(self, phi, independent):
        circuit = circuits.bistable_circuit(50, 2.0, independent=independent, nonlinearity=phi, seed=3)
        truth = circuit.truth
        assert truth.unstable_dimensions == (0, 1, 0) and truth.kind == "points"
        np.testing.assert_allclose(circuit.velocity(truth.states), 0, atol=1e-12)
        for state, unstable, eigenvalue in zip(
            truth.states, truth.unstable_dimensions, truth.eigenvalues, strict=True
        ):
            spectrum = np.linalg.eigvals(circuit.linearised(state).recurrence)
            assert spectrum[np.argmax(np.abs(spectrum))] == pytest.approx(eigenvalue[0])
            assert np.sum(spectrum.real > 1) == unstable

    def test_scatter_about_infinite_width_falls_as_its_root(self):
        """The benchmark's published scatter of k*: .2, .06 and .02 at 100, 1000 and 10^4 neurons."""
        expected, _ = circuits.bistable_at_infinite_width(1.5)
        for neurons, scatter in ((100, 0.2), (1000, 0.06), (10_000, 0.02)):
            found = []
            for seed in range(25):
                circuit = circuits.bistable_circuit(neurons, seed=seed)
                found.append(circuit.truth.states[-1, 0] / circuit.weights[0][0, 0])
            # the standard deviation of 25 draws is known to 14%, the published one to a digit
            assert np.std(found) == pytest.approx(scatter, rel=0.5)
            assert abs(np.mean(np.abs(found)) - expected) < 4 * scatter / np.sqrt(25) + scatter**2

    def test_infinite_width_is_the_root_of_its_integral(self):
        for phi in (ErrorFunction(), HyperbolicTangent()):
            k, slope = circuits.bistable_at_infinite_width(1.8, spread=1.3, noise=0.2, nonlinearity=phi)

            def rate(k, phi=phi):
                # E n phi(k m + y) with n = a m / s^2, over m and y of variance .2, by quadrature in both
                nodes, weights = np.polynomial.hermite_e.hermegauss(80)
                weights = np.outer(weights, weights) / (2 * np.pi)
                m, y = 1.3 * nodes[:, None], np.sqrt(0.2) * nodes[None, :]
                return -k + float(np.sum(weights * 1.8 / 1.3**2 * m * phi(k * m + y)))

            assert abs(rate(k)) < 1e-6  # of the quadrature
            assert slope == pytest.approx((rate(k + 1e-4) - rate(k - 1e-4)) / 2e-4, abs=1e-5)

    def test_too_weak_a_draw_has_one_point_and_no_infinite_width(self):
        assert circuits.bistable_circuit(400, overlap=0.7).truth.kind == "point"
        with pytest.raises(ProblemError, match="gain"):
            circuits.bistable_at_infinite_width(0.7)
        with pytest.raises(ProblemError, match="gain"):
            circuits.bistable_at_infinite_width(1.5, noise=1.0)  # noise dissolves the two states
        with pytest.raises(ProblemError, match="saturate"):
            circuits.bistable_circuit(10, nonlinearity=Identity())


class TestLimitCycle:
    def test_truth_is_that_of_the_flow(self):
        circuit = SMALL["limit_cycle_circuit"]
        truth, plane = circuit.truth, circuit.weights[0]
        path = scipy.integrate.solve_ivp(
            lambda _, z: circuit.velocity(z), (0, truth.period), truth.states[0], rtol=1e-10, atol=1e-12
        )
        np.testing.assert_allclose(path.y[:, -1], truth.states[0], atol=1e-7)
        # pushed off within the plane, it comes back by exp(exponent period) a turn, along the cycle aside
        k = np.linalg.lstsq(plane, truth.states[0], rcond=None)[0]

        def after_a_turn(push):
            start = plane @ (k + push)
            path = scipy.integrate.solve_ivp(
                lambda _, z: circuit.velocity(z), (0, truth.period), start, rtol=1e-10, atol=1e-12
            )
            return np.linalg.lstsq(plane, path.y[:, -1], rcond=None)[0]

        step = 1e-3
        monodromy = np.stack([(after_a_turn(p) - after_a_turn(-p)) / (2 * step) for p in step * np.eye(2)], axis=1)
        multipliers = np.sort(np.linalg.eigvals(monodromy).real)
        assert multipliers[1] == pytest.approx(1, abs=1e-4)
        assert multipliers[0] == pytest.approx(np.exp(truth.floquet_exponent * truth.period), rel=1e-2)

    def test_many_neurons_turn_as_the_infinite_width_says(self):
        """a = 1.5, w = .3, s = 1: radius .892, speed .2, exponent -5/9."""
        expected = circuits.limit_cycle_at_infinite_width(1.5, 0.3)
        np.testing.assert_allclose(expected, (np.sqrt(1.25 * 2 / np.pi), 0.2, -5 / 9), rtol=1e-10)
        truth = circuits.limit_cycle_circuit(20_000, seed=2).truth
        # draws of 1000 neurons scatter by .029, .014 and .022
        np.testing.assert_allclose((truth.radius, truth.speed, truth.floquet_exponent), expected, atol=0.02)

    def test_draw_without_a_cycle_is_refused(self):
        with pytest.raises(ProblemError, match="no limit cycle"):
            circuits.limit_cycle_circuit(100, rotation=0.02, seed=0)
        with pytest.raises(ProblemError, match="more than 1"):
            circuits.limit_cycle_circuit(100, overlap=0.9)


class TestGaussianClosure:
    def test_of_the_identity_is_the_linear_circuit(self):
        B = circuits.random_circuit(8).recurrence
        closure = NonlinearCircuit(B, Identity(), noise=0.7, time_constant=3.0).gaussian_closure()
        np.testing.assert_allclose(closure.covariance(), LinearCircuit(B, 0.7, 3.0).covariance(), atol=1e-12)

    def test_is_exact_with_what_only_gaussian_neurons_drive(self):
        """A source x and a target y = gain phi(x), filtered: <x y> is the closure's, <y y> larger."""
        gain = 3.0
        B = np.array([[0.0, gain], [0.0, 0.0]])
        S = NonlinearCircuit(B, ErrorFunction()).gaussian_closure().covariance()
        # <x(0) y(0)> = int_0^inf e^-t gain <x(0) phi(x(-t))> dt with <x(0) x(-t)> = e^-t
        expected = gain * ErrorFunction().mean_derivative(1.0) / 2
        assert S[0, 1] == pytest.approx(expected, rel=1e-10)
        # E phi(x) phi(x') = (2/pi) arcsin(s / (1 + 2/pi)) at covariance s = e^-t; filtered white noise adds 1
        arcsine, _ = scipy.integrate.quad(lambda t: np.exp(-t) * np.arcsin(np.exp(-t) / (1 + 2 / np.pi)), 0, 40)
        exact = 1 + gain**2 * 2 / np.pi * arcsine
        linear = 1 + gain**2 * ErrorFunction().mean_derivative(1.0) ** 2 / 2
        assert S[0, 0] == pytest.approx(linear, rel=1e-10) and linear < exact


def test_roots_are_all_found_where_they_are_many():
    found = all_roots(lambda x: np.sin(x) + 0.01 * x, lambda x: np.cos(x) + 0.01, 1.0, -21.0, 22.0)
    np.testing.assert_allclose(np.sin(found) + 0.01 * found, 0, atol=1e-13)
    x = np.linspace(-21, 22, 1_000_001)
    assert found.size == np.sum(np.diff(np.sign(np.sin(x) + 0.01 * x)) != 0)


def test_double_root_is_refused():
    with pytest.raises(ProblemError, match="double"):
        all_roots(lambda x: x**2, lambda x: 2 * x, 2.0, -1.0, 1.3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: NonlinearCircuit(np.ones((2, 3))), "square"),
        (lambda: NonlinearCircuit((np.ones((4, 1)), np.ones((3, 1)))), "one shape"),
        (lambda: NonlinearCircuit(np.eye(2), noise=-1.0), "noise"),
        (lambda: NonlinearCircuit(np.eye(2), nonlinearity="tanh"), "Nonlinearity"),
        (lambda: NonlinearCircuit(np.eye(2)).linearised([0.0]), "1 entries"),
        (lambda: circuits.nonlinear_null_low_rank(5, rank=3), "at least 6"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ProblemError, match=message):
        make()
