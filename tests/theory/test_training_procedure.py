"""Which slow modes each way to train reports, by the students' theory, on recordings, and by descent itself."""

import numpy as np
import pytest

from numerics.recordings import record
from theory import circuits
from theory.circuits import LinearCircuit, Truth
from theory.errors import ProblemError
from theory.partial_observation import (
    RecordedCircuit,
    outcome,
    reports_line,
    standard_procedures,
    training_path,
    training_procedures,
    training_time_of_slow_mode,
    turning_points,
)
from theory.students import Autoregression, Fit, Rollout, Subspace, TeacherForced


def skips(neurons=60, observed=6) -> RecordedCircuit:
    """A chain with skips, turned: no slow mode, but a Markov student invents one."""
    return RecordedCircuit(circuits.feedforward_chain(neurons, skip=1.0, rotated=True), range(observed))


class TestLabels:
    @pytest.mark.parametrize(
        ("eigenvalues", "expected"),
        [
            ([0.96, 0.5], True),  # 24 and 1.4
            ([0.96, 0.7], False),  # 24 and 2.8
            ([0.94, 0.2], False),  # 16
            ([-0.96, 0.5], False),  # changes sign from bin to bin
            ([0.96], True),
            ([1.001, 0.5], True),  # never decays
            ([1.001, 1.001], False),
        ],
    )
    def test_line_needs_twenty_units_and_ten_times_the_next(self, eigenvalues, expected):
        assert reports_line(Fit(np.diag(eigenvalues), bin_size=1.0)) is expected

    def test_units_are_the_circuits_own(self):
        fit = Fit(np.diag(np.exp([-1 / 30.0, -1.0])), bin_size=1.0)
        assert reports_line(fit, time_constant=1.0) and not reports_line(fit, time_constant=2.0)

    def test_oscillation_is_no_line(self):
        plane = 0.999 * np.array([[np.cos(1), np.sin(1)], [-np.sin(1), np.cos(1)]])
        assert not reports_line(Fit(plane, bin_size=1.0))

    def test_four_outcomes(self):
        found = [outcome(Truth(kind), reported) for kind in ("line", "point") for reported in (True, False)]
        assert found == ["found", "missed", "invented", "absent"]
        for truth in (None, Truth("plane")):
            with pytest.raises(ProblemError, match="truth"):
                outcome(truth, True)


class TestProcedures:
    def test_long_recordings_report_what_is_predicted(self):
        """Every procedure fitted to 200,000 samples: the same outcome, and the timescale to its scatter."""
        recorded = skips(60, 6)
        procedures = standard_procedures(recorded, steps=(1, 10), orders=(3, 5))
        predicted = training_procedures(recorded, procedures)
        recording = record(recorded.circuit, 200_000, 1.0, observed=recorded.observed, seed=2)
        fits = [student.fit(recording) for students in procedures.values() for student in students.values()]
        assert (predicted.outcome != "failed").all() and set(predicted.outcome.values) >= {"invented", "absent"}
        np.testing.assert_allclose([fit.slowest() for fit in fits], predicted.slowest, rtol=0.1)
        assert [reports_line(fit) for fit in fits] == predicted.reported.values.tolist()

    def test_longer_views_disown_what_one_step_invents_and_the_turn_is_located(self):
        recorded = skips()
        found = training_procedures(recorded, {"rollout": {k: Rollout(k) for k in (1, 3, 10)}})
        assert found.outcome.values.tolist()[0] == "invented" and found.outcome.values.tolist()[-1] == "absent"
        turn = turning_points(found).isel(turn=0)
        assert reports_line(Rollout(int(turn.before)).fit(recorded))
        assert not reports_line(Rollout(int(turn.after)).fit(recorded))

    def test_true_line_is_missed_by_few_neurons_at_one_step_and_found_with_latent_states(self):
        line = circuits.symmetric_line_attractor(100, slow=200.0, seed=1)
        recorded = RecordedCircuit(line, range(3))
        found = training_procedures(recorded, {"one step": {1: Autoregression()}, "latent": {4: Subspace(4, 5)}})
        assert found.outcome.values.tolist() == ["missed", "found"]
        assert float(found.slowest[1]) == pytest.approx(200.0, rel=1e-5)

    def test_student_that_cannot_be_fitted_says_why(self):
        found = training_procedures(skips(), {"latent": {40: Subspace(40, 3)}})
        assert found.outcome.item() == "failed" and "horizon" in found.reason.item() and np.isnan(found.slowest.item())

    def test_open_truth_is_refused(self):
        with pytest.raises(ProblemError, match="left open"):
            training_procedures(RecordedCircuit(LinearCircuit([[0.5]])))


