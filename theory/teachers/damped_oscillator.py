"""The damped oscillator: one decaying oscillation."""

import cmath

import numpy as np

from theory.checks import positive, real_array
from theory.linear_system import LinearSystem, Modes


def damped_oscillator(rate: float, frequency: float, phase: float = 0.0) -> LinearSystem:
    """A damped oscillator with impulse response `exp(-rate t) cos(frequency t - phase)`.

    Its poles are the conjugate pair `-rate -+ i frequency`, with residues `exp(+-i phase) / 2`.

    Args:
        rate: decay rate per leak time constant of the student; more than zero.
        frequency: in radians per leak time constant; more than zero.
        phase: in radians.

    Raises:
        ProblemError: a rate or frequency that is not a finite positive number.

    >>> damped_oscillator(rate=0.2, frequency=1.5).poles()
    array([-0.2+1.5j, -0.2-1.5j])
    """
    rate, frequency = positive(rate, "rate"), positive(frequency, "frequency")
    phase = float(real_array(phase, "phase", 0))
    pole, residue = complex(-rate, frequency), cmath.exp(-1j * phase) / 2
    return LinearSystem(
        A=[[-rate, -frequency], [frequency, -rate]],
        B=[[1.0], [0.0]],
        C=[[np.cos(phase), np.sin(phase)]],
        modes=Modes(poles=(pole, pole.conjugate()), residues=(residue, residue.conjugate())),
        name=f"damped oscillator (rate {rate:g}, frequency {frequency:g}, phase {phase:g})",
    )
