"""A digest follows the code that computes and nothing else; provenance is written anyhow."""

import enum
import json
import os
import subprocess
import time
from collections import namedtuple
from datetime import datetime
from pathlib import Path

import jax
import numpy as np
import pytest

from numerics.provenance import (
    REPORTED_PACKAGES,
    ROOT,
    canonical_json,
    git_state,
    provenance,
    source_digest,
)
from theory.errors import ProblemError

SOURCES = {
    "theory/__init__.py": """
        import importlib
        _HOME_OF = {"Lazy": "theory.lazy", "Other": "theory.other"}
        def __getattr__(name):
            return getattr(importlib.import_module(_HOME_OF[name]), name)
        """,
    "theory/lazy.py": "Lazy = 1",
    "theory/other.py": "Other = 1",
    "theory/errors.py": "class Bad(Exception): pass",
    "theory/teachers/__init__.py": "from theory.teachers.leaky import leaky as leaky",
    "theory/teachers/leaky.py": "from theory.errors import Bad\ndef leaky(): return Bad",
    "theory/teachers/unused.py": "rate = 1",
    "theory/kernels/__init__.py": "def __getattr__(name): return __import__(name)",
    "theory/kernels/tangent.py": "kernel = 1",
    "numerics/__init__.py": "",
    "numerics/simulation.py": '''
        """Trains networks."""
        import numpy as np
        import numerics.step
        from theory import teachers
        class Run:
            """One run."""
            def go(self):
                """Go."""
                from numerics import late  # as late as can be
                return late.value + 1
        ''',
    "numerics/step.py": "size = 0.1  # small",
    "numerics/late.py": "value = 3",
    "numerics/unrelated.py": "value = 3",
    "figures/draw.py": "from theory import Lazy\nfrom numerics.step import size",
    "figures/kernel.py": "from theory import kernels",
    "figures/everything.py": "import theory\ntheory.Other",
    "figures/by_text.py": "import importlib as i\ni.import_module('numer' + 'ics.late')",
}


@pytest.fixture
def tree(tmp_path):
    """A folder of packages like ours."""
    for name, text in SOURCES.items():
        write(tmp_path / name, text)
    return tmp_path


def write(file: Path, text: str) -> None:
    indent = " " * 8
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(line.removeprefix(indent) for line in text.split("\n")) + "\n")


def digest(tree: Path, module: str = "numerics.simulation") -> str:
    """The digest as a new process would compute it."""
    source_digest.cache_clear()
    return source_digest(module, tree)


def edit(tree: Path, file: str, old: str, new: str) -> None:
    text = (tree / file).read_text()
    assert text.count(old) == 1
    (tree / file).write_text(text.replace(old, new))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("numerics/step.py", "# small", "# tiny"),
        ("numerics/step.py", "size = 0.1", "\n\nsize  =  (0.1)"),
        ("numerics/simulation.py", '"""Trains networks."""', '"""Trains many networks."""'),
        ("numerics/simulation.py", '"""Trains networks."""', ""),
        ("numerics/simulation.py", '"""One run."""', '"""A run."""'),
        ("numerics/simulation.py", '"""Go."""', '"""Go, then."""'),
        ("numerics/simulation.py", "  # as late as can be", ""),
        ("numerics/unrelated.py", "3", "4"),
        ("theory/teachers/unused.py", "1", "2"),
        ("theory/other.py", "1", "2"),
        ("figures/draw.py", "Lazy", "Other"),
    ],
)
def test_digest_stays_when_no_code_that_counts_changes(tree, file, old, new):
    before = digest(tree)
    edit(tree, file, old, new)
    assert digest(tree) == before


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("numerics/simulation.py", "late.value + 1", "late.value + 2"),
        ("numerics/step.py", "0.1", "0.2"),  # imported as a dotted name
        ("numerics/late.py", "3", "4"),  # imported inside a method, as a name of a package
        ("numerics/__init__.py", "\n", "x = 1\n"),  # on the way to the entry module
        ("theory/__init__.py", '"theory.other"', '"theory.lazy"'),  # on the way to an import
        ("theory/teachers/__init__.py", "as leaky", "as leak"),  # the package that is imported
        ("theory/teachers/leaky.py", "return Bad", "return Bad()"),  # by that package
        ("theory/errors.py", "Exception", "ValueError"),  # three imports away
    ],
)
def test_digest_changes_with_any_code_that_is_imported(tree, file, old, new):
    before = digest(tree)
    edit(tree, file, old, new)
    assert digest(tree) != before


