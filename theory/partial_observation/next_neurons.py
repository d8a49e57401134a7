"""Which neurons to record next: those with which truth and Markov student are told apart soonest."""

import numpy as np
import xarray as xr

from theory.checks import count
from theory.circuits import LinearCircuit
from theory.partial_observation.identifiability import markov_divergence_rate, recording_time_needed
from theory.partial_observation.markov_student import markov_student, observed_neurons


def rank_next_neurons(circuit: LinearCircuit, observed) -> xr.Dataset:
    """For every neuron not yet recorded, what recording it as well would do.

    The rate is R6's between the circuit and the Markov student of the larger set. It need not rise: a neuron more
    also makes the student better, and with all neurons recorded nothing is left to tell apart. So the slowest
    timescale that the student would then report is given beside it.

    Args:
        circuit: the truth, with noise that is the same and independent for all neurons.
        observed: indices of the neurons recorded so far.

    Returns:
        Along `neuron`, best first: `rate` (nats per single-unit time constant), `time_needed` and `slowest`, in the
        same unit. The attributes give rate and slowest without a further neuron.

    Raises:
        ProblemError: noise that differs between neurons or is shared; all neurons are recorded.

    >>> from theory.circuits import feedforward_chain
    >>> found = rank_next_neurons(feedforward_chain(12), [0])
    >>> bool(found.rate[0] == found.rate.max())
    True
    """
    observed = observed_neurons(circuit, observed)
    count(circuit.neurons - observed.size, "neurons left to record")
    rows = []
    for neuron in np.setdiff1d(np.arange(circuit.neurons), observed):
        larger = np.append(observed, neuron)
        rate = markov_divergence_rate(circuit, larger)
        slowest = markov_student(circuit, larger).timescales()[0]
        rows.append((neuron, rate, recording_time_needed(max(rate, 0.0)), slowest))
    rows.sort(key=lambda row: -row[1])
    neurons, rates, times, slowest = zip(*rows, strict=True)
    return xr.Dataset(
        {"rate": ("neuron", list(rates)), "time_needed": ("neuron", list(times)), "slowest": ("neuron", list(slowest))},
        coords={"neuron": list(neurons)},
        attrs={
            "rate_now": markov_divergence_rate(circuit, observed),
            "slowest_now": float(markov_student(circuit, observed).timescales()[0]),
        },
    )


def choose_next_neurons(circuit: LinearCircuit, observed, number: int) -> xr.Dataset:
    """Neurons to record next, chosen one after the other: each raises the rate most, given those before it.

    Greedy: the best set of that size can be better, since the gain of a neuron may grow with others.

    Args:
        circuit, observed: as of `rank_next_neurons`.
        number: how many; at most as many as are left.

    Returns:
        Along `step`: `neuron`, and `rate`, `time_needed`, `slowest` after it was added.

    >>> from theory.circuits import feedforward_chain
    >>> choose_next_neurons(feedforward_chain(12), [0], number=2).sizes["step"]
    2
    """
    observed = observed_neurons(circuit, observed)
    left = circuit.neurons - observed.size
    number = count(number, "number", most=left, because=f"{left} neurons are left.")
    chosen = []
    for _ in range(number):
        best = rank_next_neurons(circuit, observed).isel(neuron=0)
        chosen.append([int(best.neuron), float(best.rate), float(best.time_needed), float(best.slowest)])
        observed = np.append(observed, chosen[-1][0])
    names = ("neuron", "rate", "time_needed", "slowest")
    columns = zip(names, zip(*chosen, strict=True), strict=True)
    return xr.Dataset({name: ("step", list(column)) for name, column in columns})
