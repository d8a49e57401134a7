"""Fixed points: all that are there, nothing else, in any units, and refused where they cannot be proved."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from numerics.dynamics.certificate import certify, certify_continuum
from numerics.dynamics.fixed_points import fixed_points, spread_starts
from numerics.dynamics.inertia import inertia
from numerics.dynamics.newton import newton
from numerics.dynamics.recurrent import RecurrentVelocity, recurrent_lipschitz
from theory import circuits
from theory.errors import ProblemError
from theory.nonlinearities import ErrorFunction

RANDOM = np.random.default_rng(1)


def around_loadings(loadings, number, seed=0):
    """Starts in the space of the loadings, where every fixed point lies, twice as far out as they can be."""
    random = np.random.default_rng(seed)
    return 3.0 * random.uniform(-1, 1, size=(number, loadings.shape[1])) @ loadings.T


def assert_same_points(found, truth, dimensions=None):
    """As many certified points as true ones, each within reach of one of its own."""
    assert found.certified.all(), found.reasons
    assert len(found.states) == len(truth)
    scale = np.abs(truth).max()
    nearest = [np.linalg.norm(found.states - t, axis=1).argmin() for t in truth]
    assert sorted(nearest) == list(range(len(truth)))
    for k, t in zip(nearest, truth, strict=True):
        # the truth itself is a root to 1e-14 of its interval
        assert np.linalg.norm(found.states[k] - t) <= found.radius[k] + 1e-11 * scale * np.sqrt(len(t))
    if dimensions is not None:
        assert [found.unstable_dimensions[k] for k in nearest] == list(dimensions)


def bistable(neurons, seed):
    circuit = circuits.bistable_circuit(neurons, seed=seed)
    return circuit, circuit.weights[0], circuit.truth.states, circuit.truth.unstable_dimensions


def check_bistable(neurons, seed):
    circuit, loadings, states, dimensions = bistable(neurons, seed)
    velocity = RecurrentVelocity(circuit)
    found = fixed_points(velocity, around_loadings(loadings, 40), velocity.lipschitz)
    assert_same_points(found, states, dimensions)
    return found


@pytest.mark.parametrize("seed", [0, 3])
def test_every_fixed_point_of_a_rank_one_network_and_no_other(seed):
    check_bistable(16, seed)


@pytest.mark.full
@pytest.mark.parametrize("neurons", [16, 32, 64, 128, 256])
def test_every_fixed_point_of_rank_one_networks_of_all_sizes(neurons):
    for seed in range(10):
        check_bistable(neurons, seed)


def copies(neurons, number, seed):
    """Copies of the bistable circuit on populations of their own, with the product of their points."""
    parts = [bistable(neurons, seed + k) for k in range(number)]
    M, N = (np.zeros((neurons * number, number)) for _ in range(2))
    for k, (circuit, *_) in enumerate(parts):
        rows = slice(k * neurons, (k + 1) * neurons)
        M[rows, k], N[rows, k] = (w[:, 0] for w in circuit.weights)
    states = [np.concatenate(c) for c in itertools.product(*[p[2] for p in parts])]
    dimensions = [sum(c) for c in itertools.product(*[p[3] for p in parts])]
    return circuits.NonlinearCircuit((M, N)), M, np.array(states), dimensions


def check_copies(neurons, number, seed):
    circuit, loadings, states, dimensions = copies(neurons, number, seed)
    velocity = RecurrentVelocity(circuit)
    found = fixed_points(velocity, around_loadings(loadings, 40 * 3**number), velocity.lipschitz)
    assert_same_points(found, states, dimensions)


def test_all_nine_fixed_points_of_two_copies():
    assert len(copies(16, 2, 3)[2]) == 9
    check_copies(16, 2, 3)


@pytest.mark.full
@pytest.mark.parametrize(("number", "neurons"), [(1, 256), (2, 128), (3, 16), (3, 80)])
def test_all_fixed_points_of_copies(number, neurons):
    for seed in range(3):
        check_copies(neurons, number, seed)


def rank_two(neurons, seed):
    """Gaussian loadings, n = a m; roots of its two-dimensional equation by another solver, from a grid."""
    random = np.random.default_rng(seed)
    M = random.normal(size=(neurons, 2))
    N = 1.5 * M / neurons
    phi = ErrorFunction()

    def reduced(k):
        return -k + N.T @ np.asarray(phi(M @ k))

    roots = []
    for r in np.linspace(0, 1.6, 9):
        for angle in np.arange(24) * 2 * np.pi / 24:
            root = scipy.optimize.root(reduced, r * np.array([np.cos(angle), np.sin(angle)]), tol=1e-13)
            if np.abs(reduced(root.x)).max() < 1e-11 and all(np.linalg.norm(root.x - k) > 1e-6 for k in roots):
                roots.append(root.x)
    dimensions = []
    for k in roots:
        J = -np.eye(2) + (N.T * np.asarray(phi.derivative(M @ k))) @ M
        dimensions.append(int((np.linalg.eigvals(J).real > 0).sum()))
    return circuits.NonlinearCircuit((M, N)), M, np.array(roots) @ M.T, dimensions


def check_rank_two(neurons, seed):
    circuit, loadings, states, dimensions = rank_two(neurons, seed)
    velocity = RecurrentVelocity(circuit)
    found = fixed_points(velocity, around_loadings(loadings, 300), velocity.lipschitz)
    assert_same_points(found, states, dimensions)
    # Poincare-Hopf: on the plane, which is attracting, the indices add up to one
    assert sum((-1) ** d for d in found.unstable_dimensions) == 1


def test_every_fixed_point_of_a_rank_two_network():
    # of 300 starts none leads to its origin, which lies between two saddles: that takes starts from between the points
    check_rank_two(64, 1)


@pytest.mark.full
@pytest.mark.parametrize("neurons", [32, 64, 128, 256])
def test_every_fixed_point_of_rank_two_networks(neurons):
    for seed in range(4):
        check_rank_two(neurons, seed)


def test_the_origin_is_all_that_a_limit_cycle_circuit_has():
    circuit = circuits.limit_cycle_circuit(300, seed=1)
    velocity = RecurrentVelocity(circuit)
    found = fixed_points(velocity, around_loadings(circuit.weights[0], 40), velocity.lipschitz)
    assert_same_points(found, np.zeros((1, 300)), [2])


def ghost(x, mu):
    return mu + x**2


GHOST_STARTS = np.linspace(-2, 2, 60)[:, None]


@pytest.mark.parametrize("mu", [1e-12, 1e-9, 1e-6, 1e-3, 0.1])
def test_ghosts_are_refused(mu):
    velocity = jax.tree_util.Partial(ghost, mu=mu)
    found = fixed_points(velocity, GHOST_STARTS, 2.0)
    assert not found.states.size
    # ... also the very slowest state, which a test of |f|^2 / 2 < 1e-12 accepts when mu is below 1.4e-6
    assert not certify(velocity, np.zeros(1), 2.0).holds


@pytest.mark.parametrize("mu", [-1e-12, -1e-9, -1e-6, -1e-3, -0.1])
def test_pairs_born_from_ghosts_are_kept(mu):
    found = fixed_points(jax.tree_util.Partial(ghost, mu=mu), GHOST_STARTS, 2.0)
    assert_same_points(found, np.sqrt(-mu) * np.array([[-1.0], [1.0]]), [0, 1])


@pytest.mark.parametrize("epsilon", [1e-8, 1e-4, 1.0])
def test_three_points_just_past_a_pitchfork(epsilon):
    found = fixed_points(
        jax.tree_util.Partial(lambda x, e: e * x - x**3, e=epsilon),
        np.concatenate([np.linspace(-2, 2, 40), np.sqrt(epsilon) * np.linspace(-2, 2, 41)])[:, None],
        lambda x, radius: 6 * (abs(x[0]) + radius),
    )
    assert_same_points(found, np.sqrt(epsilon) * np.array([[-1.0], [0.0], [1.0]]), [0, 1, 0])


def test_a_double_root_is_found_but_not_certified():
    found = fixed_points(jax.tree_util.Partial(ghost, mu=0.0), GHOST_STARTS, 2.0)
    assert not found.certified.any()
    assert len(found.states) >= 1 and np.abs(found.states).max() < 1e-6


def scaled(x, length, time):
    y = x / length
    return length / time * jnp.array([y[0] - y[0] ** 3 + 0.1 * y[1], -2 * y[1] + 0.3 * y[0] ** 2])


@pytest.mark.parametrize(("length", "time"), [(1e-30, 1.0), (1e30, 1e12), (1.0, 1e-100), (2.0**100, 2.0**-100)])
def test_units_of_state_and_time_change_nothing(length, time):
    starts = np.random.default_rng(0).uniform(-2, 2, size=(50, 2))

    def lipschitz(x, radius):
        return (6 * (np.abs(x / length).max() + radius / length) + 0.6) / (length * time)

    here = fixed_points(jax.tree_util.Partial(scaled, length=length, time=time), length * starts, lipschitz)
    there, length, time = length, 1.0, 1.0
    plain = fixed_points(jax.tree_util.Partial(scaled, length=1.0, time=1.0), starts, lipschitz)
    assert len(here.states) == len(plain.states) == 3
    assert here.certified.all() and plain.certified.all()
    order, other = np.argsort(here.states[:, 0]), np.argsort(plain.states[:, 0])
    assert np.abs(here.states[order] / there - plain.states[other]).max() < 1e-14
    assert (here.unstable_dimensions[order] == plain.unstable_dimensions[other]).all()
    assert (here.hits[order] == plain.hits[other]).all()


def test_far_from_normal_jacobians_are_certified_and_their_stability_proved():
    chain = -np.eye(12) + 3.0 * np.eye(12, k=1)  # every eigenvalue -1; as computed they are off by .1
    chain[0, -1] = 1e-12
    target = RANDOM.normal(size=12)
    found = fixed_points(lambda x: jnp.asarray(chain) @ (x - target), RANDOM.normal(size=(5, 12)), 0.0)
    assert found.certified.all() and len(found.states) == 1
    assert found.unstable_dimensions[0] == 0
    assert np.linalg.norm(found.states[0] - target) <= found.radius[0] < 1e-6


def test_stability_is_not_claimed_where_a_matrix_nearby_is_unstable():
    chain = -np.eye(12) + 3.0 * np.eye(12, k=1)
    # (1 + l)^12 = 3^11 e moves an eigenvalue to zero at e = 3^-11
    push = 3.0**-11
    moved = chain.copy()
    moved[-1, 0] = 1.1 * push
    assert np.linalg.eigvals(moved).real.max() > 0
    assert inertia(chain, 1.1 * push).unstable is None
    assert inertia(chain, 1e-6 * push).unstable == 0


def test_inertia_of_random_matrices_in_both_kinds_of_time():
    for size in (1, 2, 5, 20):
        J = 1.3 * RANDOM.normal(size=(size, size)) / np.sqrt(size)
        poles = np.linalg.eigvals(J)
        assert inertia(J).unstable == (poles.real > 0).sum()
        assert inertia(J, discrete=True).unstable == (np.abs(poles) > 1).sum()


def test_fixed_points_of_a_map():
    # the logistic map r x (1 - x): 0 and 1 - 1/r, with multipliers r and 2 - r
    found = fixed_points(lambda x: 3.2 * x * (1 - x), np.linspace(-0.5, 1.5, 20)[:, None], 6.4, discrete=True)
    assert_same_points(found, np.array([[0.0], [1 - 1 / 3.2]]), [1, 1])
    stable = fixed_points(lambda x: 2.5 * x * (1 - x), np.linspace(-0.5, 1.5, 20)[:, None], 5.0, discrete=True)
    assert_same_points(stable, np.array([[0.0], [1 - 1 / 2.5]]), [1, 0])


def test_without_a_bound_points_are_found_but_uncertified():
    found = fixed_points(lambda x: x - x**3, np.linspace(-3, 3, 31)[:, None])
    assert len(found.states) == 3 and not found.certified.any()
    assert (found.radius == np.inf).all()
    assert sorted(found.unstable_dimensions) == [-1, -1, -1] or sorted(found.unstable_dimensions) == [0, 0, 1]
    # one point alone, at zero to rounding, has no spread of its own by which to tell what is the same
    starts = np.random.default_rng(0).normal(size=(40, 3))
    alone = fixed_points(lambda x: jnp.tanh(0.5 * x[::-1]) - x, starts)
    assert len(alone.states) == 1 and alone.hits.sum() == 40


@pytest.mark.parametrize(
    "velocity",
    [lambda x: -jnp.sign(x) - x, lambda x: jnp.where(x > 0.3, 1.0 - x, -1.0 - x), lambda x: jnp.abs(x) - 1],
    ids=["sign", "step", "kink"],
)
def test_what_is_not_smooth_is_never_certified(velocity):
    # the bound is not disproved by the starts alone: it is the program that is seen not to be smooth
    found = fixed_points(velocity, np.linspace(1.0, 2.0, 20)[:, None], 100.0)
    assert not found.certified.any()
    assert all("not smooth" in reason for reason in found.reasons)


def test_a_bound_that_the_system_exceeds_is_refused():
    with pytest.raises(ProblemError, match="declare a larger"):
        fixed_points(lambda x: jnp.tanh(50 * x) - x, np.linspace(-0.1, 0.1, 20)[:, None], 1.0)


def test_systems_that_are_not_autonomous_are_refused():
    calls = []

    def remembers(x):
        calls.append(1)
        return -x + len(calls)

    starts = np.ones((3, 2))
    with pytest.raises(ProblemError, match="autonomous"):
        fixed_points(lambda t, x: -x + t, starts)
    with pytest.raises(ProblemError, match="not autonomous"):
        fixed_points(remembers, starts)
    with pytest.raises(ProblemError, match="JAX can trace"):
        fixed_points(lambda x: jnp.asarray(np.asarray(x) ** 2), starts)
    with pytest.raises(ProblemError, match="same shape"):
        fixed_points(lambda x: x[:1], starts)


def test_velocities_and_starts_that_are_not_finite():
    with pytest.raises(ProblemError, match="not finite"):
        fixed_points(lambda x: x, np.array([[np.inf]]))
    with pytest.raises(ProblemError, match="all 5 starts"):
        fixed_points(lambda x: x * jnp.nan, np.ones((5, 1)))
    # log(x) is not a number for half of the starts; the others find its zero
    found = fixed_points(lambda x: -jnp.log(x), np.array([[-1.0], [-2.0], [0.5], [2.0]]))
    assert found.states.round(12) == 1.0 and found.lost >= 2


def test_starts_far_beyond_the_attractors_come_back():
    circuit, loadings, states, dimensions = bistable(16, 3)
    velocity = RecurrentVelocity(circuit)
    starts = around_loadings(loadings, 60) * np.repeat([1.0, 1e10, 1e200], 20)[:, None]
    found = fixed_points(velocity, starts, velocity.lipschitz)
    assert_same_points(found, states, dimensions)
    assert found.lost == found.wandering == 0


def test_dense_newton_where_the_krylov_space_is_too_small():
    size = 40
    J = RANDOM.normal(size=(size, size))
    target = RANDOM.normal(size=size)
    found = newton(lambda x: jnp.asarray(J) @ (x - target), RANDOM.normal(size=(3, size)))
    assert len(found.states) == 3
    assert np.abs(found.states - target).max() < 1e-9


def test_lipschitz_bound_of_a_network_holds_and_is_reached():
    B = RANDOM.normal(size=(6, 6))
    L = recurrent_lipschitz(B, ErrorFunction())
    velocity = RecurrentVelocity(circuits.NonlinearCircuit(B))
    jacobian = jax.jit(jax.jacfwd(velocity))
    slopes = []
    for _ in range(50):
        x, y = RANDOM.normal(size=(2, 6))
        slopes.append(np.linalg.norm(np.asarray(jacobian(x) - jacobian(y)), 2) / np.linalg.norm(x - y))
    assert max(slopes) <= L
    steepest, column = np.sqrt(2 / np.pi), np.linalg.norm(B, axis=0).argmax()  # where |phi''| is largest
    x = np.zeros(6)
    x[column] = steepest
    y = x + 1e-5 * np.eye(6)[column]
    assert np.linalg.norm(np.asarray(jacobian(x) - jacobian(y)), 2) / 1e-5 == pytest.approx(L, rel=1e-4)


def test_certified_radius_contains_the_root_and_no_other_is_within_the_separation():
    # p(x) = (x - 1)(x - 1.01): two roots .01 apart
    def near(x):
        return (x - 1) * (x - 1.01)

    for start in np.linspace(0.9, 1.1, 21):
        proof = certify(near, np.array([start]), 2.0)
        inside = [root for root in (1.0, 1.01) if abs(root - start) <= proof.radius]
        apart = [root for root in (1.0, 1.01) if abs(root - start) < proof.separation * (1 - 1e-9)]
        if proof.holds:
            assert len(inside) == 1 and len(apart) == 1
    assert certify(near, np.array([1.0]), 2.0).holds
    assert not certify(near, np.array([1.005]), 2.0).holds


def test_transverse_certificate_on_a_ring_bounds_the_drift_along_it():
    neurons = 32
    angle = 2 * np.pi * np.arange(neurons) / neurons
    M = np.sqrt(2) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    velocity = RecurrentVelocity(circuits.NonlinearCircuit((M, 1.5 * M / neurons)))
    at = newton(velocity, around_loadings(M, 30)).states
    on = at[np.linalg.norm(at, axis=1) > 1][0]
    assert not certify(velocity, on, velocity.lipschitz).holds
    proved = certify_continuum(velocity, on, velocity.lipschitz)
    assert proved.transverse.holds
    assert proved.fastest < 1e-12  # 3e-16 is what it is at 32 neurons; the rest is rounding
    tangent = M @ np.array([[0, -1], [1, 0]]) @ np.linalg.lstsq(M, on, rcond=None)[0]
    assert abs(proved.directions[:, 0] @ tangent) / np.linalg.norm(tangent) == pytest.approx(1, abs=1e-6)


def test_drift_of_a_known_size_is_within_its_bounds():
    def ring(z, drift):
        return z * (1 - z @ z) + drift * jnp.array([-z[1], z[0]])

    for drift in (1e-9, 1e-3, 0.1):
        velocity = jax.tree_util.Partial(ring, drift=drift)
        state = np.array([1 + 1e-4, 0.0])  # off the ring by a little
        proved = certify_continuum(velocity, state, lambda z, r: 6 * (np.linalg.norm(z) + r))
        assert proved.transverse.holds
        # the point of the slice where the velocity is along U_0 alone, by another solver
        U, _, V = np.linalg.svd(np.asarray(jax.jacfwd(velocity)(state)))

        def across(y, velocity=velocity, state=state, U=U, V=V):
            return U[:, 0] @ np.asarray(velocity(state + V[0] * y))

        y = scipy.optimize.brentq(across, -0.1, 0.1, xtol=1e-15)
        assert abs(y) <= proved.transverse.radius < 10 * abs(y)
        speed = np.linalg.norm(velocity(state + V[0] * y))
        assert proved.slowest <= speed * (1 + 1e-9) and speed * (1 - 1e-9) <= proved.fastest
        assert speed == pytest.approx(drift, rel=2e-3)


def test_a_spread_of_starts_has_the_units_of_the_states():
    states = RANDOM.normal(size=(30, 3))
    assert np.allclose(spread_starts(1e-40 * states, 20), 1e-40 * spread_starts(states, 20), rtol=1e-12, atol=0)
    flat = np.outer(RANDOM.normal(size=30), [1.0, 2.0, 3.0])
    assert np.linalg.matrix_rank(spread_starts(flat, 20), tol=1e-10) == 1
