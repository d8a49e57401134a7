"""Recordings from files: arrays, tables, netCDF and spike times; nothing is ever written."""

import csv
import os
import zipfile
from pathlib import Path

import numpy as np

from numerics.recordings.nwb import nwb_spikes
from numerics.recordings.recording import Recording
from theory.checks import positive
from theory.errors import ProblemError

_SHARE = 0.25  # of the memory that is free: what is computed from a recording needs several times its size


def load_recording(path, bin_size: float | None = None, spikes: bool = False) -> Recording:
    """A recording from a file, by its ending.

    - `.npy`, `.npz`: an array (time, neuron) or (trial, time, neuron), in an archive called "activity" or alone;
      "inputs" and "bin_size" beside it are taken too.
    - `.csv`, `.tsv`: a row for each time, a column for each neuron, a first row of names or none; a column called
      "trial" parts the trials, which must be equally long; one called "time" gives the bin size.
    - `.nc`: netCDF with a variable "activity" over (trial,) time and neuron; the coordinate "time" gives the bin size.
    - spike times, with `spikes=True`: a table with columns "time" and "neuron" (and "trial"), counted in bins.
    - `.nwb`: Neurodata Without Borders; the spike times of its units, in seconds, counted in bins.

    Args:
        path: the file.
        bin_size: time between samples; None where the file says it.
        spikes: the table holds spike times.

    Raises:
        ProblemError: no such file, one that cannot be read as a recording, or one that is too large for memory.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder) / "day.npz", activity=np.random.default_rng(0).normal(size=(50, 4)), bin_size=0.1)
    ...     load_recording(Path(folder) / "day.npz").neurons
    4
    """
    path = Path(path)
    if not path.is_file():
        raise ProblemError(f"there is no file {path}.")
    readers = {".npy": _array, ".npz": _archive, ".csv": _table, ".tsv": _table, ".nc": _netcdf}
    if path.suffix.lower() == ".nwb":
        times, units = nwb_spikes(path)
        return _counted(path, times, units, np.zeros(times.size), bin_size)
    if path.suffix.lower() not in readers:
        raise ProblemError(f"{path} ends in {path.suffix!r}; recordings end in {', '.join([*readers, '.nwb'])}.")
    try:
        if spikes:
            return _spikes(path, bin_size)
        activity, inputs, own_bin = readers[path.suffix.lower()](path)
    except ProblemError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        if any(word in str(error).lower() for word in ("pickle", "python objects")):
            raise ProblemError(
                f"{path} holds no plain array, but text or Python objects, which could run anything when they are "
                'read: it was not opened. Export arrays: numpy.savez("day.npz", activity=activity, bin_size=0.01).'
            ) from error
        what = "a table of spike times" if spikes else "a recording"
        raise ProblemError(f"{path} cannot be read as {what}: {error}") from error
    if bin_size is None and own_bin is None:
        raise ProblemError(f"{path} does not say the time between samples: give the bin size.")
    return Recording(activity, own_bin if bin_size is None else bin_size, inputs)


def _require_memory(path: Path, size: float) -> None:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if size > _SHARE * free:
        raise ProblemError(
            f"{path} takes {size / 2**30:.1f} GiB in memory, of which {free / 2**30:.1f} GiB are free, and four times "
            "as much is needed to work on it. Take fewer neurons, longer bins or part of the time."
        )


def _array(path: Path):
    mapped = np.load(path, mmap_mode="r", allow_pickle=False)
    _require_memory(path, mapped.nbytes)
    return np.array(mapped), None, None


def _archive(path: Path):
    with zipfile.ZipFile(path) as archive:
        _require_memory(path, sum(member.file_size for member in archive.infolist()))
    with np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    if "activity" not in arrays and len(arrays) != 1:
        raise ProblemError(f"{path} holds {', '.join(arrays) or 'nothing'}; one array must be called 'activity'.")
    activity = arrays["activity"] if "activity" in arrays else next(iter(arrays.values()))
    return activity, arrays.get("inputs"), _scalar(arrays.get("bin_size"))


def _scalar(value) -> float | None:
    return None if value is None else float(np.asarray(value).reshape(()))


