"""Phase diagram: over fraction observed, non-normality and lag, which slow modes are found, missed and invented."""

from collections.abc import Callable, Mapping

import numpy as np
import xarray as xr

from theory.checks import count, positive, real_array
from theory.circuits import LinearCircuit, feedforward_chain, non_normal_line_attractor, null_low_rank
from theory.circuits.random_vectors import generator
from theory.partial_observation.expected_timescales import fraction_observed
from theory.partial_observation.labels import ABSENT, FOUND, INVENTED, MISSED, outcome
from theory.partial_observation.rank_one import rank_one_eigenvalues
from theory.students.student import regression
from theory.students.verdict import persistent

Family = Callable[[float, int], LinearCircuit]


def matched_families(neurons: int, slow: float = 1000.0) -> dict[str, Family]:
    """Three circuits for every non-normality k, whose recurrence is as strong: one with a slow mode, two without.

    - line attractor: `B = c r l^T`, `c = 1 - 1 / slow`, `l^T r = |r| = 1`, `|l| = k`.
    - null recurrence: the same with `l^T r = 0`, so no loop is closed and all modes are as fast as one neuron.
    - chain with skips, turned: the skips into its end are a row of norm k.

    Args:
        neurons: D, of each.
        slow: timescale of the line attractor's slow mode, in single-unit time constants.

    Returns:
        By name, functions of the non-normality and a seed: what `phase_diagram` takes.
    """
    neurons = count(neurons, "neurons", least=4)
    strength = 1 - 1 / positive(slow, "slow")
    return {
        "line attractor": lambda k, seed: non_normal_line_attractor(neurons, k, slow, fast=1.0, seed=seed),
        "null recurrence": lambda k, seed: null_low_rank(neurons, 1, gain=strength * k, seed=seed),
        "chain with skips": lambda k, seed: feedforward_chain(neurons, k / np.sqrt(neurons - 1), True, seed),
    }


