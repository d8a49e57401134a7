"""A random network above its transition to chaos."""

import numpy as np

from theory.checks import count, positive
from theory.circuits.lyapunov import lyapunov_exponents
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.nonlinear_truth import Chaos
from theory.circuits.random_vectors import generator
from theory.errors import ProblemError
from theory.nonlinearities import HyperbolicTangent, Nonlinearity
from theory.nonlinearities.nonlinearity import saturating

_STEP = 0.125  # at gain 3 its variance errs by 0.1%: that of .5 by 1.5%, and the order is two


def chaotic_network(
    neurons: int,
    gain: float = 3.0,
    noise: float = 0.01,
    nonlinearity: Nonlinearity = HyperbolicTangent(),  # noqa: B008
    duration: float = 2000.0,
    seed: int = 0,
) -> NonlinearCircuit:
    """Independent Gaussian weights of variance `g^2 / D`: as D grows, chaos for every gain above 1.

    A draw of few neurons may come to rest or turn in a cycle instead (at gain 3, 5 of the seeds 0 to 5 do at 60
    neurons, 2 at 100), so its leading exponents are computed, see `lyapunov_exponents`, and it is called chaotic only
    where the first is 4 standard errors above zero.

    Args:
        neurons: D.
        gain: g.
        noise: Q, the variance of a single unit without input.
        nonlinearity: phi, bounded.
        duration: of the path on which exponents are taken, in single-unit time constants.
        seed: of the weights.

    Raises:
        ProblemError: the draw is not seen to be chaotic.

    >>> chaotic_network(60, duration=500.0, seed=1).truth.kind
    'chaos'

    Source: Sompolinsky, Crisanti & Sommers, Phys. Rev. Lett. 61 (1988) 259.
    """
    neurons, gain, phi = count(neurons, "neurons", least=3), positive(gain, "gain"), saturating(nonlinearity)
    random = generator(seed)
    weights = gain * random.normal(size=(neurons, neurons)) / np.sqrt(neurons)
    circuit = NonlinearCircuit(weights, phi, noise, name=f"chaotic network (gain {gain:g})")
    start = random.normal(size=neurons)
    exponents, errors = lyapunov_exponents(circuit.flow, start, number=2, duration=duration, transient=200.0)
    if exponents[0] < 4 * errors[0]:
        raise ProblemError(
            f"this draw of {neurons} neurons at gain {gain:g} is not seen to be chaotic: its leading exponent is "
            f"{exponents[0]:.3g} +- {errors[0]:.2g}. Take more neurons, a larger gain or "
            "another seed."
        )
    truth = Chaos(
        lyapunov_exponents=tuple(exponents.tolist()),
        standard_errors=tuple(errors.tolist()),
        states=start[None],
    )
    return NonlinearCircuit(weights, phi, noise, truth=truth, name=circuit.name, longest_step=_STEP)
