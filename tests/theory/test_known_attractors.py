"""Circuits whose attractors are known exactly: counts, stability and speeds against what their flow does."""

import numpy as np
import pytest
import scipy.integrate
import scipy.optimize
import scipy.special

from theory import circuits
from theory.circuits.latents import DoubleWell, HopfNormalForm, Lorenz, SaddleNodeGhost
from theory.circuits.latents.double_well import kramers_time, passage_time, potential
from theory.circuits.lyapunov import lyapunov_exponents
from theory.circuits.plane_roots import all_roots_in_box
from theory.circuits.ring_circuit import ring_harmonic
from theory.circuits.stochastic_flow import COMPRESSED
from theory.errors import ProblemError
from theory.nonlinearities import Identity

LATENTS = [DoubleWell(), SaddleNodeGhost(), HopfNormalForm(0.7), HopfNormalForm(0.0), Lorenz()]
WITH_POINTS = {
    "one bistable": circuits.bistable_circuit(50, 2.0, independent=1.0, seed=3),
    "three bistable": circuits.bistable_copies(100, copies=3, overlap=2.0),
    "two of which one is not": circuits.bistable_copies(16, copies=2, overlap=1.3, seed=1),
    "Gaussian ring": circuits.gaussian_ring(64, seed=2),
    "Gaussian ring of few": circuits.gaussian_ring(16, seed=2),
    "cycle": circuits.limit_cycle_circuit(60, rotation=1.0, seed=1),
    "double well": circuits.embedded_flow(DoubleWell(), 20, seed=1),
    "double well, seen through a curve": circuits.embedded_flow(DoubleWell(), 20, readout=COMPRESSED, seed=1),
    "Lorenz": circuits.embedded_flow(Lorenz(), 8),
    "turning circle": circuits.embedded_flow(HopfNormalForm(0.7), 8, readout=COMPRESSED),
}


@pytest.mark.parametrize("circuit", WITH_POINTS.values(), ids=WITH_POINTS.keys())
def test_stored_fixed_points_rest_and_are_as_unstable_as_stored(circuit):
    points = circuits.fixed_points_of(circuit)
    scale = np.abs(circuit.jacobian(points.states[0])).sum(axis=1).max() * max(1.0, np.abs(points.states).max())
    assert np.abs(circuit.velocity(points.states)).max() < 1e-14 * scale * circuit.neurons
    assert len(points.states) == len(points.unstable_dimensions) == len(points.eigenvalues)
    for state, unstable, eigenvalues in zip(
        points.states, points.unstable_dimensions, points.eigenvalues, strict=True
    ):
        # of at most rank three and no more than mildly non-normal, so eigenvalues can be had
        spectrum = np.linalg.eigvals(circuit.jacobian(state)).real
        assert np.sum(spectrum > 0) == unstable == np.sum(eigenvalues > 1)
        expected = np.append(eigenvalues - 1, -np.ones(circuit.neurons - len(eigenvalues)))
        np.testing.assert_allclose(np.sort(spectrum), np.sort(expected), atol=1e-6)


