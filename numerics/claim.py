"""Claims: one sentence a theory says about networks, with its experiment and its control."""

import abc
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from numerics.computation import Computation


@dataclass(frozen=True)
class Trial:
    """One computation of a claim: the value of its small parameter, and what it is compared within.

    The computation trains networks (`numerics.experiment.Experiment`) or fits recordings (`numerics.fitting.Fitting`).
    """

    parameter: float
    experiment: Computation
    group: str = ""


class Claim(abc.ABC):
    """What theory says of networks, and how to find out.

    The gap between prediction and networks must vanish with a small parameter: the step size of training
    for an "exact" claim, 1/width, the initial scale or 1/samples for an "asymptotic" one, at a stated exponent.
    A new claim is one class that fills in the attributes and the methods below.

    Attributes:
        sentence: the claim.
        kind: "exact" or "asymptotic".
        parameter: name of the small parameter.
        exponent: the power of the parameter at which the gap must fall.
        exponent_tolerance: how far corrections of the theory's own next order move the exponent over the
            range of the trials; stated by the claim, before any network is trained.
        control: the nearest rival, in words; its prediction must be rejected by the same experiment.
        headline: what `summary` returns, with its unit.
        reference: where the claim comes from.
        cites: keys of `theory/references.bib`: the papers it rests on.
    """

    name: ClassVar[str]
    sentence: ClassVar[str]
    kind: ClassVar[Literal["exact", "asymptotic"]]
    parameter: ClassVar[str]
    exponent: ClassVar[float]
    exponent_tolerance: ClassVar[float] = 0.0
    control: ClassVar[str]
    headline: ClassVar[str]
    reference: ClassVar[str]
    cites: ClassVar[tuple[str, ...]] = ()

    @abc.abstractmethod
    def trials(self, scale: str) -> list[Trial]:
        """The experiments, at scale "quick" or "paper"."""

    @abc.abstractmethod
    def measured(self, experiment: Computation, networks) -> np.ndarray:
        """The observed quantity, (seed, ...); nan where it does not exist."""

    @abc.abstractmethod
    def predicted(self, experiment: Computation) -> np.ndarray:
        """Theory's prediction for the same networks, in the same shape."""

    @abc.abstractmethod
    def rival(self, experiment: Computation) -> np.ndarray:
        """The control's prediction for the same networks, in the same shape."""

    @abc.abstractmethod
    def summary(self, values: np.ndarray) -> float:
        """One number that stands for the quantity in the ledger."""
