"""The folder through which a program of any language is asked, and what it may leave there."""

import contextlib
import json
import math
import os
import stat
import struct
import zipfile
from pathlib import Path

import numpy as np

from numerics.benchmark.queries import Queries, checked_answer
from numerics.benchmark.running.answer import checked_claim, checked_interval
from numerics.benchmark.system import TYPES
from theory.errors import ProblemError

FORMAT = 1
_HEADER = 10_000  # bytes that the header of an array may have
_WORDS = 100_000  # bytes that a claim may have, and an archive beside its arrays
_LIST = 10_000  # bytes that the list of what an archive holds may have


def write_task(folder: Path, recording, queries: dict[str, Queries], seed: int) -> None:
    """Write what a program needs to know, and nothing else; see the README for the files.

    Args:
        folder: empty.
        recording: what is to be fitted.
        queries: by group.
        seed: of all that is random.
    """
    train = {"activity": recording.activity}
    if recording.inputs is not None:
        train["inputs"] = recording.inputs
    asked = {}
    for name, group in queries.items():
        asked |= {f"{name}_history": group.history, f"{name}_pulse": group.pulse, f"{name}_seed": group.seed}
    task = {
        "format": FORMAT,
        "seed": int(seed),
        "bin_size": float(recording.bin_size),
        "trials": recording.trials,
        "samples": recording.samples,
        "channels": recording.neurons,
        "types": TYPES,
        "groups": {
            name: dict(zip(("queries", "samples", "steps", "channels"), map(int, group.shape), strict=True))
            for name, group in queries.items()
        },
    }
    (folder / "task.json").write_text(json.dumps(task, indent=1))
    for what, arrays in (("train", train), ("queries", asked)):
        np.savez(folder / f"{what}.npz", **arrays)
        (folder / what).mkdir()
        for name, values in arrays.items():
            np.save(folder / what / f"{name}.npy", np.ascontiguousarray(values))
    (folder / "rollouts").mkdir()


def read_answer(folder: int, queries: dict[str, Queries]) -> tuple[dict, dict | None, tuple | None]:
    """Rollouts, claim and interval that a program has left; it may have left anything.

    Nothing is followed, executed or taken to be as long as it says: files must be plain ones, arrays must have the
    shape that was asked for before a byte of them is read, and no pickle is opened.

    Args:
        folder: opened before the program ran.
        queries: what was asked.

    Raises:
        ProblemError: what is there is no answer; it says why.
    """
    rollouts = {}
    with contextlib.ExitStack() as opened:
        archive = _archive(opened, folder, sum(8 * math.prod(group.shape) for group in queries.values()))
        for name, group in queries.items():
            try:
                with _member(archive, name) if archive else _plain(folder, f"rollouts/{name}.npy", None) as file:
                    values = _array(file, group.shape)
            except FileNotFoundError as error:
                raise ProblemError(f"neither rollouts.npz nor rollouts/{name}.npy was written.") from error
            except Exception as error:  # whatever is wrong with a file that may hold anything
                raise ProblemError(f"the rollouts {name!r} cannot be read: {type(error).__name__}: {error}") from error
            rollouts[name] = checked_answer(values, group.shape, f"the rollouts {name!r}")
    claim, interval = _words(folder, "claim.json"), _words(folder, "interval.json")
    if isinstance(interval, list):
        interval = [math.inf if end is None else end for end in interval]
    return (
        rollouts,
        None if claim is None else checked_claim(claim),
        None if interval is None else checked_interval(interval),
    )


def _plain(folder: int, name: str, most: int | None):
    """A plain file, opened without following links or waiting for anybody, and no longer than `most` bytes."""
    at = os.dup(folder)
    try:
        *above, last = name.split("/")
        for part in above:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
            os.close(at)
            at = inner
        file = os.open(last, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
    finally:
        os.close(at)
    told = os.fstat(file)
    if not stat.S_ISREG(told.st_mode) or (most is not None and told.st_size > most):
        os.close(file)
        raise ProblemError(f"{name} is not a plain file of {'any size' if most is None else f'up to {most} bytes'}.")
    return os.fdopen(file, "rb")


def _archive(opened: contextlib.ExitStack, folder: int, expected: int) -> zipfile.ZipFile | None:
    try:
        file = opened.enter_context(_plain(folder, "rollouts.npz", expected + expected // 8 + _WORDS))
        # the list of contents is read whole by whoever opens the archive, so it must be short
        file.seek(-22, os.SEEK_END)
        signature, *_, length, _, comment = struct.unpack("<4s4H2LH", file.read(22))
        if signature != b"PK\x05\x06" or comment or length > _LIST:
            raise ProblemError("it is not a zip archive of a few arrays.")
        return opened.enter_context(zipfile.ZipFile(file))
    except FileNotFoundError:
        return None
    except Exception as error:  # whatever is wrong with a file that may hold anything
        raise ProblemError(f"rollouts.npz cannot be read: {error}") from error


def _member(archive: zipfile.ZipFile, name: str):
    if f"{name}.npy" not in archive.namelist():
        raise ProblemError(f"there is no array of that name; there are {', '.join(archive.namelist())[:100]}.")
    return archive.open(f"{name}.npy")


def _array(file, shape: tuple) -> np.ndarray:
    """The array in a .npy file if it is one of real numbers of that shape."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ProblemError(f"version {version} of the format is not known.")
    header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    told, by_columns, dtype = header(file, max_header_size=_HEADER)
    if told != shape:
        raise ProblemError(f"the shape is {told}; it must be (query, sample, step, channel) = {shape}.")
    if dtype.kind not in "fiu" or dtype.itemsize > 8 or dtype.hasobject:
        raise ProblemError(f"the numbers are of type {dtype}; they must be real, such as float64.")
    size = math.prod(shape) * dtype.itemsize
    piece = file.read(size)
    if len(piece) < size:
        raise ProblemError(f"it ends after {len(piece)} of {size} bytes.")
    return np.frombuffer(piece, dtype).reshape(shape, order="F" if by_columns else "C")


def _words(folder: int, name: str):
    """What a small JSON file holds, or None where there is none."""
    try:
        with _plain(folder, name, _WORDS) as file:
            return json.loads(file.read())
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise ProblemError(f"{name} cannot be read: {error}") from error
