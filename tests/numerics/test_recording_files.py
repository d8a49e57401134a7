"""Recordings from files: the same numbers from every format, and a clear refusal of what is no recording."""

import h5py
import numpy as np
import pytest
import xarray

from numerics.recordings import arrays, load_recording
from theory.errors import ProblemError

ACTIVITY = np.random.default_rng(0).normal(size=(2, 30, 3))
TIMES = 0.25 * np.arange(30)


def table(path, header, columns, delimiter=","):
    lines = [delimiter.join(header)] if header else []
    lines += [delimiter.join(repr(float(entry)) for entry in row) for row in np.column_stack(columns)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def flat():
    trial = np.repeat([1, 2], 30)
    return trial, np.tile(TIMES, 2), ACTIVITY.reshape(60, 3)


def formats(folder):
    np.savez(folder / "named.npz", activity=ACTIVITY, bin_size=0.25)
    np.savez(folder / "single.npz", ACTIVITY)
    np.save(folder / "array.npy", ACTIVITY)
    trial, time, values = flat()
    table(folder / "trials.csv", ["trial", "time", "a", "b", "c"], (trial, time, values))
    table(folder / "trials.tsv", ["Time", "a", "Trial", "b", "c"], (time, values[:, 0], trial, values[:, 1:]), "\t")
    coordinates = {"time": TIMES}
    xarray.Dataset({"activity": (("neuron", "trial", "time"), ACTIVITY.transpose(2, 0, 1))}, coordinates).to_netcdf(
        folder / "dataset.nc", engine="h5netcdf"
    )
    return sorted(path for path in folder.iterdir())


def test_every_format_gives_the_same_recording(tmp_path):
    found = formats(tmp_path)
    assert len(found) == 6
    before = {path: path.read_bytes() for path in found}
    for path in found:
        needed = None if path.name in ("named.npz", "trials.csv", "trials.tsv", "dataset.nc") else 0.25
        recording = load_recording(path, needed)
        np.testing.assert_array_equal(recording.activity, ACTIVITY, err_msg=path.name)
        assert recording.bin_size == pytest.approx(0.25)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before  # nothing written, nothing changed


def test_table_without_names_is_one_trial(tmp_path):
    path = table(tmp_path / "plain.csv", [], (ACTIVITY[0],))
    np.testing.assert_array_equal(load_recording(path, 1.0).activity[0], ACTIVITY[0])


def test_inputs_come_along(tmp_path):
    np.savez(tmp_path / "a.npz", activity=ACTIVITY, inputs=np.ones((2, 30, 1)), bin_size=1.0)
    assert load_recording(tmp_path / "a.npz").inputs.shape == (2, 30, 1)


def test_spikes_are_counted_in_bins(tmp_path):
    spikes = [(0.1, 7, 1), (0.2, 7, 1), (1.9, 4, 1), (0.6, 4, 2), (1.2, 7, 2)]
    path = table(tmp_path / "spikes.csv", ["time", "neuron", "trial"], (np.array(spikes),))
    recording = load_recording(path, bin_size=0.5, spikes=True)
    expected = np.zeros((2, 4, 2))
    for time, neuron, trial in spikes:
        expected[trial - 1, int(time / 0.5), int(neuron == 7)] += 1
    np.testing.assert_array_equal(recording.activity, expected)


def write(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        ("a.csv", "1,2\n3,nan\n", {}, "not finite.*sample 1, column 1"),
        ("a.csv", "1,2\n3,2\n", {}, "neuron 1 has the same value"),
        ("a.csv", "1,2\n", {}, "at least two samples"),
        ("a.csv", "1,2\n3,4,5\n", {}, "line 2 has 3 entries"),
        ("a.csv", "x,y\n1,2\nhello,4\n", {}, "line 3.*hello"),
        ("a.csv", "a,b\n", {}, "no numbers"),
        ("a.csv", "", {}, "empty .0 bytes"),
        ("a.npz", b"", {}, "empty .0 bytes"),
        ("a.nc", b"", {}, "empty .0 bytes"),
        ("a.nwb", b"", {}, "empty .0 bytes"),
        ("a.csv", "1;2\n3,5;4\n", {}, "line 2.*parted by commas"),
        ("a.csv", b"a,b\n1,2\n\xe9,3\n", {}, "can't decode.*another kind of file"),
        ("a.csv", "x" * 140_000 + "\n1,2\n", {}, "larger than field limit"),
        ("a.csv", "trial,a\nnan,1\nnan,2\n", {}, "row 0 of numbers is of no finite trial .nan"),
        ("a.csv", "a,b,c\n1,2\n3,5\n", {}, "names 3 columns"),
        ("a.csv", "time,a\n0,1\n1,2\n5,3\n", {}, "equal steps"),
        ("a.csv", "trial,a\n0,1\n0,2\n1,3\n", {}, "1 to 2 samples"),
        ("a.csv", "1,2\n3,4\n", {"bin_size": None}, "bin size"),
        ("a.csv", "1,2\n3,4\n", {"bin_size": -1.0}, "bin_size = -1"),
        ("a.csv", "time,a\n0,1\n1,2\n", {"spikes": True}, "time and neuron.*names time, a"),
        ("a.csv", "0,1\n1,2\n", {"spikes": True}, "names none"),
        ("a.csv", "time,neuron\n5,1\n-1,1\n1,2\n", {"spikes": True}, "1 are negative, the earliest -1"),
        ("a.csv", "time,neuron\n0,1\nnan,2\n", {"spikes": True}, "spike 1 is nan among the times"),
        ("a.csv", "time,neuron\n0,1\n1e15,2\n", {"spikes": True}, "GiB.*last spike at 1e.15"),
        ("a.csv", "time,neuron\n0,1\n1,2\n", {"spikes": True, "bin_size": None}, "bin size"),
        ("a.npz", b"not an archive", {}, "cannot be read"),
        ("a.npy", b"not an array", {}, "no plain array"),
        ("a.nc", b"not netCDF", {}, "cannot be read"),
        ("a.mat", b"MATLAB 5.0", {}, "'.mat'"),
    ],
)
def test_what_is_no_recording_is_refused_with_the_place(tmp_path, name, content, options, message):
    with pytest.raises(ProblemError, match=message):
        load_recording(write(tmp_path, name, content), **({"bin_size": 1.0} | options))


