"""Checkpoints: a training that is killed goes on from where it was last saved, to the same numbers."""

import hashlib
import json
import time
import zipfile
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from numerics.files import replacing
from numerics.provenance import canonical_json
from theory.configuration import configuration
from theory.errors import ResultMismatchError

INTERVAL = 2.0  # seconds of training between two writes, at least; and between two looks at the clock, about
SHARE = 0.1  # of the time that writing may take, at most


class Checkpoint:
    """One file that holds a training so far: its state, all that was recorded, and what is being trained.

    It is an `.npz` archive, whose checksums tell damage, and it is replaced as a whole.

    Args:
        path: the file.
        settings: what the numbers follow from, in plain types; a file with other settings is refused.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checkpoint = Checkpoint(Path(folder) / "training.npz", {"width": 1})
    ...     checkpoint.save({"weight": np.ones(1)}, [{"loss": np.zeros(2)}])
    ...     checkpoint.load({"weight": np.zeros(1)})
    ({'weight': Array([1.], dtype=float64)}, [{'loss': array([0., 0.])}])
    """

    def __init__(self, path: Path, settings: dict):
        self.path = Path(path)
        self.settings = canonical_json(settings)
        self.due = time.monotonic() + INTERVAL
        self._pace = 1
        self._begin, self._before = time.monotonic(), 0.0

    def stretches(self, first: int, last: int):
        """Cut steps into stretches of about two seconds: (first step, number of steps) of each, at its turn.

        How long a step takes is measured while training. The first stretch, which also compiles, is one step.

        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:  # nothing takes any time here
        ...     [sum(n for _, n in Checkpoint(Path(folder) / "training.npz", {}).stretches(3, 1000))]
        [997]
        """
        while first < last:
            number, begin = min(self._pace, last - first), time.monotonic()
            yield first, number
            first, seconds = first + number, max(time.monotonic() - begin, 1e-6)
            self._pace = max(1, int(number * INTERVAL / seconds))

    def seconds(self) -> float:
        """Wall time since this object was made, and of the interrupted runs before it up to their last checkpoint."""
        return self._before + time.monotonic() - self._begin

    def load(self, start) -> tuple | None:
        """The state and the records of the file, or None if there is none.

        Args:
            start: a state, any pytree of arrays, which has the structure of the one to load.

        Raises:
            ResultMismatchError: the file is damaged, or holds a training with other settings.
        """
        if not self.path.exists():
            return None
        try:
            with zipfile.ZipFile(self.path) as archive:
                damaged = archive.testzip()
                if damaged is not None:
                    raise zipfile.BadZipFile(f"bad checksum of {damaged}")
            with np.load(self.path, allow_pickle=False) as stored:
                arrays = dict(stored)
            settings, names = str(arrays.pop("settings")), arrays.pop("names").tolist()
            seconds = float(arrays.pop("seconds"))
            if list(arrays) != names:
                raise zipfile.BadZipFile("arrays are missing")
        except MemoryError:  # says nothing about the file
            raise
        except Exception as error:  # zipfile and numpy raise whatever the damage leads them to
            raise _refusal(self.path, f"cannot be read ({type(error).__name__}: {error})") from error
        if settings != self.settings:
            changed = "; ".join(_differences(json.loads(settings), json.loads(self.settings)))
            raise _refusal(self.path, f"holds a training with other settings: {changed}")
        self._before = seconds
        leaves, structure = jax.tree.flatten(start)
        state = [jnp.asarray(arrays.pop(f"state {index}")) for index in range(len(leaves))]
        records = {name.removeprefix("record "): values for name, values in arrays.items()}
        length = len(next(iter(records.values())))
        history = [{name: values[record] for name, values in records.items()} for record in range(length)]
        return jax.tree.unflatten(structure, state), history

    def offer(self, state, history: list[dict]) -> None:
        """Save, unless the last time was less than two seconds ago or saving takes too long for that.

        Args:
            state: a pytree of arrays from which training goes on.
            history: all records so far, arrays by name.
        """
        begin = time.monotonic()
        if begin >= self.due:
            self.save(state, history)
            end = time.monotonic()
            self.due = end + max(INTERVAL, (end - begin) / SHARE)

    def save(self, state, history: list[dict]) -> None:
        """Replace the file; the arguments are those of `offer`."""
        arrays = {f"state {index}": leaf for index, leaf in enumerate(jax.tree.leaves(state))}
        arrays |= {f"record {name}": np.stack([record[name] for record in history]) for name in history[0]}
        with replacing(self.path) as temporary, open(temporary, "wb") as file:
            np.savez(file, settings=self.settings, names=list(arrays), seconds=self.seconds(), **arrays)


def seconds_before(path: Path) -> float:
    """The wall time that a checkpoint carries, of the runs that were interrupted; 0 where there is none.

    A damaged file counts as none: to refuse it is for `Checkpoint.load`.

    >>> seconds_before(Path("no such checkpoint"))
    0.0
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            return float(stored["seconds"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return 0.0


def fingerprint(tree) -> dict:
    """The configuration of a pytree whose arrays, which may be large, are told by their digests.

    Raises:
        ProblemError: as `theory.configuration.configuration`.

    >>> from numerics.evaluators import Gramians
    >>> from theory import objectives, teachers
    >>> fingerprint(Gramians(objectives.WhiteNoise(), teachers.leaky_integrator(0.2)))["class"]
    'Gramians'
    """

    def digest(leaf):
        if not isinstance(leaf, np.ndarray | jax.Array):
            return leaf
        array = np.asarray(leaf)
        return hashlib.sha256(f"{array.dtype}{array.shape}".encode() + array.tobytes()).hexdigest()

    return configuration(jax.tree.map(digest, tree))


def _differences(found, asked, place: str = "") -> list[str]:
    """Where two nested settings differ, one line each."""
    if isinstance(found, dict) and isinstance(asked, dict):
        names = dict.fromkeys([*found, *asked])
        inner = (_differences(found.get(n), asked.get(n), f"{place}.{n}" if place else n) for n in names)
        return [line for lines in inner for line in lines]
    return [] if found == asked else [f"{place} was {_short(found)} and is {_short(asked)}"]


def _short(value) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _refusal(path: Path, reason: str) -> ResultMismatchError:
    return ResultMismatchError(
        f"the checkpoint {path} {reason}. It was left as it is: go on with the settings it was made with, or "
        "move or delete it, and training starts from the beginning."
    )
