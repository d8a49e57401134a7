"""Networks trained draw by draw: each is its own student's, and found again only while the students' code stays."""

import dataclasses

import numpy as np
import pytest

from numerics.network_fitting import NetworkFitting
from numerics.provenance import ROOT, _reachable
from numerics.recordings import record
from numerics.results import ResultStore
from numerics.students import WideNetwork
from theory import circuits
from theory.errors import ProblemError
from theory.nonlinearities import ErrorFunction
from theory.students import Autoregression

STUDENT = WideNetwork(hidden=6, window=2, steps=40, batch=16, rate=0.01)
FITTING = NetworkFitting(
    circuits.feedforward_chain,
    {"neurons": 8},
    observed=(0,),
    samples=500,
    draws=2,
    student=STUDENT,
    steps=(10, 40),
)


def test_every_draw_has_its_own_recording_and_weights(tmp_path):
    fits = FITTING.run(ResultStore(tmp_path), progress=False)
    assert fits.slowest.shape == (2, 2) and fits.propagator.shape == (2, 6, 6)
    for draw in range(2):
        recording = record(circuits.feedforward_chain(8), 500, 1.0, observed=(0,), seed=draw)
        along = dataclasses.replace(STUDENT, seed=draw).along_training(recording, [10, 40])
        np.testing.assert_allclose(fits.slowest.values[draw], [fit.slowest() for (fit,) in along], rtol=1e-12)
    np.testing.assert_array_equal(fits.slowest.values[:, -1], fits.timescale.values[:, 0])
    assert fits.slowest.values[0, -1] != fits.slowest.values[1, -1]


def test_code_of_the_students_is_part_of_what_made_the_result():
    assert "numerics.students.wide_network" in _reachable(NetworkFitting.entry, ROOT)


def test_a_student_that_is_not_trained_is_refused():
    with pytest.raises(ProblemError, match="WideNetwork"):
        dataclasses.replace(FITTING, student=Autoregression())


def test_saturating_units_are_linear_up_to_the_square_of_the_activity():
    """The same minibatches and initial weights: halved activity leaves a quarter of the difference."""
    recording, gaps = FITTING.recorded(0), []
    for activity in (0.02, 0.01):
        given = dataclasses.replace(STUDENT, activity=activity)
        saturating = dataclasses.replace(given, nonlinearity=ErrorFunction()).fit(recording).propagator
        gaps.append(np.abs(saturating - given.fit(recording).propagator).max())
    assert 0 < gaps[0] < 0.02
    assert gaps[0] / gaps[1] == pytest.approx(4.0, rel=0.1)