def phase_diagram(
    families: Mapping[str, Family], fractions, non_normalities, lags, draws: int, observation_noise: float = 0.0
) -> xr.Dataset:
    """Rates over draws at which a slow mode is found, missed or invented by regression over a lag, endless recordings.

    The student is `C(t) C(0)^-1`: one step of teacher forcing at a bin of the lag t. A draw takes a circuit of its own
    and a random order of neurons, whose first d are observed: fractions of a draw are nested.

    Args:
        families: by name, functions that make a circuit of a non-normality and a seed; its truth must be known and of
            the same kind for all. `matched_families` gives three.
        fractions: f of the neurons that is observed; at least one neuron is.
        non_normalities: what the functions take.
        lags: t, in single-unit time constants.
        draws: how many.
        observation_noise: variance of the white noise of every sample.

    Returns:
        Over (circuit, non_normality, fraction, lag): `rate` (outcome, ...) of the outcomes found, missed, invented and
        absent, of which two are nan by the circuit's truth; `reported`, the rate at which a slow mode is reported; and
        over draws as well `slowest` and `second` timescale, in single-unit time constants.

    >>> families = matched_families(40)
    >>> diagram = phase_diagram(families, [0.1, 1.0], [1.0, 10.0], [1.0], draws=2)
    >>> diagram.rate.sel(outcome="found", circuit="line attractor", fraction=1.0).values.ravel()
    array([1., 1.])
    >>> float(diagram.rate.sel(outcome="invented", circuit="null recurrence", fraction=1.0).max())
    0.0
    """
    fractions = [fraction_observed(f) for f in np.atleast_1d(fractions)]
    non_normalities = [positive(k, "non_normality") for k in np.atleast_1d(non_normalities)]
    lags = np.sort(np.asarray(real_array(np.atleast_1d(lags), "lags", 1)))
    positive(lags[0], "lag")
    noise = positive(observation_noise, "observation_noise", allow_zero=True)
    shape = (len(families), len(non_normalities), len(fractions), lags.size, count(draws, "draws"))
    slowest, second, reported = np.empty(shape), np.empty(shape), np.empty(shape, bool)
    truths = []
    for i, make in enumerate(families.values()):
        for j, k in enumerate(non_normalities):
            for draw in range(draws):
                circuit = make(k, draw)
                outcome(circuit.truth, False)
                order = generator(draw).permutation(circuit.neurons)
                tau = circuit.time_constant
                covariances = circuit.lagged_covariance(np.concatenate([[0.0], lags * tau]))[:, order][:, :, order]
                for n, f in enumerate(fractions):
                    d = max(1, round(f * circuit.neurons))
                    present = covariances[0, :d, :d] + noise * np.eye(d)
                    later = covariances[1:, :d, :d].reshape(-1, d)
                    values = np.linalg.eigvals(regression(later, present).reshape(-1, d, d))
                    for m, lag in enumerate(lags):
                        at = (i, j, n, m, draw)
                        slowest[at], second[at], reported[at] = persistent(values[m], lag)
        truths.append(circuit.truth.kind)
    dimensions = ("circuit", "non_normality", "fraction", "lag")
    rate = reported.mean(-1)
    lines = (np.array(truths) == "line")[:, None, None, None]
    rates = [
        np.where(lines, rate, np.nan),
        np.where(lines, 1 - rate, np.nan),
        np.where(lines, np.nan, rate),
        np.where(lines, np.nan, 1 - rate),
    ]
    return xr.Dataset(
        {
            "rate": (("outcome", *dimensions), np.stack(rates)),
            "reported": (dimensions, rate),
            "slowest": ((*dimensions, "draw"), slowest),
            "second": ((*dimensions, "draw"), second),
        },
        coords={
            "outcome": [FOUND, MISSED, INVENTED, ABSENT],
            "circuit": list(families),
            "truth": ("circuit", truths),
            "non_normality": non_normalities,
            "fraction": fractions,
            "lag": lags,
        },
        attrs={"observation_noise": noise, "draws": draws},
    )


def rank_one_phase_diagram(fractions, non_normalities, lags, slow: float = 1000.0, observation_noise: float = 0.0):
    """What `phase_diagram` tends to with many neurons for the line attractor and null recurrence of `matched_families`.

    Closed form (`rank_one_eigenvalues`): the slow mode is reported or not, for all draws alike.

    Args:
        fractions, non_normalities, lags, observation_noise: as of `phase_diagram`.
        slow: of the line attractor, in single-unit time constants.

    Returns:
        `slowest`, `second` and `reported` over (circuit, non_normality, fraction, lag).

    >>> diagram = rank_one_phase_diagram([0.01, 0.1], [1.0], [1.0], slow=1000.0)
    >>> diagram.reported.sel(circuit="line attractor").values.ravel()
    array([False,  True])
    """
    fractions, non_normalities, lags = (np.atleast_1d(axis) for axis in (fractions, non_normalities, lags))
    strength = 1 - 1 / positive(slow, "slow")
    overlaps = {"line attractor": 1.0, "null recurrence": 0.0}
    shape = (2, non_normalities.size, fractions.size, lags.size)
    slowest, second, reported = np.empty(shape), np.empty(shape), np.empty(shape, bool)
    for i, overlap in enumerate(overlaps.values()):
        for j, n, m in np.ndindex(shape[1:]):
            values = rank_one_eigenvalues(
                fractions[n], strength, overlap, non_normalities[j], lags[m], observation_noise=observation_noise
            )
            at = (i, j, n, m)
            slowest[at], second[at], reported[at] = persistent(values, lags[m])
    dimensions = ("circuit", "non_normality", "fraction", "lag")
    return xr.Dataset(
        {"slowest": (dimensions, slowest), "second": (dimensions, second), "reported": (dimensions, reported)},
        coords={"circuit": list(overlaps), "non_normality": non_normalities, "fraction": fractions, "lag": lags},
    )
