"""The oracle: the likelihood-ratio test between the circuit that was drawn and its impostor, each known exactly."""

import dataclasses
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import scipy.special

from numerics.benchmark.models.linear import LinearModel, model_of
from numerics.benchmark.observation import Observation
from numerics.benchmark.system import TYPES
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.students import Fit
from theory.students.kalman import LatentModel, filtered_log_likelihood


@dataclass(frozen=True)
class Oracle:
    """What could be known: it has both the circuit and its impostor in hand, and must only tell which was recorded.

    Of two hypotheses no test errs less than the ratio of their likelihoods (Neyman & Pearson), here by a Kalman filter
    each with the cell's own bins, noise and trials. It claims the kind of either with its posterior probability, both
    being as likely beforehand, and goes on as the likelier one does. Where there is no impostor it has nothing to
    doubt.

    Assumptions: linear circuits, seen by white noise alone and from their stationary law.
    """

    name: ClassVar[str] = "oracle"
    sentence: ClassVar[str] = "likelihood-ratio test between the circuit and its impostor, both known: the ceiling"
    needs_truth: ClassVar[bool] = True

    def fit(self, data, seed: int, truth) -> "Judged":
        """As of `numerics.benchmark.method.Method`.

        Args:
            data, seed: as there.
            truth: the cell.

        Raises:
            ProblemError: no likelihood is to be had: the circuit is not linear, or the observation not white noise.
        """
        refuse_without_likelihood(truth)
        hypotheses = [(truth.drawn, truth.channels)]
        impostor = impostor_of(truth)
        if impostor is not None:
            hypotheses.append((impostor, np.eye(impostor.neurons)))
        fits = [known_fit(circuit, readout, truth.noise, data.bin_size) for circuit, readout in hypotheses]
        stretches = list(data.activity)
        logs = np.array(
            [
                filtered_log_likelihood(
                    LatentModel(fit.propagator, fit.readout, fit.process_noise, fit.observation_noise, fit.covariance),
                    stretches,
                )
                for fit in fits
            ]
        )
        told = dict.fromkeys(TYPES, 0.0)
        for (circuit, _), probability in zip(hypotheses, scipy.special.softmax(logs), strict=True):
            told[circuit.truth.kind] += float(probability)
        return Judged(model_about_zero(fits[int(np.argmax(logs))], data), told, logs)


@dataclass(frozen=True, eq=False)
class Judged:
    """A known model, and how sure it is to be the right one.

    Args:
        model: what is simulated.
        probabilities: of every type.
        log_likelihoods: of the circuit and, where there is one, its impostor, in nats.
    """

    model: LinearModel
    probabilities: dict[str, float]
    log_likelihoods: np.ndarray

    def simulate(self, history, steps, inputs=None, pulse=None, samples=1, seed=0) -> np.ndarray:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.model.simulate(history, steps, inputs, pulse, samples, seed)

    def claim(self) -> dict[str, float]:
        """As of `numerics.benchmark.method.Fitted`."""
        return self.probabilities


def refuse_without_likelihood(cell) -> None:
    """A ProblemError for cells whose recordings are not Gaussian processes known in closed form."""
    if not isinstance(cell.drawn, LinearCircuit):
        raise ProblemError(f"{cell.drawn.name} is not linear: its recordings have no likelihood in closed form.")
    for part in ("measure", "inputs", "start"):
        if getattr(type(cell.observation), part) is not getattr(Observation, part):
            raise ProblemError(f"{cell.observation}: there is no likelihood but of white noise on stationary circuits.")


def impostor_of(cell):
    """The impostor of a cell, or None where there is none: of mixtures, and where the system has none."""
    try:
        return cell.made_impostor
    except ProblemError:
        return None


def known_fit(circuit: LinearCircuit, readout: np.ndarray, noise: float, bin_size: float) -> Fit:
    """A linear circuit in bins as a fit without error.

    Args:
        circuit: the circuit.
        readout: (channel, neuron).
        noise: variance of the white noise over the mean variance of the signal.
        bin_size: in units of time.
    """
    A, Q = circuit.discretise(bin_size)
    S = circuit.covariance()
    level = noise * np.trace(readout @ S @ readout.T) / len(readout)
    return Fit(A, bin_size, 1, readout, S, Q, level * np.eye(len(readout)))


def model_about_zero(fit: Fit, data) -> LinearModel:
    """A fit's model that rests at zero, as circuits do, with pulses that move the neurons that are seen alone."""
    model = model_of(fit, data)
    pulsed = fit.propagator @ np.linalg.pinv(fit.readout)
    return dataclasses.replace(model, mean=np.zeros(len(fit.readout)), pulsed=pulsed)
