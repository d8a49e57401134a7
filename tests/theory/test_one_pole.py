"""One pole under other rules: every formula against fixed points solved for, integrated flows, or steps taken."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.optimize

from tests.theory.systems import DISCRETE, random_system
from theory import LinearSystem, Problem, derive, teachers
from theory.architectures import FullRank
from theory.errors import DivergedError, ProblemError
from theory.initialisations import Gaussian
from theory.learning_rules import (
    Adam,
    GradientFlow,
    GroupRates,
    HeavyBall,
    IgnoringRecurrence,
    SignDescent,
    Truncated,
    WeightDecay,
)
from theory.objectives import FinalTime, OrnsteinUhlenbeckInput, WhiteNoise
from theory.observation import Observer
from theory.one_pole import (
    adam_speed,
    decay_shift,
    decayed_pole,
    heavy_ball_rate,
    ignoring_recurrence_end,
    ornstein_uhlenbeck_overlap,
    sign_descent_speeds,
    slopes,
    truncated_drift,
)
from theory.transverse import coupling

FLOW = GradientFlow()


def network(rule, rate=0.4, scale=0.3, objective=None) -> Problem:
    teacher = teachers.state_space([[-rate]], [[1.0]], [[1.0]])  # without known modes no equations are written out
    return Problem(teacher, FullRank(), Gaussian(scale, scale), objective or WhiteNoise(), rule)


DECAYS = [
    {"recurrent": 1.0, "input": 1.0, "readout": 1.0},
    {"recurrent": 1.0},
    {"input": 1.0, "readout": 1.0},
    {"recurrent": 0.5, "input": 2.0, "readout": 0.7},
]


@pytest.mark.parametrize("kinds", DECAYS, ids=str)
def test_decay_moves_the_pole_by_the_stated_amount_to_first_order(kinds):
    off = []
    for mu in (2e-3, 1e-3):
        decay = {kind: mu * share for kind, share in kinds.items()}
        moved = np.subtract(decayed_pole(0.2, **decay), (1.0, 0.2))
        off.append(np.abs(moved / decay_shift(0.2, **decay) - 1).max())
    assert off[0] / off[1] == pytest.approx(2.0, rel=0.02) and off[1] < 3e-3  # what is left is of first order in mu


def test_decay_of_everything_lengthens_the_memory_and_of_the_recurrence_alone_shortens_it():
    for rate in (0.05, 0.2, 0.5, 0.9):
        assert decay_shift(rate, 0.01, 0.01, 0.01)[1] == pytest.approx(-0.04 * rate**2 * (1 - 2 * rate * (1 - rate)))
        assert decay_shift(rate, 0.01, 0.01, 0.01)[1] < 0 < decay_shift(rate, recurrent=0.01)[1]


def test_network_with_decay_comes_to_rest_at_the_pole_solved_for():
    decay = {"recurrent": 0.03, "input": 0.05, "readout": 0.02}
    end = derive(network(WeightDecay(FLOW, **decay))).solve(400.0, width=6, records=2).isel(training_time=-1, mode=0)
    a, c = decayed_pole(0.4, **decay)
    assert abs(c - 0.4) > 1e-3 and abs(a - 1) > 0.01
    assert float(-end.pole.real) == pytest.approx(c, abs=1e-7)  # of the integrator
    assert float(end.residue.real) == pytest.approx(a, abs=1e-7)


def test_pole_under_decay_is_left_by_silent_units_unless_all_weights_decay_alike():
    problem, mu, rates = network(FLOW), 0.01, []
    observer = Observer(problem, moments=False)
    drives = jax.jit(lambda narrow: coupling(observer, problem, narrow))
    for kinds in DECAYS[:3]:
        decay = {kind: mu * share for kind, share in kinds.items()}
        a, c = decayed_pole(0.4, **decay)
        root = jnp.full((1, 1), a**0.5)
        M = np.asarray(drives({"recurrent": jnp.full((1, 1), 1 - c), "input": root, "readout": root}))
        # outgoing (W, V) and incoming (W, U) weights of a silent unit drive each other and decay
        kept = [decay.get(kind, 0.0) for kind in ("recurrent", "readout", "recurrent", "input")]
        motion = -np.block([[np.zeros((2, 2)), M], [M.T, np.zeros((2, 2))]]) - np.diag(kept)
        rates.append(np.linalg.eigvalsh(motion)[-1] / mu)
    # rotations of the unit into silent ones cost nothing: zero, to rounding of numbers of order one over mu
    assert rates[0] == pytest.approx(0.0, abs=1e-12)
    assert rates[1:] == pytest.approx([0.14, 0.54], abs=0.005)


def test_decay_that_leaves_nothing_is_said():
    with pytest.raises(DivergedError, match="no pole near 0.2"):
        decayed_pole(0.2, input=3.0, readout=3.0)


@pytest.mark.parametrize("imbalance", [0.0, 0.3])
def test_rule_that_ignores_recurrence_ends_on_its_line_of_false_solutions(imbalance):
    def field(_, state):
        a, c = state
        slope = slopes(a, c, 0.2)[0]
        return [-np.sqrt(4 * a**2 + imbalance**2) * slope, a * slope]

    options = {"method": "DOP853", "rtol": 1e-12, "atol": 1e-14}
    a, c = scipy.integrate.solve_ivp(field, (0, 300), [0.01, 1.0], **options).y[:, -1]
    assert c == pytest.approx(ignoring_recurrence_end(0.2, 0.01, imbalance=imbalance), abs=1e-9)
    assert a == pytest.approx(2 * c / (c + 0.2), abs=1e-9)
    if imbalance == 0:
        assert c == pytest.approx(0.3613, abs=5e-5) and c + a / 2 == pytest.approx(1.005, abs=1e-9)


def test_network_that_ignores_recurrence_ends_there_too_and_conserves_in_matrices():
    path = derive(network(IgnoringRecurrence(FLOW), 0.2, 1e-2)).solve(60.0, width=6, records=2)
    end = path.isel(training_time=-1, mode=0)
    # from nothing; the initial weights themselves are of order 1e-4
    assert float(-end.pole.real) == pytest.approx(ignoring_recurrence_end(0.2, 0.0), abs=2e-4)
    # the velocity of W + W^T - V^T V, of any network and for any loss
    student, teacher = random_system(2, 4, 2, 3, DISCRETE), random_system(3, 3, 2, 3, DISCRETE)
    of_A, _, of_C = IgnoringRecurrence(FLOW).value_and_gradient(FinalTime(5), student, teacher)[1]
    still = of_A + of_A.T - of_C.T @ student.C - student.C.T @ of_C
    assert float(jnp.abs(still).max()) < 1e-13 * float(jnp.abs(of_A).max())


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_truncation_leaves_a_drift_that_falls_as_the_window_squared(ratio):
    teacher, c = teachers.leaky_integrator(0.2), 0.4

    @functools.partial(jax.jit, static_argnums=0)
    def taken(window, alpha, beta):
        student = LinearSystem(jnp.full((1, 1), -c), alpha.reshape(1, 1), beta.reshape(1, 1))
        return [g[0, 0] for g in Truncated(FLOW, window).value_and_gradient(WhiteNoise(), student, teacher)[1]]

    off = []
    for window in (0.004, 0.002):
        # where the product stands still but for the drift itself: alpha beta' + beta alpha' = a'(c) c'
        def still(a, window=window):
            alpha = np.sqrt(a / ratio)
            of_A, of_B, of_C = taken(window, jnp.asarray(alpha), jnp.asarray(ratio * alpha))
            along = 2 * 0.2 / (c + 0.2) ** 2 * of_A
            return float(-alpha * of_C - ratio * alpha * of_B - along), float(of_A)

        a = scipy.optimize.brentq(lambda a, f=still: f(a)[0], 1.2, 1.45, xtol=1e-14)
        off.append(abs(still(a)[1] / truncated_drift(c, 0.2, window, ratio) - 1))
    assert off[1] < 0.02 and off[0] / off[1] == pytest.approx(2.0, rel=0.1)  # first order in the window


def test_heavy_ball_leaves_a_plateau_at_the_stated_rate():
    for r, friction, step in ((0.8, 1.0, 0.1), (0.01, 0.1, 0.2), (0.5, 0.0, 0.05)):
        ball, x = HeavyBall(friction, step), jnp.array(1e-6)
        state, sizes = (x, ball.start(x)), []
        for _ in range(2):
            state = jax.lax.fori_loop(
                0, round(30 / step), lambda _, s, r=r, b=ball, h=step: b.step(*s, lambda w: -r * w, h), state
            )
            sizes.append(float(state[0]))
        assert np.log(sizes[1] / sizes[0]) / 30 == pytest.approx(heavy_ball_rate(r, friction, step), rel=0.02)
        if r == 0.8:  # where what decays is gone, to rounding
            assert np.log(sizes[1] / sizes[0]) / 30 == pytest.approx(heavy_ball_rate(r, friction, step), rel=1e-12)
        k = heavy_ball_rate(r, friction)
        assert k**2 + friction * k == pytest.approx(r, rel=1e-13)
        off = [heavy_ball_rate(r, friction, h) - k for h in (2e-3, 1e-3)]
        assert off[0] / off[1] == pytest.approx(2.0 if friction else 4.0, rel=0.01)


def test_sign_descent_moves_eigenvalue_and_norms_by_the_width_and_its_root():
    curves = []
    for width in (4, 16):
        ones = jnp.ones((width, 1))
        weights = {"recurrent": jnp.zeros((width, width)), "input": 0.1 * ones / width**0.5,
                   "readout": 0.1 * ones.T / width**0.5}
        problem = network(SignDescent(0.01))
        moved, _ = problem.learning_rule.step(weights, (), problem.gradient, 0.01)
        of_eigenvalue, of_norm = sign_descent_speeds(width, 0.01)
        assert np.linalg.eigvalsh(moved["recurrent"])[-1] == pytest.approx(of_eigenvalue, rel=1e-12)
        assert float(jnp.linalg.norm(moved["input"])) - 0.1 == pytest.approx(of_norm, rel=1e-12)
        rule = GroupRates(SignDescent(0.01), recurrent=1 / width, input=width**-0.5, readout=width**-0.5)
        losses = []
        for _ in range(20):
            weights, _ = rule.step(weights, (), problem.gradient, 0.01)
            losses.append(float(problem.loss(weights)))
        curves.append(losses)
    np.testing.assert_allclose(*curves, rtol=1e-12)  # rounding
    assert curves[0][-1] < 0.9 * curves[0][0]


@pytest.mark.parametrize("ratio", [0.9997, 1.0, 1.004])
def test_adam_moves_a_weight_by_the_stated_step_where_its_gradient_grows_or_fades(ratio):
    rule, start = Adam(1.0, epsilon=1e-200), jnp.zeros(())
    steps = 60_000  # beta_2 / ratio^2 to that power is below 1e-10

    def step(number, state):
        return rule.step(*state, lambda _: 1e-3 * ratio ** (number - steps), 1.0)

    before = jax.lax.fori_loop(0, steps, step, (start, rule.start(start)))
    moved = before[0] - step(steps, before)[0]
    assert float(moved) == pytest.approx(adam_speed(ratio), rel=1e-9)


def test_adam_speed_refuses_gradients_that_fade_faster_than_their_square():
    with pytest.raises(ProblemError, match="fade with it"):
        adam_speed(0.999)


def test_first_plateau_under_ornstein_uhlenbeck_input_is_left_at_the_stated_rate():
    problem = network(FLOW, 0.2, objective=OrnsteinUhlenbeckInput(2.0))
    small = {"recurrent": jnp.zeros((1, 1)), "input": jnp.full((1, 1), 1e-5), "readout": jnp.full((1, 1), 2e-5)}
    slope = problem.gradient(small)
    rate = ornstein_uhlenbeck_overlap(1.0, 0.2, 2.0)
    assert float(slope["readout"][0, 0]) == pytest.approx(-rate * 1e-5, rel=1e-8)  # of order of the weights squared
    assert float(slope["input"][0, 0]) == pytest.approx(-rate * 2e-5, rel=1e-8)
