"""What a Markov student makes of an oscillation of which it sees a part."""

from typing import NamedTuple

from theory.checks import positive
from theory.partial_observation.expected_timescales import fraction_observed


class Oscillation(NamedTuple):
    """A damped oscillation `exp(-t / timescale) cos(frequency t)`, in single-unit time constants."""

    frequency: float
    """In radians per time constant."""
    timescale: float
    """How long it lasts."""

    @property
    def quality(self) -> float:
        """`frequency x timescale`: radians until it has decayed by 1/e."""
        return self.frequency * self.timescale


def oscillation_seen(fraction: float, frequency: float, timescale: float) -> Oscillation:
    """The pair of modes of a student of `circuits.oscillating_circuit`: slower, shorter, less of an oscillation.

    B is normal, with the pair `1 - 1/T +- i w` on a plane of orthonormal u, v, so `S = I + (T - 1)(u u^T + v v^T)` and
    `K = (B S - S B^T) / 2 = w T (u v^T - v u^T)` up to sign. A plane spread over many neurons is seen with
    `|u_o|^2 = |v_o|^2 = f` and `u_o . v_o = 0`, each up to `sqrt(f (1 - f) / D)`. Both S_oo and K_oo act within it, and
    R1, `I - A = (I - K_oo) S_oo^-1`, gives

        1 - l = (1 -+ i f w T) / (1 - f + f T):    timescale 1 - f + f T,    frequency f w T / (1 - f + f T).

    The timescale falls as that of a line attractor does (R2); the quality `frequency x timescale` falls to f times the
    true one at any T: a circuit that turns many times before it stops is fitted by one that hardly turns.

    Assumptions: one pair, or few, in a circuit of many neurons; continuous noiseless records.

    Args:
        fraction: f of the neurons that is observed.
        frequency: w, in radians per single-unit time constant.
        timescale: T, in single-unit time constants.

    >>> seen = oscillation_seen(0.1, frequency=1.0, timescale=10.0)
    >>> round(seen.frequency, 3), round(seen.timescale, 3), round(seen.quality, 3)
    (0.526, 1.9, 1.0)

    Source: derived here.
    """
    fraction = fraction_observed(fraction)
    frequency, timescale = positive(frequency, "frequency"), positive(timescale, "timescale")
    seen = 1 - fraction + fraction * timescale
    return Oscillation(fraction * frequency * timescale / seen, seen)
