"""What is read off rollouts of models whose attractors are known exactly."""

import dataclasses

import numpy as np
import pytest

from numerics.benchmark.reading import read, responses
from numerics.benchmark.reading.divergence import divergence
from numerics.benchmark.reading.law import peaks_of
from numerics.benchmark.reading.modes import realised_modes, stationary_modes
from numerics.benchmark.statistics import wilson
from tests.numerics.benchmark.known_models import circle, defective, linear, lorenz, wells

TURN = 0.97 * np.exp(0.2j)
MODELS = {
    "point": (linear([0.37, 0.37, 0.37, 0.3, 0.2]), "point"),
    "line": (linear([0.99, 0.37, 0.3, 0.3, 0.2]), "line"),
    "non-normal line": (linear([0.995, 0.37, 0.3, 0.3, 0.2], condition=10.0), "line"),
    "non-normal point": (linear([0.4, 0.37, 0.3, 0.3, 0.2], condition=100.0), "point"),
    "plane": (linear([0.99, 0.985, 0.37, 0.3, 0.2]), "plane"),
    "slow oscillation": (linear([TURN, TURN.conjugate(), 0.3, 0.3, 0.2]), "point"),
    "defective": (defective(0.6), "point"),
    "two wells": (wells(1, 0.2), "points"),
    "ring": (circle(0.0, 0.1), "ring"),
    "cycle": (circle(0.3, 0.1), "cycle"),
    "chaos": (lorenz(0.02), "chaos"),
}
STILL, QUICK = ("slow oscillation", "two wells", "ring", "chaos"), ("line", "cycle")


def verdict(model, noisy, coupled=True):
    reading = read(*model.asked(noisy, coupled), bin_size=1.0)
    assert sum(reading.probabilities.values()) == pytest.approx(1.0)
    return reading, max(reading.probabilities, key=reading.probabilities.get)


@pytest.mark.parametrize(
    "name", [*STILL, *(pytest.param(name, marks=pytest.mark.full) for name in MODELS if name not in STILL)]
)
def test_attractors_of_models_without_noise_are_seen(name):
    model, kind = MODELS[name]
    reading, said = verdict(model, noisy=False)
    assert said == kind
    assert (reading.statistic > 0) == (kind != "point")
    assert reading.points == (2 if name == "two wells" else 1)


@pytest.mark.parametrize(
    "name",
    [*QUICK, *(pytest.param(name, marks=pytest.mark.full) for name in MODELS if name not in (*QUICK, "chaos"))],
)
@pytest.mark.parametrize("coupled", [True, pytest.param(False, marks=pytest.mark.full)])
def test_attractors_of_noisy_models_are_seen(name, coupled):
    model, kind = MODELS[name]
    reading, said = verdict(model, noisy=True, coupled=coupled)
    assert said == kind
    assert reading.noisy


@pytest.mark.parametrize("unit", [1e-9, 1e9])
def test_verdicts_do_not_depend_on_units(unit):
    model, kind = MODELS["line"]
    one, other = (read(*m.asked(True), bin_size=1.0) for m in (model, dataclasses.replace(model, unit=unit)))
    assert other.slowest == pytest.approx(one.slowest, rel=1e-6)
    assert other.statistic == pytest.approx(one.statistic, abs=1e-5)


def test_units_of_time_scale_timescales_and_nothing_else():
    queries, answers = MODELS["line"][0].asked(False)
    one, other = read(queries, answers, 1.0, 1.0), read(queries, answers, 1e-3, 1e-3)
    assert other.slowest == pytest.approx(1e-3 * one.slowest)
    assert other.evidence == pytest.approx(one.evidence)


def test_the_ratio_that_defines_a_line_moves_its_evidence():
    queries, answers = linear([np.exp(-1 / 60), np.exp(-1 / 4.5), 0.3]).asked(False)
    evidence = [read(queries, answers, 1.0, ratio=ratio).evidence["line"] for ratio in (5, 10, 20)]
    assert np.allclose(evidence, np.log2(60 / 4.5 / np.array([5, 10, 20])), atol=1e-3)


def test_a_model_that_ignores_its_history_has_no_attractor():
    model = linear([0.0, 0.0, 0.0, 0.0, 0.0], noise=1.0)
    for noisy in (False, True):
        reading, said = verdict(model, noisy)
        assert said == "point"
        assert reading.statistic < -1
    assert reading.slowest < 1


def test_a_model_that_explodes_is_told_and_claims_nothing():
    quiet, loud = linear([0.37, 0.3, 0.2]), linear([1.2, 0.3, 0.2])
    loud = dataclasses.replace(loud, step=lambda z, step=loud.step: np.clip(step(z), -1e12, 1e12))
    from numerics.benchmark.queries import queries_of

    queries = queries_of(quiet.recording())
    reading = read(queries, loud.answers(queries, noisy=False), 1.0)
    assert reading.explodes
    assert max(reading.probabilities, key=reading.probabilities.get) == "point"


