"""A slow manifold that was found, against the one that is there."""

from typing import ClassVar

import numpy as np
import scipy.linalg

from numerics.benchmark.score import EQUATIONS, Evidence, Score
from numerics.dynamics.homology import betti_numbers
from numerics.dynamics.manifolds import SlowManifold, hausdorff, relax
from theory.circuits import LinearCircuit

_DIMENSIONS = {"line": 1, "plane": 2, "ring": 1}
_RELAXATION = 20.0  # single-unit time constants: all that is fast is over, and no attractor's memory
_STEP = 0.1


class ManifoldMatch(Score):
    """Where states that were recorded relax to in 20 single-unit time constants, in the model and in the circuit.

    Both start from what is behind the same histories, so that the two sets are samples alike. Of lines, planes and
    rings.
    """

    id: ClassVar[str] = "manifold"
    sentence: ClassVar[str] = "the fitted model's own slow manifold, against the line, plane or ring that is there"
    needs: ClassVar[str] = EQUATIONS
    columns: ClassVar[dict[str, str]] = {
        "hausdorff": "largest distance between the two sets, over the extent of the true one",
        "drift_rate": "largest speed along the model's, over its extent, per single-unit time constant",
        "attraction": "slowest rate at which what is across decays, per single-unit time constant",
        "attraction_ratio": "attraction over drift rate: large for an attractor, about one where nothing is slow",
        "same_topology": "1 where pieces and loops are as many as in the truth; of rings",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        cell, model = evidence.cell, evidence.examined
        found = dict.fromkeys(self.columns, float("nan"))
        dimension = _DIMENSIONS.get(cell.circuit.truth.kind if cell.circuit.truth is not None else "")
        if model is None or dimension is None or dimension >= evidence.states.shape[1]:
            return found
        bins = max(1, round(_RELAXATION / cell.bin_size))
        states = model.after(evidence.states, bins)
        true = evidence.standardised(_relaxed(evidence, bins) @ cell.readout.T)
        seen = evidence.standardised(evidence.fitted.decode(states))
        scores = manifold_scores(true, seen, model.slow_manifold(states, dimension))
        found |= {name: scores[name] for name in ("hausdorff",)}
        found["drift_rate"], found["attraction"] = (scores[n] / cell.bin_size for n in ("drift_rate", "attraction"))
        found["attraction_ratio"] = scores["ratio"]
        if cell.circuit.truth.kind == "ring":
            found["same_topology"] = scores["same_topology"]
        return found


def _relaxed(evidence: Evidence, bins: int) -> np.ndarray:
    """Where the circuit itself leads from the states behind the histories, (query, neuron)."""
    cell = evidence.cell
    circuit, places = cell.circuit, evidence.queries["free"].place
    states = cell.states(1)[places[:, 0], places[:, 1]]
    time = bins * cell.bin_size
    if isinstance(circuit, LinearCircuit):
        return states @ scipy.linalg.expm(circuit.drift * time * circuit.time_constant).T
    hidden = states if circuit.readout is None else np.asarray(circuit.readout.inverse(states))
    ends = relax(circuit.flow, hidden, time, _STEP)
    return ends if circuit.readout is None else np.asarray(circuit.readout.function(ends))


def manifold_scores(truth, found, slow: SlowManifold, resolution: float = 0.05) -> dict[str, float]:
    """Hausdorff distance over the manifold's extent, drift and attraction of what was found, and its topology.

    Args:
        truth: states on the true manifold, (point, state).
        found: states to which the found system relaxes, (point, state).
        slow: of the found system.
        resolution: as of `betti_numbers`, over the extent of the true states.

    Returns:
        `hausdorff`, over the root mean square distance of the true states from their mean; `drift_rate`, `attraction`
        and `ratio` as of `slow_manifold`; `same_topology`, 1 where pieces and loops are as many as in the truth.

    >>> line = np.linspace(-1, 1, 50)[:, None] * np.array([1.0, 0.0])
    >>> scores = manifold_scores(line, line, SlowManifold(np.ones(50), 1e-3, 1.0, 1000.0))
    >>> scores["hausdorff"], scores["same_topology"], scores["attraction"]
    (0.0, 1.0, 1.0)
    """
    truth, found = (np.asarray(part, dtype=float) for part in (truth, found))
    extent = float(np.sqrt(((truth - truth.mean(axis=0)) ** 2).sum(axis=1).mean()))
    topologies = [betti_numbers(part, resolution * (extent or 1.0)) for part in (truth, found)]
    return {
        "hausdorff": hausdorff(truth, found) / extent if extent > 0 else np.nan,
        "drift_rate": slow.drift_rate,
        "attraction": slow.attraction,
        "ratio": slow.ratio,
        "same_topology": float(topologies[0] == topologies[1]),
    }
