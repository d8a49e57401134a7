"""Work in several processes: all of it done, errors told, and nobody left behind."""

import dataclasses
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path

import numpy as np
import pytest

from numerics import computation
from numerics.claims.integrator_outlier import integrator_problem
from numerics.computation import run_all
from numerics.experiment import Experiment
from numerics.processes import in_processes
from numerics.results import ResultStore
from theory.architectures import Diagonal


def stay(folder: str) -> None:
    """In a process of its own: say who it is, and stay for long."""
    (Path(folder) / "named").write_text(str(os.getpid()))
    os.rename(Path(folder) / "named", Path(folder) / "worker")
    time.sleep(300.0)


def test_every_item_is_taken_once(tmp_path):
    folders = [str(tmp_path / name) for name in "abcde"]
    assert sorted(in_processes(os.mkdir, folders, 2)) == list(range(5))
    assert all(os.path.isdir(folder) for folder in folders)
    assert not multiprocessing.active_children()


def test_first_error_is_raised_and_the_rest_is_not_waited_for():
    begin = time.monotonic()
    with pytest.raises(TypeError):
        list(in_processes(time.sleep, ["a while", 300.0, 300.0], 2))
    assert time.monotonic() - begin < 200
    assert not multiprocessing.active_children()


def test_killed_process_is_told():
    with pytest.raises(BrokenExecutor):
        list(in_processes(signal.raise_signal, [signal.SIGKILL], 1))


def test_process_ends_when_its_caller_is_killed(tmp_path):
    program = (
        "from numerics.processes import in_processes\n"
        "from tests.numerics.test_processes import stay\n"
        f"if __name__ == '__main__': list(in_processes(stay, [{str(tmp_path)!r}], 1))"
    )
    caller = subprocess.Popen([sys.executable, "-c", program])
    while not (tmp_path / "worker").exists():
        assert caller.poll() is None
        time.sleep(0.05)
    worker = int((tmp_path / "worker").read_text())
    os.kill(worker, 0)  # it is there ...
    caller.kill()
    caller.wait()
    patience = time.monotonic() + 30
    with pytest.raises(ProcessLookupError):  # ... and then it is not
        while time.monotonic() < patience:
            os.kill(worker, 0)
            time.sleep(0.05)


def test_simulations_side_by_side_are_stored_as_one_by_one(tmp_path, monkeypatch):
    small = dict(seeds=2, training_time=2.0, records=3, step_size=0.1)
    several = [
        Experiment(dataclasses.replace(integrator_problem(0.4, scale), architecture=Diagonal()), 3, **small)
        for scale in (0.1, 0.2, 0.3)
    ]
    together, alone = ResultStore(tmp_path / "together"), ResultStore(tmp_path / "alone")
    run_all(several, alone, report=lambda text: None)
    used = []
    monkeypatch.setattr(computation, "WORTHWHILE", 0.0)
    monkeypatch.setattr(computation, "in_processes", lambda *a: used.append(a[2]) or in_processes(*a))
    run_all(several, together, report=lambda text: None, processes=2)
    assert used == [2]
    for each in several:
        found, expected = each.stored(together), each.stored(alone)
        np.testing.assert_allclose(found.loss, expected.loss, rtol=1e-12)
