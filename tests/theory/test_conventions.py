"""Translations between conventions, checked by training under each of the two."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
from jax.flatten_util import ravel_pytree

from tests.theory.systems import DISCRETE, random_system, relative_error, white_noise_loss
from theory import Conventions, LinearSystem
from theory.errors import ProblemError
from theory.matrix_equations import sylvester

TEACHER = random_system(1, 3, 2, 3, margin=0.8)
STUDENT = random_system(2, 5, 2, 3, margin=0.8)
START = (STUDENT.A, 0.5 * STUDENT.B, 0.5 * STUDENT.C)


def squared_errors(parameters):
    """The integrated squared error of each output, without any factor."""
    A = jax.scipy.linalg.block_diag(parameters[0], TEACHER.A)
    B = jnp.concatenate([parameters[1], TEACHER.B])
    C = jnp.concatenate([parameters[2], -TEACHER.C], axis=1)
    return jnp.diag(C @ sylvester(A, A, B @ B.T) @ C.T)


sum_and_slope = jax.jit(jax.value_and_grad(lambda parameters: jnp.sum(squared_errors(parameters))))


def slope_of_sum(parameters):
    return sum_and_slope(parameters)[1]


def trained(conventions, training_time):
    """The weights after gradient flow of the loss as those conventions define it."""
    flat, restore = ravel_pytree(START)
    factor = conventions.loss_factor
    if conventions.outputs == "mean":
        factor /= 3  # three outputs

    def field(_, weights):
        slope = slope_of_sum(restore(jnp.asarray(weights)))
        return -factor * np.asarray(ravel_pytree(slope)[0])

    options = {"rtol": 1e-10, "atol": 1e-12}
    return scipy.integrate.solve_ivp(field, (0.0, training_time), flat, **options).y[:, -1]


OURS = Conventions()


@pytest.mark.parametrize(
    "theirs",
    [Conventions(loss_factor=1.0), Conventions(outputs="mean"), Conventions(loss_factor=3.0, outputs="mean")],
    ids=str,
)
def test_training_time_in_another_convention_gives_the_same_weights(theirs):
    training_time = 0.5
    translated = OURS.training_time_in(theirs, training_time, outputs=3)
    assert translated != training_time
    expected = trained(OURS, training_time)
    found = trained(theirs, translated)
    # the integrator's tolerance, with room for its growth along the path
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-8)
    assert np.abs(trained(theirs, training_time) - expected).max() > 1e-2
    assert theirs.training_time_in(OURS, translated, outputs=3) == pytest.approx(training_time, rel=1e-15)


def test_our_own_loss_is_half_the_sum_over_outputs():
    loss = white_noise_loss(LinearSystem(*START), TEACHER)
    expected = OURS.gradient_scale(outputs=3) * sum_and_slope(START)[0]
    assert float(loss) == pytest.approx(float(expected), rel=1e-12)  # rounding


@pytest.mark.parametrize("parameterisation", ["standard", "ntk", "mean-field"])
def test_rates_of_weight_groups_are_those_of_training_their_own_parameters(parameterisation):
    width, step_size = 5, 0.01
    scales = {"recurrent": 0.8, "input": 1.5, "readout": 2.0}
    rates = Conventions(parameterisation=parameterisation).learning_rates(width, scales)
    # w = m omega, with the multipliers written out
    multipliers = {
        "standard": (1.0, 1.0, 1.0),
        "ntk": tuple(scale / np.sqrt(5) for scale in scales.values()),
        "mean-field": (0.8 / np.sqrt(5), 1.5 / np.sqrt(5), 2.0 / 5),
    }[parameterisation]

    def weights_of(omega):
        return tuple(m * part for m, part in zip(multipliers, omega, strict=True))

    omega = tuple(part / m for m, part in zip(multipliers, START, strict=True))
    weights = START
    for _ in range(20):
        slope = slope_of_sum(weights_of(omega))
        omega = tuple(
            o - step_size * m * g for o, m, g in zip(omega, multipliers, slope, strict=True)
        )  # descent in omega: the chain rule gives each slope its multiplier
        groups = zip(weights, ("recurrent", "input", "readout"), slope_of_sum(weights), strict=True)
        weights = tuple(w - step_size * rates[role] * g for w, role, g in groups)
    assert relative_error(weights_of(omega), weights) < 1e-13  # the same operations
    assert relative_error(weights, START) > 1e-2


def test_training_times_do_not_translate_between_parameterisations():
    with pytest.raises(ProblemError, match="different relative rates.*learning_rates"):
        OURS.training_time_in(Conventions(parameterisation="ntk"), 1.0)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"loss_factor": 0.0}, "loss_factor = 0"),
        ({"loss_factor": np.nan}, "loss_factor"),
        ({"parameterisation": "mup"}, "'mup' is unknown: use 'standard'"),
        ({"outputs": "both"}, "outputs = 'both': use 'sum' or 'mean'"),
    ],
    ids=str,
)
def test_unknown_conventions_are_refused(wrong, said):
    with pytest.raises(ProblemError, match=said):
        Conventions(**wrong)


def test_role_that_does_not_exist_is_refused_rather_than_given_a_rate():
    with pytest.raises(ProblemError, match="readuot"):
        Conventions(parameterisation="mean-field").learning_rates(8, {"readuot": 1.0})


@pytest.mark.parametrize("width", [0, -3, 2.5])
def test_width_must_be_a_positive_whole_number(width):
    with pytest.raises(ProblemError, match="width"):
        Conventions(parameterisation="ntk").learning_rates(width, {"input": 1.0})


def test_print_names_every_convention():
    text = str(Conventions(time=DISCRETE, parameterisation="ntk", loss_factor=1.0, outputs="mean"))
    for word in ("discrete time", "h_{t+1}", "ntk", "times 1,", "mean over outputs", "step size x steps"):
        assert word in text
