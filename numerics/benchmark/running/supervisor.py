"""Runs one program under limits and ends all of its processes; a program of its own, of the standard library alone.

It is told what to run by its one argument, in JSON, and writes what came of it to its output, in JSON. When its input
is closed, as by a caller who is no more, it ends everything and itself.
"""

import contextlib
import ctypes
import json
import os
import resource
import select
import shutil
import signal
import sys
import time

_BETWEEN = 0.02  # seconds between looks
_DISK_BETWEEN = 0.25
_KEPT = 4000  # bytes of what is printed last
_MOST_FILES = 10_000
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT_DEATH, _SUBREAPER, _NO_NEW_PRIVILEGES = 1, 36, 38  # of Linux's prctl
_ENDING = 10.0  # seconds that ending may take


def main() -> None:
    """Run, watch, end, report."""
    asked = json.loads(sys.argv[1])
    limits, uid, isolation = asked["limits"], *_chosen_user(asked)
    _prctl(_SUBREAPER, 1)  # orphans become children of this process, and none is lost
    heard, told = os.pipe()
    begin = time.monotonic()
    program = _start(asked, uid, told)
    os.close(told)
    found = _watch(program, heard, asked["folder"], limits, begin)
    found["ended"] = _end_all(uid)
    found |= {"seconds": time.monotonic() - begin, "isolation": isolation}
    with contextlib.suppress(OSError):  # the caller may be no more
        os.write(1, json.dumps(found).encode())


def _start(asked: dict, uid: int | None, told: int) -> int:
    """The process of the program, with its limits on."""
    # found here: whoever the program runs as may not reach this interpreter's own modules any more
    path = shutil.which(asked["argv"][0], path=asked["env"].get("PATH")) or asked["argv"][0]
    program = os.fork()
    if program:
        return program
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(told, 1)
        os.dup2(told, 2)
        os.chdir(asked["cwd"])
        limits = asked["limits"]
        for kind, most in (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_DATA, limits["memory"]),
            (resource.RLIMIT_FSIZE, limits["disk"]),
            (resource.RLIMIT_CPU, int((limits["seconds"] + 10) * (os.cpu_count() or 1))),
        ):
            _limit(kind, most)
        if uid is not None:
            # only a user of its own is counted alone
            _limit(resource.RLIMIT_NPROC, limits["processes"])
            _become(uid)
        _prctl(_NO_NEW_PRIVILEGES, 1)
        _prctl(_PARENT_DEATH, signal.SIGKILL)
        os.execve(path, asked["argv"], asked["env"])
    except Exception as error:
        os.write(2, f"cannot be run: {error}\n".encode())
    finally:
        os._exit(127)


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def _become(uid: int) -> None:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _chosen_user(asked: dict) -> tuple[int | None, str]:
    """The user to run as, and what that protects from, in words."""
    uid = asked["uid"]
    if uid is None:
        return None, "a process of the same user, who may read what the user may"
    probe = os.fork()
    if not probe:
        try:
            _become(uid)
            os.chdir(asked["cwd"])
            reached = all(_reached(word, asked, first=not n) for n, word in enumerate(asked["argv"]))
            os._exit(0 if reached else 1)
        finally:
            os._exit(2)
    status = os.waitstatus_to_exitcode(os.waitpid(probe, 0)[1])
    if status == 0:
        return uid, "a process of a user of its own"
    why = "the program is in a folder that is closed to others" if status == 1 else "no other user can be had here"
    return None, f"a process of the same user, who may read what the user may: {why}"


def _reached(word: str, asked: dict, first: bool) -> bool:
    if first:
        return shutil.which(word, path=asked["env"].get("PATH")) is not None
    return word not in asked["files"] or os.access(word, os.R_OK)


