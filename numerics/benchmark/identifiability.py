"""What could be concluded at all: the likelihood-ratio test between what was recorded and its impostor."""

import functools
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from numerics.benchmark.cell import Cell
from numerics.benchmark.observation import Observation
from theory.circuits import LinearCircuit
from theory.circuits.covariance import symmetric_root
from theory.errors import ProblemError
from theory.linear_recursion import driven_states
from theory.partial_observation import RecordedCircuit, divergence_rate
from theory.partial_observation.innovations_model import canonical_model
from theory.students.kalman import LatentModel, stationary_covariance, trial_log_likelihoods

IDENTIFIABLE, UNIDENTIFIABLE, NOT_APPLICABLE, UNKNOWN = "identifiable", "unidentifiable", "not applicable", "unknown"
"""Labels of a cell: the test meets 5% and 5% or does not; there is nothing to tell apart; there is no test."""
_LEVEL = 0.05
_BANDS = 300
_NUMBERS = 2**22  # of a batch of simulated recordings
_REDUCED = 1e-3  # of the divergence rate that is asked for, by which a reduced model may differ from the truth


@dataclass(frozen=True)
class Identifiability:
    """What the likelihood-ratio test does in a cell.

    Args:
        label: one of the four above.
        error: how often it errs, by chance of the recording, where the cell's own circuit is recorded: says that it
            was the other one; nan where there is no test.
        other_error: how often it errs where the other is recorded.
        best: the error rate of either where the threshold makes both the same.
        rate: divergence of the other from the recorded one, in nats per single-unit time constant; nan where it is not
            known.
        draws: simulated recordings of either.
    """

    label: str
    error: float = float("nan")
    other_error: float = float("nan")
    best: float = float("nan")
    rate: float = float("nan")
    draws: int = 0