class TestCounts:
    @pytest.mark.parametrize("copies", [1, 2, 3])
    def test_copies_multiply(self, copies):
        truth = circuits.bistable_copies(60 * copies, copies, overlap=2.0).truth
        assert len(truth.states) == 3**copies and truth.unstable_dimensions.count(0) == 2**copies
        for unstable in range(copies + 1):  # the binomial of 2 + 1
            expected = 2 ** (copies - unstable) * [[1, 1], [1, 2, 1], [1, 3, 3, 1]][copies - 1][unstable]
            assert truth.unstable_dimensions.count(unstable) == expected

    def test_a_single_copy_is_the_bistable_circuit(self):
        one, other = circuits.bistable_copies(50, 1, seed=4).truth, circuits.bistable_circuit(50, seed=4)
        # the same m, since the first numbers of the seed are
        np.testing.assert_allclose(one.states, other.truth.states, atol=1e-12)

    def test_population_whose_own_overlap_is_below_one_has_one_point(self):
        counts = set()
        for seed in range(8):
            circuit = circuits.bistable_copies(16, copies=2, overlap=1.3, seed=seed)
            own = np.sum(circuit.weights[0] * circuit.weights[1], axis=0)  # phi is concave, so it takes no more
            expected = int(np.prod(np.where(own > 1, 3, 1)))
            assert len(circuit.truth.states) == expected
            assert circuit.truth.kind == ("points" if expected > 1 else "point")
            counts.add(expected)
        assert len(counts) > 1

    @pytest.mark.parametrize("seed", range(4))
    def test_gaussian_ring_misses_no_point_that_newton_finds_and_its_index_is_one(self, seed):
        circuit = circuits.gaussian_ring(24, seed=seed)
        truth, M = circuit.truth, circuit.weights[0]
        # on a large circle the flow points inwards, so Poincare's index over all points is 1: saddles count -1
        assert sum((-1) ** unstable for unstable in truth.unstable_dimensions) == 1
        random, found = np.random.default_rng(0), []

        def rate(k):
            return 1.5 / 24 * M.T @ scipy.special.erf(np.sqrt(np.pi) / 2 * (M @ k)) - k

        for _ in range(100):
            ended = scipy.optimize.root(rate, random.normal(size=2) * 1.5, tol=1e-12)
            if ended.success and np.abs(rate(ended.x)).max() < 1e-10:
                found.append(M @ ended.x)
        assert len(found) > 30
        for state in found:
            assert np.abs(truth.states - state).max(axis=1).min() < 1e-6

    def test_gaussian_ring_has_four_points_on_it_rarely_eight_and_drifts_as_published(self):
        """Drift along it about 1.3 to 1.6 over sqrt(D): the largest angular speed, as a mean over draws."""
        around = 2 * np.pi * np.arange(256) / 256
        circle = np.stack([np.cos(around), np.sin(around)], axis=1)
        for neurons in (64, 256):
            drifts, counts = [], []
            for seed in range(12):
                circuit = circuits.gaussian_ring(neurons, seed=seed)
                M, radius = circuit.weights[0], circuits.bistable_at_infinite_width(1.5)[0]
                velocity = np.linalg.lstsq(M, circuit.velocity(radius * circle @ M.T).T, rcond=None)[0].T
                along = velocity[:, 1] * circle[:, 0] - velocity[:, 0] * circle[:, 1]
                drifts.append(np.abs(along).max() / radius)
                counts.append(len(circuit.truth.states) - 1)
            assert set(counts) <= {2, 4, 8} and counts.count(4) >= 10
            scaled = np.array(drifts) * np.sqrt(neurons)
            assert abs(scaled.mean() - 1.45) < 0.15 + 2 * scaled.std() / np.sqrt(12)

    def test_map_with_many_roots(self):
        def function(x):
            return np.stack([np.sin(x[:, 0]), np.sin(x[:, 1]) + 0.1 * x[:, 0]], axis=1)

        def jacobian(x):
            rows = [np.cos(x[:, 0]), 0 * x[:, 0], 0 * x[:, 0] + 0.1, np.cos(x[:, 1])]
            return np.stack(rows, axis=1).reshape(-1, 2, 2)

        found = all_roots_in_box(function, jacobian, 1.0, 7.0)
        expected = [
            (np.pi * i, y)
            for i in range(-2, 3)
            for j in range(-3, 4)
            if abs(y := np.pi * j - (-1) ** j * np.arcsin(0.1 * np.pi * i)) < 7.4
        ]
        inside = found[np.abs(found).max(axis=1) < 7.3]
        assert len(inside) == len([one for one in expected if abs(one[1]) < 7.3])
        for point in inside:
            assert min(np.hypot(point[0] - x, point[1] - y) for x, y in expected) < 1e-12

    def test_double_root_is_refused(self):
        with pytest.raises(ProblemError, match="double"):
            all_roots_in_box(
                lambda x: np.stack([x[:, 0] ** 2, x[:, 1]], axis=1),
                lambda x: np.stack([2 * x[:, 0], 0 * x[:, 0], 0 * x[:, 0], 1 + 0 * x[:, 0]], 1).reshape(-1, 2, 2),
                2.0, 1.0,
            )  # fmt: skip


