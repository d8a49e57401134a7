"""Results are whole or absent, found again by what they are, and never overwritten."""

import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path

import h5py
import jax
import numpy as np
import pytest
import xarray

import numerics.results as results
from numerics.files import host
from numerics.provenance import ROOT, canonical_json
from numerics.results import ResultStore
from theory.errors import ProblemError, ResultMismatchError

MODULE = "numerics.results"
CONFIGURATION = {"name": "integrator", "width": 64, "teacher": {"rate": 0.2}}


@pytest.fixture
def store(tmp_path):
    return ResultStore(tmp_path / "results")


def example() -> xarray.Dataset:
    time = np.linspace(0.0, 1.0, 50)
    return xarray.Dataset(
        {"loss": (("seed", "time"), np.exp(-np.outer([1.0, 2.0], time)), {"unit": "1"})},
        coords={"time": time, "seed": [0, 1]},
        attrs={"title": "a test"},
    )


def kept(dataset: xarray.Dataset, saved: xarray.Dataset) -> xarray.Dataset:
    """The dataset without the attributes that provenance added."""
    return (
        dataset.assign_attrs()
        .drop_attrs(deep=False)
        .assign_attrs({name: dataset.attrs[name] for name in saved.attrs})
    )


def files(store: ResultStore) -> set[str]:
    return {file.name for file in store.folder.iterdir()}


def test_absent_result_is_none_and_looking_makes_no_folder(store):
    assert store.load(CONFIGURATION, MODULE) is None
    assert not store.folder.exists()


def test_saved_result_is_loaded_with_its_provenance(store):
    path = store.save(CONFIGURATION, MODULE, example(), wall_time=2.5)
    assert path == store.path(CONFIGURATION, MODULE)
    assert files(store) == {path.name}
    loaded = store.load(CONFIGURATION, MODULE)
    xarray.testing.assert_identical(kept(loaded, example()), example())
    assert loaded.attrs["configuration"] == store.canonical(CONFIGURATION)
    assert loaded.attrs["wall_time_seconds"] == "2.5"
    assert loaded.attrs["entry_module"] == MODULE
    assert loaded.loss.dtype == np.float64


def test_file_name_is_the_name_and_sixteen_digits_of_the_key(store):
    key = store.key(CONFIGURATION, MODULE)
    assert len(key) == 16 and set(key) <= set("0123456789abcdef")
    assert store.path(CONFIGURATION, MODULE) == store.folder / f"integrator-{key}.nc"


def test_key_depends_on_configuration_and_code_but_not_on_order(store, monkeypatch):
    key = store.key(CONFIGURATION, MODULE)
    backwards = dict(reversed(CONFIGURATION.items())) | {"width": np.int64(64)}
    assert store.key(backwards, MODULE) == key
    assert store.key(CONFIGURATION | {"width": 65}, MODULE) != key
    assert store.key(CONFIGURATION, "numerics.provenance") != key
    monkeypatch.setattr(results, "source_digest", lambda module: "the code after a repair")
    assert store.key(CONFIGURATION, MODULE) != key


def test_repaired_code_makes_a_result_absent_and_keeps_the_old_file(store, monkeypatch):
    old = store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    monkeypatch.setattr(results, "source_digest", lambda module: "the code after a repair")
    assert store.load(CONFIGURATION, MODULE) is None
    new = store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert files(store) == {old.name, new.name} and old != new


@pytest.mark.parametrize(
    "name", ["a/b", "../up", "", "a b", "a.b", "name\n", "naïve", "x" * 101, 3, None]
)
def test_name_that_is_no_slug_is_refused(store, name):
    with pytest.raises(ProblemError, match="begins a file name"):
        store.path(CONFIGURATION | {"name": name}, MODULE)


def test_configuration_without_a_name_is_refused(store):
    with pytest.raises(ProblemError, match="begins a file name"):
        store.path({"width": 64}, MODULE)


@pytest.mark.parametrize("method", ["key", "path", "load"])
def test_configuration_that_cannot_be_written_down_is_refused(store, method):
    with pytest.raises(ProblemError, match=r"configuration\['teacher'\]\['rate'\] is nan"):
        getattr(store, method)({"name": "a", "teacher": {"rate": float("nan")}}, MODULE)


