"""The Markov student: what the best network of observed neurons alone believes about a circuit."""

from dataclasses import dataclass

import numpy as np

from theory.checks import instance, positive
from theory.circuits import LinearCircuit
from theory.circuits.timescales import timescales_of
from theory.errors import ProblemError


@dataclass(frozen=True, eq=False)
class MarkovStudent:
    """A student `tau dx = (A - I) x dt + noise` of d observed neurons, with the timescales it reports.

    Args:
        recurrence: A, (neuron, neuron), among the observed neurons.
        covariance: S_oo, theirs in the teacher, (neuron, neuron).
    """

    recurrence: np.ndarray
    covariance: np.ndarray

    def eigenvalues(self) -> np.ndarray:
        """Of A, slowest first, (mode,), complex."""
        values = np.linalg.eigvals(self.recurrence).astype(complex)
        return values[np.argsort(-values.real, kind="stable")]

    def timescales(self) -> np.ndarray:
        """`1 / (1 - Re lambda)`, in single-unit time constants, slowest first, (mode,)."""
        return timescales_of(self.eigenvalues())

    def timescale_bounds(self) -> tuple[float, float]:
        """The extreme eigenvalues of S_oo, between which every timescale of the unregularised student lies (R1)."""
        values = np.linalg.eigvalsh(self.covariance)
        return float(values[0]), float(values[-1])


def markov_student(circuit: LinearCircuit, observed, ridge: float = 0.0) -> MarkovStudent:
    """The MAP student of infinite data: `A = B_o S_(.o) (S_oo + ridge I)^-1`, exact for a noiseless continuous record.

    With ridge 0 it is `A = B_oo + B_oh S_ho S_oo^-1`: hidden neurons are replaced by their regression on the
    observed ones. Write the stationarity condition as `(I - B) S = I + K` with K antisymmetric,
    `K = -(B S - S B^T) / 2` (for noise I and tau = 1). Its observed block reads `S_oo - B_o S_(.o) = I + K_oo`, that is

        (I - A) S_oo = I + K_oo.

    So `(I - A) S_oo + S_oo (I - A)^T = 2 I`: the student, driven by the same noise, has the *same equal-time
    covariance* S_oo, and no statistic of single moments can tell it from the teacher. And for a left eigenvector u,
    `u^* (I - A) = (1 - l) u^*`, multiplying by S_oo u gives `(1 - l) u^* S_oo u = u^* u + u^* K_oo u` whose second
    term is imaginary, so `1 / Re(1 - l) = u^* S_oo u / u^* u` lies between the extreme eigenvalues of S_oo: variance
    that a non-normal circuit amplifies must be explained by slow modes. In detailed balance K = 0 and the
    timescales *are* the eigenvalues of S_oo.

    Args:
        circuit: the teacher.
        observed: indices of the recorded neurons.
        ridge: weight of the penalty, as a variance; 0 is maximum likelihood.

    Raises:
        ProblemError: indices out of range or repeated.
        UnstableSystemError: the teacher has no stationary covariance.

    >>> from theory.circuits import symmetric_line_attractor
    >>> student = markov_student(symmetric_line_attractor(40, slow=100.0), [0, 1, 2])
    >>> low, high = student.timescale_bounds()
    >>> bool(low - 1e-12 <= student.timescales()[-1] <= student.timescales()[0] <= high + 1e-12)
    True

    Source: Qian et al., NeurIPS 2024, their MAP estimate; the bound is ours.
    """
    instance(circuit, LinearCircuit, "circuit")
    observed = observed_neurons(circuit, observed)
    ridge = positive(ridge, "ridge", allow_zero=True)
    S = circuit.covariance()[:, observed]
    S_oo = S[observed]
    regularised = S_oo + ridge * np.eye(observed.size)
    return MarkovStudent(np.linalg.solve(regularised, (circuit.recurrence[observed] @ S).T).T, S_oo)


def observed_neurons(circuit: LinearCircuit, observed) -> np.ndarray:
    """The indices as an array, all neurons for None, or a ProblemError that says which cannot be.

    >>> from theory.circuits import uncoupled
    >>> observed_neurons(uncoupled(4), [0, 2])
    array([0, 2])
    """
    if observed is None:
        return np.arange(circuit.neurons)
    indices = np.atleast_1d(np.asarray(observed))
    if indices.ndim != 1 or indices.size == 0 or indices.dtype.kind not in "iu":
        raise ProblemError(f"observed must be a list of neurons' indices, at least one; got {observed!r}.")
    outside = indices[(indices < 0) | (indices >= circuit.neurons)]
    if outside.size:
        raise ProblemError(f"observed neuron {outside[0]} does not exist: there are 0 to {circuit.neurons - 1}.")
    if np.unique(indices).size < indices.size:
        raise ProblemError(f"observed neurons are repeated: {indices.size} indices, {np.unique(indices).size} neurons.")
    return indices