class TestRing:
    @pytest.mark.parametrize(("neurons", "published"), [(8, 2e-3), (16, 8e-8), (7, 1.3e-6)])
    def test_drift_is_what_the_flow_does_and_what_was_published(self, neurons, published):
        circuit = circuits.ring_circuit(neurons)
        truth = circuit.truth
        around = 2 * np.pi * (np.arange(2000) + 0.5) / 2000
        M = circuit.weights[0]
        tangents = np.stack([-np.sin(around), np.cos(around)], axis=1) @ M.T
        states = truth.amplitude * np.stack([np.cos(around), np.sin(around)], axis=1) @ M.T
        along = np.sum(circuit.velocity(states) * tangents, axis=1) / (truth.amplitude * np.sum(tangents**2, axis=1))
        # the next harmonic is smaller by that of the first, at least
        assert np.abs(along).max() == pytest.approx(truth.drift, rel=0.01)
        assert truth.drift == pytest.approx(published, rel=0.17)  # its digits

    def test_at_32_neurons_nothing_but_rounding_is_left(self):
        """Published as 3e-16, which is what rounding leaves of 7e-19."""
        circuit = circuits.ring_circuit(32)
        assert circuit.truth.drift < 1e-18
        assert np.abs(circuit.velocity(circuit.truth.states)).max() < 1e-14
        state = circuit.truth.states[3]
        smallest = np.sort(np.abs(np.linalg.eigvalsh(_symmetrised(circuit, state))))
        assert smallest[0] < 1e-11 and smallest[1] > 0.5

    @pytest.mark.parametrize("order", [1, 3, 5, 9])
    def test_harmonics_are_those_of_the_error_function(self, order):
        angles = 2 * np.pi * np.arange(400) / 400
        phi = circuits.ring_circuit(8).nonlinearity
        expected = 2 * np.mean(np.asarray(phi(1.7 * np.cos(angles))) * np.cos(order * angles))
        assert ring_harmonic(1.7, order) == pytest.approx(expected, abs=1e-14)

    def test_amplitude_settles_at_its_rate(self):
        circuit = circuits.ring_circuit(33, overlap=1.5)
        truth = circuit.truth
        assert truth.amplitude == pytest.approx(1.623, abs=5e-4)
        step = 1e-5
        out, inn = (circuit.velocity((1 + sign * step) * truth.states[0]) for sign in (1, -1))
        slope = (out - inn) @ truth.states[0] / (2 * step * truth.states[0] @ truth.states[0])
        assert slope == pytest.approx(truth.transverse_exponent, rel=1e-8)

    def test_weak_overlap_makes_none(self):
        with pytest.raises(ProblemError, match="more than 1"):
            circuits.ring_circuit(20, overlap=0.9)


def _symmetrised(circuit, state):
    """`-I + sqrt(phi') B sqrt(phi')`, symmetric, with the Jacobian's eigenvalues: B is symmetric."""
    root = np.sqrt(np.asarray(circuit.nonlinearity.derivative(state)))
    return root[:, None] * circuit.recurrence * root - np.eye(circuit.neurons)