def test_saving_again_changes_nothing(store):
    path = store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    before, inode = path.read_bytes(), path.stat().st_ino
    assert store.save(CONFIGURATION, MODULE, example() + 1, wall_time=9.0) == path
    assert (path.read_bytes(), path.stat().st_ino) == (before, inode)


AWKWARD = {
    "complex": np.array([1 + 2j, complex(np.inf, -0.0), complex(0.0, np.nan)]),
    "complex64": np.array([[1 + 2j, 3 - 4j]], dtype=np.complex64),
    "complex scalar": np.array(1 - 2j),
    "float32": np.array([0.1, np.nan, -np.inf, -0.0, 1e-45], dtype=np.float32),
    "float64": np.array([1 / 3, np.nan, 5e-324]),
    "uint8": np.array([0, 255], dtype=np.uint8),
    "int64": np.array([-(2**63), 2**63 - 1]),
    "bool": np.array([True, False]),
    "scalar": np.array(3.5),
    "empty": np.zeros((0, 3)),
    "Fortran order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_numbers_come_back_bit_for_bit(store, name):
    values = AWKWARD[name]
    dims = tuple(f"d{i}" for i in range(values.ndim))
    # Attributes that netCDF conventions would take for a date and for packed numbers.
    attributes = {"units": "days since 2000-01-01", "add_offset": 1.0}
    dataset = xarray.Dataset({"x": (dims, values, attributes), "other": 1})
    store.save(CONFIGURATION, MODULE, dataset, wall_time=1.0)
    loaded = store.load(CONFIGURATION, MODULE)
    assert loaded.x.dtype == values.dtype and loaded.x.dims == dims
    assert loaded.x.values.tobytes() == values.tobytes()
    assert loaded.x.attrs == attributes
    assert set(loaded.variables) == {"x", "other"}


def test_complex_and_text_coordinates_come_back(store):
    dataset = xarray.Dataset(
        {"transfer": (("s", "label"), np.array([[1j, 2.0], [3.0, 4j]]))},
        coords={
            "s": np.array([1j, 2 + 1j]),
            "label": ["a", "bc"],
            "pole": ("label", [1j, 2j], {"unit": "1/s"}),
        },
    )
    store.save(CONFIGURATION, MODULE, dataset, wall_time=1.0)
    loaded = store.load(CONFIGURATION, MODULE)
    xarray.testing.assert_identical(kept(loaded, dataset), dataset)
    assert loaded.indexes["s"].equals(dataset.indexes["s"])


def test_complex_arrays_are_plain_numbers_to_other_readers(store):
    dataset = xarray.Dataset({"pole": ("n", np.array([1 + 2j, 3 - 4j]))})
    path = store.save(CONFIGURATION, MODULE, dataset, wall_time=1.0)
    with h5py.File(path) as file:
        assert file["pole_real"][:].tolist() == [1.0, 3.0]
        assert file["pole_imag"][:].tolist() == [2.0, -4.0]
        assert "pole" not in file


def test_packing_of_the_file_a_dataset_came_from_loses_nothing(store):
    dataset = example()
    dataset.loss.encoding = {"dtype": "int8", "scale_factor": 0.5, "_FillValue": 1}
    dataset.encoding = {"unlimited_dims": {"a dimension that was averaged over"}}
    store.save(CONFIGURATION, MODULE, dataset, wall_time=1.0)
    assert (store.load(CONFIGURATION, MODULE).loss.values == example().loss.values).all()


def test_long_configuration_is_stored(store):
    configuration = CONFIGURATION | {"matrix": np.linspace(0.0, 1.0, 20_000)}
    assert len(canonical_json(configuration)) > 2**18  # well over what HDF5 keeps in a header
    store.save(configuration, MODULE, example(), wall_time=1.0)
    assert store.load(configuration, MODULE) is not None


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"loss": [1.0]}, "not a dict"),
        (xarray.Dataset({"t": np.datetime64("2020-01-01", "ns")}), "'t' is of type datetime64"),
        (xarray.Dataset({"t": np.timedelta64(3, "ns")}), "'t' is of type timedelta64"),
        (xarray.Dataset({"x": ("n", np.zeros(2, np.longdouble))}), "'x' is of type float128"),
        (xarray.Dataset({"x": ("n", np.zeros(2, np.clongdouble))}), "'x' is of type complex256"),
        (xarray.Dataset({"x": ("n", np.zeros(2, np.float16))}), "'x' is of type float16"),
        (xarray.Dataset({"x": ("n", np.zeros(2, jax.numpy.bfloat16))}), "'x' is of type bfloat16"),
        (xarray.Dataset({"x": ("n", np.array([object()]))}), "cannot be stored"),
        (xarray.Dataset({"x": 1.0}, attrs={"teacher": {"rate": 1}}), "cannot be stored"),
        (xarray.Dataset({"x": 1j, "x_imag": 2.0}), "there is a 'x_imag' already"),
    ],
)
def test_dataset_that_cannot_be_stored_is_refused_and_leaves_nothing(store, dataset, message):
    with pytest.raises(ProblemError, match=message):
        store.save(CONFIGURATION, MODULE, dataset, wall_time=1.0)
    assert not store.folder.exists() or not files(store)
    assert store.load(CONFIGURATION, MODULE) is None


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def lose_the_last_byte(path):
    path.write_bytes(path.read_bytes()[:-1])


