"""Claims, report card and leaderboard, from tables whose answer is known."""

import numpy as np
import pandas
import pytest

from numerics.benchmark import outcomes, table
from numerics.benchmark.frontiers import frontier
from numerics.benchmark.leaderboard import leaderboard, prediction_against_hallucination, standing
from numerics.benchmark.report_card import report_card
from numerics.benchmark.words import worst_sentence
from numerics.checking.page import Tone
from tests.numerics.benchmark.small import Uncoupled
from tests.numerics.benchmark.suite_parts import Chain, Line
from theory.errors import ProblemError
from theory.partial_observation import markov_divergence_rate, recording_time_needed, symmetric_line_timescale

FRACTIONS, DURATIONS, DRAWS, CALIBRATING = (0.05, 0.5), (1000.0, 10_000.0), 40, 99


def made_up(truths: dict[str, str], statistic, seed: int = 0, **columns) -> pandas.DataFrame:
    """A table as a run leaves it, with a statistic that a function of family, fraction and random numbers makes."""
    random, rows = np.random.default_rng(seed), []
    for part, families, draws in (("calibration", {"N0": "point"}, CALIBRATING), ("test", truths, DRAWS)):
        for family, truth in families.items():
            for fraction in FRACTIONS:
                for duration in DURATIONS:
                    for draw in range(draws):
                        rows.append(
                            {
                                "part": part, "family": family, "system": family.split()[0], "observation": "random",
                                "impostor": False, "fraction": fraction, "duration": duration, "bin_size": 1.0,
                                "noise": 0.0, "trials": 1, "draw": draw + 1000 * (part == "calibration"), "data": 0,
                                "fit": 0, "truth": truth, "true_slowest": 100.0 if truth == "line" else 1.0,
                                "unmade": "", "failed": "", "seconds": 0.1, "memory": np.nan, "isolation": "",
                                "statistic": statistic(family, fraction, random), "own_claim": 0.0, "p_point": 0.1,
                                "p_line": 0.5, "p_plane": 0.2, "timescale_error": -1.0, "R2_1": 0.9,
                                "timescale_recovered": 0.0, "response_on": 0.5, "log_score": 0.7,
                            }
                        )  # fmt: skip
    kinds = dict.fromkeys(("p_points", "p_ring", "p_cycle", "p_chaos"), 0.05)
    return pandas.DataFrame(rows).assign(**kinds).assign(**columns)


TRUTHS = {"N0": "point", "F1": "point", "L1": "line"}


def honest(family: str, fraction: float, random) -> float:
    """Sees the line, and nothing else."""
    return random.normal() + {"N0": -4.0, "F1": -3.0, "L1": 4.0}.get(family, 0.0)


def inverted(family: str, fraction: float, random) -> float:
    """As students are at a small fraction: the chain is taken for a line, the line for none."""
    small = fraction < 0.1
    return random.normal() / 10 + {"N0": -4.0, "F1": 3.0 if small else -3.0, "L1": -2.0 if small else 3.0}[family]


