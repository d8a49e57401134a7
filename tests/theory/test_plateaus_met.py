"""Plateaus of any architecture: H2-optimal models, left at the rates that the Hessian of a wide network says."""

import numpy as np
import pytest
from jax.flatten_util import ravel_pytree

from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
from theory.errors import NotDerivableError
from theory.plateaus import plateaus
from theory.plateaus_met import plateaus_met

REFERENCE = teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5])


def problem(architecture, gain=0.0, teacher=REFERENCE) -> Problem:
    return Problem(
        teacher,
        architecture,
        initialisations.Gaussian(1e-3, 1e-3, gain),
        objectives.WhiteNoise(),
        learning_rules.GradientFlow(),
    )


# a silent unit's own pole is where its recurrent weight starts: at rate 1 but for the sigmoid's 1/2
@pytest.mark.parametrize(
    ("architecture", "silent", "expected"),
    [
        (architectures.Diagonal(), 1.0, 0.129804),
        pytest.param(architectures.SigmoidGate(), 0.5, None, marks=pytest.mark.full),
        pytest.param(architectures.InverseSquareRate(), 1.0, 0.129804, marks=pytest.mark.full),
    ],
    ids=str,
)
def test_first_plateau_of_independent_units_is_left_at_the_error_at_the_silent_units_pole(
    architecture, silent, expected
):
    ours = problem(architecture)
    nothing, first = plateaus_met(ours, 1, 150.0, draws=1)
    assert nothing.loss == pytest.approx(0.522619, abs=1e-6)
    assert first.loss == pytest.approx(0.104586, abs=1e-6)
    assert first.poles[0].real == pytest.approx(-0.18627, abs=1e-5)
    a = float((first.network["input"] * first.network["readout"]).item())
    error = abs(1 / (silent + 0.3) - 1.5 / (silent + 2.5) - a / (silent + 0.18627))
    assert first.escape_rate == pytest.approx(error, rel=1e-4)  # the pole's printed digits
    assert expected is None or first.escape_rate == pytest.approx(expected, abs=1e-6)
    assert nothing.escape_rate == pytest.approx(abs(1 / (silent + 0.3) - 1.5 / (silent + 2.5)), rel=1e-9)
    for slope in ours.gradient(first.network).values():
        assert np.abs(slope).max() < 1e-8


@pytest.mark.full
def test_two_units_go_on_to_the_solution_and_hits_are_counted():
    found = plateaus_met(problem(architectures.Diagonal()), 2, 150.0, draws=2)
    assert [round(p.loss, 5) for p in found] == [0.52262, 0.10459, 0.0]
    assert found[-1].escape_rate == 0.0 and found[1].hits > 1
    flat, _ = ravel_pytree(found[-1].network)
    assert flat.size == 6


def test_the_search_of_dense_networks_refuses_others_and_names_this_one():
    with pytest.raises(NotDerivableError, match="plateaus_met"):
        plateaus(problem(architectures.Diagonal()))
