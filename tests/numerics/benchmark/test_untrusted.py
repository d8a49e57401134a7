"""Methods of users, well-behaved and hostile: the latter cost their own cell, within limits, and nothing else."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest

from numerics.benchmark import examples
from numerics.benchmark.methods import method
from numerics.benchmark.queries import Queries, queries_of
from numerics.benchmark.running import Command, FromFile, Limits, answered
from numerics.benchmark.running.folder import read_answer, write_task
from numerics.benchmark.running.separate import unused_user
from numerics.recordings import record
from theory.circuits import symmetric_line_attractor
from theory.errors import ProblemError

EXAMPLES = Path(examples.__file__).parent
SUPERVISOR = Path(examples.__file__).parents[1] / "running" / "supervisor.py"
RECORDING = record(symmetric_line_attractor(3, slow=10.0), samples=400, bin_size=1.0, seed=1)
ASKED = queries_of(record(symmetric_line_attractor(3, slow=10.0), samples=400, bin_size=1.0, seed=2))
FEW = Limits(seconds=1.5, memory=200 * 2**20, disk=20 * 2**20, output=2**20, processes=10)


@pytest.fixture
def place():
    """A folder that others may enter, as a user's would be; the ones of pytest are closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="method-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def small():
    """One group of two short questions."""
    history, pulse = np.random.default_rng(0).normal(size=(2, 5, 3)), np.array([[0.0, 0, 0], [1, 0, 0]])
    return {"free": Queries(history, pulse, np.array([7, 7]), np.zeros((2, 2), int), np.array(["", ""]), 4, 2)}


def perl(place, text):
    (place / "program.pl").write_text("my $folder = $ARGV[-1];\n" + text)
    return Command(f"perl {place / 'program.pl'}")


# --- those that behave


def test_a_class_of_under_twenty_lines_answers_as_the_method_that_ships():
    file = EXAMPLES / "my_method.py"
    assert len([line for line in file.read_text().splitlines() if line.strip()]) < 20
    told = answered(FromFile(str(file)), RECORDING, ASKED, seed=3)
    assert told.failed == "" and told.claim is None and told.fitted is None
    assert 0 < told.seconds < 120 and 2**20 < told.memory < 2**31
    shipped = answered(method("ridge"), RECORDING, ASKED, seed=3)
    for group, queries in ASKED.items():
        assert told.rollouts[group].shape == queries.shape
    # the first response is that of the same regression, but for a small ridge
    first = [one.rollouts["pulsed"].reshape(4, -1, *ASKED["pulsed"].shape[1:])[:, :, :, 0] for one in (told, shipped)]
    responses = [(one - one[:, :1]).mean(axis=2) for one in first]
    np.testing.assert_allclose(responses[0], responses[1], atol=0.05)
    assert np.abs(responses[1]).max() > 1.0


def test_a_program_in_another_language_answers():
    told = answered(Command(f"perl {EXAMPLES / 'my_program.pl'}"), RECORDING, ASKED, seed=3)
    assert told.failed == ""
    # what it fits is known: every channel's own lag-1 regression, and so is its response
    x = RECORDING.centred()[0]
    decay = np.sum(x[1:] * x[:-1], axis=0) / np.sum(x[:-1] ** 2, axis=0)
    pulses = ASKED["pulsed"].pulse
    rollouts = told.rollouts["pulsed"].reshape(4, -1, *ASKED["pulsed"].shape[1:])
    responses = (rollouts - rollouts[:, :1])[:, :, 0, 0]
    np.testing.assert_allclose(responses, (pulses * decay).reshape(responses.shape), atol=1e-9)
    long = told.rollouts["long"].reshape(-1, 3)
    assert long.std(axis=0) == pytest.approx(x.std(axis=0), rel=0.3)  # 32,000 bins over 20 a channel: 3%; x has 400


def test_a_task_tells_what_is_needed_and_no_more(tmp_path):
    write_task(tmp_path, RECORDING, ASKED, seed=5)
    task = json.loads((tmp_path / "task.json").read_text())
    assert (task["format"], task["seed"], task["channels"], task["bin_size"]) == (1, 5, 3, 1.0)
    with np.load(tmp_path / "train.npz") as train, np.load(tmp_path / "queries.npz") as asked:
        assert list(train) == ["activity"]
        np.testing.assert_array_equal(train["activity"], RECORDING.activity)
        assert set(asked) == {f"{name}_{part}" for name in ASKED for part in ("history", "pulse", "seed")}
        for name, group in ASKED.items():
            assert tuple(task["groups"][name].values()) == group.shape
            for part in ("history", "pulse", "seed"):
                np.testing.assert_array_equal(asked[f"{name}_{part}"], getattr(group, part))
                plain = np.load(tmp_path / "queries" / f"{name}_{part}.npy")
                np.testing.assert_array_equal(plain, getattr(group, part))