def empty(path):
    path.write_bytes(b"")


def garbage(path):
    path.write_bytes(np.random.default_rng(0).bytes(path.stat().st_size))


def flip_one_bit_of_the_numbers(path):
    content, numbers = path.read_bytes(), example().loss.values.tobytes()
    assert content.count(numbers) == 1
    place = content.index(numbers) + 3
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])


def without_provenance(path):
    path.unlink()
    example().to_netcdf(path, engine="h5netcdf")


def half_a_complex_number(path):
    with h5py.File(path, "a") as file:
        file["loss"].attrs["complex_variable"] = "loss"


DAMAGE = {
    truncate: "cannot be read",
    lose_the_last_byte: "cannot be read",
    empty: "cannot be read",
    garbage: "cannot be read",
    flip_one_bit_of_the_numbers: "cannot be read",
    half_a_complex_number: "cannot be read",
    without_provenance: "holds the configuration None",
}


@pytest.mark.parametrize("damage", DAMAGE, ids=lambda damage: damage.__name__)
def test_damaged_file_is_refused_and_left_as_it_is(store, damage):
    path = store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    damage(path)
    before = path.read_bytes()
    with pytest.raises(ResultMismatchError, match=DAMAGE[damage]) as caught:
        store.load(CONFIGURATION, MODULE)
    assert str(path) in str(caught.value) and "move or delete it" in str(caught.value)
    with pytest.raises(ResultMismatchError, match=DAMAGE[damage]):
        store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert path.read_bytes() == before and files(store) == {path.name}


def test_result_of_another_configuration_is_refused_and_left_as_it_is(store):
    other = CONFIGURATION | {"width": 128}
    path = store.path(CONFIGURATION, MODULE)
    store.save(other, MODULE, example(), wall_time=1.0).rename(path)
    before = path.read_bytes()
    for attempt in (
        lambda: store.load(CONFIGURATION, MODULE),
        lambda: store.save(CONFIGURATION, MODULE, example(), wall_time=1.0),
    ):
        with pytest.raises(ResultMismatchError, match='"width":128.*"width":64'):
            attempt()
    assert path.read_bytes() == before


def test_result_of_other_code_is_refused(store, monkeypatch):
    path = store.path(CONFIGURATION, MODULE)
    with monkeypatch.context() as patch:
        patch.setattr(results, "source_digest", lambda module: "the code before a repair")
        store.save(CONFIGURATION, MODULE, example(), wall_time=1.0).rename(path)
    with pytest.raises(ResultMismatchError, match="not made by the present code"):
        store.load(CONFIGURATION, MODULE)


def test_file_gets_its_name_when_it_is_whole(store, monkeypatch):
    renamed = []

    def replace(source, target, original=os.replace):
        assert not target.exists() and source.parent == target.parent
        with xarray.open_dataset(source, engine="h5netcdf") as whole:
            assert (whole.loss.values == example().loss.values).all()
        original(source, target)
        renamed.append(target)

    monkeypatch.setattr(os, "replace", replace)
    path = store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert renamed == [path]


def test_running_out_of_memory_is_not_blamed_on_the_file(store, monkeypatch):
    def too_large(*arguments, **options):
        raise MemoryError

    store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    monkeypatch.setattr(xarray, "open_dataset", too_large)
    with pytest.raises(MemoryError):
        store.load(CONFIGURATION, MODULE)