@functools.lru_cache(maxsize=4096)
def identifiability(cell: Cell, draws: int = 400) -> Identifiability:
    """Simulate the likelihood-ratio test between truth and impostor under a cell's own bin, noise, trials and duration.

    `draws` recordings of either are made, of all trials, and the log-likelihoods of both compared: in the spectral
    domain (`spectral_ratios`) where a trial is long against the memory of both, else by Kalman filters that start
    from the stationary laws (`simulated_ratios`). The test says what is likelier; a cell is *identifiable* where some
    threshold lets both error rates be at most 5%. It is *not applicable* where both carry the same label or nothing
    is hidden, and *unknown* where no likelihood is to be had here: of nonlinear circuits, of other than white noise,
    of inputs or starts that the observation model chooses. That is relative to the impostor that the system builds;
    another may be closer.

    Args:
        cell: of the benchmark.
        draws: of recordings of either.
    """
    pair = _pair(cell)
    if isinstance(pair, str):
        return Identifiability(pair)
    seed = [cell.draw, cell.data, int(cell.impostor), 31]
    try:
        rate = divergence_rate(*pair, relative_error=1e-3)
        if all(_forgets(one, cell.samples // 5) for one in pair):
            ratios = spectral_ratios(*pair, cell.samples, cell.trials, draws, seed)
        else:
            models = [_latent(one, rate) for one in pair]
            ratios = simulated_ratios(*models, cell.samples, cell.trials, draws, seed)
    except ProblemError:
        return Identifiability(UNKNOWN)
    error, other_error = (float(np.mean(side * one < 0)) for side, one in zip((1, -1), ratios, strict=True))
    best = equal_error(*ratios)
    label = IDENTIFIABLE if best <= _LEVEL else UNIDENTIFIABLE
    return Identifiability(label, error, other_error, best, rate / cell.bin_size, draws)


def simulated_ratios(
    recorded: LatentModel, other: LatentModel, samples: int, trials: int, draws: int, seed
) -> tuple[np.ndarray, np.ndarray]:
    """`ln p(x | recorded) - ln p(x | other)` of recordings of the one and of the other, each (draw,).

    Args:
        recorded, other: with the law of their first samples.
        samples: of a trial.
        trials: of a recording.
        draws: recordings of either.
        seed: of the recordings.
    """
    random = np.random.default_rng(seed)
    found = []
    for model in (recorded, other):
        together = max(1, _NUMBERS // (samples * max(len(recorded.A), len(other.A))))
        ratios = []
        for first in range(0, draws * trials, together):
            x = _simulated(model, min(together, draws * trials - first), samples, random)
            ratios.append(trial_log_likelihoods(recorded, x) - trial_log_likelihoods(other, x))
        found.append(np.concatenate(ratios).reshape(draws, trials).sum(axis=1))
    return found[0], found[1]


def spectral_ratios(
    recorded: RecordedCircuit, other: RecordedCircuit, samples: int, trials: int, draws: int, seed
) -> tuple[np.ndarray, np.ndarray]:
    """As `simulated_ratios`, by Whittle's likelihood, in a fraction of a second however long the recording.

    The Fourier coefficients of a long trial are independent complex Gaussians with the spectra f, g of the two as
    covariances. With m the eigenvalues of `f g^-1`, the log-likelihood ratio is `sum (m - 1) E - ln m` where the one is
    recorded and `sum (1 - 1/m) E - ln m` where the other is, over frequencies and eigenvalues, with independent
    exponential E. Frequencies are taken in bands over which f and g hardly change, with a gamma variable for the sum
    over each. What is neglected are the ends of trials: some of the memory over the length of a trial.

    Args:
        recorded, other, samples, trials, draws, seed: as of `simulated_ratios`.

    Source: Whittle 1953; Shumway & Stoffer, Time Series Analysis and its Applications, section 7.7.
    """
    random = np.random.default_rng(seed)
    last = (samples - 1) // 2
    edges = np.concatenate([np.arange(1, 33), np.geomspace(33, last + 1, _BANDS)]).astype(int)
    edges = np.unique(edges.clip(1, last + 1))
    # at zero frequency, and at the highest of an even number of samples, coefficients are real: half of an ordinate
    middle = [0.0, *(edges[:-1] + edges[1:] - 1) / 2] + ([samples / 2] if samples % 2 == 0 else [])
    number = trials * np.array([0.5, *np.diff(edges)] + ([0.5] if samples % 2 == 0 else []))[:, None]
    angles = 2 * np.pi * np.array(middle) / samples
    m = np.linalg.eigvals(np.linalg.solve(other.spectrum(angles), recorded.spectrum(angles))).real
    m = np.maximum(m, np.finfo(float).tiny)
    ratios = []
    for weights in (m - 1, 1 - 1 / m):
        sums = random.gamma(number, size=(draws, *m.shape))
        ratios.append(np.sum(sums * weights - number * np.log(m), axis=(1, 2)))
    return ratios[0], ratios[1]


def equal_error(recorded: np.ndarray, other: np.ndarray) -> float:
    """The error rate at the threshold that makes both alike.

    Args:
        recorded, other: log-likelihood ratios, large for the former, (draw,).

    >>> equal_error(np.array([1.0, 2.0, 3.0, 4.0]), np.array([-1.0, 0.0, 1.5, 0.5]))
    0.25
    """
    thresholds = np.concatenate([recorded, other, [np.inf]])
    missed = np.searchsorted(np.sort(recorded), thresholds, side="left") / len(recorded)
    false = 1 - np.searchsorted(np.sort(other), thresholds, side="left") / len(other)
    return float(np.maximum(missed, false).min())


def analytic_error(rate: float, time: float) -> float:
    """`Phi(-sqrt(rate time / 2))`: error of the test at threshold 0 where both processes are close and time is long.

    The log-likelihood ratio is then Gaussian, with mean +- rate time and variance 2 rate time.

    Args:
        rate: Kullback-Leibler rate, in nats per unit of time.
        time: of the recording.

    >>> from theory.partial_observation.identifiability import recording_time_needed
    >>> round(analytic_error(1.0, recording_time_needed(1.0)), 6)
    0.05
    """
    return float(norm.sf(np.sqrt(rate * time / 2)))


def _pair(cell: Cell) -> tuple[RecordedCircuit, RecordedCircuit] | str:
    """What is recorded and what it could be taken for, as an endless recording shows them; or why there are none."""
    drawn, kind = cell.drawn, type(cell.observation)
    plain = all(getattr(kind, name) is getattr(Observation, name) for name in ("measure", "inputs", "start"))
    try:
        observed = cell.observed
        impostor = cell.made_impostor
    except ProblemError:
        return UNKNOWN
    if len(observed) == drawn.neurons:
        return NOT_APPLICABLE
    if impostor is None or drawn.truth is None or impostor.truth is None:
        return UNKNOWN
    if drawn.truth.kind == impostor.truth.kind:
        return NOT_APPLICABLE
    if not plain or not isinstance(drawn, LinearCircuit) or not isinstance(impostor, LinearCircuit):
        return UNKNOWN
    bin_size = cell.bin_size * drawn.time_constant
    noise = cell.noise * float(np.diag(drawn.covariance())[observed].mean())
    truth = RecordedCircuit(drawn, observed, bin_size, noise)
    other = RecordedCircuit(impostor, None, bin_size, noise)
    return (other, truth) if cell.impostor else (truth, other)


def _forgets(recorded: RecordedCircuit, lag: int) -> bool:
    """Whether less than 5% of the covariance is left after a lag."""
    if lag < 1:
        return False
    present, later = recorded.lagged_covariance([0, lag])
    return bool(np.abs(later).max() < 0.05 * np.abs(present).max())


def _latent(recorded: RecordedCircuit, rate: float) -> LatentModel:
    """The observed process with few states: those of an innovations model that the test could not tell from it."""
    d = recorded.neurons
    for order in (8, 16, 32):
        horizon = max(4, -(-2 * order // d))
        if d + order >= recorded.circuit.neurons:
            break
        try:
            model = canonical_model(recorded, order, horizon)
        except ProblemError:
            break
        if divergence_rate(recorded, model, relative_error=1e-2) <= _REDUCED * rate:
            A, K, C, S = model.propagator, model.gain, model.readout, model.innovations
            zeros = np.zeros((order, d))
            whole = np.block([[A, K], [zeros.T, np.zeros((d, d))]])
            noise = np.block([[np.zeros((order, order)), zeros], [zeros.T, S]])
            start = np.block([[stationary_covariance(A, K @ S @ K.T), zeros], [zeros.T, S]])
            return LatentModel(whole, np.hstack([C, np.eye(d)]), noise, np.zeros((d, d)), start)
    circuit = recorded.circuit
    propagator, noise = circuit.discretise(recorded.bin_size)
    readout = np.eye(circuit.neurons)[recorded.observed]
    seen = recorded.observation_noise * np.eye(d)
    return LatentModel(propagator, readout, noise, seen, circuit.covariance())


def _simulated(model: LatentModel, trials: int, samples: int, random: np.random.Generator) -> np.ndarray:
    A, C, Q, R, P = model
    start = random.normal(size=(trials, len(A))) @ symmetric_root(P)
    kicks = random.normal(size=(trials, samples, len(A))) @ symmetric_root(Q)
    x = driven_states(A, kicks, start)[0] @ C.T
    return x + random.normal(size=x.shape) @ symmetric_root(R) if R.any() else x
