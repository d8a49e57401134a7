"""What a gated unit must say of itself for the mean-field limit."""

import abc
from typing import ClassVar


class GatedUnit(abc.ABC):
    """A unit driven by several preactivations, each with weight matrices of its own.

        g^k_t = s_w/sqrt(N) W^k m^k_t + s_u/sqrt(m) U^k x_t + s_b b^k + mu^k,     h_t = state(h_{t-1}, g^1_t, ...)

    m^k_t, what W^k acts on, is made unit by unit of h_{t-1} and of the preactivations before the k-th: h_{t-1} for a
    gate, r_t h_{t-1} for a candidate. A subclass is a frozen dataclass; the two functions work on JAX arrays,
    elementwise, and are differentiated by JAX.

    Attributes:
        preactivations: their names, in the order in which they are computed.
    """

    preactivations: ClassVar[tuple[str, ...]]

    @abc.abstractmethod
    def presynaptic(self, k: int, state, before):
        """m^k_t from h_{t-1} and the preactivations before the k-th, a list."""

    @abc.abstractmethod
    def state(self, previous, preactivations):
        """h_t from h_{t-1} and all preactivations, a list."""

    def __str__(self) -> str:
        return type(self).__name__
