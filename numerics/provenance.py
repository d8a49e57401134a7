"""Where a result comes from: what is stored inside it, and the digest of the sources that made it.

The digest is over the code alone, and over that code alone which the computation reaches. So an
unrelated commit, a comment or a docstring throws no results away, and a fixed bug leaves no stale
ones.
"""

import ast
import hashlib
import json
import math
import os
import platform
import subprocess
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from pathlib import Path

import numpy as np

from theory.errors import ProblemError

ROOT = Path(__file__).resolve().parents[1]
SOURCE_PACKAGES = ("theory", "numerics")
REPORTED_PACKAGES = ("jax", "jaxlib", "numpy", "scipy", "xarray", "attractory")

UNKNOWN = "unknown"


def canonical_json(configuration: dict) -> str:
    """The one way to write a configuration down, whatever the order of its keys.

    Keys are sorted, floats written by repr (so that they read back exactly), tuples become lists,
    NumPy scalars and arrays plain numbers and lists. 1 and 1.0 stay apart.

    Args:
        configuration: nested dictionaries, keyed by text, and lists of plain values.

    Raises:
        ProblemError: for anything else, NaN and infinity included; it names the place.

    >>> canonical_json({"width": 256, "teacher": {"rate": 0.2}})
    '{"teacher":{"rate":0.2},"width":256}'
    """
    if not isinstance(configuration, dict):
        raise ProblemError(f"a configuration is a dictionary, not of type {type(configuration).__name__}.")
    return json.dumps(
        _plain(configuration, "configuration"),
        sort_keys=True,
        separators=(",", ":"),
        allow_nan=False,
    )


def _plain(value, place: str):
    """The value in plain types only, or a ProblemError that names its place."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    # Exact types: a subclass (an enumeration, a named tuple) would silently lose what it adds.
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        if not math.isfinite(value):
            raise ProblemError(f"{place} is {value}; only finite numbers can be written down.")
        return value
    if type(value) in (list, tuple):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if type(value) is dict:
        for key in value:
            if type(key) is not str:
                raise ProblemError(f"{place} has the key {key!r}, which is not text.")
        return {key: _plain(item, f"{place}[{key!r}]") for key, item in value.items()}
    raise ProblemError(
        f"{place} is of type {type(value).__name__}; a configuration holds only text, "
        "numbers, booleans, None, lists and dictionaries of them. Describe it by those."
    )


def provenance(configuration: dict, wall_time: float) -> dict[str, str]:
    """What is to be stored beside a result, as netCDF attributes.

    Versions, commit, device, precision, configuration, wall time and date. What cannot be found out
    (the commit, where there is no git) is "unknown".

    Args:
        configuration: what was computed.
        wall_time: how long it took, in seconds.

    Raises:
        ProblemError: if the configuration has no canonical form.

    >>> provenance({"name": "integrator", "seed": 0}, wall_time=2.5)["wall_time_seconds"]
    '2.5'
    """
    import jax

    device = jax.devices()[0]
    commit, dirty = git_state(ROOT)
    versions = {f"{name}_version": _version(name) for name in REPORTED_PACKAGES}
    return {
        "configuration": canonical_json(configuration),
        "python_version": platform.python_version(),
        **versions,
        "git_commit": commit,
        "git_dirty": dirty,
        "device_platform": device.platform,
        "device_kind": device.device_kind,
        # The flag, not the precision of the run, which the configuration says.
        "precision": "float64 enabled" if jax.config.jax_enable_x64 else "float32 only",
        "wall_time_seconds": repr(float(wall_time)),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return UNKNOWN


@lru_cache
def git_state(root: Path) -> tuple[str, str]:
    """The commit of the checkout whose top folder is `root`, and whether it is "clean" or "dirty".

    Both are "unknown" where git is missing or fails, where nothing is committed yet, and where
    `root` merely lies somewhere inside another project's checkout, as an installed package may.
    Dirty is a checkout with changed or untracked files; ignored ones do not count.

    >>> len(git_state(ROOT))
    2
    """

    def git(*arguments: str) -> str:
        # Inside a git hook these variables point at the repository of the hook.
        environment = {key: text for key, text in os.environ.items() if not key.startswith("GIT_")}
        return subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            check=True,
            capture_output=True,
            text=True,
            timeout=30,
            env=environment,
        ).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root.resolve():
            return UNKNOWN, UNKNOWN
        commit = git("rev-parse", "--verify", "HEAD")
        return commit, "dirty" if git("status", "--porcelain") else "clean"
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return UNKNOWN, UNKNOWN


@lru_cache
def source_digest(entry_module: str, root: Path = ROOT) -> str:
    """SHA-256 over the code of a module and of all of `theory` and `numerics` that it imports.

    Imports are followed transitively without running anything, those inside functions and the
    `__init__` files on the way included. Comments, docstrings and layout do not count. What a
    package resolves lazily, or a module imports by a name made at run time, counts in full where it
    cannot be told. The digest is computed once a process: ask for it before a long run, not after,
    when a file may have been edited. It differs between Python versions, as syntax trees do.

    Args:
        entry_module: the dotted name of the module that makes the result.
        root: the folder that holds the packages.

    Raises:
        ProblemError: if there is no such module, or one cannot be parsed or imports relatively.

    >>> len(source_digest("numerics.provenance"))
    64
    """
    digest = hashlib.sha256()
    for name, tree in sorted(_reachable(entry_module, root).items()):
        digest.update(f"{name}\0{ast.dump(_without_docstrings(tree))}\0".encode())
    return digest.hexdigest()


def _reachable(entry_module: str, root: Path) -> dict[str, ast.Module]:
    """The syntax trees of the entry module and of every module of ours that it imports, by name."""
    if _file(entry_module, root) is None:
        raise ProblemError(
            f"there is no module {entry_module!r} under {root}; give the dotted name of the module "
            "that makes the result, such as 'numerics.simulation'."
        )
    trees: dict[str, ast.Module] = {}
    waiting = {entry_module, *_behind(entry_module, root)}
    while waiting:
        name = waiting.pop()
        if name in trees or _file(name, root) is None:
            continue
        trees[name] = _parse(name, root)
        found = {name.rpartition(".")[0], *_imported(name, trees[name], root)}
        waiting |= {each for each in found if each.split(".")[0] in SOURCE_PACKAGES}
    return trees


def _imported(name: str, tree: ast.Module, root: Path) -> set[str]:
    """The names of the modules that a module imports, ours and others'."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.name if alias.asname else alias.name.split(".")[0]
                found |= {alias.name, *_behind(bound, root)}
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ProblemError(
                    f"module {name}, line {node.lineno}, imports relatively; write the absolute "
                    "name, so that the digest of the sources can follow it."
                )
            for alias in node.names:
                submodule = f"{node.module}.{alias.name}"
                if _file(submodule, root):
                    found |= {submodule, *_behind(submodule, root)}
                else:
                    found |= {node.module, *_behind(node.module, root, alias.name)}
    lazy_package = name.split(".")[0] in SOURCE_PACKAGES and _is_package(name, root)
    if _imports_by_text(tree) and not lazy_package:
        found = found.union(*(_modules_under(package, root) for package in SOURCE_PACKAGES))
    return found


