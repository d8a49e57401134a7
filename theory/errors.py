"""The exceptions of the project.

Everything raised on purpose derives from `AttractoryError`, so that one `except` clause separates
"the toolkit refuses, and says why" from a defect. A message names the offending number and the way
out; it never leaves the reader with a traceback from inside JAX.

>>> try:
...     raise UnstableSystemError("spectral abscissa 0.3 > 0: ask for a finite window instead")
... except ProblemError as error:
...     print(error)
spectral abscissa 0.3 > 0: ask for a finite window instead
"""


class AttractoryError(Exception):
    """Base of every exception the project raises on purpose; catch it to catch them all."""


class ProblemError(AttractoryError, ValueError):
    """What was asked for is ill-posed: a mismatched shape, a non-finite number, a wrong setting.

    It is a `ValueError` as well, so callers who know nothing of this project can handle it.
    """


class UnstableSystemError(ProblemError):
    """A system that grows without bound where an infinite horizon needs a stable one.

    The way out is a finite window, or a stable teacher.
    """


class NotDerivableError(AttractoryError):
    """No exact reduction applies to the problem; the message says which condition failed for each.

    The way out is metric flow or a simulation.
    """


class ResultMismatchError(AttractoryError):
    """A results file is corrupt, or was made from another configuration than the one asked for.

    The file is left untouched: move it away or delete it by hand to have it computed again.
    """


class EnvironmentCheckError(AttractoryError):
    """The installed libraries compute wrong numbers, or needlessly slowly, on this machine."""


class DivergedError(AttractoryError):
    """A training run or an integration left the finite numbers.

    What was computed before it did is kept and marked by the caller.
    """


class DomainWarning(UserWarning):
    """A prediction was followed beyond where it is valid; the message says from which training time on."""
