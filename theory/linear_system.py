"""Linear systems (A, B, C): impulse response, transfer function, poles, H2 inner product and norm."""

from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Complex, Float

from theory.checks import instance, real_array
from theory.errors import ProblemError, UnstableSystemError
from theory.time import ContinuousTime, Time


class Modes(NamedTuple):
    """A one-input, one-output system as a sum of modes: `H(s) = sum_k residues_k / (s - poles_k)`.

    Poles and residues are real, or come in conjugate pairs.
    Kept with a system whose modes are known exactly; never recomputed from its matrices.
    """

    poles: tuple[complex, ...]
    residues: tuple[complex, ...]


class LinearSystem(eqx.Module):
    """A linear, time-invariant system with p inputs, q outputs and n states.

    Continuous time: `dx/dt = A x + B input`, `output = C x`, impulse response `C exp(A t) B`, transfer
    function `C (s I - A)^-1 B`. Discrete time: `x_{t+1} = A x_t + B input_t`, impulse response `C A^k B`
    (acting at lag k + 1), transfer function `C (z I - A)^-1 B`.

    The system is a JAX pytree: it can be built inside jit, vmapped and differentiated through.

    Args:
        A: state matrix, shape (n, n).
        B: input matrix, shape (n, p).
        C: output matrix, shape (q, n).
        time: `ContinuousTime()` (default) or `DiscreteTime()`.
        modes: poles and residues, where they are known exactly.
        name: what to call it in print.

    Raises:
        ProblemError: shapes that do not fit, entries that are complex or not finite, empty arrays.

    >>> system = LinearSystem([[-0.5]], [[1.0]], [[2.0]])
    >>> system.norm()
    Array(2., dtype=float64)
    >>> system.impulse_response([0.0, 2.0])[:, 0, 0]
    Array([2.        , 0.73575888], dtype=float64)
    """

    A: Float[Array, "state state"]
    B: Float[Array, "state input"]
    C: Float[Array, "output state"]
    time: Time
    modes: Modes | None = eqx.field(static=True)
    name: str = eqx.field(static=True)

    def __init__(self, A, B, C, time: Time | None = None, modes: Modes | None = None, name=""):
        self.A, self.B, self.C = (
            real_array(matrix, label, 2) for matrix, label in ((A, "A"), (B, "B"), (C, "C"))
        )
        self.time = ContinuousTime() if time is None else instance(time, Time, "time")
        self.modes = modes
        self.name = name or "linear system"
        rows, columns = self.A.shape
        if rows != columns:
            raise ProblemError(f"A must be square; its shape is {self.A.shape}.")
        if self.B.shape[0] != rows or self.C.shape[1] != rows:
            raise ProblemError(
                f"A is {rows} x {rows}, so B needs {rows} rows and C {rows} columns; "
                f"B has shape {self.B.shape} and C has shape {self.C.shape}."
            )

    @property
    def states(self) -> int:
        """Number of states n."""
        return self.A.shape[0]

    @property
    def inputs(self) -> int:
        """Number of inputs p."""
        return self.B.shape[1]

    @property
    def outputs(self) -> int:
        """Number of outputs q."""
        return self.C.shape[0]

    def impulse_response(self, lags) -> Float[Array, "lag output input"]:
        """`C exp(A t) B` (or `C A^k B`) at the given lags.

        Args:
            lags: increasing, from zero on; in the time's own unit. Concrete numbers, not traced ones.
        """
        return self.time.impulse_response(self.A, self.B, self.C, lags)

    def transfer_function(self, points) -> Complex[Array, "point output input"]:
        """`C (s I - A)^-1 B` at points of the complex plane (s, or z in discrete time)."""
        identity = jnp.eye(self.states)

        def at(s):
            return self.C @ jnp.linalg.solve(s * identity - self.A, self.B.astype(complex))

        return jax.vmap(at)(jnp.asarray(points, dtype=complex))

    def frequency_response(self, frequencies) -> Complex[Array, "frequency output input"]:
        """The transfer function at real frequencies, in radians per unit of time."""
        return self.transfer_function(self.time.frequency_points(frequencies))

    def poles(self) -> np.ndarray:
        """The poles: the exact ones where they are known, else the eigenvalues of A.

        Eigenvalues of a far from normal matrix are ill-conditioned; systems that must not depend on
        them carry their `modes`.
        """
        if self.modes is not None:
            return np.asarray(self.modes.poles)
        return np.linalg.eigvals(np.asarray(self.A))

    def margin(self) -> float:
        """Distance of the least stable pole from the stability boundary; positive means stable."""
        return float(np.min(self.time.margin(self.poles())))

    def is_stable(self) -> bool:
        """Whether every pole lies strictly inside the stability region."""
        return self.margin() > 0.0

    def require_stable(self, purpose: str) -> None:
        """Raise UnstableSystemError, with the pole and the way out, unless the system is stable."""
        poles = self.poles()
        worst = poles[np.argmin(self.time.margin(poles))]
        if self.time.margin(worst) <= 0:
            raise UnstableSystemError(
                f"{self.name} has a pole at {worst:.6g} and is not stable in {self.time.name} time, so "
                f"{purpose} is infinite. Use a stable system, or a loss over a finite window "
                "(objectives.FiniteWindow(duration))."
            )

    def inner_product(self, other: "LinearSystem") -> Float[Array, ""]:
        """The H2 inner product: `int_0^inf tr g(t) g'(t)^T dt`, or the sum over lags in discrete time.

        Computed as `tr C X C'^T` from the cross Gramian X; with frequencies it is the integral of
        `tr H(i w) H'(i w)^*` over w, divided by 2 pi.

        Raises:
            ProblemError: another number of inputs or outputs, or another kind of time.
            UnstableSystemError: either system is unstable (not checked under a JAX transformation).
        """
        if (self.inputs, self.outputs) != (other.inputs, other.outputs):
            raise ProblemError(
                f"an inner product needs equal inputs and outputs: {self.name} has {self.inputs} and "
                f"{self.outputs}, {other.name} has {other.inputs} and {other.outputs}."
            )
        if type(self.time) is not type(other.time):
            raise ProblemError(
                f"{self.name} lives in {self.time.name} time, {other.name} in {other.time.name} time."
            )
        for system in (self, other):
            if not isinstance(system.A, jax.core.Tracer):
                system.require_stable("its H2 inner product")
        gramian = self.time.gramian(self.A, other.A, self.B @ other.B.T)
        return jnp.trace(self.C @ gramian @ other.C.T)

    def norm(self) -> Float[Array, ""]:
        """The H2 norm, `sqrt(inner_product(self, self))`.

        Raises:
            UnstableSystemError: the system is unstable.
        """
        return jnp.sqrt(self.inner_product(self))

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.states} states, {self.inputs} inputs, {self.outputs} outputs, "
            f"{self.time.name} time"
        )
