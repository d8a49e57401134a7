"""Generalised teacher forcing: its loss, and its two limits, one-step teacher forcing and running freely."""

import jax.numpy as jnp
import numpy as np
import pytest

from numerics.recordings import record
from numerics.students import InterpolatedForcing
from numerics.students.interpolated_forcing import InterpolatedLoss
from theory import circuits
from theory.errors import ProblemError
from theory.nonlinearities import HyperbolicTangent, Identity
from theory.partial_observation import RecordedCircuit
from theory.students import Autoregression, GeneralisedForcing, Rollout

CHAIN = circuits.feedforward_chain(12, skip=1.0, rotated=True)
RECORDING = record(CHAIN, 20_000, 1.0, observed=[0, 1], seed=0)


@pytest.mark.parametrize("forcing", [1.0, 0.3, 0.0])
@pytest.mark.parametrize("phi", [Identity(), HyperbolicTangent()])
def test_loss_is_that_of_the_steps_one_by_one(phi, forcing):
    random = np.random.default_rng(0)
    A, windows, errors = 0.4 * random.normal(size=(5, 5)), random.normal(size=(3, 6, 2)), []
    for window in windows:
        state = np.concatenate([window[0], np.zeros(3)])
        for given, target in zip(window[:-1], window[1:], strict=True):
            state[:2] = forcing * given + (1 - forcing) * state[:2]
            state = A @ np.asarray(phi(state))
            errors.append((state[:2] - target) ** 2)
    found = InterpolatedLoss(phi, forcing)({"recurrent": jnp.asarray(A)}, jnp.asarray(windows))
    assert float(found) == pytest.approx(np.mean(errors), rel=1e-12)


@pytest.mark.parametrize("forcing", [1.0, 0.3, 0.0])
def test_training_ends_where_theory_says(forcing):
    """One-step teacher forcing, something in between, and running freely, each nearer to its own end than to others."""
    student = InterpolatedForcing(forcing=forcing, window=4, steps=3000, rate=3e-3, batch=256)
    expected = GeneralisedForcing(4, forcing).fit(RECORDING).propagator
    others = [limit.fit(RECORDING).propagator for limit in (Autoregression(), GeneralisedForcing(4, 0.3), Rollout(4))]
    gaps = np.sort([np.abs(expected - other).max() for other in others])
    found = student.fit(RECORDING).propagator
    # minibatches leave a scatter of about 1 / sqrt(batch x steps over which the falling rate averages)
    assert np.abs(found - expected).max() < 0.015
    assert gaps[0] < 1e-6 and gaps[1] > 0.03


def test_hidden_states_are_not_forced_and_improve_the_prediction():
    settings = dict(forcing=1.0, window=6, steps=2000, rate=3e-3, batch=128)
    losses = []
    windows = jnp.asarray(np.stack([RECORDING.centred()[0, n : n + 7] for n in range(0, 19_000, 7)]))
    for hidden in (0, 6):
        fit = InterpolatedForcing(hidden=hidden, **settings).fit(RECORDING)
        assert fit.propagator.shape == (2 + hidden,) * 2
        losses.append(float(InterpolatedLoss(Identity(), 1.0)({"recurrent": jnp.asarray(fit.propagator)}, windows)))
    assert losses[1] < 0.98 * losses[0]


def test_report_is_linearised_where_the_free_network_rests():
    student = InterpolatedForcing(hidden=2, forcing=0.5, window=3, nonlinearity=HyperbolicTangent(), steps=300)
    fit = student.fit(RECORDING)
    assert fit.propagator.shape == (4, 4) and fit.readout.shape == (2, 4)
    assert np.isfinite(fit.slowest())


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: InterpolatedForcing(forcing=1.5).fit(RECORDING), "forcing = 1.5"),
        (lambda: InterpolatedForcing(hidden=-1).fit(RECORDING), "hidden = -1"),
        (lambda: InterpolatedForcing().fit(RecordedCircuit(CHAIN, [0])), "samples"),
        (lambda: InterpolatedForcing(nonlinearity="tanh").fit(RECORDING), "Nonlinearity"),
    ],
)
def test_what_makes_no_sense_is_refused(make, message):
    with pytest.raises(ProblemError, match=message):
        make()