def test_archives_without_the_array_are_refused_by_what_they_hold(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.ones(3), y=np.ones(3))
    with pytest.raises(ProblemError, match="holds x, y"):
        load_recording(tmp_path / "a.npz", 1.0)
    xarray.Dataset({"rates": ("time", np.ones(3))}).to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    with pytest.raises(ProblemError, match="holds rates"):
        load_recording(tmp_path / "a.nc", 1.0)
    np.savez(tmp_path / "b.npz", activity=np.array([{}], dtype=object))
    with pytest.raises(ProblemError, match="it was not opened"):
        load_recording(tmp_path / "b.npz", 1.0)


def test_arrays_of_the_wrong_kind_are_refused_by_what_they_are(tmp_path):
    wrong = {
        "text": (dict(activity=np.array([["a", "b"]] * 3)), "real numbers; it holds <U1"),
        "complex": (dict(activity=ACTIVITY[0] + 1j), "real numbers; it holds complex128"),
        "one neuron": (dict(activity=ACTIVITY[0, :, 0]), "shape .30,."),
        "trials": (dict(activity=ACTIVITY, inputs=ACTIVITY[:, :20]), "2 trials of 20 samples, activity has 2 of 30"),
        "bins": (dict(activity=ACTIVITY, bin_size=[1.0, 2.0]), "bin_size must be one number.*shape .2,."),
        "words": (dict(activity=ACTIVITY, bin_size="10 ms"), "bin_size must be one number.*<U5"),
        "zero": (dict(activity=ACTIVITY, bin_size=0.0), "bin_size = 0"),
    }
    for name, (held, message) in wrong.items():
        np.savez(tmp_path / f"{name}.npz", **({"bin_size": 1.0} | held))
        with pytest.raises(ProblemError, match=message):
            load_recording(tmp_path / f"{name}.npz")