class TestLatents:
    @pytest.mark.parametrize("latent", LATENTS, ids=lambda latent: f"{latent}")
    def test_curvature_bounds_second_differences_in_latents_and_in_neurons(self, latent):
        circuit, step = circuits.embedded_flow(latent, 12), 1e-3
        random, M = np.random.default_rng(0), circuit.flow.loadings

        def second_difference(function, at, push):
            """Its length over that of the push squared."""
            change = function(at + push) - 2 * function(at) + function(at - push)
            return np.linalg.norm(change, axis=1) / np.linalg.norm(push, axis=1) ** 2

        def pushes(size):
            push = random.normal(size=(200, size))
            return step * push / np.linalg.norm(push, axis=1, keepdims=True)

        k, u, z = random.normal(size=(200, latent.dimensions)), pushes(latent.dimensions), random.normal(size=(200, 12))
        own = second_difference(lambda at: np.asarray(latent(at)), k, u)
        assert (own <= [latent.curvature(np.linalg.norm(one) + step) * (1 + 1e-6) for one in k]).all()
        anywhere = second_difference(circuit.velocity, z, pushes(12))
        assert (anywhere <= [circuit.curvature_bound(one, 2 * step) * (1 + 1e-6) + 1e-8 for one in z]).all()
        along = second_difference(circuit.velocity, k @ M.T, u @ M.T)
        ratios = along / [circuit.curvature_bound(one, 12 * step) for one in k @ M.T]
        assert 0.4 < ratios.max() <= 1 + 1e-6  # so the bound is no empty one

    @pytest.mark.parametrize("latent", LATENTS, ids=lambda latent: f"{latent}")
    @pytest.mark.parametrize("readout", [None, COMPRESSED])
    def test_neurons_carry_the_latents_exactly(self, latent, readout):
        circuit = circuits.embedded_flow(latent, 9, readout=readout, seed=2)
        random = np.random.default_rng(0)
        k, y = random.normal(size=latent.dimensions), random.normal(size=9)
        M = circuit.flow.loadings
        np.testing.assert_allclose(M.T @ M, 9 * np.eye(latent.dimensions), atol=1e-13)
        y = y - M @ (M.T @ y) / 9
        u, du = M @ k + y, M @ np.asarray(latent(k)) - y
        x, step = np.asarray(circuit.seen(u)), 1e-6
        expected = (np.asarray(circuit.seen(u + step * du)) - np.asarray(circuit.seen(u - step * du))) / (2 * step)
        np.testing.assert_allclose(circuit.velocity(x), expected, atol=1e-8)
        moves = 1e-6 * np.eye(9)
        slope = (circuit.velocity(x + moves) - circuit.velocity(x - moves)).T / 2e-6
        np.testing.assert_allclose(circuit.jacobian(x), slope, atol=1e-7)
        np.testing.assert_allclose(circuit.hidden(x), u, atol=1e-13)

    @pytest.mark.parametrize("latent", [DoubleWell(), SaddleNodeGhost()], ids=str)
    def test_density_solves_fokker_planck(self, latent):
        """`q p' = g p - J` with one flux J between the ends of what resets, and none elsewhere."""
        noise, step = 0.03, 1e-4
        for low, high in ((-1.6, -0.9), (-0.8, 1.5)):
            k = np.linspace(low, high, 41)[:, None]
            p, after, before = (np.exp(latent.log_density(k + d, noise)) for d in (0.0, step, -step))
            flux = np.asarray(latent(k))[:, 0] * p - noise * (after - before) / (2 * step)
            np.testing.assert_allclose(flux, flux.mean(), atol=2e-5 * np.abs(np.asarray(latent(k))[:, 0] * p).max())
        if isinstance(latent, SaddleNodeGhost):
            assert flux.mean() > 0

    @pytest.mark.parametrize("frequency", [0.0, 0.7])
    def test_circle_is_run_through_as_stored(self, frequency):
        circuit = circuits.embedded_flow(HopfNormalForm(frequency), 7, readout=COMPRESSED)
        truth = circuit.truth
        if frequency == 0:
            assert truth.kind == "ring" and np.abs(circuit.velocity(truth.states)).max() < 1e-14
            return
        path = scipy.integrate.solve_ivp(
            lambda _, x: circuit.velocity(x), (0, truth.period / 4), truth.states[0], rtol=1e-10, atol=1e-12
        )
        np.testing.assert_allclose(path.y[:, -1], truth.states[64], atol=1e-8)

    def test_ghost_passes_in_its_time_and_jumps(self):
        latent = SaddleNodeGhost(mu=0.02, limit=3.0)
        path = scipy.integrate.solve_ivp(
            lambda _, k: np.asarray(latent(k)), (0, 1.01 * latent.passage_time), [-3.0],
            events=lambda _, k: k[0] - 3.0, rtol=1e-10, atol=1e-12,
        )  # fmt: skip
        assert path.t_events[0][0] == pytest.approx(latent.passage_time, rel=1e-7)
        jumped = np.asarray(latent.reset(np.array([2.9, 3.0, 3.5])))
        assert jumped[0] == 2.9 and jumped[1] == 3.0
        # from 3.5 one is as late as from 3: the passage to 3 again takes the rest
        late, _ = scipy.integrate.quad(lambda k: 1 / (0.02 + k**2), 3.0, 3.5)
        rest, _ = scipy.integrate.quad(lambda k: 1 / (0.02 + k**2), jumped[2], 3.0, points=[0.0])
        assert rest + late == pytest.approx(latent.passage_time, rel=1e-9)

    def test_kramers_is_the_limit_of_the_exact_passage_time(self):
        ratios = [passage_time(noise) / kramers_time(noise) for noise in (0.06, 0.03, 0.015)]
        errors = np.abs(np.array(ratios) - 1)
        # the correction is of first order in the noise
        np.testing.assert_allclose(errors[:-1] / errors[1:], 2, atol=0.5)
        assert potential(0.0) - potential(1.0) == DoubleWell().truth(lambda k: k).barrier


