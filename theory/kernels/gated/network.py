"""A wide network of gated units, as its kernels see it."""

import math
from dataclasses import dataclass

from theory.checks import instance, positive
from theory.errors import ProblemError
from theory.kernels.gated.unit import GatedUnit
from theory.kernels.recurrent_network import InitialState, Rates


@dataclass(frozen=True)
class GatedWeights:
    """The weights of one preactivation, in NTK parameterisation (W, U, b standard Gaussian).

    Args:
        recurrent: s_w.
        input: s_u.
        bias: s_b.
        bias_mean: mu, the fixed part of the bias: a gate that starts open or closed.
        rates: learning rates of W, U and b; `Rates.initial_state` is not read here.

    >>> GatedWeights(1.5).input
    1.0
    """

    recurrent: float
    input: float = 1.0
    bias: float = 0.0
    bias_mean: float = 0.0
    rates: Rates = Rates()

    def __post_init__(self):
        instance(self.rates, Rates, "rates")
        for name in ("recurrent", "input", "bias"):
            object.__setattr__(self, name, positive(getattr(self, name), name, allow_zero=True))
        if not math.isfinite(self.bias_mean):
            raise ProblemError(f"bias_mean = {self.bias_mean}, but it must be finite.")


@dataclass(frozen=True)
class GatedNetwork:
    """A wide layer of gated units, read out linearly: y_t = s_v/sqrt(N) v.h_t.

    As for plain units the kernels assume gradient independence, which a readout of mean zero, used nowhere else,
    ensures for every architecture. Gated units are correlated with the gradients that meet them whatever their
    nonlinearity, so a readout of non-zero mean, or one fed back, is refused for all of them.

    Args:
        unit: what the units are.
        weights: GatedWeights for each of its preactivations, in their order.
        initial_state: what h_0 is.
        initial_rate: learning rate of xi in h_0 = s_h xi.
        readout: s_v.
        readout_rate: e_v.
        readout_mean: refused unless 0.
        feedback: scale at which y_{t-1} enters the preactivations: refused unless 0.
        tied: False draws every W afresh at every time (U and b stay): the usual control.

    Raises:
        ProblemError: another number of weights than of preactivations, or where gradient independence fails.

    >>> from theory.kernels.gated import MinimalGated
    >>> GatedNetwork(MinimalGated(), (GatedWeights(1.0), GatedWeights(1.5))).readout
    1.0

    Source: G. Yang, Tensor Programs II, arXiv 2006.14548, on gradient independence.
    """

    unit: GatedUnit
    weights: tuple[GatedWeights, ...]
    initial_state: InitialState = InitialState()
    initial_rate: float = 0.0
    readout: float = 1.0
    readout_rate: float = 1.0
    readout_mean: float = 0.0
    feedback: float = 0.0
    tied: bool = True

    def __post_init__(self):
        instance(self.unit, GatedUnit, "unit")
        object.__setattr__(self, "weights", tuple(self.weights))
        names = self.unit.preactivations
        if len(self.weights) != len(names):
            raise ProblemError(f"{self.unit} needs weights for {', '.join(names)}; got {len(self.weights)} of them.")
        for name, each in zip(names, self.weights, strict=True):
            instance(each, GatedWeights, f"weights of {name}")
        instance(self.initial_state, InitialState, "initial_state")
        for name in ("initial_rate", "readout", "readout_rate", "feedback"):
            object.__setattr__(self, name, positive(getattr(self, name), name, allow_zero=True))
        if self.readout_mean:
            raise ProblemError(
                f"readout_mean = {self.readout_mean:g}: gates multiply states by functions of the preactivations that "
                "gradients pass, so a gradient of non-zero mean is correlated with the states and no width makes the "
                "recursion true. Use a readout of mean zero."
            )
        if self.feedback:
            raise ProblemError(
                f"feedback = {self.feedback:g}: a readout fed back into the loop is correlated with the states it "
                "reads at all later times, and gradient independence fails. Treat the output as an input (teacher "
                "forcing), or simulate."
            )
