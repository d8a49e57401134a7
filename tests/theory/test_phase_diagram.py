"""Which slow modes regression finds, misses and invents, over fraction, non-normality and lag."""

import numpy as np
import pytest

from numerics.recordings import record
from theory import circuits
from theory.circuits import LinearCircuit
from theory.errors import ProblemError, UnstableSystemError
from theory.partial_observation import (
    RecordedCircuit,
    matched_families,
    null_low_rank_eigenvalue,
    phase_diagram,
    rank_one_eigenvalues,
    rank_one_phase_diagram,
    reports_line,
    symmetric_line_timescale,
)
from theory.students import Autoregression


class TestRankOne:
    @pytest.mark.parametrize("fraction", [0.05, 0.3, 0.9])
    @pytest.mark.parametrize("slow", [50.0, 1000.0])
    def test_short_lags_of_the_symmetric_line_are_its_closed_form(self, fraction, slow):
        """R2."""
        values = rank_one_eigenvalues(fraction, 1 / 1.25 - 1 / slow, 1.0, 1.0, lag=1e-5, fast=1.25)
        expected = symmetric_line_timescale(fraction, slow, 1.25)
        assert -1e-5 / np.log(np.abs(values).max()) == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("fraction", [0.05, 0.5])
    @pytest.mark.parametrize("gain", [2.0, 1000.0])
    def test_short_lags_of_null_recurrence_are_its_closed_form(self, fraction, gain):
        """R4: an eigenvalue of the drift, 1 + ln(l) / t."""
        for strength in (1.0, gain):  # of strength and non-normality only the product counts
            values = rank_one_eigenvalues(fraction, strength, 0.0, gain / strength, lag=1e-6)
            found = 1 + np.log(np.abs(values).max()) / 1e-6
            assert found == pytest.approx(null_low_rank_eigenvalue(fraction, gain), abs=1e-5)

    @pytest.mark.parametrize("overlap", [0.0, 0.6, 1.0])
    @pytest.mark.parametrize("noise", [0.0, 0.7])
    def test_all_neurons_at_once_leave_no_scatter(self, overlap, noise):
        """At f = 1 the products are exact for any number of neurons: the student is the Lyapunov solver's."""
        neurons, strength, k, lag = 6, 0.85, 2.5, 1.7
        r, other = circuits.random_vectors.rotation(neurons, 3)[:2]
        left = overlap * r + np.sqrt(k**2 - overlap**2) * other
        circuit = LinearCircuit(0.1 * np.eye(neurons) + strength * np.outer(r, left))
        found = Autoregression().fit(RecordedCircuit(circuit, bin_size=lag, observation_noise=noise)).eigenvalues()
        expected = rank_one_eigenvalues(1.0, strength, overlap, k, lag, fast=1 / 0.9, observation_noise=noise)
        for value in expected:
            assert np.abs(found - value).min() < 1e-7  # rounding moves a fivefold eigenvalue by its root

    @pytest.mark.parametrize("overlap", [0.0, 1.0])
    def test_draws_approach_it_as_the_root_of_the_number_of_neurons(self, overlap):
        gaps = []
        for neurons in (60, 240):
            families = matched_families(neurons, slow=100.0)
            name = "line attractor" if overlap else "null recurrence"
            found = phase_diagram({name: families[name]}, [0.5], [5.0], [2.0], draws=24).slowest
            limit = rank_one_phase_diagram([0.5], [5.0], [2.0], slow=100.0).slowest.sel(circuit=name)
            gaps.append(float(np.sqrt(((found - limit) ** 2).mean())))
        assert gaps[0] / gaps[1] == pytest.approx(2.0, rel=0.4)  # 24 draws each: 14% on either

    def test_a_true_line_can_look_slower_than_it_is(self):
        """Far from normal, variance is amplified: at short lags the student is slower than the truth, not faster."""
        diagram = rank_one_phase_diagram([0.1], [1.0, 10.0], [0.3, 30.0], slow=1000.0).slowest.sel(
            circuit="line attractor", fraction=0.1
        )
        assert diagram.sel(non_normality=1.0, lag=0.3) < 200 and diagram.sel(non_normality=10.0, lag=0.3) > 2000
        assert np.all(np.abs(diagram.sel(lag=30.0) - 1000) < np.abs(diagram.sel(lag=0.3) - 1000))

    def test_impossible_circuits_are_refused(self):
        with pytest.raises(ProblemError, match="overlap"):
            rank_one_eigenvalues(0.5, 0.5, 1.0, 0.5, lag=1.0)
        with pytest.raises(UnstableSystemError, match="rate"):
            rank_one_eigenvalues(0.5, 1.2, 1.0, 1.0, lag=1.0)


