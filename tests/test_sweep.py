"""Sweeps are shared out whole and even, and being killed costs them nothing that was finished."""

import dataclasses
import functools
import multiprocessing
import random
import time
from pathlib import Path

import numpy as np
import pytest

from numerics.claims.integrator_outlier import integrator_problem
from numerics.computation import run_all, share
from numerics.experiment import Experiment
from numerics.provenance import canonical_json
from numerics.results import ResultStore
from paper_figures import sweeps
from paper_figures.program import main
from theory.architectures import Diagonal
from theory.errors import ProblemError


@dataclasses.dataclass(frozen=True)
class Costing:
    """As much of an experiment as is needed to share it out."""

    name: int
    cost: float

    def configuration(self) -> dict:
        return {"name": self.name}

    def operations(self) -> float:
        return self.cost


class TestSharing:
    @pytest.mark.parametrize("parts", [1, 2, 3, 7, 40, 100])
    @pytest.mark.parametrize("seed", range(3))
    def test_parts_are_disjoint_complete_and_even_in_cost(self, parts, seed):
        dice = random.Random(seed)
        needed = [Costing(name, 10 ** dice.uniform(0, 2)) for name in range(40)]
        found = [share(needed, f"{part}/{parts}") for part in range(1, parts + 1)]
        assert sorted(e.name for part in found for e in part) == list(range(40))
        loads = [sum(e.cost for e in part) for part in found]
        assert max(loads) - min(loads) <= max(e.cost for e in needed)
        # no sharing can do better than the mean, nor than the largest alone
        assert max(loads) <= 4 / 3 * max(np.mean(loads), max(e.cost for e in needed)) + 1e-9

    def test_parts_depend_neither_on_order_nor_on_repetitions(self):
        needed = [Costing(name, 1.0 + name % 3) for name in range(20)]
        other = random.Random(0).sample(needed + needed[:7], 27)
        for task in ("1/3", "2/3", "3/3"):
            assert share(needed, task) == share(other, task)

    @pytest.mark.parametrize(
        "task", ["0/3", "4/3", "1", "1/0", "0/0", "-1/3", "1/3/5", "a/b", "", "1 / 3", "1.0/2"]
    )
    def test_task_that_is_no_part_is_refused_by_its_text(self, task):
        with pytest.raises(ProblemError, match="1 <= i <= n") as refusal:
            share([], task)
        assert repr(task) in str(refusal.value)


def filed(computations) -> set[str]:
    """What the results are filed under: computations that hold arrays are not compared as objects."""
    return {canonical_json(computation.configuration()) for computation in computations}


class TestNames:
    def test_every_claim_and_figure_is_a_sweep_and_a_shared_name_means_both(self):
        from numerics.claims import every_claim
        from paper_figures.gallery import every_figure

        for scale in ("quick", "paper"):
            known = sweeps.every_sweep(scale)
            assert set(known) == {each.name for each in [*every_claim(), *every_figure()]}
            for claim in every_claim():
                assert filed(trial.experiment for trial in claim.trials(scale)) <= filed(known[claim.name])
            for figure in every_figure():
                assert filed(figure.experiments(scale)) <= filed(known[figure.name])


STEPS = 30


