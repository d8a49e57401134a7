"""Verdict: which kind of attractor is claimed, and how likely the true one was thought to be."""

from typing import ClassVar

from numerics.benchmark.score import Evidence, Score
from numerics.benchmark.statistics import log_score
from numerics.benchmark.system import TYPES


class Verdict(Score):
    """Probabilities of the types: a method's own claim where it makes one, else read off its rollouts.

    A hallucination is a claim where the truth is a point, a miss is none where it is another kind. `claims` is by
    definition (a line lasts 20 time constants and 10 times the next mode); `statistic` is what the threshold of a
    method without a claim of its own is for, which `statistics.calibrated_threshold` sets on draws of N0 alone.
    """

    id: ClassVar[str] = "verdict"
    sentence: ClassVar[str] = "which kind of attractor is claimed, and how likely the true one was thought to be"
    columns: ClassVar[dict[str, str]] = {
        "own_claim": "1 where the method makes a claim of its own, 0 where it is read off rollouts",
        "claims": "1 where an attractor is claimed, by definition",
        "claims_5": "the same where a line is 5 times slower than what is next",
        "claims_20": "the same where a line is 20 times slower",
        "right_kind": "1 where the likeliest type is the true one",
        "log_score": "-ln of the probability of the true type, in nats",
        "statistic": "octaves beyond what defines an attractor; the larger the more of one",
        "statistic_5": "the same at a ratio of 5",
        "statistic_20": "the same at a ratio of 20",
    } | {f"p_{kind}": f"probability of type {kind}" for kind in TYPES}

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        truth, reading = evidence.cell.circuit.truth, evidence.reading
        own = evidence.claim is not None
        kind = truth.kind if truth is not None else ""
        found = {"own_claim": float(own)}
        for ratio, name in ((10, ""), (5, "_5"), (20, "_20")):
            at = reading if ratio == 10 else reading.at(ratio)
            said = dict.fromkeys(TYPES, 0.0) | evidence.claim if own else at.probabilities
            found["claims" + name] = float(said["point"] < 0.5)
            found["statistic" + name] = at.statistic
            if ratio == 10:
                found |= {f"p_{one}": said[one] for one in TYPES}
                likeliest = max(said, key=said.get)
                found["right_kind"] = float(likeliest == kind) if kind else float("nan")
                found["log_score"] = log_score(said, kind) if kind else float("nan")
        return found
