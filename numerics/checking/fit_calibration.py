"""How often check-fit gives each verdict, on circuits whose truth is known."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest

from numerics.checking.fit import check_fit
from numerics.checking.fit_modes import Finding
from numerics.checking.weights import Weights
from numerics.progress import progress_bar
from numerics.recordings import record
from theory import circuits
from theory.students import Autoregression

NEURONS, SAMPLES = 100, 20_000
FRACTIONS = (0.05, 0.1, 0.2)
KINDS = {
    "symmetric line attractor": lambda seed: circuits.symmetric_line_attractor(NEURONS, seed=seed),
    "non-normal, |l||r| = 3": lambda seed: circuits.non_normal_line_attractor(NEURONS, 3.0, seed=seed),
    "non-normal, |l||r| = 10": lambda seed: circuits.non_normal_line_attractor(NEURONS, 10.0, seed=seed),
    "chain with skips .5": lambda seed: circuits.feedforward_chain(NEURONS, skip=0.5, rotated=True, seed=seed),
    "chain with skips 1": lambda seed: circuits.feedforward_chain(NEURONS, skip=1.0, rotated=True, seed=seed),
    "uncoupled neurons": lambda seed: circuits.uncoupled(NEURONS),
}
VERDICTS = (None, *Finding)


@dataclass(frozen=True)
class Rates:
    """How often each verdict was given of one kind of circuit.

    Args:
        kind: of circuit.
        counts: of the verdicts, in the order of `VERDICTS`, (verdict,).
    """

    kind: str
    counts: tuple[int, ...]

    def interval(self, verdict: Finding | None) -> tuple[float, float, float]:
        """The share of a verdict, and Wilson's interval (95 percent) around it."""
        hits, draws = self.counts[VERDICTS.index(verdict)], sum(self.counts)
        bounds = binomtest(hits, draws).proportion_ci(method="wilson")
        return hits / draws, bounds.low, bounds.high


def calibrate(draws: int, fraction: float = 0.1, kinds: dict | None = None) -> list[Rates]:
    """Draw circuits of 100 neurons, record 5, 10 or 20 for 20,000 time constants, fit, and check the fit.

    The fit is the regression over one bin of one time constant: what a network trained to predict the next bin
    approaches.

    Args:
        draws: of each kind.
        fraction: vouched for; see `check_fit`.
        kinds: of circuits, functions of a seed; None takes all.
    """
    kinds = KINDS if kinds is None else kinds
    rates = []
    with progress_bar(draws * len(kinds), "circuits") as bar:
        for kind, make in kinds.items():
            counts = [0] * len(VERDICTS)
            for seed in range(draws):
                observed = np.random.default_rng([seed, 1]).permutation(NEURONS)
                observed = observed[: int(FRACTIONS[seed % len(FRACTIONS)] * NEURONS)]
                recording = record(make(seed), SAMPLES, 1.0, observed=observed, seed=seed)
                weights = Weights(propagator=Autoregression().fit(recording).propagator)
                report = check_fit(recording, weights, time_constant=1.0, fraction=fraction, seed=seed)
                counts[VERDICTS.index(report.finding)] += 1
                bar.advance()
            rates.append(Rates(kind, tuple(counts)))
    return rates


def print_rates(rates: list[Rates]) -> None:
    """Print a line for each kind: the share of each verdict that was given, with its interval.

    Args:
        rates: of `calibrate`.
    """
    for each in rates:
        given = [
            f"{'claims no slow mode' if verdict is None else verdict.value} {share:.0%} [{low:.0%}, {high:.0%}]"
            for verdict in VERDICTS
            for share, low, high in [each.interval(verdict)]
            if share
        ]
        print(f"{each.kind} ({sum(each.counts)} draws): {'; '.join(given)}")
