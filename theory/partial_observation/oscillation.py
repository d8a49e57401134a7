"""What a Markov student makes of an oscillation, damped or for ever, of which it sees a part."""

from typing import NamedTuple

from theory.checks import count, positive
from theory.circuits.limit_cycle_circuit import limit_cycle_at_infinite_width
from theory.errors import ProblemError
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION
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


def limit_cycle_seen(
    observed: int,
    noise: float,
    overlap: float = 1.5,
    rotation: float = 0.3,
    spread: float = 1.0,
    nonlinearity: Nonlinearity = ERROR_FUNCTION,
) -> Oscillation:
    """What a linear Markov student makes of `circuits.limit_cycle_circuit`: it decays, and the later the more are seen.

    With many neurons `z = M k + xi`: each unit's own noise xi has variance Q and memory 1, and is too independent to
    disturb the plane, where k turns for ever. It widens what phi averages over, so the radius is that at which
    `a G(s^2 r^2 + Q) = 1`: `s^2 r^2` is less by Q than without noise; the speed stays w / a. Of d recorded neurons
    `C(t) = Q e^-t I + (r^2 / 2) M_o R(w t / a) M_o^T` with `M_o^T M_o = d s^2 I`, and on the plane the student has

        (e^-t + q e^(i w t / a)) / (1 + q),    q = d s^2 r^2 / (2 Q),

    as t -> 0 a timescale 1 + q and a frequency q w / (a (1 + q)). The true one does not decay at all: the student's
    decay measures how many neurons were recorded, not the circuit.

    Assumptions: D large, so that the phase keeps for longer than 1 + q (it diffuses as 1 / D); d well above 2.

    Args:
        observed: d, number of recorded neurons.
        noise: Q, the variance of a single unit without input.
        overlap, rotation, spread, nonlinearity: as of the circuit.

    Raises:
        ProblemError: the noise is so strong that nothing turns.

    >>> seen = limit_cycle_seen(observed=20, noise=0.4)
    >>> round(seen.timescale, 2), round(seen.frequency, 3)
    (10.89, 0.182)

    Source: derived here; the circuit is of Mastrogiuseppe & Ostojic, Neuron 99 (2018) 609.
    """
    observed, noise = count(observed, "observed"), positive(noise, "noise")
    radius, speed, _ = limit_cycle_at_infinite_width(overlap, rotation, spread, nonlinearity)
    variance = (spread * radius) ** 2
    if variance <= noise:
        raise ProblemError(f"noise = {noise:g} is not below {variance:.3g}, the cycle's own variance: nothing turns.")
    ratio = observed * (variance - noise) / (2 * noise)
    return Oscillation(ratio * speed / (1 + ratio), 1 + ratio)