@pytest.mark.parametrize("name", ["named.npz", "array.npy", "dataset.nc"])
def test_file_that_is_cut_off_is_refused(tmp_path, name):
    formats(tmp_path)
    whole = (tmp_path / name).read_bytes()
    for kept in (len(whole) // 2, len(whole) - 20):
        (tmp_path / name).write_bytes(whole[:kept])
        with pytest.raises(ProblemError, match="cannot be read as a recording.*cut off"):
            load_recording(tmp_path / name, 0.25)


def test_damaged_archive_is_refused(tmp_path):
    np.savez_compressed(tmp_path / "a.npz", activity=ACTIVITY, bin_size=1.0)
    damaged = bytearray((tmp_path / "a.npz").read_bytes())
    damaged[500:600] = bytes(100)
    (tmp_path / "a.npz").write_bytes(damaged)
    with pytest.raises(ProblemError, match="cannot be read as a recording"):
        load_recording(tmp_path / "a.npz")


def test_dates_are_counted_in_seconds(tmp_path):
    dates = np.datetime64("2026-01-01T12:00") + np.arange(30) * np.timedelta64(10, "ms")
    data = xarray.Dataset({"activity": (("time", "neuron"), ACTIVITY[0])}, {"time": dates.astype("datetime64[ns]")})
    data.to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert load_recording(tmp_path / "a.nc").bin_size == pytest.approx(0.01)


def test_order_of_spikes_does_not_matter(tmp_path):
    spikes = np.array([(0.1, 7), (0.2, 7), (1.9, 4), (0.6, 4), (1.2, 7)])
    found = []
    for name, rows in (("one.csv", spikes), ("other.csv", spikes[::-1])):
        path = table(tmp_path / name, ["time", "neuron"], (rows,))
        found.append(load_recording(path, bin_size=0.5, spikes=True).activity)
    np.testing.assert_array_equal(*found)


def test_folder_is_refused(tmp_path):
    with pytest.raises(ProblemError, match="is a folder"):
        load_recording(tmp_path, 1.0)


def test_missing_file_is_named(tmp_path):
    with pytest.raises(ProblemError, match="no file .*nowhere.npz"):
        load_recording(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("name", ["named.npz", "array.npy", "trials.csv", "dataset.nc"])
def test_file_larger_than_memory_is_refused_before_it_is_read(tmp_path, monkeypatch, name):
    formats(tmp_path)
    monkeypatch.setattr(arrays, "_SHARE", 1e-9)
    with pytest.raises(ProblemError, match="GiB in memory"):
        load_recording(tmp_path / name, 0.25)


def test_spikes_of_an_nwb_file_are_counted(tmp_path):
    path = tmp_path / "session.nwb"
    with h5py.File(path, "w") as file:
        file["units/spike_times"] = [0.05, 0.95, 0.31, 0.32]
        file["units/spike_times_index"] = [2, 4]
    activity = load_recording(path, bin_size=0.1).activity[0]
    assert activity.shape == (10, 2)
    assert activity[0, 0] == activity[9, 0] == 1 and activity[3, 1] == 2 and activity.sum() == 4


def test_nwb_files_without_spikes_or_in_disorder_are_refused(tmp_path):
    with h5py.File(tmp_path / "empty.nwb", "w") as file:
        file["acquisition"] = [1.0]
    with pytest.raises(ProblemError, match="no spike times"):
        load_recording(tmp_path / "empty.nwb", bin_size=0.1)
    with h5py.File(tmp_path / "odd.nwb", "w") as file:
        file["units/spike_times"], file["units/spike_times_index"] = [0.1, 0.2], [1, 5]
    with pytest.raises(ProblemError, match="2 units does not fit its 2 spike times"):
        load_recording(tmp_path / "odd.nwb", bin_size=0.1)
    for name, times, ends, message in (
        ("silent", np.zeros(0), [0, 0], "holds no spikes"),
        ("words", [b"a"], [1], "must be a row of numbers"),
        ("early", [-2.5, 1.0], [2], "1 are negative, the earliest -2.5"),
    ):
        with h5py.File(tmp_path / f"{name}.nwb", "w") as file:
            file["units/spike_times"], file["units/spike_times_index"] = times, ends
        with pytest.raises(ProblemError, match=message):
            load_recording(tmp_path / f"{name}.nwb", bin_size=0.1)
    (tmp_path / "text.nwb").write_text("words")
    with pytest.raises(ProblemError, match="cannot be read as NWB"):
        load_recording(tmp_path / "text.nwb", bin_size=0.1)
