"""Untrusted methods: classes in users' files, and programs in any language, run apart from the benchmark."""

import ast
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from numerics.benchmark.running.answer import Answer, Limits
from numerics.benchmark.running.folder import read_answer, write_task
from numerics.benchmark.running.separate import Program, run_program, unused_user
from theory.errors import ProblemError


@dataclass(frozen=True)
class FromFile:
    """The one class with a method `fit` in a Python file. The file is read here, and executed only in another process.

    Args:
        path: of the file.

    Raises:
        ProblemError: there is no such file, it is not Python, or it has no such class, or more than one.
    """

    path: str
    kind: str = field(init=False)
    version: str = field(init=False)

    def __post_init__(self):
        text = _text_of(Path(self.path))
        try:
            tree = ast.parse(text, self.path)
        except (SyntaxError, ValueError) as error:
            raise ProblemError(f"{self.path} is not Python: {error}.") from error
        classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
        able = [one.name for one in classes if any(getattr(part, "name", "") == "fit" for part in one.body)]
        if len(able) != 1:
            has = f"has several: {', '.join(able)}" if able else "has none"
            raise ProblemError(f"{self.path} must have one class with a method fit(data, seed); it {has}.")
        object.__setattr__(self, "kind", able[0])
        object.__setattr__(self, "version", _digest(text))

    @property
    def name(self) -> str:
        """Of the file."""
        return Path(self.path).stem

    def run_apart(self, recording, queries: dict, seed: int, limits: Limits) -> Answer:
        """As `answered`."""

        def program(folder: Path, uid: int | None) -> Program:
            # the file's own folder may be closed to the user that runs it
            copy = folder / Path(self.path).name
            shutil.copyfile(self.path, copy)
            return _python([str(folder), str(copy), self.kind], uid)

        return _asked(program, recording, queries, seed, limits)


@dataclass(frozen=True)
class Command:
    """A program that is given the folder with the task as its last argument, and writes its answer there.

    It runs where the benchmark runs, so that relative paths in it mean what they say.

    Args:
        command: as for a shell, such as "Rscript my_method.R"; no shell is involved.

    Raises:
        ProblemError: there is no such program.
    """

    command: str
    version: str = field(init=False)

    def __post_init__(self):
        words = self._words()
        if not words or shutil.which(words[0]) is None:
            raise ProblemError(f"there is no program {words[0] if words else ''!r} to run, or it is not executable.")
        texts = [Path(word).read_bytes() for word in words if Path(word).is_file()]
        object.__setattr__(self, "version", _digest(b"".join(texts)))

    def _words(self) -> list[str]:
        try:
            return shlex.split(self.command)
        except ValueError as error:
            raise ProblemError(f"the command {self.command!r} cannot be split into words: {error}.") from error

    @property
    def name(self) -> str:
        """Of the last word that names a file, or of the program."""
        words = self._words()
        return Path(next((word for word in reversed(words) if Path(word).is_file()), words[0])).stem

    def run_apart(self, recording, queries: dict, seed: int, limits: Limits) -> Answer:
        """As `answered`."""

        def program(folder: Path, uid: int | None) -> Program:
            words = self._words()
            return Program([*words, str(folder)], [word for word in words[1:] if Path(word).is_file()])

        return _asked(program, recording, queries, seed, limits)


def _asked(program: Callable, recording, queries: dict, seed: int, limits: Limits) -> Answer:
    """Prepare the folder, run the program, read its answer, and leave nothing behind."""
    uid = unused_user()
    folder = Path(tempfile.mkdtemp(prefix="attractory-"))
    try:
        write_task(folder, recording, queries, seed)
        made = program(folder, uid)
        if uid is not None:
            for place in (folder, *folder.rglob("*")):
                os.chown(place, uid, uid)
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            found = run_program(made, folder, uid, limits)
            told = dict(seconds=found.seconds, memory=found.memory, isolation=found.isolation)
            if found.failed:
                return Answer(failed=found.failed, **told)
            try:
                return Answer(*read_answer(opened, queries), **told)
            except ProblemError as error:
                return Answer(failed=str(error), **told)
        finally:
            os.close(opened)
    finally:
        # by a program, which no depth of folders overwhelms
        subprocess.run(["rm", "-rf", "--", str(folder)], check=False, stderr=subprocess.DEVNULL)


def _python(words: list[str], uid: int | None) -> Program:
    """This interpreter on `child.py`, for a user who may not be able to reach either by their paths."""
    root = Path(__file__).parents[3]
    child = Path(__file__).with_name("child.py").relative_to(root)
    if uid is None:
        return Program([sys.executable, "-P", str(root / child), *words], environment={"PYTHONPATH": str(root)})
    # what is open is reached without asking who may pass the folders above it
    exe = os.open(os.path.realpath(sys.executable), os.O_RDONLY)
    places = [sys.base_prefix, str(root), *(p for p in sys.path if p.endswith("-packages") and Path(p).is_dir())]
    opened = [os.open(place, os.O_RDONLY | os.O_DIRECTORY) for place in places]
    home, *paths = (f"/proc/self/fd/{number}" for number in opened)
    environment = {"PYTHONHOME": home, "PYTHONPATH": ":".join(paths)}
    argv = [f"/proc/self/fd/{exe}", "-P", "-s", f"{paths[0]}/{child}", *words]
    return Program(argv, environment=environment, opened=(exe, *opened))


def _text_of(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise ProblemError(f"{path} cannot be read as a method: {error}.") from error


def _digest(text: str | bytes) -> str:
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()[:16]