class TestPhaseDiagram:
    def test_long_recordings_show_the_same(self):
        """Every cell of a small diagram, from 100,000 simulated samples of the same neurons."""
        families = matched_families(30, slow=100.0)
        diagram = phase_diagram(families, [0.1, 0.5], [1.0, 10.0], [1.0], draws=1)
        for name in families:
            for k in (1.0, 10.0):
                circuit = families[name](k, 0)
                order = np.random.default_rng(0).permutation(30)
                for fraction in (0.1, 0.5):
                    cell = diagram.sel(circuit=name, non_normality=k, fraction=fraction, lag=1.0)
                    observed = order[: round(fraction * 30)]
                    fit = Autoregression().fit(record(circuit, 100_000, 1.0, observed=observed, seed=1))
                    # the slowest has some 500 independent samples: 5% each
                    assert fit.slowest() == pytest.approx(cell.slowest.item(), rel=0.2)
                    if abs(np.log(cell.slowest.item() / 20)) > 0.3:
                        assert reports_line(fit) == bool(cell.reported)

    def test_rates_are_of_the_circuits_own_truth_and_sum_to_one(self):
        diagram = phase_diagram(matched_families(30), [0.1, 1.0], [1.0, 10.0], [0.3, 3.0], draws=3)
        np.testing.assert_array_equal(diagram.truth, ["line", "point", "point"])
        assert np.isnan(diagram.rate.sel(outcome="invented", circuit="line attractor")).all()
        np.testing.assert_allclose(diagram.rate.sum("outcome"), 1.0)

    def test_fully_observed_nothing_is_missed_or_invented(self):
        diagram = phase_diagram(matched_families(30), [1.0], [1.0, 10.0], [0.3, 3.0], draws=3)
        assert (diagram.rate.sel(outcome="missed", circuit="line attractor") == 0).all()
        assert diagram.slowest.sel(circuit="line attractor").values == pytest.approx(1000.0, rel=1e-6)
        assert (diagram.rate.sel(outcome="invented", circuit="null recurrence") == 0).all()

    def test_a_long_lag_finds_what_is_true_and_disowns_what_is_not(self):
        """At non-normality 1, and for the chain at 20, with a tenth of the neurons."""
        diagram = phase_diagram(matched_families(60, slow=100.0), [0.1], [1.0, 20.0], [0.1, 30.0], draws=8)
        diagram = diagram.sel(fraction=0.1)
        missed = diagram.rate.sel(outcome="missed", circuit="line attractor", non_normality=1.0)
        invented = diagram.rate.sel(outcome="invented", circuit="chain with skips", non_normality=20.0)
        assert missed[0] > 0 and missed[1] == 0
        assert invented[0] > 0.5 and invented[1] == 0

    def test_strong_null_recurrence_is_slow_only_in_short_bins_of_few_neurons(self):
        """R4's limit (2 - f) / f needs a continuous record."""
        diagram = rank_one_phase_diagram([0.02, 0.3], [500.0], [0.01, 1.0]).sel(circuit="null recurrence")
        np.testing.assert_array_equal(diagram.reported.values[0], [[True, False], [False, False]])

    def test_open_truth_is_refused(self):
        with pytest.raises(ProblemError, match="left open"):
            phase_diagram({"open": lambda k, seed: LinearCircuit(np.zeros((3, 3)))}, [0.5], [1.0], [1.0], draws=1)
