"""Spike times from Neurodata Without Borders files, which are HDF5."""

from pathlib import Path

import h5py
import numpy as np

from numerics.recordings.arrays import require_memory
from theory.errors import ProblemError


def nwb_spikes(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Times and units of all spikes in the table of units of an NWB file.

    Args:
        path: the file; its `units` hold `spike_times`, unit after unit, and `spike_times_index`, where each ends.

    Returns:
        Times in seconds, (spike,), and the index of each one's unit, (spike,).

    Raises:
        ProblemError: no HDF5, no table of units, or one that contradicts itself.

    Source: NWB 2 schema, table `Units` (nwb-schema.readthedocs.io).
    """
    try:
        with h5py.File(path, "r") as file:
            if "units/spike_times" not in file or "units/spike_times_index" not in file:
                raise ProblemError(
                    f"{path} has no spike times (units/spike_times): save other signals as arrays (.npz)."
                )
            times, ends = file["units/spike_times"], file["units/spike_times_index"]
            for each in (times, ends):
                if each.dtype.kind not in "iuf" or each.ndim != 1:
                    raise ProblemError(
                        f"{path}: {each.name} must be a row of numbers; it has shape {each.shape} of {each.dtype}."
                    )
            require_memory(path, 2.0 * times.nbytes)
            times, ends = times[()], ends[()].astype(int)
    except OSError as error:
        raise ProblemError(f"{path} cannot be read as NWB: {error}. Is it cut off? Copy it again.") from error
    counts = np.diff(ends, prepend=0)
    if ends.size == 0 or (counts < 0).any() or ends[-1] != times.size:
        raise ProblemError(f"{path}: the index of its {ends.size} units does not fit its {times.size} spike times.")
    return times.astype(float), np.repeat(np.arange(ends.size), counts)
