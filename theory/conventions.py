"""Conventions as objects: what a number of another paper means here, and the reverse."""

from dataclasses import dataclass
from typing import Literal

from theory.checks import count, positive
from theory.errors import ProblemError
from theory.time import ContinuousTime, Time

Parameterisation = Literal["standard", "ntk", "mean-field"]


@dataclass(frozen=True)
class Conventions:
    """The conventions under which a training time or a learning rate is to be read.

    The toolkit's own are the defaults: the loss carries a factor 1/2 and sums over outputs; the trained
    parameters are the weights themselves (standard parameterisation), all groups at one rate; training
    time is the step size times the number of steps.

    Args:
        time: continuous or discrete.
        parameterisation: what is trained. "standard": the weight w itself. "ntk": omega of order one with
            `w = scale / sqrt(N) omega`. "mean-field": the same for recurrent and input weights, and
            `w = scale / N omega` for the readout.
        loss_factor: factor before the squared error.
        outputs: whether the squared error is summed or averaged over the outputs.

    Raises:
        ProblemError: a factor that is not positive, an unknown parameterisation.

    >>> Conventions().training_time_in(Conventions(loss_factor=1.0), 40.0)
    20.0
    """

    time: Time = ContinuousTime()
    parameterisation: Parameterisation = "standard"
    loss_factor: float = 0.5
    outputs: Literal["sum", "mean"] = "sum"

    def __post_init__(self):
        positive(self.loss_factor, "loss_factor")
        if self.parameterisation not in ("standard", "ntk", "mean-field"):
            raise ProblemError(
                f"parameterisation {self.parameterisation!r} is unknown: use 'standard', 'ntk' or "
                "'mean-field'."
            )
        if self.outputs not in ("sum", "mean"):
            raise ProblemError(f"outputs = {self.outputs!r}: use 'sum' or 'mean'.")

    def gradient_scale(self, outputs: int) -> float:
        """The factor of this loss relative to a plain sum of squared errors."""
        return self.loss_factor / (count(outputs, "outputs") if self.outputs == "mean" else 1)

    def training_time_in(self, other: "Conventions", training_time: float, outputs: int = 1) -> float:
        """The training time at which `other` has the weights that this convention has at `training_time`.

        Gradient flow of a loss k times as large runs k times as fast.

        Raises:
            ProblemError: the two differ in parameterisation: there the rates of the weight groups
                differ, and no single factor translates (`learning_rates` gives them).
        """
        if self.parameterisation != other.parameterisation:
            raise ProblemError(
                f"{self.parameterisation} and {other.parameterisation} parameterisations train the weight "
                "groups at different relative rates: no single factor converts their training times. "
                "Use learning_rates(width, ...)."
            )
        return training_time * self.gradient_scale(outputs) / other.gradient_scale(outputs)

    def learning_rates(self, width: int, scales: dict[str, float]) -> dict[str, float]:
        """The rate at which each group of weights moves, per unit rate of the trained parameters.

        With `w = m omega`, gradient flow of omega moves w at rate `m^2`. In the standard parameterisation
        every rate is one.

        Args:
            width: N.
            scales: the scale of each group, by role: "input", "recurrent", "readout".

        Raises:
            ProblemError: another role.
        """
        width = count(width, "width")
        for role in scales:
            if role not in ("input", "recurrent", "readout"):
                raise ProblemError(f"role {role!r} is unknown: use 'input', 'recurrent' or 'readout'.")
        rates = {}
        for role, scale in scales.items():
            multiplier = {
                "standard": 1.0,
                "ntk": scale / width**0.5,
                "mean-field": scale / width if role == "readout" else scale / width**0.5,
            }[self.parameterisation]
            rates[role] = multiplier**2
        return rates

    def __str__(self) -> str:
        return (
            f"{self.time.name} time [{self.time.equation}]; {self.parameterisation} parameterisation; "
            f"squared error times {self.loss_factor:g}, {self.outputs} over outputs; "
            "training_time = step size x steps"
        )