class TestClaims:
    def test_calibrated_thresholds_pass_a_twentieth_of_held_out_n0(self):
        tested = outcomes.claims(made_up(TRUTHS, lambda family, f, random: random.normal()))
        held_out = tested[tested.family == "N0"]
        # four settings, each with a threshold of its own of 99 draws: a beta law of mean .05 and standard deviation
        # .0217, and 40 draws a setting
        error = np.sqrt((0.0217**2 + 0.05 * 0.95 / DRAWS) / 4)
        assert abs(held_out.above.mean() - 0.05) < 4 * error

    def test_calibration_cells_are_not_tested_and_nothing_else_calibrates(self):
        rows = made_up(TRUTHS, honest)
        tested = outcomes.claims(rows)
        assert len(tested) == (rows.part == "test").sum()
        wild = rows.copy()
        wild.loc[(wild.part == "test") & (wild.family == "F1"), "statistic"] += 100
        assert (outcomes.claims(wild).threshold == tested.threshold).all()

    def test_of_a_ghost_all_claims_but_a_cycle_are_hallucinations(self):
        truths = TRUTHS | {"G1": "ghost", "C1": "cycle"}
        for kind, (of_ghost, of_cycle) in {"line": (1, 0), "points": (1, 0), "cycle": (0, 0), "point": (0, 1)}.items():
            sure = {f"p_{one}": float(one == kind) for one in ("point", "points", "line", "cycle")}
            rows = made_up(truths, honest, **sure).assign(own_claim=1.0)
            found = outcomes.rates_by_family(outcomes.claims(rows)).set_index(["family", "rate"]).value
            assert found["G1", "H"] == of_ghost and found["C1", "M"] == of_cycle

    def test_an_attractor_must_be_one_by_definition_too(self):
        """N0 at -4 lets -3 pass, but an attractor begins at 0."""
        tested = outcomes.claims(made_up(TRUTHS, lambda family, f, random: {"N0": -4.0}.get(family, -3.0)))
        chain = tested[tested.family == "F1"]
        assert (chain.above == 1).all() and (chain.claimed == 0).all()

    @pytest.mark.parametrize(("statistic", "H", "M"), [(9.0, 1.0, 0.0), (-9.0, 0.0, 1.0)])
    def test_who_always_claims_hallucinates_always_and_who_denies_misses_always(self, statistic, H, M):
        tested = outcomes.claims(made_up(TRUTHS, lambda family, f, random: statistic))
        # told by what the method says itself: a constant cannot exceed a threshold calibrated on itself
        tested = outcomes.claims(made_up(TRUTHS, honest).assign(own_claim=1.0, p_point=float(statistic < 0)))
        found = outcomes.rates_by_family(tested).set_index(["family", "rate"]).value
        assert found["F1", "H"] == H and found["N0", "H"] == H and found["L1", "M"] == M

    def test_failures_count_as_errors_either_way_and_circuits_that_were_not_made_do_not_count(self):
        rows = made_up(TRUTHS, honest)
        first = (rows.part == "test") & (rows.draw < 10)
        failed = rows.assign(failed=np.where(first, "it crashed", ""), statistic=rows.statistic.where(~first))
        found = outcomes.rates_by_family(outcomes.claims(failed)).set_index(["family", "rate"]).value
        assert found["F1", "H"] == pytest.approx(10 / DRAWS) and found["L1", "M"] == pytest.approx(10 / DRAWS)
        unmade = rows.assign(unmade=np.where(first, "diverged", ""), statistic=rows.statistic.where(~first))
        found = outcomes.rates_by_family(outcomes.claims(unmade)).set_index(["family", "rate"])
        assert found.value["F1", "H"] == 0 and found.draws["F1", "H"] == DRAWS - 10

    def test_domain_is_where_the_worst_family_is_within_bounds(self):
        tested = outcomes.claims(made_up(TRUTHS, inverted))
        domain = outcomes.domain(outcomes.rates_by_setting(tested))
        assert domain["value"] == 0.5  # the large fraction
        assert outcomes.domain(outcomes.rates_by_setting(outcomes.claims(made_up(TRUTHS, honest))))["value"] == 1.0

    def test_what_was_not_asked_and_what_cannot_be_scored_is_said_on_the_card(self):
        rows = made_up(TRUTHS, honest, points_found=np.nan)
        rows["unmade"] = np.where((rows.family == "L1") & (rows.draw < 3), "the circuit diverged", "")
        page = report_card("made up", rows, {}, {})
        sections = {section.title: section for section in page.sections}
        assert sections["Not asked"].table.rows == (("L1", "12", "the circuit diverged"),)
        assert "Cannot be scored" in sections["Fixed points"].words and "one_bin" in sections["Fixed points"].words


class TestFrontiers:
    def test_line_attractor_is_missed_below_the_fraction_of_r2(self):
        """`f slow + (1 - f) fast = 20` at f = .0945 in the mean over draws, which scatter."""
        found = frontier(Line(neurons=200, slow=200.0), np.geomspace(0.02, 0.5, 10), draws=8)
        (turn,) = found.turns()
        expected = (20 - 1.25) / (200 - 1.25)
        assert symmetric_line_timescale(expected, 200.0, 1.25) == pytest.approx(20.0)
        # |v_o|^2 scatters by sqrt(2 f (1 - f) / (D + 2)) = .029 about f; of 8 draws, and a grid of factor 1.43
        assert abs(np.log(turn / expected)) < 4 * (0.029 / expected) / np.sqrt(8) + np.log(1.43)

    def test_time_needed_is_that_of_r6_of_the_draw(self):
        system, fractions = Chain(neurons=12), np.array([0.25, 0.5, 1.0])
        found = frontier(system, fractions, draws=1)
        seen = np.sort(np.random.default_rng([0, 14]).permutation(12)[:3])
        expected = recording_time_needed(markov_divergence_rate(system.draw(0), seen))
        assert found.time_needed[0] == pytest.approx(expected) and found.time_needed[2] == np.inf

    def test_uncoupled_units_never_change_their_student_s_mind(self):
        found = frontier(Uncoupled(), np.array([0.2, 0.9]), draws=1)
        assert found.turns() == [] and (found.slowest == pytest.approx(1.0)) and (found.time_needed == np.inf).all()