CLAIMS = """
import numpy as np
class Claims:
    def fit(self, data, seed):
        self.covariance = data.lagged_covariance([0])[0]  # as of a recording
        return self
    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0):
        return np.full((samples, steps, history.shape[1]), self.covariance[0, 0])
    def claim(self):
        return {"line": np.float64(0.5), "point": 0.5}
    def timescale_interval(self):
        return np.array([1.0, np.inf])
"""


def test_a_class_may_claim_and_may_use_what_a_recording_offers(place):
    (place / "claims.py").write_text(CLAIMS)
    told = answered(FromFile(str(place / "claims.py")), RECORDING, small(), seed=3)
    assert told.failed == "" and told.claim["line"] == 0.5 and told.interval == (1.0, np.inf)
    assert (told.rollouts["free"] == RECORDING.lagged_covariance([0])[0, 0, 0]).all()


def test_what_is_no_method_is_refused_before_anything_runs(tmp_path):
    def file(text):
        (tmp_path / "m.py").write_text(text)
        return str(tmp_path / "m.py")

    with pytest.raises(ProblemError, match="cannot be read"):
        FromFile(str(tmp_path / "absent.py"))
    with pytest.raises(ProblemError, match="is not Python"):
        FromFile(file("class A:\ndef"))
    with pytest.raises(ProblemError, match="it has none"):
        FromFile(file("class A:\n    pass"))
    with pytest.raises(ProblemError, match="several: A, B"):
        FromFile(file("class A:\n    def fit(self): pass\nclass B:\n    def fit(self): pass"))
    with pytest.raises(ProblemError, match="no program './absent'"):
        Command("./absent --fast")
    with pytest.raises(ProblemError, match="cannot be split"):
        Command("perl 'x")
    one, two = (FromFile(file(f"class A:\n    def fit(self): return {k}")) for k in (1, 2))
    assert one.version != two.version and one != two


# --- those that do not

HOSTILE = {
    "hangs": ("sleep 1000;", "more than 1.5 s"),
    "computes for ever": ("1 while 1;", "more than 1.5 s"),
    "ignores signals and hangs": ("$SIG{$_} = 'IGNORE' for qw(TERM INT HUP); sleep 1000 while 1;", "more than 1.5 s"),
    "takes all memory": ("my @x; push @x, 'a' x 1e7 while 1;", "Out of memory|memory"),
    "has its children take memory": (
        "for (1 .. 6) { next if fork; my $x = 'a' x 6e7; substr($x, $_ * 4096, 1) = 'b' for 0 .. 14000; sleep 1000 }\n"
        "sleep 1000;",
        "of memory",
    ),
    "forks without end": ("fork while 1;", "processes|more than 1.5 s"),
    "prints without end": ("print 'x' x 65536 while 1;", "printed more than 1 MB"),
    "writes one huge file": (
        "open F, '>', \"$folder/big\"; while (1) { print F 'x' x 1e6 or die 'full' }",
        "signal 25|wrote more",
    ),
    "writes many files": (
        "for my $n (1 .. 40) { open F, '>', \"$folder/f$n\"; print F 'x' x 1e6; close F } sleep 1000;",
        "wrote more than 20 MB",
    ),
    "ends with 1": ("print STDERR \"first\\nno convergence\\n\"; exit 1;", "it ended with status 1: no convergence"),
    "writes nothing": ("exit 0;", "neither rollouts.npz nor rollouts/free.npy"),
    "kills whom it can": (
        "kill 'KILL', getppid; kill 'KILL', grep { $_ != $$ } map { m{(\\d+)$} ? $1 : () } </proc/[0-9]*>; exit 3;",
        "status 3|supervisor was ended",
    ),
    "leaves a daemon behind": (
        "exit 0 if fork; require POSIX; POSIX::setsid(); exit 0 if fork; sleep 1000;",
        "neither rollouts",
    ),
    "prints what is no text": ("print STDERR pack 'C*', 0 .. 255; exit 2;", "status 2"),
}
ALONE = os.geteuid() == 0 and sys.platform == "linux"


