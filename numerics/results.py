"""Finished results on disk: one netCDF file each, whole or not there at all.

A file is named after what was computed and a key of the configuration and of the code that computed
it. So a computation that is asked for again is found, one whose code has been fixed since is not,
and no file ever has to be overwritten.
"""

import hashlib
import re
from pathlib import Path

import numpy as np

from numerics.files import replacing
from numerics.provenance import canonical_json, provenance, source_digest
from theory.errors import ProblemError, ResultMismatchError


class ResultStore:
    """A folder of finished results.

    Several processes, on several machines, may save into the same folder at once.

    Args:
        folder: where the files are; it is made when the first result is saved.

    >>> import tempfile, xarray
    >>> configuration = {"name": "demonstration", "width": 64}
    >>> dataset = xarray.Dataset({"loss": ("training_time", [1.0, 0.5])})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = ResultStore(folder)
    ...     path = store.save(configuration, "numerics.results", dataset, wall_time=0.1)
    ...     print(store.load(configuration, "numerics.results").loss.values)
    [1.  0.5]
    """

    def __init__(self, folder):
        self.folder = Path(folder)

    @staticmethod
    def canonical(configuration: dict) -> str:
        """The configuration as canonical JSON; see `numerics.provenance.canonical_json`.

        Args:
            configuration: what is computed, in plain types.

        Raises:
            ProblemError: for what cannot be written down; it names the place.

        >>> ResultStore.canonical({"width": 64, "name": "demonstration"})
        '{"name":"demonstration","width":64}'
        """
        return canonical_json(configuration)

    def key(self, configuration: dict, entry_module: str) -> str:
        """Sixteen hexadecimal digits that stand for a configuration and the code that computes it.

        Args:
            configuration: what is computed, in plain types.
            entry_module: the dotted name of the module that computes it.

        Raises:
            ProblemError: if the configuration cannot be written down, or there is no such module.

        >>> len(ResultStore("results").key({"name": "demonstration"}, "numerics.results"))
        16
        """
        text = f"{canonical_json(configuration)}\0{source_digest(entry_module)}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def path(self, configuration: dict, entry_module: str) -> Path:
        """Where the result of a configuration is, or would be.

        Args:
            configuration: what is computed; its "name" begins the name of the file.
            entry_module: the dotted name of the module that computes it.

        Raises:
            ProblemError: as `key`, or if the name is not made of letters, digits, - and _.

        >>> ResultStore("results").path({"name": "demonstration"}, "numerics.results").suffix
        '.nc'
        """
        key = self.key(configuration, entry_module)
        name = configuration.get("name")
        if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_-]{1,100}", name):
            raise ProblemError(
                f'configuration["name"] is {name!r}; it begins a file name, so it must be 1 to 100 '
                "of the letters a-z and A-Z, digits, - and _."
            )
        return self.folder / f"{name}-{key}.nc"

    def load(self, configuration: dict, entry_module: str):
        """The finished result of a configuration, or None if there is none.

        Args:
            configuration: what is computed.
            entry_module: the dotted name of the module that computes it.

        Returns:
            The `xarray.Dataset` that was saved, in memory, its provenance among its attributes.

        Raises:
            ProblemError: as `path`.
            ResultMismatchError: if the file is damaged, or was made from something else.

        >>> ResultStore("no such folder").load({"name": "demonstration"}, "numerics.results")
        """
        import xarray

        path = self.path(configuration, entry_module)
        if not path.exists():
            return None
        try:
            # What was saved is wanted as it is: no scaling, and no dates made out of numbers whose
            # unit is called "days".
            with xarray.open_dataset(
                path, engine="h5netcdf", mask_and_scale=False, decode_times=False
            ) as stored:
                dataset = _join_complex(stored.load())
        except MemoryError:  # says nothing about the file
            raise
        except Exception as error:  # h5py and h5netcdf raise whatever the damage leads them to
            raise _refusal(path, f"cannot be read ({type(error).__name__}: {error})") from error
        asked = canonical_json(configuration)
        found = dataset.attrs.get("configuration")
        if found != asked:
            raise _refusal(path, f"holds the configuration {found}, but this was asked for: {asked}")
        if dataset.attrs.get("source_digest") != source_digest(entry_module):
            raise _refusal(path, f"was not made by the present code of {entry_module}")
        return dataset

    def save(self, configuration: dict, entry_module: str, dataset, wall_time: float) -> Path:
        """Store a finished result; does nothing if it is there already.

        A reader sees the whole file or none: it is written under a temporary name, and renamed when
        it is safely on disk. Temporary files that killed processes left behind are removed.

        Args:
            configuration: what was computed.
            entry_module: the dotted name of the module that computed it.
            dataset: the `xarray.Dataset` to store. Complex arrays are split in two, `x_real` and
                `x_imag`, which every netCDF reader knows, and joined again by `load`. Attributes
                are kept, save those that provenance has by the same name.
            wall_time: how long it took, in seconds.

        Returns:
            The file.

        Raises:
            ProblemError: as `path`, or if the dataset cannot be stored without loss.
            ResultMismatchError: if there is a file of that name which `load` refuses.
        """
        import h5netcdf

        path = self.path(configuration, entry_module)
        if self.load(configuration, entry_module) is not None:
            return path
        attributes = provenance(configuration, wall_time)
        attributes |= {"entry_module": entry_module, "source_digest": source_digest(entry_module)}
        stored = _split_complex(_storable(dataset)).assign_attrs(attributes)
        # No fill value, since nothing is missing; checksums, so that damaged numbers are noticed.
        encoding: dict = {name: {"_FillValue": None} for name in stored.variables}
        for name, variable in stored.variables.items():
            if variable.dtype.kind in "biuf" and variable.ndim and variable.size:
                encoding[name]["fletcher32"] = True
        try:
            with replacing(path) as temporary:
                stored.to_netcdf(temporary, engine="h5netcdf", encoding=encoding)
        except (TypeError, ValueError, NotImplementedError, h5netcdf.CompatibilityError) as error:
            raise ProblemError(f"the dataset cannot be stored as netCDF: {error}") from error
        return path


