"""Impostors of linear circuits: the Markov student, with a label."""

import dataclasses

import numpy as np
import scipy.linalg

from theory.circuits import LinearCircuit, Truth
from theory.circuits.timescales import timescales_of
from theory.partial_observation import markov_impostor
from theory.students.student import Fit
from theory.students.verdict import attractor_kind


def linear_impostor(circuit: LinearCircuit, observed) -> LinearCircuit:
    """`markov_impostor` with the kind that its modes have; a slow oscillation is no attractor and counts as a point.

    With R1, `I - A = (I - K_oo) S_oo^-1` is similar to a symmetric positive matrix plus an antisymmetric one, so that
    its eigenvalues, unlike those of a chain, are within rounding times the root of S_oo's condition number.

    Args:
        circuit: the truth, with noise that is the same and independent for all neurons.
        observed: indices of neurons.

    >>> from theory.circuits import feedforward_chain
    >>> linear_impostor(feedforward_chain(100, 1.0, rotated=True), range(20)).truth.kind
    'line'
    """
    impostor = markov_impostor(circuit, observed)
    # half a unit of time: no mode has turned far by then, and all are above rounding
    kind = attractor_kind(Fit(scipy.linalg.expm(0.5 * (impostor.recurrence - np.eye(impostor.neurons))), 0.5))
    times = np.unique(timescales_of(np.linalg.eigvals(impostor.recurrence)))[::-1]
    truth = Truth("point" if kind == "oscillation" else kind, tuple(times.tolist()))
    return dataclasses.replace(impostor, truth=truth)