class TestTrainingTime:
    def test_recorded_symmetric_line_appears_by_the_closed_form(self):
        """C(0) and C(1) commute: `l_1 (1 - exp(-v_1 s)) = exp(-bin / T)`."""
        recorded = RecordedCircuit(circuits.symmetric_line_attractor(30, slow=200.0), range(10), bin_size=0.5)
        C0, C1 = recorded.lagged_covariance([0, 1])
        assert np.abs(C0 @ C1 - C1 @ C0).max() < 1e-12 * np.abs(C0 @ C1).max()
        v = np.linalg.eigvalsh(C0)[-1]
        rate = Autoregression().fit(recorded).eigenvalues()[0].real
        expected = -np.log(1 - np.exp(-0.5 / 20.0) / rate) / v
        assert training_time_of_slow_mode(recorded, 20.0) == pytest.approx(expected, rel=1e-9)

    def test_early_stopping_makes_a_mode_slower_than_any_of_the_fit(self):
        """By descent in small steps: a chain's student first has a slower mode than it ends with."""
        recorded = skips(100, 10)
        C0, C1 = recorded.lagged_covariance([0, 1])
        step, A, checked = 2e-4, np.zeros_like(C0), {}
        for n in range(1, 501):
            A = A + step * (C1 - A @ C0)
            checked[n] = np.abs(np.linalg.eigvals(A)).max()
        path = training_path(recorded, np.array([50, 150, 500, 5e7]) * step)
        by_descent = [-1 / np.log(checked[n]) for n in (50, 150, 500)]
        # descent in steps is behind flow by half a step times the rate of what is still learned
        np.testing.assert_allclose(path.slowest[:3], by_descent, rtol=0.05)
        assert path.slowest[1] > 1.25 * path.slowest[-1]
        assert path.slowest[-1] == pytest.approx(Autoregression().fit(recorded).slowest(), rel=1e-6)

    def test_modes_are_followed_without_jumps(self):
        recorded = skips(60, 5)
        times = np.geomspace(1e-3, 1e3, 400)
        path = training_path(recorded, times)
        assert np.abs(np.diff(path.eigenvalue.values, axis=0)).max() < 0.1
        crossing = training_time_of_slow_mode(recorded, 20.0)
        assert TeacherForced(crossing).fit(recorded).slowest() == pytest.approx(20.0, rel=1e-6)
        assert np.interp(crossing, times, path.slowest) == pytest.approx(20.0, rel=0.05)
        np.testing.assert_allclose(path.learned[-1], 1.0)

    def test_what_hardly_lasts_is_there_long_before_the_loudest_direction_is_learned(self):
        """While little is learned `A(s) = s C(1)`: a mode of a tenth of a bin takes `s = e^-10 / |l|max of C(1)`."""
        recorded = skips(60, 5)
        found = training_time_of_slow_mode(recorded, 0.1)
        C0, C1 = recorded.lagged_covariance([0, 1])
        expected = np.exp(-10.0) / np.abs(np.linalg.eigvals(C1)).max()
        # the next order is half the part of the loudest direction that is learned
        assert found == pytest.approx(expected, rel=found * np.linalg.eigvalsh(C0)[-1])

    def test_a_start_that_lasts_has_it_at_once(self):
        assert training_time_of_slow_mode(skips(), 20.0, start=0.99) == 0.0
