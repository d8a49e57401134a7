"""Networks trained by back-propagation through time on recordings: their loss, and where their training ends."""

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

from numerics.recordings import Recording, record
from numerics.students import WideNetwork
from numerics.students.wide_network import Loss, resting_state
from theory import circuits
from theory.errors import DivergedError, ProblemError
from theory.nonlinearities import ErrorFunction, HyperbolicTangent, Identity
from theory.partial_observation import RecordedCircuit
from theory.students import Windowed
from theory.students.windows import window_covariance

CHAIN = circuits.feedforward_chain(12, skip=1.0, rotated=True)
RECORDING = record(CHAIN, 20_000, 1.0, observed=[0, 1], seed=0)


def some_weights(hidden=5, neurons=2):
    random = np.random.default_rng(0)
    shapes = {"recurrent": (hidden, hidden), "input": (hidden, neurons), "readout": (neurons, hidden)}
    return {name: jnp.asarray(0.5 * random.normal(size=shape)) for name, shape in shapes.items()}


@pytest.mark.parametrize("forcing", [1.0, 0.4, 0.0])
@pytest.mark.parametrize("phi", [Identity(), HyperbolicTangent()])
def test_loss_is_that_of_the_steps_one_by_one(phi, forcing):
    weights, windows = some_weights(), np.random.default_rng(1).normal(size=(3, 5, 2))
    errors = []
    for window in windows:
        state, output = np.zeros(5), window[0]
        for given, target in zip(window[:-1], window[1:], strict=True):
            fed = forcing * given + (1 - forcing) * output
            state = np.asarray(phi(weights["recurrent"] @ state + weights["input"] @ fed))
            output = np.asarray(weights["readout"] @ state)
            errors.append((output - target) ** 2)
    assert float(Loss(phi, forcing)(weights, jnp.asarray(windows))) == pytest.approx(np.mean(errors), rel=1e-12)


def test_training_on_single_bins_ends_where_theory_says():
    """The spurious slow mode of the one-step network, in one with ten times as many hidden units as neurons."""
    student = WideNetwork(hidden=24, window=1, nonlinearity=Identity(), steps=4000, rate=3e-3, batch=256)
    expected = Windowed(1).fit(RECORDING).slowest()
    # minibatches leave a scatter of about 10%, most of it gone as the rate falls
    assert student.fit(RECORDING).slowest() == pytest.approx(expected, rel=0.15)
    assert expected > 4 * CHAIN.truth.timescales[0]
    assert expected == pytest.approx(Windowed(1).fit(RecordedCircuit(CHAIN, [0, 1], 1.0)).slowest(), rel=0.15)


