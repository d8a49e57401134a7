"""Regret: what could be concluded at all in this cell, by the likelihood-ratio test."""

from typing import ClassVar

from numerics.benchmark import identifiability as idf
from numerics.benchmark.score import Evidence, Score


class Regret(Score):
    """The error of the test between truth and impostor, which `statistics.regret` takes from a method's own.

    A method that errs in an unidentifiable cell has not failed.
    """

    id: ClassVar[str] = "regret"
    sentence: ClassVar[str] = "what could be concluded at all, by the likelihood-ratio test between truth and impostor"
    columns: ClassVar[dict[str, str]] = {
        "identifiable": "1 where the test meets 5% and 5%, 0 where it cannot, nan where there is no test",
        "not_applicable": "1 where truth and impostor carry the same label",
        "oracle_error": "how often the test takes what is recorded for the other",
        "oracle_other_error": "how often it takes the other for what is recorded",
        "oracle_best": "error of either where the threshold makes both the same",
        "divergence": "of the other from what is recorded, in nats per single-unit time constant",
    }

    def of(self, evidence: Evidence) -> dict[str, float]:
        """As of `Score`."""
        found = idf.identifiability(evidence.cell)
        known = {idf.IDENTIFIABLE: 1.0, idf.UNIDENTIFIABLE: 0.0}
        return {
            "identifiable": known.get(found.label, float("nan")),
            "not_applicable": float(found.label == idf.NOT_APPLICABLE),
            "oracle_error": found.error,
            "oracle_other_error": found.other_error,
            "oracle_best": found.best,
            "divergence": found.rate,
        }
