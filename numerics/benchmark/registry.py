"""What there is of each kind: found as the classes in the files of a folder, so that adding a file is all it takes."""

import functools
import importlib
import inspect
import pkgutil

from theory.errors import ProblemError


@functools.cache
def systems() -> dict[str, type]:
    """Classes of systems by their `id`."""
    from numerics.benchmark.system import System

    return _found("systems", lambda kind: issubclass(kind, System))


@functools.cache
def observations() -> dict[str, type]:
    """Classes of observation models by their `id`.

    >>> observations()["random"].sentence
    'a random subset of neurons, with white noise'
    """
    from numerics.benchmark.observation import Observation

    return _found("observations", lambda kind: issubclass(kind, Observation))


@functools.cache
def scores() -> dict[str, type]:
    """Classes of scores by their `id`."""
    from numerics.benchmark.score import Score

    return _found("scores", lambda kind: issubclass(kind, Score))


@functools.cache
def methods() -> dict[str, type]:
    """Classes of methods by their name."""
    from numerics.benchmark.methods import CLASSES

    homes = {name: path.split(".") for name, path in CLASSES.items()}
    return {
        name: getattr(importlib.import_module(f"numerics.benchmark.methods.{module}"), kind)
        for name, (module, kind) in homes.items()
    }


def named(known: dict[str, type], name: str, what: str):
    """One of them, with its default settings.

    Raises:
        ProblemError: there is none of that name.

    >>> named(observations(), "random", "observation model")
    RandomSubset()
    """
    if name not in known:
        raise ProblemError(f"no {what} is called {name}; there are {', '.join(known)}.")
    return known[name]()


def _found(folder: str, belongs) -> dict[str, type]:
    package = importlib.import_module(f"numerics.benchmark.{folder}")
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        home = importlib.import_module(f"{package.__name__}.{module.name}")
        for kind in vars(home).values():
            mine = inspect.isclass(kind) and kind.__module__ == home.__name__ and not inspect.isabstract(kind)
            if mine and "id" in vars(kind) and belongs(kind):
                if kind.id in found:
                    raise ProblemError(f"{kind.__qualname__} and {found[kind.id].__qualname__} share the id {kind.id}.")
                found[kind.id] = kind
    return dict(sorted(found.items()))
