"""Finite networks: train them, compare them with theory, and say whether the prediction held.

>>> import numerics
>>> numerics.claims.integrator_outlier.kind
'exact'
"""

import importlib

from theory.precision import use_float64

_HOME_OF = {
    "Experiment": "numerics.experiment",
    "ResultStore": "numerics.results",
    "simulate": "numerics.simulation",
    "validate": "numerics.validation",
}
_SUBPACKAGES = ("claims", "evaluators")

__all__ = [*_HOME_OF, *_SUBPACKAGES]

use_float64()


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    if name in _SUBPACKAGES:
        return importlib.import_module(f"numerics.{name}")
    raise AttributeError(f"module 'numerics' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
