"""The table of a run: a row for every fit, as csv to look at and as netCDF to compute with."""

from pathlib import Path

import pandas
import xarray

from numerics.benchmark.examination import Examination
from numerics.files import replacing
from numerics.provenance import provenance
from numerics.results import ResultStore
from theory.errors import ProblemError, ResultMismatchError

NAMES = ("cells.csv", "cells.nc")


def table(examinations: list[Examination], store: ResultStore) -> pandas.DataFrame:
    """All rows of finished examinations, with their settings as columns.

    Args:
        examinations: what the table is of.
        store: where they are.

    Raises:
        ProblemError: some are not there yet; it says how many.
    """
    parts, missing = [], 0
    for examination in examinations:
        rows = examination.stored(store)
        if rows is None:
            missing += 1
            continue
        parts.append(rows.to_dataframe().reset_index(drop=True).assign(**settings(examination)))
    if missing:
        raise ProblemError(
            f"{missing} of {len(examinations)} examinations are not finished in {store.folder}: run the same command "
            "again, or the tasks that are left."
        )
    whole = pandas.concat(parts, ignore_index=True)
    first = list(settings(examinations[0]))
    return whole[[*first, *(name for name in whole.columns if name not in first)]]


def settings(examination: Examination) -> dict:
    """The columns that say what an examination is of."""
    setting = examination.setting
    return {
        "part": examination.part,
        "family": family(setting.system, setting.impostor),
        "system": setting.system.id,
        "observation": setting.observation.id,
        "impostor": setting.impostor,
        "fraction": setting.fraction,
        "duration": setting.duration,
        "bin_size": setting.bin_size,
        "noise": setting.noise,
        "trials": setting.trials,
    }


def family(system, impostor: bool = False) -> str:
    """What rates are by: the id of a system, the settings that are not its usual ones, and whether it is an impostor.

    >>> from numerics.benchmark.systems.feedforward_chain import FeedforwardChain
    >>> family(FeedforwardChain(skip=1.0)), family(FeedforwardChain(), impostor=True)
    ('F1 skip=1.0', 'F1 impostor')
    """
    usual = vars(type(system)())
    changed = [f"{name}={value}" for name, value in vars(system).items() if value != usual[name]]
    return " ".join([system.id, *changed, *(["impostor"] if impostor else [])])


def write(rows: pandas.DataFrame, method: str, folder: Path, about: dict, seconds: float) -> None:
    """Write the table, each file whole or not at all.

    Args:
        rows: as `table` makes them.
        method: its name.
        folder: where to.
        about: what was run, in plain types.
        seconds: wall time of the run.
    """
    with replacing(folder / NAMES[0]) as temporary:
        rows.to_csv(temporary, index=False)
    dataset = xarray.Dataset({name: ("row", _plain(rows[name])) for name in rows.columns})
    dataset = dataset.assign_attrs(**provenance(about, seconds), method=method)
    with replacing(folder / NAMES[1]) as temporary:
        dataset.to_netcdf(temporary, engine="h5netcdf")


def read(folder: Path) -> tuple[pandas.DataFrame, dict]:
    """The table of a run and what is said about it.

    Args:
        folder: of the run.

    Raises:
        ProblemError: there is no table.
        ResultMismatchError: it is damaged.
    """
    path = folder / NAMES[1]
    if not path.is_file():
        raise ProblemError(f"{folder} holds no results of a finished run ({NAMES[1]}).")
    try:
        with xarray.open_dataset(path, engine="h5netcdf") as stored:
            dataset = stored.load()
    except (OSError, ValueError, KeyError) as error:
        raise ResultMismatchError(f"{path} cannot be read ({type(error).__name__}: {error}): make it anew.") from error
    rows = dataset.to_dataframe().reset_index(drop=True)
    rows["impostor"] = rows["impostor"].astype(bool)
    return rows, dict(dataset.attrs)


def _plain(column: pandas.Series):
    """Numbers as they are, truth values as small numbers, the rest as text."""
    if column.dtype == bool:
        return column.to_numpy("int8")
    return column.to_numpy() if column.dtype.kind in "if" else column.astype(str).to_numpy(object)
