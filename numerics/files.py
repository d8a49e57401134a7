"""Files that are whole or not there at all, and one process at a time."""

import contextlib
import fcntl
import os
import re
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

_DAY = 86_400.0
_TEMPORARY = re.compile(r"\..+\.(?P<host>[^.]+)\.(?P<pid>\d+)\.[0-9a-f]{32}\.tmp")


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file in the same folder, which takes the place of a file when the block has ended well.

    A reader sees the whole new file, or what was there before: it is renamed when it is safely on disk.
    Temporary files that killed processes left behind in the folder are removed.

    Args:
        path: the file to write; its folder is made if need be.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with replacing(Path(folder) / "note.txt") as temporary:
    ...         _ = temporary.write_text("whole")
    ...     print([file.name for file in Path(folder).iterdir()])
    ['note.txt']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    _sweep(path.parent)
    temporary = path.with_name(f".{path.name}.{host()}.{os.getpid()}.{uuid.uuid4().hex}.tmp")
    try:
        yield temporary
        _flush(temporary)
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    _flush(path.parent)


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out of a block that is locked by the same file; wait while one is in it.

    The lock is the kernel's (`flock`): it ends with the process that holds it, however that ends. The
    file is removed at the end of the block; what a killed process leaves is no lock, only an empty file.

    Args:
        path: the file to lock; it is made, and its folder, if need be.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with locked(Path(folder) / "result.lock"):
    ...         print([file.name for file in Path(folder).iterdir()])
    ['result.lock']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with open(path, "ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_at(file, path):
                continue  # whoever held it has removed it: others lock another file by now
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
            return


def host() -> str:
    """This machine's name, as it stands in the names of temporary files."""
    return re.sub(r"[^A-Za-z0-9-]", "-", socket.gethostname())


def _is_at(file, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sweep(folder: Path) -> None:
    """Remove the temporary files of processes that are no more."""
    for file in folder.glob(".*.tmp"):
        match = _TEMPORARY.fullmatch(file.name)
        if match is None:
            continue
        try:
            # A process of another machine cannot be asked whether it lives: its file must age.
            dead = match["host"] == host() and not _alive(int(match["pid"]))
            if dead or time.time() - file.stat().st_mtime > _DAY:
                file.unlink()
        except OSError:  # it has just gone, or is another user's: either is no obstacle
            continue


def _flush(path: Path) -> None:
    """Wait until a file, or what a folder lists, is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's; or no pid of this machine
        return True
    return True