class TestChaos:
    def test_lorenz_has_its_published_exponents(self):
        """.9056, 0 and -14.572: their sum is the divergence, -(sigma + 1 + beta), exactly."""
        flow = circuits.embedded_flow(Lorenz(speed=1.0), 3).flow
        exponents, errors = lyapunov_exponents(flow, np.ones(3), 3, duration=2000.0, transient=50.0, step=0.01)
        assert abs(exponents[0] - 0.9056) < 4 * errors[0] and errors[0] < 0.01
        assert abs(exponents[1]) < 0.005
        assert exponents.sum() == pytest.approx(-(10 + 1 + 8 / 3), abs=1e-3)  # of the step: (.01 x 14)^4
        stored = Lorenz(speed=1.0).truth(lambda k: k)
        assert stored.lyapunov_exponents[0] == 0.9056

    def test_of_a_linear_flow_are_its_rates(self):
        circuit = circuits.NonlinearCircuit(np.diag([0.9, 0.4, -0.3]), Identity())
        exponents, errors = lyapunov_exponents(circuit.flow, np.ones(3), 3, duration=100.0)
        np.testing.assert_allclose(exponents, [-0.1, -0.6, -1.3], atol=1e-5)
        assert errors.max() < 1e-6

    def test_cycle_has_a_zero_exponent_and_its_floquet_exponent(self):
        circuit = circuits.embedded_flow(HopfNormalForm(0.7), 5)
        exponents, _ = lyapunov_exponents(circuit.flow, circuit.truth.states[0], 3, duration=300.0, transient=30.0)
        np.testing.assert_allclose(exponents, [0.0, -1.0, -1.0], atol=2e-3)

    def test_chaotic_draw_keeps_moving_and_parts_at_its_exponent(self):
        circuit = circuits.chaotic_network(60, duration=1000.0, seed=1)
        path = scipy.integrate.solve_ivp(
            lambda _, z: circuit.velocity(z), (0, 250), circuit.truth.states[0], method="DOP853", rtol=1e-8,
            t_eval=np.linspace(150, 250, 41),
        )  # fmt: skip
        assert np.linalg.norm(circuit.velocity(path.y.T), axis=1).min() > 0.1 * np.sqrt(60)
        exponent, error = circuit.truth.lyapunov_exponents[0], circuit.truth.standard_errors[0]
        other, spread = lyapunov_exponents(circuit.flow, path.y[:, -1], 1, duration=1000.0, step=0.05, seed=1)
        assert abs(other[0] - exponent) < 3.5 * np.hypot(error, spread[0])

    def test_draw_that_is_not_chaotic_is_refused(self):
        with pytest.raises(ProblemError, match="not seen to be chaotic"):
            circuits.chaotic_network(40, gain=1.05, duration=400.0)