@functools.cache
def tiny() -> list[Experiment]:
    """A sweep of four small simulations, without a stability limit that theory would take seconds to tell.

    Two are recorded at every step, two only at every tenth.

    Made at the first call, since importing this file must not compute: processes are forked from there.
    """
    return [
        Experiment(
            dataclasses.replace(integrator_problem(0.4, scale), architecture=Diagonal()),
            width,
            seeds=2,
            training_time=3.0,
            records=records,
            step_size=0.1,
            weights=True,
        )
        for width in (3, 4)
        for scale, records in ((0.1, STEPS + 1), (0.2, STEPS // 10 + 1))
    ]


def test_command_trains_one_part_after_the_other_and_lists_without_a_name(tmp_path, monkeypatch, capsys):
    few = [dataclasses.replace(e, records=3) for e in tiny()[:2]]
    monkeypatch.setattr(sweeps, "every_sweep", lambda scale: {"tiny": [*few, few[0]]})
    store = ResultStore(tmp_path / "results")
    for task, there in (("1/2", 1), ("1/2", 1), ("2/2", 2)):
        assert main(["sweep", "tiny", "--task", task, "--output", str(tmp_path)]) == 0
        assert sum(e.stored(store) is not None for e in few) == there
    printed = capsys.readouterr().out
    assert "1 to run: about" in printed and "1 simulations, all found" in printed
    assert main(["sweep", "--output", str(tmp_path)]) == 0
    name, count, *_ = capsys.readouterr().out.split()
    assert (name, count) == ("tiny", "2")
    assert main(["sweep", "tiny", "--task", "3/2", "--output", str(tmp_path)]) == 1
    assert "'3/2'" in capsys.readouterr().err


def train(folder: Path, pause: float, cache: Path, caching: bool) -> None:
    """In a process of its own: run the sweep slowly, with a checkpoint at every step and a line in the log
    whenever a simulation starts, goes on, makes a step, or is stored."""
    import jax

    from numerics import checkpoint, experiment, simulation

    jax.config.update("jax_num_cpu_devices", 1)  # refused if anything imported above has started JAX: nothing may
    # what is compiled is kept for the processes to come, but only where nobody is killed while writing it
    jax.config.update("jax_disable_most_optimizations", True)
    jax.config.update("jax_compilation_cache_dir", str(cache))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0 if caching else 1e9)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    checkpoint.INTERVAL, checkpoint.SHARE = 0.0, float("inf")
    load, save, advance = checkpoint.Checkpoint.load, ResultStore.save, simulation.advance

    def note(word: str, path: Path) -> None:
        with open(folder / "log", "ab", buffering=0) as file:
            file.write(f"{word} {path.stem}\n".encode())

    def noted_load(self, start):
        found = load(self, start)
        note("start" if found is None else "resume", self.path)
        return found

    def noted_save(self, *arguments):
        path = save(self, *arguments)
        note("finish", path)
        return path

    def slow_advance(*arguments):
        time.sleep(pause)
        note("advance", Path())
        return advance(*arguments)

    checkpoint.Checkpoint.load, ResultStore.save = noted_load, noted_save
    simulation.advance, experiment.matrix_vector_rate = slow_advance, lambda width, seeds: 1e9
    run_all(tiny(), ResultStore(folder), report=lambda text: None)


@pytest.fixture(scope="module")
def begin(tmp_path_factory):
    """Starts `train` in a process that is forked from one with the imports done, which start nothing in JAX."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["pytest", "paper_figures.sweeps", "paper_figures.program", "h5netcdf", "xarray"]
    )
    cache = tmp_path_factory.mktemp("compiled")

    def begin(folder, pause=0.0, caching=False):
        process = context.Process(target=train, args=(folder, pause, cache, caching))
        process.start()
        return process

    return begin


def end(process) -> None:
    process.join(120)
    assert process.exitcode == 0


def log(folder: Path) -> list[str]:
    file = folder / "log"
    return file.read_text().splitlines() if file.exists() else []


def stored(folder: Path) -> dict:
    """All that is finished, byte for byte, by the name of its file."""
    store, found = ResultStore(folder), {}
    for experiment in tiny():
        networks = store.load(experiment.configuration(), experiment.entry)
        if networks is not None:
            name = store.path(experiment.configuration(), experiment.entry).stem
            found[name] = {key: values.values.tobytes() for key, values in networks.variables.items()}
    return found


def files(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.full)])
def test_killed_at_random_moments_a_sweep_loses_nothing_finished_and_doubles_nothing(begin, tmp_path, kills):
    whole, killed = tmp_path / "uninterrupted", tmp_path / "killed"
    whole.mkdir()
    killed.mkdir()
    end(begin(whole, caching=True))
    expected = stored(whole)
    assert len(expected) == len(tiny())

    dice, finished, patience = random.Random(0), {}, time.monotonic() + 300
    for kill in range(kills):
        before = log(killed)
        process = begin(killed, pause=0.03)
        # some while it starts, most after a few steps: 80 in all, of the 120 that there are
        least = len(before) + (0, 3, 5, 8)[kill % 4] + dice.randint(0, 2) * (kill % 4 > 0)
        while len(log(killed)) < least and process.is_alive() and time.monotonic() < patience:
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.06) if kill % 4 else dice.uniform(0.0, 1.0))
        process.kill()
        process.join()
        assert process.exitcode == -9
        now = stored(killed)
        assert finished.items() <= now.items()  # what was finished is still there, as it was
        new = log(killed)[len(before) :]
        again = {line.split()[1] for line in new if line.startswith(("start", "resume"))}
        assert not again & set(finished)  # ... and nobody has worked on it again
        finished = now
    assert len(finished) < len(expected)
    assert finished or kills < 20

    together = [begin(killed), begin(killed)]  # two at once do not double anything either
    for process in together:
        end(process)
    assert stored(killed) == expected  # bit for bit
    lines = log(killed)
    assert all(lines.count(f"finish {name}") <= 1 for name in expected)
    # a start may repeat only where a process was killed before its first record was written
    assert sum(line.startswith("resume") for line in lines) >= kills // 4
    # ... and a kill costs the step that was being made, between records too
    assert 4 * STEPS <= sum(line.startswith("advance") for line in lines) <= 4 * STEPS + kills
    assert files(killed) == files(whole)
    assert files(whole) == {f"{name}.nc" for name in expected} | {"log"}


def test_killed_between_storing_and_clearing_up_leaves_nothing_for_long(tmp_path):
    store, small = ResultStore(tmp_path), dataclasses.replace(tiny()[0], records=3)
    small.run(store, progress=False)
    path = store.path(small.configuration(), small.entry)
    for ending in (".checkpoint", ".lock"):
        path.with_suffix(ending).write_bytes(b"left behind")
    run_all([small], store, report=lambda text: None)
    assert files(tmp_path) == {path.name}
