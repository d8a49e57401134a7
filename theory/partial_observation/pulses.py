"""Pulses: what perturbing the recorded neurons tells that watching them cannot."""

import numpy as np
import scipy.linalg

from theory.checks import positive, real_array
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.partial_observation.identifiability import quantile_sum
from theory.partial_observation.markov_student import markov_student, observed_neurons
from theory.partial_observation.recorded_circuit import RecordedCircuit


def response_difference(circuit: LinearCircuit, observed, time: float) -> np.ndarray:
    """`[exp((B - I) t)]_oo - exp((A - I) t)`: by how much truth and Markov student answer a pulse differently.

    At first order in t it is `(B_oo - A) t = -B_oh S_ho S_oo^-1 t`. What is seen passively, the lagged covariances,
    differs at order t^2 only: their slopes at lag zero are the same, since `(I - A) S_oo = [(I - B) S]_oo`.

    Args:
        circuit: the truth.
        observed: indices of the recorded, and perturbed, neurons.
        time: after the pulse, in units of time.

    >>> from theory.circuits import uncoupled
    >>> bool(np.allclose(response_difference(uncoupled(4), [0, 1], 1.0), 0.0))
    True
    """
    observed = observed_neurons(circuit, observed)
    time = positive(time, "time")
    student = markov_student(circuit, observed).recurrence
    of_truth = scipy.linalg.expm(circuit.drift * time)[np.ix_(observed, observed)]
    identity = np.eye(observed.size)
    return of_truth - scipy.linalg.expm((student - identity) * time / circuit.time_constant)


def conditional_covariance(circuit: LinearCircuit, observed, time: float, observation_noise: float = 0.0) -> np.ndarray:
    """`Cov[x(t) | x(0)] = S_oo - C_oo(t) S_oo^-1 C_oo(t)^T`: the scatter of single trials about their mean response.

    Observation noise adds its variance to S_oo.
    """
    recorded = RecordedCircuit(circuit, observed, positive(time, "time"), observation_noise)
    start, later = recorded.lagged_covariance([0, 1])
    return start - later @ np.linalg.solve(start, later.T)


def pulse_trials_needed(
    circuit: LinearCircuit,
    observed,
    pulse,
    time: float,
    readout,
    false_alarms: float = 0.05,
    misses: float = 0.05,
) -> float:
    """R8: trials after which the student is rejected, `(z_a + z_b)^2 Var[w^T x(t) | w^T x(0)] / (w^T M e)^2`.

    M is `response_difference`. The pulse e is added to x(0), and the readout `w^T x(t)` compared with what the
    student expects after that pulse; against a control group without pulses, twice as many are needed.

    Args:
        circuit: the truth.
        observed: indices of the recorded neurons.
        pulse: e, what is added to the observed neurons at time 0, (neuron,).
        time: t of the readout.
        readout: w, (neuron,).
        false_alarms, misses: one-sided error rates alpha and beta.

    Returns:
        The number of trials, not rounded; infinite where the readout cannot tell.

    >>> from theory.circuits import feedforward_chain
    >>> 1 < pulse_trials_needed(feedforward_chain(50), [0, 1], [0.0, 1.0], 2.0, [1.0, 0.0]) < 1e4
    True
    """
    observed = observed_neurons(circuit, observed)
    w, e = (np.asarray(real_array(v, name, 1)) for v, name in ((readout, "readout"), (pulse, "pulse")))
    for vector, name in ((w, "readout"), (e, "pulse")):
        if vector.size != observed.size:
            raise ProblemError(f"{name} has {vector.size} entries, but {observed.size} neurons are observed.")
    effect = w @ response_difference(circuit, observed, time) @ e
    start, later = RecordedCircuit(circuit, observed, bin_size=time).lagged_covariance([0, 1])
    variance = w @ start @ w
    scatter = variance - (w @ later @ w) ** 2 / variance
    quantiles = quantile_sum(false_alarms, misses)
    return float(quantiles**2 * scatter / effect**2) if effect != 0 else float("inf")


def optimal_pulse(circuit: LinearCircuit, observed, time: float) -> tuple[np.ndarray, np.ndarray]:
    """The pulse of unit norm, and the readout, that tell truth from Markov student in the fewest trials.

    They maximise `(w^T M e)^2 / (w^T V w)` with M the difference of the responses and V the scatter given the whole
    observed state, `Cov[x(t) | x(0)]`: `most_telling` without a cost. `best_pulse` chooses the time as well.

    Args:
        circuit: the truth.
        observed: indices of the recorded neurons.
        time: of the readout.

    Returns:
        e, (neuron,), and w, (neuron,), of unit norm.

    >>> from theory.circuits import feedforward_chain
    >>> pulse, readout = optimal_pulse(feedforward_chain(50), [0, 1], 2.0)
    >>> round(float(np.linalg.norm(pulse)), 6)
    1.0
    """
    M, V = response_difference(circuit, observed, time), conditional_covariance(circuit, observed, time)
    return most_telling(M, V, np.eye(len(M)))[1:]


def most_telling(difference: np.ndarray, scatter: np.ndarray, cost: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    """`max (w^T M e)^2 / (w^T V w)` over w and over e with `e^T E e <= 1`, and where it is reached.

    For a readout w the best pulse is `E^-1 M^T w`, scaled to its bound, with `w^T M E^-1 M^T w / (w^T V w)`. So the
    maximum is the largest m in `M E^-1 M^T w = m V w`; with `V = L L^T` and `E = K K^T` its root is the largest
    singular value of `L^-1 M K^-T`.

    Args:
        difference: M, of two responses to a pulse, (neuron, neuron).
        scatter: V, of single trials, (neuron, neuron).
        cost: E, (neuron, neuron).

    Returns:
        m; e with `e^T E e = 1`; w of unit norm.

    >>> m, pulse, readout = most_telling(np.diag([2.0, 1.0]), np.eye(2), np.diag([16.0, 1.0]))
    >>> round(m, 9), abs(pulse)
    (1.0, array([0., 1.]))
    """
    of_scatter, of_cost = np.linalg.cholesky(scatter), np.linalg.cholesky(cost)
    left, sizes, right = np.linalg.svd(np.linalg.solve(of_cost, np.linalg.solve(of_scatter, difference).T).T)
    readout = np.linalg.solve(of_scatter.T, left[:, 0])
    return float(sizes[0] ** 2), np.linalg.solve(of_cost.T, right[0]), readout / np.linalg.norm(readout)
