"""What an object is, as plain data: the canonical configuration that results are filed under."""

import dataclasses

import jax
import numpy as np

from theory.errors import ProblemError

_OURS = ("theory.", "numerics.", "paper_figures.")


def configuration(value):
    """Nested dicts, lists and numbers that say completely what an object is.

    Objects of the toolkit are named by their class and fields; their code is part of a result's key by
    its source. A class of the user's own needs a `version` attribute, to be raised when its code changes.

    Raises:
        ProblemError: a class outside the toolkit without a `version`; what is not plain data (a function, a
            set); a class in place of an object.

    >>> from theory.initialisations import Gaussian
    >>> configuration(Gaussian(input=0.1, readout=0.1))
    {'class': 'Gaussian', 'input': 0.1, 'readout': 0.1, 'recurrent_gain': 0.0, 'recurrent_identity': 0.0}
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, complex):
        return {"real": value.real, "imaginary": value.imag}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        described = {"class": kind.__qualname__}
        if not kind.__module__.startswith(_OURS):
            if not hasattr(kind, "version"):
                raise ProblemError(
                    f"{kind.__qualname__} is not part of the toolkit, so results made with it need to "
                    "know which version of it made them: give the class a `version = 1` attribute and "
                    "raise it when its code changes."
                )
            described["version"] = kind.version
        for field in dataclasses.fields(value):
            described[field.name] = configuration(getattr(value, field.name))
        return described
    if isinstance(value, dict):
        return {str(key): configuration(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [configuration(entry) for entry in value]
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return np.asarray(value).tolist()
    if isinstance(value, type):
        raise ProblemError(f"{value.__qualname__} is a class, not an object: did you forget to call it?")
    raise ProblemError(
        f"{value!r} cannot be said in plain data, so a result made with it could not be found again: use "
        "numbers, texts, lists, arrays, or a dataclass (with a `version`, if its code matters)."
    )
