"""What others print: variance explained, distance of state spaces and of spectra, bits per spike. Never ranked."""

from typing import ClassVar

import numpy as np
import scipy.ndimage

from numerics.benchmark.score import Evidence, Score

_AHEAD = {"R2_1": 1, "R2_5": 5, "R2_20": 20}
_BINS = 12
_SMOOTHING = 10


class Comparison(Score):
    """Scores of prediction, for comparison: they can be blind to attractors (R1, R7), and are never ranked.

    - `R2` of the mean rollout, k bins ahead of the histories, against what was recorded then.
    - `D_stsp`: Kullback-Leibler divergence of the recorded states' histogram from that of the long rollouts, over
      their first three principal directions in 12 bins each, in nats; a count of one half is added to every bin.
    - `D_H`: Hellinger distance of power spectra, smoothed and of unit sum, mean over channels.
    - `bits_per_spike`: of counts predicted one bin ahead as Poisson rates, over those of a constant rate.
    """

    id: ClassVar[str] = "comparison"
    sentence: ClassVar[str] = "for comparison, never ranked: R2, distances of state spaces and spectra, bits per spike"
    columns: ClassVar[dict[str, str]] = {name: f"variance explained, {k} bins ahead" for name, k in _AHEAD.items()} | {
        "D_stsp": "divergence of the recorded states from the model's, in nats",
        "D_H": "Hellinger distance of the power spectra",
        "bits_per_spike": "of counts one bin ahead; nan where activity is no counts",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        recorded, free = evidence.testing.activity, evidence.rollouts["free"].mean(axis=1)
        places = evidence.queries["free"].place
        found = {name: variance_explained(recorded, free, places, k) for name, k in _AHEAD.items()}
        long = evidence.rollouts["long"][:, 0]
        found["D_stsp"] = state_space_divergence(recorded, long)
        found["D_H"] = spectral_distance(recorded, long)
        found["bits_per_spike"] = bits_per_spike(recorded, free[:, 0], places)
        return found


def variance_explained(recorded: np.ndarray, predicted: np.ndarray, places: np.ndarray, ahead: int) -> float:
    """`1 - |x - x^|^2 / |x - mean|^2`, k bins after the places, summed over channels in their standard deviations.

    Args:
        recorded: (trial, time, channel).
        predicted: (query, step, channel).
        places: trial and last known sample, (query, 2).
        ahead: k.
    """
    there = places[:, 1] + ahead < recorded.shape[1]
    actual = recorded[places[there, 0], places[there, 1] + ahead]
    mean, spread = recorded.mean(axis=(0, 1)), recorded.std(axis=(0, 1))
    error = np.sum(((predicted[there, ahead - 1] - actual) / spread) ** 2)
    return float(1 - error / np.sum(((actual - mean) / spread) ** 2)) if there.sum() > 1 else float("nan")


def state_space_divergence(recorded: np.ndarray, model: np.ndarray) -> float:
    """`sum p ln(p / q)` of histograms over three principal directions of what was recorded.

    Source: Koppe, Toutounji, Kirsch, Lis & Durstewitz, PLoS Comput. Biol. 15 (2019) e1007263 (in bins).
    """
    flat, other = (x.reshape(-1, x.shape[2]) for x in (recorded, model))
    mean, spread = flat.mean(axis=0), flat.std(axis=0)
    axes = np.linalg.svd((flat - mean) / spread, full_matrices=False)[2][:3]
    points, others = ((x - mean) / spread @ axes.T for x in (flat, other))
    edges = [np.linspace(*np.quantile(column, [0.001, 0.999]), _BINS - 1) for column in points.T]
    # the first and the last bin hold all that is beyond
    p, q = (np.zeros([_BINS] * len(edges)) for _ in range(2))
    for histogram, of in ((p, points), (q, others)):
        places = tuple(np.searchsorted(edge, column) for edge, column in zip(edges, of.T, strict=True))
        np.add.at(histogram, places, 1.0)
    p, q = (histogram + 0.5 for histogram in (p, q))
    p, q = p / p.sum(), q / q.sum()
    return float(np.sum(p * np.log(p / q)))


def spectral_distance(recorded: np.ndarray, model: np.ndarray) -> float:
    """`sqrt(1 - sum sqrt(f g))` of spectra f and g of unit sum, mean over channels; of stretches of equal length.

    Source: Mikhaeil, Monfared & Durstewitz, NeurIPS 2022.
    """
    length = min(recorded.shape[1], model.shape[1])
    f, g = (_spectrum(x[:, :length]) for x in (recorded, model))
    return float(np.sqrt(np.clip(1 - np.sum(np.sqrt(f * g), axis=0), 0.0, None)).mean())


def bits_per_spike(recorded: np.ndarray, predicted: np.ndarray, places: np.ndarray) -> float:
    """`[ln p(n | predicted) - ln p(n | mean)] / (ln 2 sum n)` of Poisson counts one bin after the places.

    Args:
        recorded, places: as of `variance_explained`.
        predicted: rates per bin, (query, channel).
    """
    if (recorded < 0).any() or (recorded != np.round(recorded)).any():
        return float("nan")
    there = places[:, 1] + 1 < recorded.shape[1]
    counts = recorded[places[there, 0], places[there, 1] + 1]
    if counts.sum() == 0:
        return float("nan")
    rates, mean = np.maximum(predicted[there], 1e-3), recorded.mean(axis=(0, 1))
    gained = np.sum(counts * np.log(rates / mean) - (rates - mean))
    return float(gained / (np.log(2) * counts.sum()))


def _spectrum(activity: np.ndarray) -> np.ndarray:
    """Of unit sum, (frequency, channel)."""
    centred = activity - activity.mean(axis=1, keepdims=True)
    power = (np.abs(np.fft.rfft(centred, axis=1)) ** 2).mean(axis=0)[1:]
    power = scipy.ndimage.gaussian_filter1d(power, _SMOOTHING, axis=0) + np.finfo(float).tiny
    return power / power.sum(axis=0)
