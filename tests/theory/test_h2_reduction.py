"""H2-optimal models: the double zeros of their errors, brute force, and never worse than balanced truncation."""

import numpy as np
import pytest
import scipy.optimize

from tests.theory.systems import DISCRETE, TIMES, name_of, random_system, white_noise_loss
from theory import LinearSystem, teachers
from theory.errors import ProblemError, UnstableSystemError
from theory.h2_reduction import balanced_truncation, reduced_models


def error_and_slope(teacher, model, point, spacing=1e-4):
    """The error's transfer function and its derivative there."""

    def error(z):
        z = np.atleast_1d(z)
        return (teacher.transfer_function(z) - model.transfer_function(z))[:, 0, 0]

    return error(point)[0], (error(point + spacing) - error(point - spacing))[0] / (2 * spacing)


@pytest.mark.parametrize("time", TIMES, ids=name_of)
def test_error_has_a_double_zero_at_every_mirrored_pole(time):
    teacher = random_system(4, 6, time=time)
    models = reduced_models(teacher, 3, starts=12)
    assert models and models == sorted(models, key=lambda model: model.loss)
    for model in models:
        assert model.loss == pytest.approx(float(white_noise_loss(model.system, teacher)), rel=1e-8)
        for pole in model.poles:
            mirrored = 1 / np.conj(pole) if time == DISCRETE else -np.conj(pole)
            value, slope = error_and_slope(teacher, model.system, mirrored)
            size = abs(teacher.transfer_function(np.atleast_1d(mirrored))[0, 0, 0])
            # the descent's tolerance, and the differences' own error
            assert abs(value) < 1e-6 * size and abs(slope) < 1e-5 * size


def test_reference_target_has_the_plateau_of_one_pole():
    """g* = exp(-.3 t) - 1.5 exp(-2.5 t): a = .55810, c = .18627, loss .104586."""
    teacher = teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5])
    best = reduced_models(teacher, 1, starts=8)[0]
    residue = float(best.system.C[0, 0] * best.system.B[0, 0])
    np.testing.assert_allclose(
        [best.loss, best.poles[0].real, residue], [0.104586, -0.18627, 0.55810], atol=5e-6
    )


def test_best_model_of_two_poles_is_that_of_a_brute_force_search():
    teacher = random_system(9, 4)
    t, steps = np.linspace(0.0, 60.0, 24001), 60.0 / 24000
    g = np.asarray(teacher.impulse_response(t))[:, 0, 0]
    weights = np.full(t.size, steps)
    weights[[0, -1]] /= 2

    def loss(x):  # quadrature of the residual after the best linear combination of two real or complex modes
        p, q = np.exp(x)
        roots = np.roots([1.0, p, q]).astype(complex)
        basis = np.stack([np.exp(roots[0] * t), np.exp(roots[1] * t)], axis=1)
        basis = np.stack(
            [basis.sum(axis=1).real, ((basis[:, 0] - basis[:, 1]) / (roots[0] - roots[1])).real], axis=1
        )
        root = np.sqrt(weights)[:, None]
        coefficients = np.linalg.lstsq(root * basis, root[:, 0] * g, rcond=None)[0]
        return 0.5 * np.sum(weights * (g - basis @ coefficients) ** 2)

    grid = [(p, q) for p in np.linspace(-3, 3, 7) for q in np.linspace(-4, 4, 7)]
    start = min(grid, key=loss)
    brute = scipy.optimize.minimize(
        loss, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-12}
    ).fun
    found = reduced_models(teacher, 2, starts=16)[0].loss
    assert found == pytest.approx(brute, rel=1e-4)  # the quadrature's error


@pytest.mark.parametrize(
    "seed", [0, pytest.param(1, marks=pytest.mark.full), pytest.param(2, marks=pytest.mark.full)]
)
def test_fifty_poles_to_five_is_never_worse_than_balanced_truncation(seed):
    teacher = random_system(seed, 50, margin=0.1)
    best = reduced_models(teacher, 5, starts=6)[0]
    truncated = float(white_noise_loss(balanced_truncation(teacher, 5), teacher))
    assert 0 < best.loss < truncated


def test_several_inputs_and_outputs_are_reduced_too():
    teacher = random_system(2, 5, 2, 3)
    models = reduced_models(teacher, 2, starts=6)
    truncated = float(white_noise_loss(balanced_truncation(teacher, 2), teacher))
    assert models[0].loss <= truncated
    assert models[0].loss == pytest.approx(float(white_noise_loss(models[0].system, teacher)), rel=1e-8)
    # a local optimum: every nearby model is worse
    A, B, C = (np.asarray(m) for m in (models[0].system.A, models[0].system.B, models[0].system.C))
    random = np.random.default_rng(0)
    for _ in range(5):
        near = LinearSystem(*(m + 1e-3 * random.normal(size=m.shape) for m in (A, B, C)))
        assert float(white_noise_loss(near, teacher)) > models[0].loss


def test_balanced_truncation_of_all_states_is_the_system_and_errors_are_within_the_bound():
    teacher = random_system(6, 6, 2, 1)
    whole = balanced_truncation(teacher, 6)
    lags = np.array([0.0, 0.5, 2.0])
    np.testing.assert_allclose(whole.impulse_response(lags), teacher.impulse_response(lags), atol=1e-9)


def test_refusals_name_what_is_wrong():
    with pytest.raises(ProblemError, match="poles = 2, but it must be at most 1"):
        reduced_models(teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5]), 2)
    with pytest.raises(UnstableSystemError):
        reduced_models(LinearSystem([[0.1, 0.0], [0.0, -1.0]], [[1.0], [1.0]], [[1.0, 1.0]]), 1)
    unseen = LinearSystem([[-1.0, 0.0], [0.0, -2.0]], [[1.0], [0.0]], [[1.0, 1.0]])
    with pytest.raises(ProblemError, match="fewer than 2"):
        balanced_truncation(unseen, 2)