@pytest.mark.parametrize(
    ("module", "file", "counts"),
    [
        ("figures.draw", "theory/lazy.py", True),  # its home is in the table of the package
        ("figures.draw", "theory/other.py", False),
        ("figures.draw", "figures/everything.py", False),
        ("figures.draw", "numerics/late.py", False),
        ("figures.everything", "theory/other.py", True),  # an attribute of a lazy package
        ("figures.everything", "theory/teachers/unused.py", True),
        ("figures.everything", "numerics/late.py", False),
        ("figures.kernel", "theory/kernels/tangent.py", True),  # an attribute of a lazy subpackage
        ("figures.kernel", "theory/other.py", False),
        ("figures.by_text", "numerics/late.py", True),  # could be anything of ours
        ("figures.by_text", "theory/other.py", True),
        ("theory", "theory/other.py", True),
        ("theory.teachers", "theory/teachers/leaky.py", True),
        ("theory.teachers", "theory/teachers/unused.py", False),
    ],
)
def test_digest_follows_what_is_resolved_lazily(tree, module, file, counts):
    before = digest(tree, module)
    with (tree / file).open("a") as text:
        text.write("added = 1\n")
    assert (digest(tree, module) != before) == counts


def test_digest_survives_modules_that_import_each_other(tree):
    write(tree / "numerics/late.py", "import numerics.simulation")
    before = digest(tree)
    edit(tree, "numerics/late.py", "import numerics.simulation", "import numerics.step as step")
    assert digest(tree) != before


def test_digest_tells_a_renamed_module_from_the_same_code_elsewhere(tree):
    assert digest(tree, "numerics.late") != digest(tree, "numerics.unrelated")


def test_digest_is_computed_once_a_process(tree):
    before = digest(tree)
    edit(tree, "numerics/step.py", "0.1", "0.2")
    assert source_digest("numerics.simulation", tree) == before


def test_digest_of_this_project_includes_what_it_imports():
    digests = {source_digest(f"numerics.{name}") for name in ("provenance", "results")}
    assert len(digests) == 2 and all(len(text) == 64 for text in digests)


@pytest.mark.parametrize("module", ["numerics.absent", "nowhere", "", "numerics.", "../numerics"])
def test_missing_entry_module_is_named(tree, module):
    with pytest.raises(ProblemError, match="there is no module"):
        digest(tree, module)


def test_relative_import_is_refused_with_its_place(tree):
    write(tree / "numerics/step.py", "x = 1\nfrom .late import value")
    with pytest.raises(ProblemError, match="numerics.step, line 2, imports relatively"):
        digest(tree)


def test_module_with_a_syntax_error_is_named(tree):
    write(tree / "numerics/step.py", "size =")
    with pytest.raises(ProblemError, match="numerics.step cannot be parsed"):
        digest(tree)


def test_canonical_json_does_not_depend_on_order_or_container():
    configuration = {"b": (1, 2.0), "a": {"y": None, "x": True}}
    same = {"a": {"x": np.True_, "y": None}, "b": [np.int32(1), np.float64(2.0)]}
    assert canonical_json(configuration) == canonical_json(same)
    assert canonical_json(configuration) == '{"a":{"x":true,"y":null},"b":[1,2.0]}'
    arrays = {"matrix": np.array([[1, 2], [3, 4]]), "scalar": np.array(0.5)}
    assert canonical_json(arrays) == '{"matrix":[[1,2],[3,4]],"scalar":0.5}'


@pytest.mark.parametrize("number", [0.1, 1e-300, 1 / 3, 5e-324, -0.0, 1.7976931348623157e308])
def test_canonical_floats_read_back_exactly(number):
    assert json.loads(canonical_json({"x": number}))["x"].hex() == number.hex()


