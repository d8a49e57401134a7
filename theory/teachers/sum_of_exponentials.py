"""Sums of exponentials: several memories at once."""

import numpy as np

from theory.checks import real_array
from theory.errors import ProblemError
from theory.linear_system import LinearSystem, Modes


def sum_of_exponentials(rates, residues) -> LinearSystem:
    """A sum of decaying exponentials, impulse response `sum_k residues_k exp(-rates_k t)`.

    Args:
        rates: positive decay rates, all different, per leak time constant of the student.
        residues: their weights, none of them zero, positive or negative.

    Raises:
        ProblemError: rates that are not positive or repeat, weights of zero, lengths that differ,
            complex numbers (an oscillation is a `damped_oscillator`).

    >>> sum_of_exponentials(rates=[0.3, 2.5], residues=[1.0, -1.5]).norm() ** 2 / 2
    Array(0.52261905, dtype=float64)
    """
    rates, residues = real_array(rates, "rates", 1), real_array(residues, "residues", 1)
    if rates.shape != residues.shape:
        raise ProblemError(f"{rates.size} rates but {residues.size} residues: give one for each.")
    rates, residues = np.asarray(rates), np.asarray(residues)
    if (rates <= 0).any():
        raise ProblemError(f"rates must be more than zero; the smallest is {rates.min():g}.")
    if np.unique(rates).size < rates.size:
        raise ProblemError(f"rates must all differ; got {rates.tolist()}. Add their residues instead.")
    if (residues == 0).any():
        raise ProblemError("a residue of zero is no mode: leave it out.")
    terms = " ".join(f"{a:+g} exp(-{c:g} t)" for a, c in zip(residues, rates, strict=True))
    return LinearSystem(
        A=np.diag(-rates),
        B=np.ones((rates.size, 1)),
        C=residues[None, :],
        modes=Modes(poles=tuple((-rates).tolist()), residues=tuple(residues.tolist())),
        name=f"sum of exponentials ({terms})",
    )