def _behind(package: str, root: Path, name: str | None = None) -> set[str]:
    """The modules that using a package may import although no import statement says so.

    A package whose `__init__` resolves names lazily hides what they cost. Where it keeps a table of
    name against module, that module is all that `name` needs; else it is the whole package, rather
    too much than a stale result.
    """
    if package.split(".")[0] not in SOURCE_PACKAGES or not _is_package(package, root):
        return set()
    tree = _parse(package, root)
    if not _imports_by_text(tree):
        return set()
    homes = {
        value.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Constant) and key.value == name
    }
    return {home for home in homes if _file(str(home), root)} or _modules_under(package, root)


def _imports_by_text(tree: ast.Module) -> bool:
    """Whether a module may import what no import statement in it names."""
    lazy = any(getattr(statement, "name", None) == "__getattr__" for statement in tree.body)
    return lazy or any(
        getattr(node, field, None) in ("import_module", "__import__")
        for node in ast.walk(tree)
        for field in ("id", "attr", "name")
    )


def _modules_under(package: str, root: Path) -> set[str]:
    """The names of all modules of a package, itself and its subpackages included."""
    files = root.joinpath(*package.split(".")).rglob("*.py")
    parts = (file.relative_to(root).with_suffix("").parts for file in files)
    return {".".join(part for part in each if part != "__init__") for each in parts}


def _file(name: str, root: Path) -> Path | None:
    """The source file of a module; None where there is none, as for a folder without `__init__`."""
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    path = root.joinpath(*name.split("."))
    for candidate in (path / "__init__.py", path.parent / f"{path.name}.py"):
        if candidate.is_file():
            return candidate
    return None


def _is_package(name: str, root: Path) -> bool:
    file = _file(name, root)
    return file is not None and file.name == "__init__.py"


def _parse(name: str, root: Path) -> ast.Module:
    file = _file(name, root)
    try:
        return ast.parse(file.read_bytes(), filename=str(file))
    except (SyntaxError, ValueError) as error:
        raise ProblemError(f"module {name} cannot be parsed: {error}.") from error


def _without_docstrings(tree: ast.Module) -> ast.Module:
    """The tree without statements that are a bare text, which is what a docstring is."""
    for node in ast.walk(tree):
        if isinstance(getattr(node, "body", None), list):
            node.body = [
                statement
                for statement in node.body
                if not (
                    isinstance(statement, ast.Expr)
                    and isinstance(statement.value, ast.Constant)
                    and isinstance(statement.value.value, str)
                )
            ]
    return tree