def _watch(program: int, heard: int, folder: str, limits: dict, begin: float) -> dict:
    """Until the program ends or has used up what it may."""
    found = {"status": None, "reason": "", "memory": 0, "printed": ""}
    last, amount, looked, open_pipe = b"", 0, 0.0, True
    while True:
        for ready in select.select([0, heard] if open_pipe else [0], [], [], _BETWEEN)[0]:
            piece = os.read(ready, 2**16)
            if ready == 0 and not piece:
                found["reason"] = "the benchmark was ended"
            if ready == heard:
                open_pipe, last, amount = bool(piece), (last + piece)[-_KEPT:], amount + len(piece)
        now = time.monotonic()
        pids = _descendants()
        found["memory"] = max(found["memory"], sum(map(_resident, pids)))
        reasons = [
            (found["reason"], bool(found["reason"])),
            (f"it took more than {limits['seconds']:g} s", now - begin > limits["seconds"]),
            (f"it used more than {_size(limits['memory'])} of memory", found["memory"] > limits["memory"]),
            (f"it printed more than {_size(limits['output'])}", amount > limits["output"]),
            (f"it ran more than {limits['processes']} processes", len(pids) > limits["processes"]),
        ]
        if now - looked > _DISK_BETWEEN:
            looked = now
            reasons.append((f"it wrote more than {_size(limits['disk'])}", not _fits(folder, limits["disk"])))
        found["reason"] = next((words for words, true in reasons if true), "")
        ended = _reap(program, found)
        if found["reason"] or ended:
            break
    if ended:  # what it said at the end
        while select.select([heard], [], [], 0)[0] and (piece := os.read(heard, 2**16)):
            last = (last + piece)[-_KEPT:]
            amount += len(piece)
            if amount > limits["output"]:
                break
        if not _fits(folder, limits["disk"]):
            found["reason"] = f"it wrote more than {_size(limits['disk'])}"
    return found | {"printed": last.decode(errors="replace")}


def _reap(program: int, found: dict) -> bool:
    """Take leave of all who have ended; whether the program itself has."""
    ended = False
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                break
            found["memory"] = max(found["memory"], usage.ru_maxrss * 1024)
            if pid == program:
                ended, found["status"] = True, os.waitstatus_to_exitcode(status)
    return ended


def _descendants() -> list[int]:
    """All processes that came from this one; those whose parents are no more are children of this one itself."""
    children, found, at_hand = {}, [], [os.getpid()]
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                with open(f"/proc/{name}/stat", "rb") as file:
                    # the name of the program is in parentheses, and may be anything
                    parent = int(file.read().rpartition(b")")[2].split()[1])
                children.setdefault(parent, []).append(int(name))
    while at_hand:
        next_ones = children.get(at_hand.pop(), [])
        found += next_ones
        at_hand += next_ones
    return found


def _resident(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):
        with open(f"/proc/{pid}/statm", "rb") as file:
            return int(file.read().split()[1]) * _PAGE
    return 0


def _fits(folder: str, most: int) -> bool:
    """Whether all files in a folder are few and small enough."""
    size, number, at_hand = 0, 0, [folder]
    while at_hand:
        with contextlib.suppress(OSError), os.scandir(at_hand.pop()) as entries:
            for entry in entries:
                number += 1
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        at_hand.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_blocks * 512
                if size > most or number > _MOST_FILES:
                    return False
    return True


def _end_all(uid: int | None) -> bool:
    """End every process that came from the program; whether none is left."""
    begin = time.monotonic()
    while time.monotonic() - begin < _ENDING:
        if uid is not None:
            killer = os.fork()
            if not killer:
                try:
                    _become(uid)
                    os.kill(-1, signal.SIGKILL)  # all of that user but this one
                finally:
                    os._exit(0)
        for one in (signal.SIGSTOP, signal.SIGKILL):  # who is stopped cannot start another
            for pid in _descendants():
                with contextlib.suppress(OSError):
                    os.kill(pid, one)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        if not _descendants():
            return True
        time.sleep(0.01)
    return False


def _size(number: int) -> str:
    return f"{number / 2**20:.4g} MB"


if __name__ == "__main__":
    main()
