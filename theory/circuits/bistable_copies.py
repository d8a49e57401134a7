"""Several bistable circuits side by side: as many bits, and two to their power stable states."""

import itertools

import numpy as np

from theory.checks import count, positive
from theory.circuits.bistable_circuit import points_on_line
from theory.circuits.nonlinear_circuit import NonlinearCircuit
from theory.circuits.nonlinear_truth import fixed_points_truth
from theory.circuits.random_vectors import generator
from theory.nonlinearities import Nonlinearity
from theory.nonlinearities.error_function import ERROR_FUNCTION
from theory.nonlinearities.nonlinearity import saturating


def bistable_copies(
    neurons: int,
    copies: int = 2,
    overlap: float = 1.5,
    spread: float = 1.0,
    noise: float = 0.1,
    nonlinearity: Nonlinearity = ERROR_FUNCTION,
    seed: int = 0,
) -> NonlinearCircuit:
    """`B = sum_c m_c n_c^T / D_c` on disjoint populations of D_c neurons, each as in `bistable_circuit`.

    A fixed point is any choice of one from every population: of `c` bistable ones 3^c, 2^c of them stable, with as
    many unstable dimensions as populations sit at their saddle. The draw's own count is stored: a population whose
    overlap falls below 1 by chance has one point.

    Args:
        neurons: D, shared out as evenly as can be; populations lie one after another.
        copies: c.
        overlap, spread, noise, nonlinearity: as of `bistable_circuit`.
        seed: of the loadings.

    Raises:
        ProblemError: a population is within rounding of a bifurcation.

    >>> circuit = bistable_copies(200, copies=3)
    >>> len(circuit.truth.states), circuit.truth.unstable_dimensions.count(0)
    (27, 8)
    """
    copies, phi = count(copies, "copies"), saturating(nonlinearity)
    neurons = count(neurons, "neurons", least=2 * copies, because="a population has two neurons or more.")
    overlap, spread = positive(overlap, "overlap"), positive(spread, "spread")
    loadings = spread * generator(seed).normal(size=neurons)
    M, N, places, slopes = np.zeros((neurons, copies)), np.zeros((neurons, copies)), [], []
    for copy, members in enumerate(np.array_split(np.arange(neurons), copies)):
        m = loadings[members]
        n = overlap / spread**2 * m
        M[members, copy], N[members, copy] = m, n / len(members)
        roots, at_roots = points_on_line(m, n, phi)
        places.append(roots)
        slopes.append(at_roots)
    states = np.array(list(itertools.product(*places))) @ M.T
    truth = fixed_points_truth(states, np.array(list(itertools.product(*slopes))))
    name = f"{copies} bistable populations (overlap {overlap:g})"
    return NonlinearCircuit((M, N), phi, noise, truth=truth, name=name)