class TestLongerWindows:
    """What training determines on the population loss: the memory within the window, not the mode that is reported."""

    window, hidden = 4, 12
    recorded = RecordedCircuit(circuits.feedforward_chain(20, skip=1.0), [0])

    def windows(self) -> jnp.ndarray:
        """As many as tell the covariance of endlessly many."""
        C = self.recorded.lagged_covariance(range(self.window + 1))
        root = np.linalg.cholesky(window_covariance(C / C[0], self.window + 1))
        return jnp.asarray(root.T[:, :, None] * np.sqrt(self.window + 1))

    def memory(self, weights: dict, bins: int) -> np.ndarray:
        """`C W^j U`."""
        W, U, C = (np.asarray(weights[name]) for name in ("recurrent", "input", "readout"))
        return np.array([(C @ np.linalg.matrix_power(W, j) @ U).item() for j in range(bins)])

    def slowest(self, weights: dict) -> float:
        """Modulus of the free network's slowest mode."""
        return np.abs(np.linalg.eigvals(weights["recurrent"] + weights["input"] @ weights["readout"])).max()

    def test_the_least_loss_determines_the_memory_within_the_window_and_leaves_the_report_open(self):
        loss, expected, found = Loss(Identity(), 1.0), Windowed(self.window).fit(self.recorded), []
        for seed in (0, 1):
            start = WideNetwork(hidden=self.hidden, gain=0.9)._start(1, seed)
            flat, weights_of = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.asarray, start))
            function = jax.jit(jax.value_and_grad(lambda p: loss(weights_of(p), self.windows())))  # noqa: B023
            end = scipy.optimize.minimize(
                lambda p: tuple(map(np.asarray, function(p))),  # noqa: B023
                flat,
                jac=True,
                method="L-BFGS-B",
                options=dict(ftol=1e-17, gtol=1e-11),
            )
            found.append((end.fun, weights_of(end.x)))
        memories = [self.memory(weights, 2 * self.window) for _, weights in found]
        for memory in memories:
            np.testing.assert_allclose(memory[: self.window], expected.propagator[0], atol=1e-7)
        assert found[0][0] == pytest.approx(found[1][0], rel=1e-12)
        assert np.abs(np.subtract(*memories))[self.window :].max() > 0.05
        modes = [self.slowest(weights) for _, weights in found]
        assert expected.slowest() == pytest.approx(10.05, abs=0.01)
        assert min(modes) > 1 > np.abs(expected.eigenvalues()[0]) and abs(np.subtract(*modes)) > 0.01

    @pytest.mark.parametrize("beyond", [0.0, 0.02])
    def test_shift_registers_have_the_least_loss_whatever_they_remember_beyond_the_window(self, beyond):
        expected = Windowed(self.window).fit(self.recorded)
        readout = np.append(expected.propagator[0], beyond)[None]
        weights = {"recurrent": np.eye(5, k=-1), "input": np.eye(5)[:, :1], "readout": readout}
        loss, gradient = jax.value_and_grad(Loss(Identity(), 1.0))(weights, self.windows())
        assert max(float(jnp.abs(group).max()) for group in gradient.values()) < 1e-9
        alike = {**weights, "readout": np.append(readout[:, :4], 0.0)[None]}
        assert float(loss) == pytest.approx(float(Loss(Identity(), 1.0)(alike, self.windows())), rel=1e-14)
        excess = self.slowest(weights) - np.abs(expected.eigenvalues()[0])
        assert abs(excess) < 1e-9 if beyond == 0 else excess > 0.01


def test_seeds_and_times_of_one_training_are_those_of_their_own():
    student = WideNetwork(hidden=6, window=3, steps=20, batch=8, gain=0.5, seed=3)
    both = student.along_training(RECORDING, [5, 20], seeds=2)
    alone = WideNetwork(hidden=6, window=3, steps=20, batch=8, gain=0.5, seed=4).fit(RECORDING)
    np.testing.assert_allclose(both[1][1].propagator, alone.propagator, atol=1e-10)
    assert np.abs(both[0][0].propagator - both[1][0].propagator).max() > 1e-4


def test_propagator_is_the_free_networks_jacobian_where_it_rests():
    fit = WideNetwork(hidden=6, window=3, steps=200, batch=16, nonlinearity=ErrorFunction()).fit(RECORDING)
    assert fit.propagator.shape == (6, 6) and fit.readout.shape == (2, 6)
    recurrence, phi = np.array([[0.0, 1.8], [1.8, 0.0]]), HyperbolicTangent()
    rest = resting_state(phi, recurrence, np.array([0.3, 0.2]))
    np.testing.assert_allclose(np.tanh(recurrence @ rest), rest, atol=1e-9)
    assert rest[0] > 0.5
    with pytest.raises(DivergedError, match="cycle"):
        resting_state(phi, np.array([[0.0, -2.0], [2.0, 0.0]]), np.array([0.3, 0.2]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: WideNetwork(window=10).fit(Recording(np.random.default_rng(0).normal(size=(5, 10, 2)), 1.0)), "11"),
        (lambda: WideNetwork().fit(RecordedCircuit(CHAIN, [0])), "samples"),
        (lambda: WideNetwork(forcing=1.5).fit(RECORDING), "forcing = 1.5"),
        (lambda: WideNetwork(steps=0).fit(RECORDING), "steps = 0"),
        (lambda: WideNetwork(nonlinearity="tanh").fit(RECORDING), "Nonlinearity"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ProblemError, match=message):
        make()


def test_gradient_reaches_back_through_the_window():
    weights, windows = some_weights(), jnp.asarray(np.random.default_rng(1).normal(size=(3, 5, 2)))
    loss, step = Loss(HyperbolicTangent(), 0.5), 1e-6
    gradient = jax.grad(loss)(weights, windows)
    for name, group in weights.items():
        move = jnp.zeros_like(group).at[1, 1].set(step)
        change = loss({**weights, name: group + move}, windows) - loss({**weights, name: group - move}, windows)
        assert float(gradient[name][1, 1]) == pytest.approx(float(change) / (2 * step), abs=1e-8)