def test_failed_write_leaves_nothing(store, monkeypatch):
    def disk_full(descriptor):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(OSError, match="no space left"):
        store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert not files(store)


# A process that saves results of growing width as fast as it can, saying so before each.
SAVING = """
import sys, numpy, xarray
from numerics.results import ResultStore
store = ResultStore(sys.argv[1])
dataset = xarray.Dataset({"x": ("n", numpy.arange(300_000.0))})
for width in range(1_000):
    print(width, flush=True)
    store.save({"name": "loop", "width": width}, "numerics.results", dataset, wall_time=1.0)
"""

# One that stops for good when the file is written but not yet renamed.
STOPPING = """
import os, sys, xarray
from numerics.results import ResultStore
def wait_for_ever(descriptor):
    print("written", flush=True)
    sys.stdin.read()
os.fsync = wait_for_ever
dataset = xarray.Dataset({"x": ("n", [1.0, 2.0])})
ResultStore(sys.argv[1]).save({"name": "stop"}, "numerics.results", dataset, wall_time=1.0)
"""


def start(program: str, store: ResultStore) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", program, str(store.folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def kill(process: subprocess.Popen) -> None:
    with process:
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL  # it had not ended by itself


def test_killed_in_the_middle_of_a_save_leaves_no_result_and_is_swept(store):
    process = start(STOPPING, store)
    assert process.stdout.readline() == "written\n"
    alive = files(store)
    assert [name.endswith(".tmp") for name in alive] == [True]
    assert store.load({"name": "stop"}, MODULE) is None
    store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert alive < files(store)  # its process lives: not ours to remove
    kill(process)
    assert store.load({"name": "stop"}, MODULE) is None
    path = store.save({"name": "stop"}, MODULE, example(), wall_time=1.0)
    assert files(store) == {path.name, store.path(CONFIGURATION, MODULE).name}


def test_killed_at_any_moment_leaves_whole_files_only(store):
    process = start(SAVING, store)
    while int(process.stdout.readline()) < 5:
        pass
    # Until it is seen in the middle of writing: the file is there under its temporary name.
    while not list(store.folder.glob(".*.tmp")) and process.poll() is None:
        select.select([process.stdout], [], [], 0)
    kill(process)
    visible = {file.name for file in store.folder.glob("*.nc")}
    assert len(visible) >= 5
    whole = set()
    for width in range(1_000):
        configuration = {"name": "loop", "width": width}
        loaded = store.load(configuration, MODULE)
        if loaded is None:
            break
        assert (loaded.x.values == np.arange(300_000.0)).all()
        whole.add(store.path(configuration, MODULE).name)
    assert whole == visible


def leftover(store: ResultStore, host: str, pid: int, age: float = 0.0) -> Path:
    store.folder.mkdir(exist_ok=True)
    file = store.folder / f".a-0123456789abcdef.nc.{host}.{pid}.{'0' * 32}.tmp"
    file.write_bytes(b"half a file")
    then = file.stat().st_mtime - age
    os.utime(file, (then, then))
    return file


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


HERE = host()


@pytest.mark.parametrize(
    ("host", "dead", "hours", "swept"),
    [
        (HERE, True, 0, True),
        (HERE, False, 0, False),
        (HERE, False, 23, False),
        (HERE, False, 25, True),  # the number of the process has been given to another one
        ("elsewhere", True, 0, False),  # another machine of a cluster: its processes are unseen
        ("elsewhere", True, 25, True),
    ],
)
def test_leftovers_are_swept_when_nobody_can_be_writing_them(store, host, dead, hours, swept):
    file = leftover(store, host, dead_pid() if dead else os.getpid(), 3_600.0 * hours)
    store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert file.exists() != swept


def test_files_of_others_are_never_swept(store):
    store.folder.mkdir()
    others = [store.folder / name for name in (".notes.tmp", "draft.tmp", ".a.b.1.tmp", "x.nc")]
    for file in others:
        file.write_text("mine")
        os.utime(file, (0, 0))
    store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert all(file.read_text() == "mine" for file in others)


def test_host_with_dots_is_recognised(store, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "node-7.cluster.example.org")
    file = leftover(store, host(), dead_pid())
    store.save(CONFIGURATION, MODULE, example(), wall_time=1.0)
    assert not file.exists()
