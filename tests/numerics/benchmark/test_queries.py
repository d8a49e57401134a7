"""Queries hold recorded states and nothing of the truth; answers are checked before they are believed."""

import numpy as np
import pytest

from numerics.benchmark.queries import KINDS, answer, queries_of
from numerics.recordings import record
from theory.circuits import uncoupled
from theory.errors import ProblemError


class Echo:
    """Stays where the history ends."""

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
        return np.tile(history[-1] + (0 if pulse is None else pulse), (samples, steps, 1))


@pytest.fixture(scope="module")
def testing():
    return record(uncoupled(6), samples=500, bin_size=1.0, trials=3)


def test_histories_and_pulsed_states_are_recorded_ones(testing):
    recorded = testing.activity.reshape(-1, 6)
    for name, group in queries_of(testing).items():
        assert set(group.kind) <= set(KINDS), name
        assert len({len(group), *map(len, (group.pulse, group.seed, group.place, group.kind))}) == 1
        for history, pulse, kind, (trial, last) in zip(
            group.history, group.pulse, group.kind, group.place, strict=True
        ):
            assert np.array_equal(history[-1], testing.activity[trial, last])
            assert (kind == "none") == (not pulse.any())
            if kind in ("on", "crossing"):
                assert np.abs(recorded - (history[-1] + pulse)).max(axis=1).min() < 1e-12


def test_kinds_of_pulses_are_what_they_say(testing):
    group, spread = queries_of(testing)["pulsed"], testing.activity.std(axis=(0, 1))
    size = np.linalg.norm(group.pulse / spread, axis=1)
    assert size[group.kind == "crossing"].min() > size[group.kind == "on"].max()
    single = group.pulse[group.kind == "single"] / spread
    assert np.allclose(np.sort(single, axis=1), [0, 0, 0, 0, 0, 2.0])
    off = group.pulse[group.kind == "off"]
    variances = np.var(testing.activity.reshape(-1, 6) @ (off.T / np.linalg.norm(off, axis=1)), axis=0)
    assert np.allclose(variances, np.linalg.eigvalsh(np.cov(testing.activity.reshape(-1, 6).T))[0], rtol=1e-3)


def test_a_wide_recording_does_not_ask_for_more_memory():
    rng = np.random.default_rng(0)
    from numerics.recordings import Recording

    for channels in (1, 100, 256):
        asked = queries_of(Recording(rng.normal(size=(300, channels)), 1.0)).values()
        assert sum(8 * np.prod(group.shape) for group in asked) < 200e6


@pytest.mark.parametrize("wrong, words", [(lambda x: x[:, 1:], "shape"), (lambda x: x * np.nan, "not finite")])
def test_a_wrong_answer_is_named(testing, wrong, words):
    class Wrong(Echo):
        def simulate(self, *args, **options):
            return wrong(super().simulate(*args, **options))

    with pytest.raises(ProblemError, match=f"free query 0.*{words}"):
        answer(Wrong(), queries_of(testing), seed=0)
