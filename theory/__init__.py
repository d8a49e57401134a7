"""How recurrent networks learn: linear systems, teachers, problems and their exact reductions.

The package is pure mathematics: immutable objects and functions, no files, no clocks, no hidden
randomness. Everything is computed in float64 (see `theory.precision`).

>>> from theory import Problem, derive, teachers
>>> teachers.leaky_integrator(rate=0.2).norm()
Array(1.58113883, dtype=float64)
"""

import importlib

from theory.precision import use_float64

_HOME_OF = {
    "LinearSystem": "theory.linear_system",
    "Modes": "theory.linear_system",
    "ContinuousTime": "theory.time",
    "DiscreteTime": "theory.time",
    "Conventions": "theory.conventions",
    "Problem": "theory.problem",
    "derive": "theory.derivation",
    "LearningDynamics": "theory.learning_dynamics",
    "check_environment": "theory.environment",
}
_SUBPACKAGES = (
    "architectures",
    "circuits",
    "errors",
    "initialisations",
    "kernels",
    "learning_rules",
    "neural_tangents",
    "nonlinearities",
    "objectives",
    "partial_observation",
    "reductions",
    "students",
    "teachers",
)

__all__ = [*_HOME_OF, *_SUBPACKAGES]


use_float64()


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    if name in _SUBPACKAGES:
        return importlib.import_module(f"theory.{name}")
    raise AttributeError(f"module 'theory' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
