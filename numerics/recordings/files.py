"""Recordings from files: arrays, tables, netCDF and spike times; nothing is ever written."""

import csv
from pathlib import Path

import numpy as np

from numerics.recordings.arrays import (
    UNREADABLE,
    number,
    read_archive,
    read_array,
    require_content,
    require_memory,
)
from numerics.recordings.nwb import nwb_spikes
from numerics.recordings.recording import Recording
from theory.checks import positive
from theory.errors import ProblemError


def load_recording(path, bin_size: float | None = None, spikes: bool = False) -> Recording:
    """A recording from a file, by its ending.

    - `.npy`, `.npz`: an array (time, neuron) or (trial, time, neuron), in an archive called "activity" or alone;
      "inputs" and "bin_size" beside it are taken too.
    - `.csv`, `.tsv`: a row for each time, a column for each neuron, a first row of names or none; a column called
      "trial" parts the trials, which must be equally long; one called "time" gives the bin size.
    - `.nc`: netCDF with a variable "activity" over (trial,) time and neuron; the coordinate "time" gives the bin size,
      in seconds where it holds dates.
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
    require_content(path)
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
    except UNREADABLE as error:
        if any(word in str(error).lower() for word in ("pickle", "python objects")):
            raise ProblemError(
                f"{path} holds no plain array, but text or Python objects, which could run anything when they are "
                'read: it was not opened. Export arrays: numpy.savez("day.npz", activity=activity, bin_size=0.01).'
            ) from error
        what = "a table of spike times" if spikes else "a recording"
        raise ProblemError(
            f"{path} cannot be read as {what}: {str(error).rstrip('.')}. Is it cut off, or another kind of file than "
            f"{path.suffix!r} says? Save it again, or copy it again."
        ) from error
    if bin_size is None and own_bin is None:
        raise ProblemError(f"{path} does not say the time between samples: give the bin size.")
    return Recording(activity, own_bin if bin_size is None else bin_size, inputs)


def _array(path: Path):
    return read_array(path), None, None


def _archive(path: Path):
    arrays = read_archive(path)
    if "activity" not in arrays and len(arrays) != 1:
        raise ProblemError(f"{path} holds {', '.join(arrays) or 'nothing'}; one array must be called 'activity'.")
    activity = arrays["activity"] if "activity" in arrays else next(iter(arrays.values()))
    return activity, arrays.get("inputs"), number(arrays["bin_size"], "bin_size") if "bin_size" in arrays else None


def _netcdf(path: Path):
    import xarray

    with xarray.open_dataset(path, engine="h5netcdf", phony_dims="access") as dataset:
        if "activity" not in dataset:
            raise ProblemError(f"{path} holds {', '.join(map(str, dataset))}; one variable must be called 'activity'.")
        variable = dataset["activity"]
        order = [name for name in ("trial", "time", "neuron") if name in variable.dims]
        if order[-2:] != ["time", "neuron"] or len(order) != variable.ndim:
            raise ProblemError(f"activity is over {variable.dims}; it must be over (trial,) time and neuron.")
        require_memory(path, variable.nbytes)
        own_bin = _equal_steps(dataset["time"].values, path) if "time" in dataset.coords else None
        return variable.transpose(*order).values, None, own_bin


def _rows(path: Path) -> tuple[list[str], np.ndarray]:
    """The names of the columns (empty where there are none) and the numbers, (row, column)."""
    require_memory(path, 2.0 * path.stat().st_size)
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    names, rows = [], []
    with open(path, newline="", encoding="utf-8") as file:
        for line, row in enumerate(csv.reader(file, delimiter=delimiter), start=1):
            if not row:
                continue
            try:
                rows.append(np.array(row, dtype=float))  # a list of Python's numbers would take four times as much
            except ValueError as error:
                if line > 1:
                    parted = "commas" if delimiter == "," else "tabs"
                    raise ProblemError(
                        f"{path}, line {line}: {error}. Numbers are parted by {parted}, with decimal points, and only "
                        "the first line may hold names."
                    ) from None
                names = [entry.strip().lower() for entry in row]
            if rows and len(rows[-1]) != len(rows[0]):
                raise ProblemError(f"{path}, line {line} has {len(rows[-1])} entries, the first {len(rows[0])}.")
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
    if not np.isfinite(special["trial"]).all():
        row = int(np.argmin(np.isfinite(special["trial"])))
        raise ProblemError(f"{path}: row {row} of numbers is of no finite trial ({special['trial'][row]:g}).")
    labels = list(dict.fromkeys(special["trial"].tolist()))
    trials = [values[special["trial"] == label] for label in labels]
    lengths = {len(trial) for trial in trials}
    if len(lengths) > 1:
        raise ProblemError(f"trials of {path} have {min(lengths)} to {max(lengths)} samples: cut them to one length.")
    first = special["trial"] == labels[0]
    return np.stack(trials), None, _equal_steps(special["time"][first], path) if "time" in special else None


def _equal_steps(times: np.ndarray, path: Path) -> float:
    times = np.asarray(times)
    if times.dtype.kind in "mM":
        times = (times - times[:1]) / np.timedelta64(1, "s")
    steps = np.diff(times.astype(float))
    if steps.size == 0 or not np.allclose(steps, steps[0], rtol=1e-3) or steps[0] <= 0:
        raise ProblemError(f"the times in {path} do not increase in equal steps: resample to equal bins.")
    return float(steps.mean())


def _spikes(path: Path, bin_size: float | None) -> Recording:
    names, rows = _rows(path)
    if not {"time", "neuron"} <= set(names):
        raise ProblemError(f"a table of spikes needs columns called time and neuron; {path} names "
            f"{', '.join(names) or 'none'} in its first line.")
    times, neurons = rows[:, names.index("time")], rows[:, names.index("neuron")]
    trials = rows[:, names.index("trial")] if "trial" in names else np.zeros(len(rows))
    return _counted(path, times, neurons, trials, bin_size)


def _counted(path: Path, times, neurons, trials, bin_size: float | None) -> Recording:
    """Spike counts in bins from time 0 on, (trial, time, neuron)."""
    if bin_size is None:
        raise ProblemError("spike times are counted in bins: give the bin size.")
    bin_size = positive(bin_size, "bin_size")
    if times.size == 0:
        raise ProblemError(f"{path} holds no spikes.")
    for values, what in ((times, "times"), (neurons, "neurons"), (trials, "trials")):
        if not np.isfinite(values).all():
            first = int(np.argmin(np.isfinite(values)))
            raise ProblemError(f"in {path}, spike {first} is {values[first]:g} among the {what}: leave it out.")
    if times.min() < 0:
        raise ProblemError(
            f"spike times in {path} must count from the start of the recording, or of the trial, but "
            f"{int((times < 0).sum())} are negative, the earliest {times.min():g}: shift all times, or leave them out."
        )
    counts = [np.unique(values, return_inverse=True)[1] for values in (trials, neurons)]
    samples = int(times.max() / bin_size) + 1
    shape = (counts[0].max() + 1, samples, counts[1].max() + 1)
    counted = f", as counts in {samples:.3g} bins of {bin_size:g} up to the last spike at {times.max():g}"
    require_memory(path, 8.0 * np.prod([float(n) for n in shape]), counted)
    activity = np.zeros(shape)
    np.add.at(activity, (counts[0], (times / bin_size).astype(int), counts[1]), 1.0)
    return Recording(activity, bin_size)
