"""How often check-recording says what of circuits whose truth is known."""

import numpy as np

from numerics.checking.calibration import FRACTIONS, KINDS, NEURONS, Rates, calibrate
from numerics.checking.recording import check_recording
from numerics.checking.recording_verdict import Mode
from numerics.recordings import Recording
from theory.partial_observation import markov_divergence_rate, recording_time_needed

SAMPLES = 20_000
_CHAINS = tuple(kind for kind in KINDS if kind.startswith("chain"))


def judge(recording: Recording, seed: int) -> str:
    """What is said of a persistent mode, and whether reversible explanations are rejected."""
    report = check_recording(recording, time_constant=1.0)  # with the seed that users have, drawn from but once
    return f"{report.mode.value}, {'irreversible' if report.reversibility.rejected else 'perhaps reversible'}"


def mode_rates(rates: Rates) -> Rates:
    """The same with what is said of reversibility left out."""
    counts = {mode.value: 0 for mode in Mode}
    for verdict, number in rates.counts.items():
        counts[verdict.split(",")[0]] += number
    return Rates(rates.kind, counts)


def time_needed(kind: str, draws: int = 6) -> tuple[float, float]:
    """R6: shortest and longest time that the likelihood-ratio test needs which knows both candidates.

    The truth against its own best Markov network, 5% errors either way, noiseless and in continuous time, in time
    constants.

    Args:
        kind: of circuit.
        draws: over which the range is taken, with all fractions.
    """
    times = []
    for seed in range(draws):
        circuit = KINDS[kind](seed)
        for fraction in FRACTIONS:
            observed = np.random.default_rng([seed, 1]).permutation(NEURONS)[: round(fraction * NEURONS)]
            times.append(recording_time_needed(markov_divergence_rate(circuit, observed)))
    return min(times), max(times)


def print_calibration(draws: int) -> None:
    """Print a line for each kind of circuit, at full length and where the likelihood-ratio test itself cannot tell.

    Args:
        draws: of each kind, spread over 5, 10 and 20 recorded neurons of 100.
    """
    print(
        f"{draws} draws of each kind, {NEURONS} neurons of which 5, 10 or 20 are recorded for {SAMPLES} time constants "
        "in bins of one.\nShares with Wilson's intervals, 95 percent.\n"
    )
    for kind in KINDS:
        rates = calibrate(judge, draws, [kind])[0]
        irreversible = sum(number for verdict, number in rates.counts.items() if verdict.endswith("irreversible"))
        print(f"{mode_rates(rates)} | irreversible {irreversible / rates.draws:.0%}", flush=True)
    for kind in _CHAINS:
        shortest, longest = time_needed(kind)
        print(
            f"\n{kind}: the likelihood-ratio test that knows both candidates needs {shortest:.0f} to {longest:.0f} "
            "time constants.",
            flush=True,
        )
        for samples in (round(longest), SAMPLES // 10):
            rates = mode_rates(calibrate(judge, draws, [kind], samples)[0])
            print(f"after {samples}: {str(rates).removeprefix(kind + ': ')}", flush=True)
