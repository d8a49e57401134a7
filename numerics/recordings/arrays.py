"""Arrays from files that are not trusted: nothing is unpickled, nothing is read that does not fit into memory."""

import csv
import zipfile
import zlib
from pathlib import Path

import numpy as np
import psutil

from theory.errors import ProblemError

UNREADABLE = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, csv.Error)
"""What readers raise on a file that is cut off, damaged, encrypted or of another kind than its ending says."""
_SHARE = 0.25  # of the memory that is available: what is computed from a recording needs several times its size


def require_memory(path: Path, size: float, what: str = "") -> None:
    """Refuse what would fill the memory, before it is read.

    Args:
        path: the file.
        size: of its numbers once they are read, in bytes.
        what: takes so much, in words, where it is not the file itself.

    Raises:
        ProblemError: more than a quarter of the memory that is available, with both numbers.

    >>> require_memory(Path("day.npz"), 8.0)
    """
    available = psutil.virtual_memory().available
    if size > _SHARE * available:
        raise ProblemError(
            f"{path} takes {size / 2**30:.4g} GiB in memory{what}, of which {available / 2**30:.4g} GiB are available, "
            "and four times as much is needed to work on it. Take fewer neurons, longer bins or part of the time."
        )


def require_content(path: Path) -> None:
    """Refuse what is no file, or an empty one.

    Args:
        path: to be read.

    Raises:
        ProblemError: it is not there, a folder, or holds nothing.
    """
    if path.is_dir():
        raise ProblemError(f"{path} is a folder: name a file.")
    if not path.is_file():
        raise ProblemError(f"there is no file {path}.")
    if path.stat().st_size == 0:
        raise ProblemError(f"{path} is empty (0 bytes): it was never written, or its copy failed. Save it again.")


def read_array(path: Path) -> np.ndarray:
    """The array of a `.npy` file.

    Args:
        path: the file.

    Raises:
        ProblemError: it is empty, or too large for memory; besides, any of `UNREADABLE`.
    """
    require_content(path)
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    require_memory(path, mapped.nbytes)
    return np.array(mapped)


def read_archive(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a `.npz` file, by name.

    Args:
        path: the file.

    Raises:
        ProblemError: it is empty, or too large for memory; besides, any of `UNREADABLE`.
    """
    require_content(path)
    with zipfile.ZipFile(path) as archive:
        require_memory(path, sum(member.file_size for member in archive.infolist()))
    # opened here, since numpy leaves a file open that it cannot read
    with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def number(value, name: str) -> float:
    """One real number out of a file's array of one.

    Args:
        value: as it was read.
        name: what to call it in the error.

    Raises:
        ProblemError: an array of several, or of something else.

    >>> number(np.array([0.5]), "bin_size")
    0.5
    """
    value = np.asarray(value)
    if value.size != 1 or value.dtype.kind not in "biuf":
        raise ProblemError(f"{name} must be one number; got an array of shape {value.shape} of {value.dtype}.")
    return float(value.reshape(()))
