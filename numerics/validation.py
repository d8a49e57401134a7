"""Validation: run a claim's experiment and its control, and say which it supports."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from numerics.claim import Claim
from numerics.computation import run_all
from numerics.judgement import Judgement, judge_asymptotic, judge_exact, relative_errors, relative_gaps
from numerics.results import ResultStore
from theory.errors import ProblemError

SCALES = ("quick", "paper")
DEFAULT_RESULTS = Path("paper_figures/output/results")


@dataclass(frozen=True)
class Report:
    """The outcome of a validation.

    Attributes:
        claim: what was claimed.
        scale: "quick" or "paper".
        judgement: of the prediction; `control` of the rival. For an exact claim of several groups, the
            worst of them.
        predicted, measured: the claim's headline number, by theory and by networks.
        parameters: values of the small parameter, (trial,).
        gaps, control_gaps: relative gaps of every network, one array for each trial.
    """

    claim: Claim
    scale: str
    judgement: Judgement
    control: Judgement
    predicted: float
    measured: float
    parameters: np.ndarray
    gaps: tuple
    control_gaps: tuple

    @property
    def verdict(self) -> str:
        """ "agrees", "disagrees", or "underpowered" where an error of 10% could not have been told."""
        if not self.control.rejected or self.judgement.detectable > 0.10:
            return "underpowered"
        low, high = self.judgement.exponent_interval
        margin = self.claim.exponent_tolerance
        falls = high + margin >= self.claim.exponent
        if self.claim.kind == "asymptotic":
            # exact claims may fall faster: stiff steps near the stability limit do, while a wrong
            # prediction leaves a floor and can only make the gap fall more slowly
            falls = falls and low - margin <= self.claim.exponent
        return "agrees" if falls and not self.judgement.rejected else "disagrees"

    @property
    def predicted_exponent(self) -> str:
        """The exponent that the claim states, with its tolerance."""
        margin = self.claim.exponent_tolerance
        return f"{self.claim.exponent:g}" + (f" +- {margin:g}" if margin else "")

    def __str__(self) -> str:
        low, high = self.judgement.exponent_interval
        j, c = self.judgement, self.control
        return "\n".join(
            [
                f"{self.claim.name}: {self.verdict} ({self.claim.kind}, scale {self.scale})",
                f"  claim       {self.claim.sentence}",
                f"  {self.claim.headline}: predicted {self.predicted:.6g}, networks {self.measured:.6g}",
                f"  gap         {j.gap:.2e} relative, {j.standard_errors:.2f} standard errors",
                f"  exponent    {j.exponent:.2f} [{low:.2f}, {high:.2f}] in the {self.claim.parameter}, "
                f"predicted {self.predicted_exponent}",
                f"  control     {self.claim.control}: "
                f"{'rejected' if c.rejected else 'NOT rejected'} (gap {c.gap:.2e})",
                f"  detectable  a relative error of {j.detectable:.2e} would have been rejected (80% power)",
                f"  reference   {self.claim.reference}",
            ]
        )

    def plot(self, axes=None):
        """The gaps against the small parameter, prediction and control; returns the Matplotlib axes."""
        import matplotlib.pyplot as plt

        if axes is None:
            _, axes = plt.subplots(figsize=(3.5, 2.8), layout="constrained")
        for gaps, colour, marker, label in (
            (self.gaps, "#0072B2", "o", "theory"),
            (self.control_gaps, "#D55E00", "s", "control"),
        ):
            for value, spread in zip(self.parameters, gaps, strict=True):
                axes.plot(np.full(len(spread), value), spread, marker, ms=2.5, color=colour, alpha=0.4)
            middle = [np.sqrt(np.mean(spread**2)) for spread in gaps]
            axes.plot(self.parameters, middle, marker, ms=6, color=colour, label=label)
        grid = np.geomspace(self.parameters.min(), self.parameters.max(), 20)
        anchor = np.exp(np.mean([np.log(np.sqrt(np.mean(g**2))) for g in self.gaps]))
        centre = np.exp(np.mean(np.log(self.parameters)))
        axes.plot(
            grid,
            anchor * (grid / centre) ** self.claim.exponent,
            color="#0072B2",
            lw=1,
            label=f"slope {self.claim.exponent:g}",
        )
        axes.set(xscale="log", yscale="log", xlabel=self.claim.parameter, ylabel="relative gap")
        axes.legend(frameon=False, fontsize=7)
        return axes


def validate(claim: Claim, scale: str = "quick", store: ResultStore | None = None, report=print) -> Report:
    """Run a claim's experiments, those not on disk yet, and judge its prediction and its control.

    Args:
        claim: what to check; see `numerics.claims`.
        scale: "quick" (minutes on two cores) or "paper".
        store: where results live; None takes `paper_figures/output/results`.
        report: called with a line of text before a long run.

    Raises:
        ProblemError: an unknown scale, or something that is not a claim.

    The verdict is "agrees" where the gap vanishes at the stated exponent and the control is rejected,
    "underpowered" where the control is not rejected or an error of 10% could have passed.
    """
    if not isinstance(claim, Claim):
        raise ProblemError(
            f"validate takes a Claim, such as numerics.claims.integrator_outlier; got {claim!r}."
        )
    if scale not in SCALES:
        raise ProblemError(f"scale must be one of {', '.join(SCALES)}; got {scale!r}.")
    store = ResultStore(DEFAULT_RESULTS) if store is None else store
    trials = claim.trials(scale)
    run_all([trial.experiment for trial in trials], store, report)
    measured = [claim.measured(t.experiment, t.experiment.run(store)) for t in trials]
    predicted = [claim.predicted(t.experiment) for t in trials]
    rival = [claim.rival(t.experiment) for t in trials]
    finest = min(range(len(trials)), key=lambda i: trials[i].parameter)
    return Report(
        claim=claim,
        scale=scale,
        judgement=_judge(claim, trials, measured, predicted),
        control=_judge(claim, trials, measured, rival),
        predicted=claim.summary(predicted[finest]),
        measured=claim.summary(measured[finest]),
        parameters=np.array([t.parameter for t in trials]),
        gaps=tuple(relative_gaps(m, p) for m, p in zip(measured, predicted, strict=True)),
        control_gaps=tuple(relative_gaps(m, r) for m, r in zip(measured, rival, strict=True)),
    )


def _judge(claim: Claim, trials: list, measured: list, predicted: list) -> Judgement:
    judgements = []
    for group in dict.fromkeys(t.group for t in trials):
        chosen = [i for i, t in enumerate(trials) if t.group == group]
        chosen.sort(key=lambda i: -trials[i].parameter)
        parameters = [trials[i].parameter for i in chosen]
        own, theirs = [measured[i] for i in chosen], [predicted[i] for i in chosen]
        if claim.kind == "exact":
            judgements.append(judge_exact(parameters, own, theirs, claim.exponent))
        else:
            errors = [relative_errors(m, p) for m, p in zip(own, theirs, strict=True)]
            judgements.append(judge_asymptotic(parameters, errors, claim.exponent))
    return max(judgements, key=lambda j: j.standard_errors)
