"""A network that leaves the subspace it was confined to: how its weights outside grow."""

import functools

import numpy as np

from numerics.claim import Claim, Trial
from numerics.claims.integrator_outlier import dense_problem
from numerics.experiment import Experiment
from theory import teachers
from theory.derivation import derive
from theory.problem import Problem
from theory.reductions import Confinement
from theory.transverse import outside, propagator, recurrent_rows


def three_modes(recurrent_gain: float = 0.0) -> Problem:
    """A teacher of three modes, of which confined networks learn two."""
    return dense_problem(teachers.sum_of_exponentials((0.2, 1.0, 5.0), (1.0, -3.0, 3.0)), 0.1, recurrent_gain)


def basis_of(experiment: Experiment, seed: int) -> np.ndarray:
    """The basis of S = span[U(0), V(0)^T] in which the confined network is written, (N, k)."""
    return np.asarray(Confinement().basis(experiment.problem.draw(experiment.width, seed)))


def weights_of(network) -> dict:
    """The stored weights of one network, (record, ...)."""
    return {name: network[f"weights_{name}"].values for name in ("recurrent", "input", "readout")}


def recurrent_outside(weights: dict, basis) -> np.ndarray:
    """Root-mean-square entry of W between S and the units outside it, (record,).

    Args:
        weights: "recurrent", "input" and "readout", with a leading axis of records.
        basis: of S, (N, k).
    """
    width, k = basis.shape
    rows = outside(weights, basis)[..., recurrent_rows(k, weights["readout"].shape[-2]), :]
    return np.sqrt((rows**2).sum(axis=(-2, -1)) / (2 * k * (width - k)))


@functools.lru_cache(maxsize=64)  # the same for every gain
def _followed(width: int, training_time: float, seed: int) -> tuple:
    """Mesh and couplings along the confined path of a draw without its random recurrence."""
    dynamics = derive(three_modes(), Confinement())
    return dynamics.couplings(dynamics.solve(training_time, width, seed, 51))


class TransverseEscape(Claim):
    """How much the recurrent weights between S and the other units have grown, network by network.

    To first order every network's own initial weights outside S are propagated by the coupling M along its path.
    What is left out are the weights among the outside units themselves: they are of the order of the gain and
    of random sign, so the gap falls as the gain.
    """

    name = "transverse_escape"
    sentence = (
        "From a small random W(0), the recurrent weights between the confined subspace and the silent units grow "
        "as the coupling along the confined path propagates those of the network's own draw, as the gain vanishes."
    )
    kind = "asymptotic"
    parameter = "recurrent gain"
    exponent = 1.0
    exponent_tolerance = 0.1
    control = "the same coupling without the silent units' own read-in and readout"
    headline = "log of the growth of the weights outside, at the end of training"
    reference = "transverse growth (derived here)"

    def trials(self, scale: str) -> list[Trial]:
        """Four gains at width 16 (quick), four at width 128 (paper)."""
        width, gains = (16, (8e-4, 4e-4, 2e-4, 1e-4)) if scale == "quick" else (128, (4e-4, 2e-4, 1e-4, 5e-5))
        return [
            Trial(
                gain,
                Experiment(
                    three_modes(gain),
                    width,
                    seeds=4,
                    training_time=100.0,
                    records=51,
                    step_size=0.07,
                    weights=True,
                ),
            )
            for gain in gains
        ]

    def measured(self, experiment: Experiment, networks) -> np.ndarray:
        """(seed, record): log of the growth."""
        sizes = np.stack(
            [
                recurrent_outside(weights_of(networks.isel(seed=seed)), basis_of(experiment, seed))
                for seed in range(experiment.seeds)
            ]
        )
        return np.log(sizes / sizes[:, :1])

    def predicted(self, experiment: Experiment) -> np.ndarray:
        """The growth of the network's own draw."""
        return self._grown(experiment, full=True)

    def rival(self, experiment: Experiment) -> np.ndarray:
        """The growth that recurrent weights alone would have."""
        return self._grown(experiment, full=False)

    def _grown(self, experiment: Experiment, full: bool) -> np.ndarray:
        return np.stack([self._of_draw(experiment, seed, full) for seed in range(experiment.seeds)])

    def _of_draw(self, experiment: Experiment, seed: int, full: bool) -> np.ndarray:
        basis = basis_of(experiment, seed)
        k, outputs = basis.shape[1], experiment.problem.teacher.outputs
        start = outside(experiment.problem.draw(experiment.width, seed), basis)
        mesh, couplings = _followed(experiment.width, experiment.training_time, seed)
        if not full:
            couplings = couplings.copy()
            couplings[:, k:], couplings[:, :, k:] = 0.0, 0.0
        Phi, scale = propagator(couplings, mesh, experiment.problem.learning_rule)
        sizes = np.log(np.linalg.norm((Phi @ start)[:, recurrent_rows(k, outputs)], axis=(1, 2))) + scale
        times = np.linspace(0.0, experiment.training_time, experiment.records)
        return np.interp(times, mesh, sizes - sizes[0])

    def summary(self, values: np.ndarray) -> float:
        """Mean over seeds at the last record."""
        return float(values[:, -1].mean())


transverse_escape = TransverseEscape()