def _refusal(path: Path, reason: str) -> ResultMismatchError:
    return ResultMismatchError(
        f"{path} {reason}. The file was left as it is: look at it, then move or delete it, and the "
        "result can be computed again."
    )


def _storable(dataset):
    """The dataset without the encodings of the file it may come from, or a ProblemError."""
    import xarray

    if not isinstance(dataset, xarray.Dataset):
        raise ProblemError(f"a result is an xarray.Dataset, not a {type(dataset).__name__}.")
    for name, variable in dataset.variables.items():
        kind, size = variable.dtype.kind, variable.dtype.itemsize
        # Dates would come back as numbers, half and extended precision only through some readers.
        if kind in "mMV" or (kind == "f" and size not in (4, 8)) or (kind == "c" and size > 16):
            raise ProblemError(
                f"variable {name!r} is of type {variable.dtype}, which netCDF does not have; store "
                "numbers in float32 or float64, and say the unit in the attributes."
            )
    return dataset.drop_encoding()


def _split_complex(dataset):
    """The dataset with each complex variable `x` replaced by `x_real` and `x_imag`."""
    import xarray

    for name in [n for n, variable in dataset.variables.items() if variable.dtype.kind == "c"]:
        whole, is_coordinate = dataset[name].variable, name in dataset.coords
        dataset = dataset.drop_vars(name)
        for part in ("real", "imag"):
            half = f"{name}_{part}"
            if half in dataset.variables or half in dataset.dims:
                raise ProblemError(
                    f"the complex variable {name!r} is stored as {name}_real and {name}_imag, but "
                    f"there is a {half!r} already; rename one of them."
                )
            attributes = {**whole.attrs, "complex_variable": name}
            variable = xarray.Variable(whole.dims, getattr(whole.values, part), attributes)
            dataset = (dataset.assign_coords if is_coordinate else dataset.assign)({half: variable})
    return dataset


def _join_complex(dataset):
    """Undo `_split_complex`."""
    import xarray

    names = [variable.attrs.get("complex_variable") for variable in dataset.variables.values()]
    for name in dict.fromkeys(name for name in names if name is not None):
        halves = [dataset[f"{name}_{part}"] for part in ("real", "imag")]
        real, imag = (half.values for half in halves)
        # Set the parts: real + 1j * imag would turn an infinite part into NaN.
        values = np.empty(real.shape, np.result_type(real.dtype, np.complex64))
        values.real, values.imag = real, imag
        attributes = {k: v for k, v in halves[0].attrs.items() if k != "complex_variable"}
        variable = xarray.Variable(halves[0].dims, values, attributes)
        is_coordinate = halves[0].name in dataset.coords
        dataset = dataset.drop_vars([half.name for half in halves])
        dataset = (dataset.assign_coords if is_coordinate else dataset.assign)({name: variable})
    return dataset