def processes_of(uids) -> list:
    """Processes of users that no account has, zombies included."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                found += [name] if os.stat(f"/proc/{name}").st_uid in uids else []
            except OSError:
                continue
    return found


@pytest.mark.parametrize("kind", [kind for kind in HOSTILE if ALONE or kind != "kills whom it can"])
def test_a_hostile_method_costs_its_own_cell_and_changes_nothing_else(kind, place):
    text, reason = HOSTILE[kind]
    uid = unused_user()
    before = set(Path(tempfile.gettempdir()).glob("attractory-*"))
    begin = time.monotonic()
    told = answered(perl(place, text), RECORDING, small(), seed=0, limits=FEW)
    assert told.rollouts == {} and told.claim is None
    assert re.search(reason, told.failed), told.failed
    # the limit, what ending takes, and other tests beside this one
    assert time.monotonic() - begin < FEW.seconds + 10
    assert set(Path(tempfile.gettempdir()).glob("attractory-*")) <= before
    assert uid is None or processes_of([uid]) == []
    assert answered(method("leak"), RECORDING, small(), seed=0).failed == ""


LOOKS = '''
import os
class Looks:
    def fit(self, data, seed):
        found = []
        for place in ({secret!r}, "/proc/{parent}/mem", "/proc/{parent}/environ"):
            try:
                with open(place, "rb") as file:
                    found.append(place)
            except OSError:
                pass
        try:
            os.kill({parent}, 0)
            found.append("may signal the benchmark")
        except OSError:
            pass
        if "TRUTH_OF_THIS_CELL" in os.environ:
            found.append("environment")
        raise RuntimeError("found " + ", ".join(found) if found else "found nothing")
'''


def test_a_method_that_looks_for_the_truth_does_not_find_it(place, monkeypatch):
    monkeypatch.setenv("TRUTH_OF_THIS_CELL", "line")
    secret = place / "results.txt"
    secret.write_text("line")
    secret.chmod(0o600)
    (place / "looks.py").write_text(LOOKS.format(secret=str(secret), parent=os.getpid()))
    told = answered(FromFile(str(place / "looks.py")), RECORDING, small(), seed=0)
    assert "environment" not in told.failed and "RuntimeError: found" in told.failed
    # where no user of its own is to be had it is said so, and then it is true
    assert told.failed.endswith("found nothing") == (told.isolation == "a process of a user of its own")
    assert (unused_user() is not None) == (told.isolation == "a process of a user of its own")


def test_methods_from_files_never_see_the_cell(place):
    fit = "def fit(self, data, seed, truth=None):\n        raise ValueError(str(truth))"
    (place / "asks.py").write_text(f"class A:\n    needs_truth = True\n    {fit}\n")
    told = answered(FromFile(str(place / "asks.py")), RECORDING, small(), seed=0, cell="the truth")
    assert told.failed.endswith("ValueError: None")


def test_programs_end_with_the_benchmark_however_that_ends(place):
    """The supervisor of a program that would go on hears that nobody listens any more, and ends it."""
    (place / "on.pl").write_text(f"open F, '>', '{place}/pid'; print F $$; close F; sleep 1000;")
    limits = dict(seconds=100.0, memory=2**30, disk=2**30, output=2**20, processes=10)
    asked = dict(
        argv=["perl", str(place / "on.pl")], files=[], env={"PATH": os.environ["PATH"]}, cwd=str(place),
        folder=str(place), uid=None, limits=limits,
    )
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(SUPERVISOR), json.dumps(asked)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as supervisor:
        until = time.monotonic() + 20
        while not (place / "pid").exists() or not (place / "pid").read_text():
            assert time.monotonic() < until
            time.sleep(0.01)
        pid = int((place / "pid").read_text())
        os.kill(pid, 0)
        supervisor.stdin.close()  # as the kernel does for a process that is killed
        told = json.loads(supervisor.stdout.read())
    assert told["reason"] == "the benchmark was ended" and told["ended"]
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIG_DFL)


# --- what they may leave in their folder

SHAPE = (2, 2, 4, 3)
RIGHT = np.random.default_rng(0).normal(size=SHAPE)


def read(folder):
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return read_answer(opened, small())
    finally:
        os.close(opened)


def test_answers_are_read_from_one_archive_or_from_plain_arrays(tmp_path):
    np.savez(tmp_path / "rollouts.npz", free=RIGHT)
    (tmp_path / "claim.json").write_text('{"line": 0.25, "point": 0.75}')
    (tmp_path / "interval.json").write_text("[3, null]")
    rollouts, claim, interval = read(tmp_path)
    np.testing.assert_array_equal(rollouts["free"], RIGHT)
    assert claim["line"] == 0.25 and claim["ring"] == 0 and interval == (3.0, np.inf)
    np.savez_compressed(tmp_path / "rollouts.npz", free=np.asfortranarray(RIGHT).astype(">f4"))
    np.testing.assert_array_equal(read(tmp_path)[0]["free"], RIGHT.astype("f4"))
    (tmp_path / "rollouts.npz").unlink()
    (tmp_path / "rollouts").mkdir()
    np.save(tmp_path / "rollouts" / "free.npy", np.asfortranarray(RIGHT))
    np.testing.assert_array_equal(read(tmp_path)[0]["free"], RIGHT)


def _nan(folder):
    np.savez(folder / "rollouts.npz", free=np.where(RIGHT > 1, np.nan, RIGHT))


def _pickle(folder):
    np.savez(folder / "rollouts.npz", free=np.array([print], dtype=object))


def _link(folder):
    np.savez(folder / "elsewhere.npz", free=RIGHT)
    (folder / "rollouts.npz").symlink_to(folder / "elsewhere.npz")


def _linked_folder(folder):
    (folder / "elsewhere").mkdir()
    np.save(folder / "elsewhere" / "free.npy", RIGHT)
    (folder / "rollouts").symlink_to(folder / "elsewhere")


def _bomb(folder):
    header = {"descr": "<f8", "fortran_order": False, "shape": (2, 2, 4, 10**9)}
    with zipfile.ZipFile(folder / "rollouts.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("free.npy", "w") as file:
            np.lib.format.write_array_header_1_0(file, header)
            file.write(bytes(10**7))


def _crowd(folder):
    with zipfile.ZipFile(folder / "rollouts.npz", "w") as archive:
        for number in range(500):
            archive.writestr(f"{number}.npy", "")


def _short(folder):
    np.savez(folder / "rollouts.npz", free=RIGHT)
    whole = (folder / "rollouts.npz").read_bytes()
    (folder / "rollouts.npz").write_bytes(whole[: len(whole) // 2])


def _fifo(folder):
    os.mkfifo(folder / "rollouts.npz")


LEFT = {
    "values that are no numbers": (_nan, "not finite"),
    "another shape": (lambda f: np.savez(f / "rollouts.npz", free=RIGHT[:, :, :3]), r"the shape is \(2, 2, 3, 3\)"),
    "complex numbers": (lambda f: np.savez(f / "rollouts.npz", free=RIGHT + 1j), "type complex128"),
    "a pickle": (_pickle, "cannot be read"),
    "another group": (lambda f: np.savez(f / "rollouts.npz", freee=RIGHT), "no array of that name; there are freee"),
    "a link": (_link, "cannot be read"),
    "a link in place of a folder": (_linked_folder, "cannot be read"),
    "a pipe that nobody writes to": (_fifo, "not a plain file"),
    "an archive that grows": (_bomb, "the shape is"),
    "an archive of very many": (_crowd, "a few arrays"),
    "half an archive": (_short, "a few arrays"),
    "what is longer than it may be": (lambda f: (f / "rollouts.npz").write_bytes(bytes(10**6)), "up to"),
    "garbage": (lambda f: (f / "rollouts.npz").write_bytes(os.urandom(1000)), "a few arrays"),
    "nothing": (lambda f: None, "neither"),
}


@pytest.mark.parametrize("what", LEFT)
def test_what_is_no_answer_is_told_and_not_followed(what, tmp_path):
    leave, reason = LEFT[what]
    leave(tmp_path)
    begin = time.monotonic()
    with pytest.raises(ProblemError, match=reason):
        read(tmp_path)
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    "text",
    ('{"lime": 1.0}', '{"line": 0.9}', '{"line": 1.5, "point": -0.5}', '{"line": "x"}', "[1]", "{", "[" * 50_000),
)
def test_claims_must_be_probabilities(text, tmp_path):
    np.savez(tmp_path / "rollouts.npz", free=RIGHT)
    (tmp_path / "claim.json").write_text(text)
    with pytest.raises(ProblemError, match="claim"):
        read(tmp_path)


@pytest.mark.parametrize("text", ("[1]", "[2, 1]", "[-1, 1]", '"ab"', "[NaN, 2]", "3"))
def test_intervals_must_be_intervals(text, tmp_path):
    np.savez(tmp_path / "rollouts.npz", free=RIGHT)
    (tmp_path / "interval.json").write_text(text)
    with pytest.raises(ProblemError, match="interval"):
        read(tmp_path)


def test_the_readme_shows_what_is_tested():
    text = (EXAMPLES.parent / "README.md").read_text()
    assert (EXAMPLES / "my_method.py").read_text() in text
    for path in ("examples/my_method.py", "examples/my_program.pl", "methods/"):
        assert f"]({path})" in text and (EXAMPLES.parent / path).exists()
    limits = Limits()
    assert f"at most {limits.seconds:g} s (`--seconds`), with\nat most {limits.memory / 2**30:g} GB of memory" in text
    assert f"{limits.disk / 2**30:g} GB of files" in text
    assert f"{limits.output / 2**20:g} MB of text printed and {limits.processes} processes" in text