@pytest.mark.parametrize("condition", [1.0, 100.0])
def test_modes_are_exact_where_noise_cancels(condition):
    values = [0.99, 0.8, TURN, TURN.conjugate(), 0.2]
    model = linear(values, condition=condition)
    queries, answers = model.asked(True)
    reading = read(queries, answers, bin_size=0.1)
    assert reading.modes.exact
    expected = -0.1 / np.log(np.sort(np.abs(values))[::-1])
    assert np.allclose(reading.modes.timescales, expected, rtol=1e-6)
    assert reading.interval[1] / reading.interval[0] < 1 + 1e-6


def test_a_defective_mode_is_read_within_the_root_of_rounding():
    # five equal modes part by the fifth root of what they are known to: 1e-12 ** (1/4) = 1e-3 of four
    reading, _ = verdict(defective(0.9), noisy=True)
    assert reading.slowest == pytest.approx(-1 / np.log(0.9), rel=0.02)


@pytest.mark.parametrize("draws", [12, pytest.param(60, marks=pytest.mark.full)])
def test_intervals_of_noisy_timescales_cover_and_open_where_nothing_bounds_them(draws):
    random = np.random.default_rng(3)
    for timescale, steps in ((20.0, 2000), (5000.0, 500)):
        decays, found = np.exp([-1 / timescale, -0.7]), []
        for _ in range(draws):
            x = np.empty((16, steps, 2))
            x[:, 0] = random.normal(size=(16, 2))
            kicks = random.normal(size=x.shape) * np.sqrt(1 - decays**2)
            for n in range(1, steps):
                x[:, n] = x[:, n - 1] * decays + kicks[:, n]
            found.append(stationary_modes(x, bin_size=1.0))
        covered = sum(modes.low[0] <= timescale <= modes.high[0] for modes in found)
        opened = sum(np.isinf(modes.high[0]) for modes in found)
        if timescale == 20.0:
            assert wilson(covered, draws, 0.999)[1] >= 0.95
            assert opened == 0
        else:  # sixteen records of a tenth of the timescale: an upper end is rarely known
            assert wilson(covered, draws, 0.999)[1] >= 0.95
            assert opened >= draws / 3


def test_peaks_are_counted_and_a_ring_or_a_flat_law_has_none():
    random = np.random.default_rng(4)
    for number in (1, 2, 3, 4):
        angles = 2 * np.pi * random.integers(number, size=600) / number
        centres = 4 * np.stack([np.cos(angles), np.sin(angles)], axis=1) if number > 1 else 0.0
        assert peaks_of(random.normal(size=(600, 2)) + centres, 600).number == number
    assert peaks_of(random.uniform(-1, 1, size=(600, 2)), 600).number == 1
    # what is too few to count is not counted
    assert peaks_of(random.normal(size=(600, 1)) + 4 * random.choice([-1, 1], size=(600, 1)), independent=8).number == 1


def test_the_divergence_of_pairs_is_the_largest_lyapunov_exponent():
    # Lorenz's is .906 per unit of time: Sprott 2003; the scatter is of eight short stretches
    queries, answers = lorenz(0.0).asked(noisy=False)
    group = queries["paired"]
    spread = queries["free"].history.reshape(-1, 6).std(axis=0)
    paths = answers["paired"][:, 0] / spread
    nudge = float(np.linalg.norm(group.pulse[group.kind == "tiny"][0] / spread))
    found = divergence(paths[group.kind == "none"], paths[group.kind == "tiny"], nudge)
    assert found.coupled
    assert found.rate / 0.05 == pytest.approx(0.906, rel=0.4)
    queries, answers = linear([0.9, 0.5, 0.3]).asked(noisy=True)
    group, paths = queries["paired"], answers["paired"][:, 0]
    found = divergence(paths[group.kind == "none"], paths[group.kind == "tiny"], 1e-6)
    assert found.rate == pytest.approx(np.log(0.9), rel=1e-3)


def test_responses_are_those_of_the_map():
    model = linear([0.9, 0.5, 0.3, 0.2, 0.1], condition=5.0)
    queries, answers = model.asked(noisy=True)
    found = responses(queries["pulsed"], answers["pulsed"])
    C = model.readout
    for query, response in zip(found.query, found.response, strict=True):
        z = (queries["pulsed"].pulse[query] @ np.linalg.pinv(C).T)[None]
        for step in range(5):
            z = model.step(z)
            assert np.allclose(response[step], z[0] @ C.T, atol=1e-10)
    assert found.error.max() < 1e-10
    loose = responses(queries["pulsed"], model.answers(queries, True, coupled=False)["pulsed"])
    assert np.mean(np.abs(loose.response - found.response) < 2 * loose.error) == pytest.approx(0.94, abs=0.05)


def test_realised_modes_need_something_that_relaxes():
    from theory.errors import ProblemError

    with pytest.raises(ProblemError, match="nothing relaxes"):
        realised_modes(np.zeros((3, 20, 2)), 1.0)
