"""A training that was interrupted goes on to the same numbers, and never from another's checkpoint."""

import dataclasses
import os
import types

import numpy as np
import pytest

from numerics import checkpoint as module
from numerics import computation, simulation
from numerics.checkpoint import Checkpoint
from numerics.claims.integrator_outlier import integrator_problem
from numerics.evaluators import Gramians, Moments
from numerics.experiment import Experiment
from numerics.results import ResultStore
from numerics.simulation import DivergenceWarning, TruncationWarning, simulate
from theory.architectures import Diagonal
from theory.errors import ResultMismatchError
from theory.learning_rules import Adam, GradientDescent, HeavyBall

RECORDS, STEPS = 6, 20
PROBLEM = dataclasses.replace(integrator_problem(0.4, 0.1), architecture=Diagonal())


def run(problem=PROBLEM, width=4, **options):
    defaults = {"seeds": 2, "training_time": 2.0, "records": RECORDS, "step_size": 0.1, "weights": True}
    return simulate(problem, width, progress=False, **(defaults | options))


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A checkpoint that is written at every step."""
    monkeypatch.setattr(module, "INTERVAL", 0.0)
    monkeypatch.setattr(module, "SHARE", float("inf"))
    return tmp_path / "training.checkpoint"


@pytest.fixture
def steps(monkeypatch):
    """Counts the steps that are trained, and interrupts after `steps.last` of them."""
    counter, real = types.SimpleNamespace(taken=0, last=None), simulation.advance

    def advance(*arguments):
        if counter.last is not None and counter.taken >= counter.last:
            raise KeyboardInterrupt
        counter.taken += int(arguments[6])
        return real(*arguments)

    monkeypatch.setattr(simulation, "advance", advance)
    return counter


def interrupt(steps, after: int, **options) -> None:
    steps.last, steps.taken = after, 0
    with pytest.raises(KeyboardInterrupt):
        run(**options)
    steps.last, steps.taken = None, 0


def assert_same_bits(found, expected) -> None:
    assert set(found.variables) == set(expected.variables) and found.attrs == expected.attrs
    for name, values in expected.variables.items():
        assert found[name].dtype == values.dtype and found[name].dims == values.dims
        assert found[name].values.tobytes() == values.values.tobytes(), name


class TestResumption:
    @pytest.mark.parametrize("after", [0, 4, 10])
    @pytest.mark.parametrize("precision", ["float64", "float32"])
    def test_interrupted_training_goes_on_to_the_same_bits(self, path, steps, after, precision):
        whole = run(precision=precision)
        interrupt(steps, after, precision=precision, checkpoint=path)
        assert_same_bits(run(precision=precision, checkpoint=path), whole)
        assert steps.taken == STEPS - after  # nothing was trained twice, between records (4 steps apart) neither

    @pytest.mark.parametrize("rule", [HeavyBall(1.0, 0.1), Adam(0.02)], ids=["heavy ball", "Adam"])
    def test_what_a_rule_remembers_is_kept_too(self, path, steps, rule):
        problem = dataclasses.replace(PROBLEM, learning_rule=rule)
        options = {"problem": problem, "step_size": None, "training_time": STEPS * rule.step_size}
        whole = run(**options)
        interrupt(steps, 10, checkpoint=path, **options)
        assert_same_bits(run(checkpoint=path, **options), whole)

    def test_many_interruptions_are_like_none(self, path, steps):
        for _ in range(6):
            interrupt(steps, 3, checkpoint=path)
        assert_same_bits(run(checkpoint=path), run())

    def test_checkpoint_at_the_end_needs_no_training_and_is_the_callers_to_delete(self, path, steps):
        whole = run(checkpoint=path)
        steps.last = steps.taken
        assert_same_bits(run(checkpoint=path), whole)
        assert [file.name for file in path.parent.iterdir()] == [path.name]

    def test_networks_lost_before_stay_lost(self, path, steps):
        """One of three diverges half-way: interrupted before and after."""
        fast = dataclasses.replace(PROBLEM, learning_rule=GradientDescent(1.0))
        options = {"width": 8, "seeds": (0, 3, 5), "training_time": 32.0, "records": 17, "step_size": None}
        with pytest.warns(DivergenceWarning), pytest.warns(TruncationWarning):
            whole = run(fast, **options)
        first = int(np.argmax(whole.diverged.any("seed").values))
        assert 2 < first < 15
        for _ in range(2):
            interrupt(steps, 2 * first - 3 if not path.exists() else 6, problem=fast, checkpoint=path, **options)
        with pytest.warns(DivergenceWarning, match="1 of 3"), pytest.warns(TruncationWarning):
            assert_same_bits(run(fast, checkpoint=path, **options), whole)

    def test_training_that_ended_with_all_networks_lost_is_not_taken_up(self, path, steps):
        steep = dataclasses.replace(PROBLEM, learning_rule=GradientDescent(50.0))
        options = {"training_time": 5000.0, "records": 11, "step_size": None}
        with pytest.warns((DivergenceWarning, TruncationWarning)):
            whole = run(steep, checkpoint=path, **options)
        steps.last = steps.taken
        with pytest.warns((DivergenceWarning, TruncationWarning)):
            assert_same_bits(run(steep, checkpoint=path, **options), whole)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The bytes of a checkpoint."""
    file = tmp_path_factory.mktemp("checkpoint") / "training.checkpoint"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "INTERVAL", 0.0)
        run(checkpoint=file)
    return file.read_bytes()