def test_canonical_json_tells_different_values_apart():
    values = [1, 1.0, True, "1", None, [1], {"a": 1}, 1.0000000000000002]
    assert len({canonical_json({"x": value}) for value in values}) == len(values)


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        ({"a": {"b": [0.0, float("nan")]}}, r"configuration\['a'\]\['b'\]\[1\] is nan"),
        ({"a": np.array([1.0, np.inf])}, r"configuration\['a'\]\[1\] is inf"),
        ({"a": np.float32("-inf")}, r"configuration\['a'\] is -inf"),
        ({"a": 1j}, r"configuration\['a'\] is of type complex"),
        ({"a": {1: 2}}, r"configuration\['a'\] has the key 1, which is not text"),
        ({"a": {1, 2}}, r"configuration\['a'\] is of type set"),
        ({"a": np.longdouble(1)}, "is of type longdouble"),
        ({"a": Path("x")}, "is of type PosixPath"),
        ({"a": enum.IntEnum("Width", "small").small}, "is of type Width"),
        ({"a": namedtuple("Pair", "x y")(1, 2)}, "is of type Pair"),
        ({"a": len}, "is of type builtin"),
        ([("a", 1)], "a configuration is a dictionary, not of type list"),
    ],
)
def test_what_cannot_be_written_down_is_refused_with_its_place(configuration, message):
    with pytest.raises(ProblemError, match=message):
        canonical_json(configuration)


def test_jax_array_in_a_configuration_is_refused():
    with pytest.raises(ProblemError, match=r"configuration\['a'\] is of type"):
        canonical_json({"a": jax.numpy.ones(2)})


def test_provenance_says_where_a_result_comes_from():
    attributes = provenance({"name": "run", "seed": 3}, wall_time=1.25)
    assert all(isinstance(text, str) and text for text in attributes.values())
    assert {f"{name}_version" for name in REPORTED_PACKAGES} <= attributes.keys()
    assert attributes["jax_version"] == jax.__version__
    assert attributes["configuration"] == '{"name":"run","seed":3}'
    assert float(attributes["wall_time_seconds"]) == 1.25
    assert attributes["device_platform"] == jax.devices()[0].platform
    date = datetime.fromisoformat(attributes["date"])
    assert date.utcoffset().total_seconds() == 0
    assert abs(date.timestamp() - time.time()) < 60


def test_provenance_says_whether_float64_was_enabled():
    said = {}
    for enabled in (True, False):
        with jax.enable_x64(enabled):
            said[enabled] = provenance({}, 0.0)["precision"]
    assert said == {True: "float64 enabled", False: "float32 only"}


def test_provenance_without_git_is_unknown(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    git_state.cache_clear()
    attributes = provenance({}, 0.0)
    git_state.cache_clear()
    assert attributes["git_commit"] == attributes["git_dirty"] == "unknown"


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *settings, "-C", str(folder), *arguments]
    environment = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
    return subprocess.run(
        command, check=True, capture_output=True, text=True, env=environment
    ).stdout.strip()


def state(folder: Path) -> tuple[str, str]:
    git_state.cache_clear()
    return git_state(folder)


def test_git_state_is_the_commit_and_whether_it_was_left(tmp_path):
    assert state(tmp_path) == ("unknown", "unknown")  # no checkout
    git(tmp_path, "init", "--quiet")
    assert state(tmp_path) == ("unknown", "unknown")  # nothing committed
    (tmp_path / "module.py").write_text("x = 1\n")
    (tmp_path / ".gitignore").write_text("ignored\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    commit = git(tmp_path, "rev-parse", "HEAD")
    assert len(commit) == 40
    (tmp_path / "ignored").write_text("")
    assert state(tmp_path) == (commit, "clean")
    (tmp_path / "new.py").write_text("")
    assert state(tmp_path) == (commit, "dirty")
    (tmp_path / "new.py").unlink()
    (tmp_path / "module.py").write_text("x = 2\n")
    assert state(tmp_path) == (commit, "dirty")


def test_git_state_does_not_take_the_commit_of_a_project_around_it(tmp_path):
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "theirs")
    installed = tmp_path / ".venv" / "site-packages"
    installed.mkdir(parents=True)
    assert state(tmp_path)[0] != "unknown"
    assert state(installed) == ("unknown", "unknown")


def test_git_state_ignores_the_repository_of_a_hook_that_runs_it(monkeypatch, tmp_path):
    hook, sources = tmp_path / "hook", tmp_path / "sources"
    for folder in (hook, sources):
        folder.mkdir()
        git(folder, "init", "--quiet")
        git(folder, "commit", "--quiet", "--allow-empty", "-m", folder.name)
    monkeypatch.setenv("GIT_DIR", str(hook / ".git"))
    assert state(sources) == (git(sources, "rev-parse", "HEAD"), "clean")


def test_root_is_the_folder_of_the_packages():
    assert (ROOT / "numerics" / "provenance.py").is_file()