class TestWords:
    def test_the_worst_is_said_with_its_interval(self):
        said = worst_sentence("ridge", outcomes.claims(made_up(TRUTHS, inverted)))
        assert said.startswith("With 0.05 of the neurons observed or less, ridge invents a line attractor from ")
        assert said.replace("\N{NO-BREAK SPACE}", " ").endswith("in 100% [91, 100] of draws.")

    def test_nothing_bad_is_said_of_the_honest(self):
        assert "Of no family" in worst_sentence("honest", outcomes.claims(made_up(TRUTHS, honest)))


def saved(folder, name: str, statistic, **options):
    table.write(made_up(TRUTHS, statistic, **options), name, folder, {"name": "benchmark"}, 1.0)
    return folder


class TestPages:
    def test_report_card_has_everything_and_its_verdict(self):
        rows = made_up(TRUTHS, inverted)
        rows.loc[0, "failed"] = "it <crashed>"
        curves = {"L1": frontier(Line(neurons=20, slow=200.0), np.geomspace(0.05, 0.5, 4), draws=2)}
        page = report_card("ridge", rows, {"seed": "0"}, curves)
        assert page.verdict.tone is Tone.DOUBT and "invents" in page.verdict.sentence
        titles = [section.title for section in page.sections]
        for word in ("family", "fraction", "Calibration", "Timescales", "seeds", "Cost", "Failures"):
            assert any(word in title for title in titles), word
        text = page.html()
        assert "it &lt;crashed&gt;" in text and "<crashed>" not in text
        assert "http://" not in text and "https://" not in text  # self-contained
        good = report_card("honest", made_up(TRUTHS, honest), {}, {})
        assert good.verdict.tone is Tone.GOOD

    def test_leaderboard_orders_by_domain_of_validity(self, tmp_path):
        folders = (saved(tmp_path / "a", "bad", inverted), saved(tmp_path / "b", "good", honest))
        page = leaderboard(folders)
        assert page.verdict.sentence.startswith("good comes first of 2: valid in 100%")
        names = [row[1] for row in page.sections[0].table.rows]
        assert names == ["good", "bad"]

    def test_runs_on_different_cells_are_not_compared(self, tmp_path):
        full = saved(tmp_path / "a", "one", honest)
        rows = made_up({"N0": "point", "F1": "point"}, honest)
        table.write(rows, "two", tmp_path / "b", {"name": "benchmark"}, 1.0)
        with pytest.raises(ProblemError, match="same families and settings"):
            leaderboard((full, tmp_path / "b"))

    def test_rankings_agree_within_intervals_between_seeds(self):
        """Two runs with different draws: the same order, and domains whose intervals overlap."""
        stands = [
            [standing(name, outcomes.claims(made_up(TRUTHS, law, seed))) for name, law in
             (("honest", honest), ("inverted", inverted))]
            for seed in (1, 2)
        ]  # fmt: skip
        orders = [[one["name"] for one in sorted(run, key=lambda one: one["order"])] for run in stands]
        assert orders[0] == orders[1] == ["honest", "inverted"]
        for one, other in zip(*stands, strict=True):
            assert one["domain"]["low"] <= other["domain"]["high"] and other["domain"]["low"] <= one["domain"]["high"]

    def test_prediction_and_hallucination_are_those_of_families_without_an_attractor(self):
        runs = {"inverted": outcomes.claims(made_up(TRUTHS, inverted, R2_1=0.9))}
        points = prediction_against_hallucination(runs)
        assert points.family.tolist() == ["F1", "N0"]
        assert points.H.to_list() == [0.5, 0.0] and points.R2.to_list() == pytest.approx([0.9, 0.9])
