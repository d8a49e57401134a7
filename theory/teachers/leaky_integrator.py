"""The leaky integrator: one exponential memory."""

from theory.checks import positive
from theory.linear_system import LinearSystem, Modes


def leaky_integrator(rate: float) -> LinearSystem:
    """A leaky integrator with impulse response `exp(-rate t)`; a perfect one in the limit rate -> 0.

    Transfer function `1 / (s + rate)`; its memory lasts `1 / rate`.

    Args:
        rate: decay rate of the memory, per leak time constant of the student; more than zero.

    Raises:
        ProblemError: a rate that is not a finite positive number.

    >>> leaky_integrator(rate=0.2).poles()
    array([-0.2])

    Source: the integration task of Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754.
    """
    rate = positive(rate, "rate")
    return LinearSystem(
        A=[[-rate]],
        B=[[1.0]],
        C=[[1.0]],
        modes=Modes(poles=(-rate,), residues=(1.0,)),
        name=f"leaky integrator (rate {rate:g})",
    )
