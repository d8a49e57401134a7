"""Perturbation: does the model answer pulses as the circuit does, from the same hidden state?"""

from typing import ClassVar

import numpy as np
import scipy.linalg

from numerics.benchmark.cell import Cell
from numerics.benchmark.observation import Observation
from numerics.benchmark.queries import Queries
from numerics.benchmark.reading import responses
from numerics.benchmark.score import Evidence, Score
from numerics.recordings import record
from numerics.recordings.nonlinear import halved_step
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.partial_observation.identifiability import quantile_sum
from theory.partial_observation.pulses import conditional_covariance, response_difference

_TRIALS = 32
_KINDS = {"single": "of one channel", "on": "towards a recorded state", "off": "across what is recorded"}
_KINDS |= {"crossing": "to the farthest recorded state"}


class Perturbation(Score):
    """`|r^ - r| / |r|` of responses r, over all steps, channels and pulses of a kind: 1 is as bad as no response.

    The circuit's response is its own, from the hidden state behind the history, exact where it is linear, else a mean
    over 32 pairs with the same noise. A pulse moves the state by the least that makes its channels move by the pulse,
    which are the observed neurons where channels are neurons. Channels count in their standard deviations; the variance
    of finite samples is subtracted.
    """

    id: ClassVar[str] = "perturbation"
    sentence: ClassVar[str] = "does the model answer pulses as the circuit does, from the same hidden state"
    columns: ClassVar[dict[str, str]] = {
        f"response_{kind}": f"error of the response to pulses {words}" for kind, words in _KINDS.items()
    } | {"pulses_needed": "trials after which such pulses of one channel tell the truth from its Markov impostor (R8)"}

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        missing = {f"response_{kind}": float("nan") for kind in _KINDS}
        queries = evidence.queries["pulsed"]
        found = missing | {"pulses_needed": pulses_needed(evidence.cell, queries)}
        if type(evidence.cell.observation).measure is not Observation.measure:
            return found  # channels are no linear function of the state: a pulse of a channel is none of the circuit
        model = responses(queries, evidence.rollouts["pulsed"])
        true = true_responses(evidence.cell, queries, model.query)
        spread = queries.history.reshape(-1, queries.shape[3]).std(axis=0)
        weight = 1 / np.where(spread > 0, spread, 1.0) ** 2
        for kind in set(model.kind):
            of_kind = model.kind == kind
            off = np.sum(weight * (model.response - true)[of_kind] ** 2) - np.sum(weight * model.error[of_kind] ** 2)
            size = np.sum(weight * true[of_kind] ** 2)
            found[f"response_{kind}"] = float(np.sqrt(max(off, 0.0) / size)) if size > 0 else float("nan")
        return found


def true_responses(cell: Cell, queries: Queries, which) -> np.ndarray:
    """What pulses change in the circuit itself, from the states behind their histories, (pulse, step, channel).

    Args:
        cell: whose held-out recording the histories are from.
        queries: a group.
        which: indices of the pulsed queries.
    """
    circuit, R = cell.circuit, cell.readout
    bin_size, raised = cell.bin_size * circuit.time_constant, np.linalg.pinv(R)
    if isinstance(circuit, LinearCircuit):
        step, moved = scipy.linalg.expm(circuit.drift * bin_size), queries.pulse[which] @ raised.T
        found = []
        for _ in range(queries.steps):
            moved = moved @ step.T
            found.append(moved @ R.T)
        return np.stack(found, axis=1)
    states, step, plain, found = cell.states(1), halved_step(circuit), {}, []

    def run(place: tuple, pulse: np.ndarray | None) -> np.ndarray:
        options = {} if pulse is None else {"pulses": {0: raised @ pulse}}
        seed = [cell.draw, cell.data, *place]
        path = record(
            circuit,
            queries.steps + 1,
            bin_size,
            trials=_TRIALS,
            start=states[place],
            step=step,
            seed=int(np.random.SeedSequence(seed).generate_state(1)[0]),
            **options,
        )
        return path.activity[:, 1:].mean(axis=0) @ R.T

    for query in which:
        place = tuple(int(number) for number in queries.place[query])
        if place not in plain:
            plain[place] = run(place, None)
        found.append(run(place, queries.pulse[query]) - plain[place])
    return np.stack(found)


def pulses_needed(cell: Cell, queries: Queries, time: float = 1.0) -> float:
    """R8: trials with one of the single-channel pulses that tell a linear circuit from its Markov student, the fewest.

    `(z_a + z_b)^2 / (d^T V^-1 d)`, `d = M e`, with the best readout a time constant after the pulse; nan where nothing
    is hidden or nothing is known.

    Args:
        cell: its drawn circuit is the truth, also where the impostor is recorded.
        queries: a group with pulses.
        time: of the readout, in single-unit time constants.
    """
    circuit = cell.drawn
    if not isinstance(circuit, LinearCircuit):
        return float("nan")
    try:
        observed = cell.observed
        if len(observed) == circuit.neurons:
            return float("nan")
        M = response_difference(circuit, observed, time * circuit.time_constant)
        V = conditional_covariance(circuit, observed, time * circuit.time_constant)
    except ProblemError:  # channels mix neurons, or noise differs between them
        return float("nan")
    d = M @ queries.pulse[queries.kind == "single"].T
    telling = np.max(np.sum(d * np.linalg.solve(V, d), axis=0))
    return float(quantile_sum(0.05, 0.05) ** 2 / telling) if telling > 0 else float("inf")