def _netcdf(path: Path):
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf") as dataset:
        if "activity" not in dataset:
            raise ProblemError(f"{path} holds {', '.join(map(str, dataset))}; one variable must be called 'activity'.")
        variable = dataset["activity"]
        order = [name for name in ("trial", "time", "neuron") if name in variable.dims]
        if order[-2:] != ["time", "neuron"] or len(order) != variable.ndim:
            raise ProblemError(f"activity is over {variable.dims}; it must be over (trial,) time and neuron.")
        _require_memory(path, variable.nbytes)
        own_bin = _equal_steps(dataset["time"].values, path) if "time" in dataset.coords else None
        return variable.transpose(*order).values, None, own_bin


def _rows(path: Path) -> tuple[list[str], np.ndarray]:
    """The names of the columns (empty where there are none) and the numbers, (row, column)."""
    _require_memory(path, 2.0 * path.stat().st_size)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    names, rows = [], []
    with open(path, newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file, delimiter=delimiter), start=1):
            if not row:
                continue
            try:
                rows.append([float(entry) for entry in row])
            except ValueError as error:
                if number > 1:
                    raise ProblemError(f"{path}, line {number}: {error}; only the first line may hold names.") from None
                names = [entry.strip().lower() for entry in row]
            if rows and len(rows[-1]) != len(rows[0]):
                raise ProblemError(f"{path}, line {number} has {len(rows[-1])} entries, the first {len(rows[0])}.")
    if not rows:
        raise ProblemError(f"{path} holds no numbers.")
    if names and len(names) != len(rows[0]):
        raise ProblemError(f"{path} names {len(names)} columns, but its rows have {len(rows[0])} entries.")
    return names, np.array(rows)


def _table(path: Path):
    names, rows = _rows(path)
    special = {name: rows[:, names.index(name)] for name in ("trial", "time") if name in names}
    values = rows[:, [i for i in range(rows.shape[1]) if not (names and names[i] in special)]]
    if "trial" not in special:
        return values, None, _equal_steps(special["time"], path) if "time" in special else None
    labels = list(dict.fromkeys(special["trial"].tolist()))
    trials = [values[special["trial"] == label] for label in labels]
    lengths = {len(trial) for trial in trials}
    if len(lengths) > 1:
        raise ProblemError(f"trials of {path} have {min(lengths)} to {max(lengths)} samples: cut them to one length.")
    first = special["trial"] == labels[0]
    return np.stack(trials), None, _equal_steps(special["time"][first], path) if "time" in special else None


def _equal_steps(times: np.ndarray, path: Path) -> float:
    steps = np.diff(np.asarray(times, dtype=float))
    if steps.size == 0 or not np.allclose(steps, steps[0], rtol=1e-3) or steps[0] <= 0:
        raise ProblemError(f"the times in {path} do not increase in equal steps: resample to equal bins.")
    return float(steps.mean())


def _spikes(path: Path, bin_size: float | None) -> Recording:
    names, rows = _rows(path)
    if not {"time", "neuron"} <= set(names):
        raise ProblemError(f"a table of spikes needs columns called time and neuron; {path} has {', '.join(names)}.")
    times, neurons = rows[:, names.index("time")], rows[:, names.index("neuron")]
    trials = rows[:, names.index("trial")] if "trial" in names else np.zeros(len(rows))
    return _counted(path, times, neurons, trials, bin_size)


def _counted(path: Path, times, neurons, trials, bin_size: float | None) -> Recording:
    """Spike counts in bins from time 0 on, (trial, time, neuron)."""
    if bin_size is None:
        raise ProblemError("spike times are counted in bins: give the bin size.")
    bin_size = positive(bin_size, "bin_size")
    if not (np.isfinite(times).all() and np.isfinite(neurons).all() and np.isfinite(trials).all()) or times.min() < 0:
        raise ProblemError(f"the spike times in {path} must be finite and not negative.")
    counts = [np.unique(values, return_inverse=True)[1] for values in (trials, neurons)]
    samples = int(times.max() / bin_size) + 1
    shape = (counts[0].max() + 1, samples, counts[1].max() + 1)
    _require_memory(path, 8.0 * np.prod([float(n) for n in shape]))
    activity = np.zeros(shape)
    np.add.at(activity, (counts[0], (times / bin_size).astype(int), counts[1]), 1.0)
    return Recording(activity, bin_size)
