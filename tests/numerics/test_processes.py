"""Work in several processes: all of it done, errors told, and nobody left behind."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor

import pytest

from numerics.experiment import Experiment, run_all
from numerics.processes import in_processes
from numerics.results import ResultStore
from theory.errors import ProblemError

# Functions of the standard library are found by the processes without importing this project's tests.
WHERE = "import os, sys, time; from numerics.processes import in_processes; "


def test_every_item_is_taken_once(tmp_path):
    folders = [str(tmp_path / name) for name in "abcde"]
    assert sorted(in_processes(os.mkdir, folders, 2)) == list(range(5))
    assert all(os.path.isdir(folder) for folder in folders)
    assert not multiprocessing.active_children()


def test_first_error_is_raised_and_the_rest_is_not_waited_for():
    begin = time.monotonic()
    with pytest.raises(TypeError):
        list(in_processes(time.sleep, ["a while", 300.0, 300.0], 2))
    assert time.monotonic() - begin < 100
    assert not multiprocessing.active_children()


def test_killed_process_is_told():
    with pytest.raises(BrokenExecutor):
        list(in_processes(signal.raise_signal, [signal.SIGKILL], 1))


def test_processes_end_when_the_caller_is_killed(tmp_path):
    program = "import os, time\nfrom numerics.processes import in_processes\nfrom tests.numerics.test_processes import mark\nif __name__ == '__main__': list(in_processes(mark, [%r], 1))" % str(tmp_path / "pid")
    caller = subprocess.Popen([sys.executable, "-c", program])
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert caller.poll() is None
        time.sleep(0.05)
    worker = int((tmp_path / "pid").read_text())
    caller.kill()
    caller.wait()
    patience = time.monotonic() + 20
    while time.monotonic() < patience and _runs(worker):
        time.sleep(0.05)
    assert not _runs(worker)
