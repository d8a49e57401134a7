"""A program in a process of its own, with limits, under a supervisor that ends all it started."""

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from numerics.benchmark.running.answer import Limits

_SUPERVISOR = Path(__file__).with_name("supervisor.py")
_USERS = range(61_184, 65_520)  # that no account has: systemd keeps them for services that need a user for a while


@dataclass(frozen=True)
class Program:
    """What is to be run.

    Args:
        argv: the program and its arguments.
        files: those of them that are files, which it must be able to read.
        environment: variables, besides those that every program has.
        opened: file descriptors that it inherits; they are closed here when it has run.
    """

    argv: Sequence[str]
    files: Sequence[str] = ()
    environment: dict[str, str] = dataclasses.field(default_factory=dict)
    opened: Sequence[int] = ()


@dataclass(frozen=True)
class Ran:
    """What came of it: `failed` is the reason, or "" where it ended well."""

    failed: str
    seconds: float
    memory: float
    isolation: str


def unused_user() -> int | None:
    """A user's number that no process has, where this process may become another user; None where it may not."""
    if sys.platform != "linux" or os.geteuid() != 0:
        return None
    taken = set()
    for name in os.listdir("/proc"):
        try:
            taken.add(os.stat(f"/proc/{name}").st_uid if name.isdigit() else 0)
        except OSError:  # it has ended
            continue
    first = os.getpid() * 17 % len(_USERS)  # processes beside this one begin elsewhere
    return next(uid for uid in (*_USERS[first:], *_USERS[:first]) if uid not in taken)


def run_program(program: Program, folder: Path, uid: int | None, limits: Limits) -> Ran:
    """Run a program until it ends or has used up what it may; then no process of its is left.

    It has no input, and of the environment only where programs are. Where this process is root's it runs as a user of
    its own, who can read neither this process nor what is closed to others, and end neither; elsewhere, or where that
    user cannot reach the program, as the same user, and `isolation` says so.

    Args:
        program: what.
        folder: its own, for all that it writes.
        uid: the user, or None.
        limits: what it may use up.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        **dict.fromkeys(("HOME", "TMPDIR", "XDG_CACHE_HOME"), str(folder)),
        **dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"),
        **program.environment,
    }
    asked = {
        "argv": list(program.argv),
        "files": list(program.files),
        "env": environment,
        "cwd": os.getcwd(),
        "folder": str(folder),
        "uid": uid,
        "limits": dataclasses.asdict(limits),
    }
    try:
        supervisor = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_SUPERVISOR), json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=program.opened,
            start_new_session=True,
        )
    finally:
        for number in program.opened:
            os.close(number)
    try:
        # its input stays open for as long as this process is there to read what it says
        told = supervisor.stdout.read()
    finally:
        supervisor.stdin.close()
        supervisor.stdout.close()
        supervisor.wait()
    try:
        found = json.loads(told)
    except ValueError:
        return Ran("its supervisor was ended", float("nan"), float("nan"), "unknown")
    return Ran(_reason(found), found["seconds"], float(found["memory"]), found["isolation"])


def _reason(found: dict) -> str:
    lines = [line.strip() for line in found["printed"].splitlines() if line.strip()]
    last = "".join(letter for letter in (lines[-1] if lines else "") if letter.isprintable())[:200]
    if not found["ended"]:
        return "processes that it started could not be ended"
    if found["reason"]:
        return found["reason"]
    if found["status"] == 0:
        return ""
    how = f"status {found['status']}" if found["status"] > 0 else f"signal {-found['status']}"
    return f"it ended with {how}" + (f": {last}" if last else "")