class TestRefusal:
    @pytest.mark.parametrize(
        ("changed", "said"),
        [
            ({"problem": dataclasses.replace(PROBLEM, learning_rule=GradientDescent(0.1))}, "problem.learning_rule"),
            ({"problem": dataclasses.replace(PROBLEM, initialisation=integrator_problem(0.4, 0.2).initialisation)},
             "problem.initialisation.input was 0.1 and is 0.2"),
            ({"width": 5}, "width was 4 and is 5"),
            ({"seeds": (1, 0)}, r"seeds was \[0, 1\] and is \[1, 0\]"),
            ({"training_time": 4.0}, "training_time was 2.0 and is 4.0"),
            ({"records": 11}, "records was 6 and is 11"),
            ({"step_size": 0.05}, "step_size was 0.1 and is 0.05"),
            ({"precision": "float32"}, "precision was 'float64' and is 'float32'"),
            ({"weights": False}, "weights was True and is False"),
            ({"evaluator": Moments(PROBLEM.teacher, tolerance=1e-6)}, "evaluator.number was [0-9]+ and is"),
            ({"evaluator": Gramians(PROBLEM.objective, PROBLEM.teacher)}, "evaluator.class was 'Moments'"),
        ],
        ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
    )  # fmt: skip
    def test_checkpoint_with_another_setting_is_refused_by_its_name_and_kept(self, path, written, changed, said):
        path.write_bytes(written)
        with pytest.raises(ResultMismatchError, match=f"{said}.*left as it is"):
            run(checkpoint=path, **changed)
        assert path.read_bytes() == written

    def test_checkpoint_of_other_code_is_refused(self, path, written, monkeypatch):
        path.write_bytes(written)
        monkeypatch.setattr(simulation, "source_digest", lambda module: "after a repair")
        with pytest.raises(ResultMismatchError, match="source_digest was .* and is 'after a repair'"):
            run(checkpoint=path)

    @pytest.mark.parametrize("damage", [lambda b: b"", lambda b: b[:-1], lambda b: b[: len(b) // 2], lambda b: b[9:]])
    def test_damaged_checkpoint_is_refused_and_kept(self, path, written, damage):
        path.write_bytes(damage(written))
        with pytest.raises(ResultMismatchError, match="cannot be read.*delete it, and training starts"):
            run(checkpoint=path)
        assert path.read_bytes() == damage(written)

    def test_no_flipped_bit_is_taken_for_a_number(self, path):
        keeper = Checkpoint(path, {"width": 1})
        state, history = {"weight": np.arange(3.0)}, [{"loss": np.ones(2)}, {"loss": np.zeros(2)}]
        keeper.save(state, history)
        whole, refused = path.read_bytes(), 0
        for place in range(len(whole)):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :])
            try:
                found, records = keeper.load(state)
            except ResultMismatchError:
                refused += 1
            else:  # a date in the archive, say
                np.testing.assert_array_equal(found["weight"], state["weight"])
                assert [r["loss"].tolist() for r in records] == [[1.0, 1.0], [0.0, 0.0]]
        assert refused > len(whole) / 2


class TestWriting:
    def test_failed_write_leaves_the_checkpoint_before(self, path, monkeypatch):
        keeper = Checkpoint(path, {"width": 1})
        keeper.save([np.zeros(1)], [{"loss": np.zeros(1)}])
        before = path.read_bytes()

        def disk_full(descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(os, "fsync", disk_full)
        with pytest.raises(OSError, match="No space left"):
            keeper.save([np.ones(1)], [{"loss": np.ones(1)}])
        assert path.read_bytes() == before
        assert [file.name for file in path.parent.iterdir()] == [path.name]

    def test_writes_are_two_seconds_apart_and_take_a_tenth_of_the_time_at_most(self, tmp_path, monkeypatch):
        clock, writes = types.SimpleNamespace(now=0.0, cost=0.01), []
        monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: clock.now))

        def save(self, state, history):
            writes.append(clock.now)
            clock.now += clock.cost

        monkeypatch.setattr(Checkpoint, "save", save)
        keeper = Checkpoint(tmp_path / "training.checkpoint", {})
        for cost in (0.01, 10.0):
            clock.cost = cost
            for _ in range(3000):
                clock.now += 0.1
                keeper.offer(None, [])
        gaps = np.diff(writes)
        assert gaps.min() >= 2.0 and np.median(gaps) < 2.2  # no more is lost than that
        assert np.allclose(gaps[-2:], 110.0, atol=0.2)


    def test_stretches_last_two_seconds_whatever_a_step_takes(self, tmp_path, monkeypatch):
        clock, lasted, numbers = types.SimpleNamespace(now=0.0), [], []
        monkeypatch.setattr(module, "time", types.SimpleNamespace(monotonic=lambda: clock.now))
        keeper = Checkpoint(tmp_path / "training.checkpoint", {})
        for cost in (0.01, 0.1, 5.0):
            for first, number in keeper.stretches(0, 1000):
                assert first == sum(numbers) % 1000
                clock.now += number * cost
                numbers.append(number)
                lasted.append(number * cost)
        assert sum(numbers) == 3000 and numbers[0] == 1 and np.allclose(numbers[1:5], 200, atol=1)
        # where steps suddenly take longer one stretch is too long, and those after it are right again
        np.testing.assert_allclose(sorted(lasted)[-3:], [5.0, 20.0, 100.0], rtol=0.06)  # steps are whole
        assert numbers[-1] == 1


