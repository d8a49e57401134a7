"""A wide recurrent network, as its kernels see it: scales, activations, initial states, learning rates."""

from dataclasses import dataclass

from theory.checks import instance, positive
from theory.errors import ProblemError
from theory.kernels.activations import Activation


@dataclass(frozen=True)
class Rates:
    """Learning rates of the groups of a layer's weights, relative to that of the readout; 0 for what is not trained.

    In NTK parameterisation every trained group has rate 1. Weights trained themselves ("standard parameterisation") at
    width N are the same kernel at other rates.

    Args:
        recurrent: e_W.
        input: e_U.
        bias: e_b.
        initial_state: e_h, of xi in h_0 = s_h xi.

    >>> Rates(recurrent=0.0)                                # a reservoir, but for its read-in
    Rates(recurrent=0.0, input=1.0, bias=1.0, initial_state=0.0)
    """

    recurrent: float = 1.0
    input: float = 1.0
    bias: float = 1.0
    initial_state: float = 0.0

    def __post_init__(self):
        for name in ("recurrent", "input", "bias", "initial_state"):
            object.__setattr__(self, name, positive(getattr(self, name), f"rate of {name}", allow_zero=True))


@dataclass(frozen=True)
class InitialState:
    """The states h_0 = s_h xi, xi standard Gaussian: K(0, 0) = s_h^2, and K(0, t) = 0 for t > 0.

    Args:
        scale: s_h; 0 for states that start at zero.
        shared: one draw for all inputs, or an independent one for each (K(0, 0) = 0 between different inputs).

    >>> InitialState()
    InitialState(scale=0.0, shared=True)
    """

    scale: float = 0.0
    shared: bool = True

    def __post_init__(self):
        object.__setattr__(self, "scale", positive(self.scale, "scale of the initial state", allow_zero=True))


@dataclass(frozen=True)
class RecurrentLayer:
    """One recurrent layer, in NTK parameterisation (all of W, U, b, xi standard Gaussian):

        g_t = s_w/sqrt(N) W h_{t-1} + s_u/sqrt(m) U x_t + s_b b,        h_t = phi(g_t)

    Args:
        activation: phi.
        recurrent: s_w, the gain.
        input: s_u.
        bias: s_b.
        initial_state: what h_0 is.
        rates: learning rates of W, U, b and xi.
        tied: False draws W afresh at every time (U and b stay): the usual control, a deep feedforward network.

    Raises:
        ProblemError: a negative or non-finite scale.

    >>> from theory.kernels import Erf
    >>> RecurrentLayer(Erf(), recurrent=1.5).recurrent
    1.5
    """

    activation: Activation
    recurrent: float
    input: float = 1.0
    bias: float = 0.0
    initial_state: InitialState = InitialState()
    rates: Rates = Rates()
    tied: bool = True

    def __post_init__(self):
        instance(self.activation, Activation, "activation")
        instance(self.initial_state, InitialState, "initial_state")
        instance(self.rates, Rates, "rates")
        for name in ("recurrent", "input", "bias"):
            object.__setattr__(self, name, positive(getattr(self, name), name, allow_zero=True))


@dataclass(frozen=True)
class RecurrentNetwork:
    """A wide network of one recurrent layer, or several stacked, read out linearly: y_t = s_v/sqrt(N) v.h_t.

    Layer l is driven by the states of the layer below: x_t of its equation is h_t there, m its width.

    The kernels assume that backpropagated gradients are independent of the states they meet (gradient independence),
    which a Gaussian readout of mean zero ensures. For readout weights of mean mu, v = mu + standard Gaussian, it still
    holds if E[z phi'(z)] = 0 for every variance, which odd activations have; then both backpropagation and states gain
    a factor `1 + mu^2`. Otherwise y itself is of order sqrt(N), and the error of the kernel does not shrink with N
    (ReLU, v = ones: 0.47, 0.36, 0.34 at N = 128, 512, 1024). A readout that is fed back into the layer that it reads is
    correlated with what it is read from at all later times. Both are refused.

    Args:
        layers: a RecurrentLayer, or several from the input up.
        readout: s_v.
        readout_rate: e_v, learning rate of v; 0 for a fixed readout.
        readout_mean: mu.
        feedback: scale at which y_{t-1} enters g_t: refused unless 0.

    Raises:
        ProblemError: no layer, negative scales, or where gradient independence fails.

    >>> from theory.kernels import Erf, ReLU
    >>> RecurrentNetwork(RecurrentLayer(Erf(), recurrent=1.5)).readout
    1.0
    >>> RecurrentNetwork(RecurrentLayer(ReLU(), recurrent=1.0), readout_mean=1.0)
    Traceback (most recent call last):
    theory.errors.ProblemError: readout_mean = 1, but ReLU is not odd, so E[z phi'(z)] does not vanish: ...

    Source: G. Yang, Tensor Programs II, arXiv 2006.14548, on gradient independence; derived here.
    """

    layers: RecurrentLayer | tuple[RecurrentLayer, ...]
    readout: float = 1.0
    readout_rate: float = 1.0
    readout_mean: float = 0.0
    feedback: float = 0.0

    def __post_init__(self):
        layers = (self.layers,) if isinstance(self.layers, RecurrentLayer) else tuple(self.layers)
        if not layers:
            raise ProblemError("a network needs at least one layer.")
        for layer in layers:
            instance(layer, RecurrentLayer, "layers")
        object.__setattr__(self, "layers", layers)
        for name in ("readout", "readout_rate", "feedback"):
            object.__setattr__(self, name, positive(getattr(self, name), name, allow_zero=True))
        object.__setattr__(self, "readout_mean", positive(abs(self.readout_mean), "readout_mean", allow_zero=True))
        rectified = next((layer.activation for layer in layers if not layer.activation.odd), None)
        if self.readout_mean and rectified is not None:
            raise ProblemError(
                f"readout_mean = {self.readout_mean:g}, but {rectified} is not odd, so E[z phi'(z)] does not vanish: "
                "backpropagated gradients are correlated with the states and no width makes the recursion true. "
                "Use a readout of mean zero, or an odd activation."
            )
        if self.feedback:
            raise ProblemError(
                f"feedback = {self.feedback:g}: a readout fed back into the loop is correlated with the states it "
                "reads at all later times, and gradient independence fails. Treat the output as an input (teacher "
                "forcing), or simulate."
            )

    @property
    def activations(self) -> tuple[Activation, ...]:
        """Of each layer."""
        return tuple(layer.activation for layer in self.layers)

    @property
    def tied(self) -> tuple[bool, ...]:
        """Of each layer."""
        return tuple(layer.tied for layer in self.layers)
