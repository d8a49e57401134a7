"""Rounding outside a narrow network: what finite precision puts where exact arithmetic keeps zeros."""

import math

import numpy as np
from jaxtyping import Float

from theory.checks import count, positive
from theory.learning_rules import LearningRule
from theory.transverse import recurrent_rows

# standard deviation of a rounding error in units of the number, for float64: uniform within half of the last place,
# which for a mantissa m in [1, 2) weighs 2^-53/m, m as the logarithm of a random number is spread
RELATIVE_ROUNDING = 2.0**-53 / math.sqrt(3) * math.sqrt(0.375 / math.log(2))


def rounding_outside(
    networks: dict, couplings, times, width: int, step_size: float, rule: LearningRule
) -> Float[np.ndarray, " record"]:
    """The size that rounding gives the recurrent weights outside a narrow network, which are zero in exact arithmetic.

    Every step of training rounds every weight of the wide network once, to a relative error of standard deviation
    `rho = 2^-53 / sqrt(8 ln 2)`, at random. In any basis whose directions mix many units, the entries outside the
    narrow network then receive variance

        D = rho^2 |W|^2/N^2 (recurrent),   rho^2 |U|^2/(p N) (read-in),   rho^2 |V|^2/(q N) (readout)

    a step, norms those of the narrow network's weights, and the coupling amplifies what there is (`theory.transverse`):
    with z the weights to and from one silent unit and P their propagator,

        Cov z(s + ds) = P Cov z(s) P^T + D ds/step_size

    a random walk while nothing grows, dominated by the earliest steps of a growth that lasts. Nothing is fitted. Left
    out are errors within the gradient, which a step multiplies by its size.

    Args:
        networks: the narrow network along the path: "recurrent" (record, k, k), "input" (record, k, p), "readout"
            (record, q, k).
        couplings, times, rule: as for `theory.transverse.propagator`.
        width: N, of the wide network.
        step_size: training time of a step.

    Returns:
        Root-mean-square over the entries of W between the narrow network and the other units, at every record.

    Source: derived here; rounding as noise, e.g. N. J. Higham & T. Mary, SIAM J. Sci. Comput. 41 (2019) A2815.
    """
    couplings, times = np.asarray(couplings), np.asarray(times)
    width, step_size = count(width, "width"), positive(step_size, "step_size")
    k, p, q = networks["input"].shape[1], networks["input"].shape[2], networks["readout"].shape[1]
    sizes = {name: np.sum(np.asarray(values) ** 2, axis=(1, 2)) for name, values in networks.items()}
    recurrent, input, readout = (
        RELATIVE_ROUNDING**2 * sizes[name] / (width * entries)
        for name, entries in (("recurrent", width), ("input", p), ("readout", q))
    )
    added = np.repeat(np.stack([recurrent, readout, recurrent, input], axis=1), [k, q, k, p], axis=1)
    M, durations = (couplings[1:] + couplings[:-1]) / 2, np.diff(times)
    motion = np.zeros((len(M), 2 * k + p + q, 2 * k + p + q))
    motion[:, : k + q, k + q :], motion[:, k + q :, : k + q] = -M, -np.swapaxes(M, 1, 2)
    rates, modes = np.linalg.eigh(motion)
    factors = np.asarray(rule.growth(rates, durations[:, None]))
    covariance, kept = np.zeros(motion.shape[1:]), recurrent_rows(k, q)
    found = [0.0]
    for mode, factor, noise, steps in zip(modes, factors, added[:-1], durations / step_size, strict=True):
        step = (mode * factor) @ mode.T
        covariance = step @ covariance @ step.T + np.diag(noise * steps)
        found.append(math.sqrt(np.diag(covariance)[kept].mean()))
    return np.array(found)