class TestExperiment:
    def test_wall_time_of_a_resumed_result_is_that_of_all_its_runs(self, path, steps, monkeypatch):
        """Every step takes a minute of a false clock; three runs make 5, 7 and 8 of the 20 steps."""
        clock, advance = types.SimpleNamespace(now=0.0), simulation.advance

        def a_minute_each(*arguments):
            found = advance(*arguments)  # interrupts before it counts
            clock.now += 60.0 * int(arguments[6])
            return found

        false = types.SimpleNamespace(monotonic=lambda: clock.now, perf_counter=lambda: clock.now)
        monkeypatch.setattr(simulation, "advance", a_minute_each)
        monkeypatch.setattr(module, "time", false)
        monkeypatch.setattr(computation, "time", false)
        store = ResultStore(path.parent)
        experiment = Experiment(PROBLEM, 4, 2, 2.0, records=RECORDS, step_size=0.1)
        for taken in (5, 12):
            steps.last = taken
            with pytest.raises(KeyboardInterrupt):
                experiment.run(store, progress=False)
            clock.now += 1e6  # the time between two runs is no one's
        steps.last = None
        experiment.run(store, progress=False)
        assert steps.taken == STEPS
        assert float(experiment.stored(store).attrs["wall_time_seconds"]) == 60.0 * STEPS

    def test_checkpoint_lies_beside_the_result_until_that_is_stored(self, path, steps, monkeypatch):
        store = ResultStore(path.parent)
        experiment = Experiment(PROBLEM, 4, 2, 2.0, records=RECORDS, step_size=0.1, weights=True)
        steps.last = 6
        with pytest.raises(KeyboardInterrupt):
            experiment.run(store, progress=False)
        result = store.path(experiment.configuration(), experiment.entry)
        assert [file.name for file in path.parent.iterdir()] == [f"{result.stem}.checkpoint"]

        steps.last, steps.taken, save = None, 0, ResultStore.save

        def watched(self, *arguments):
            assert result.with_suffix(".checkpoint").exists()
            stored = save(self, *arguments)
            assert result.with_suffix(".checkpoint").exists()
            return stored

        monkeypatch.setattr(ResultStore, "save", watched)
        assert_same_bits(experiment.run(store, progress=False), run())
        assert steps.taken == STEPS - 6 + STEPS
        assert [file.name for file in path.parent.iterdir()] == [result.name]
