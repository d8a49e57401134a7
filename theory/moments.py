"""The white-noise loss of wide networks from moments: matrix-vector products only.

Expand the impulse response about a centre b > 0 of the decay rates,

    g(t) = V exp(A t) U = sum_k m_k phi_k(t),   phi_k(t) = e^{-b t} (b t)^k / k!,
    m_k  = V M^k U,   M = (A + b I) / b          (continuous time)
    g_k  = m_k,  M = A                           (discrete time)

The basis has the Gram matrix `G_jk = C(j + k, j) / (2^{j+k+1} b)` (the identity in discrete time), so

    L = 1/2 sum_jk G_jk tr e_j e_k^T,    e = m - m*

is exact up to the moments left out: they fall as `|mu|^k`, mu the largest eigenvalue of M, and the
rounding is that of K matrix-vector products. The gradient needs the K read-in and the K readout vectors
`M^k U`, `V M^k` and one product of N x K matrices: O(K N^2) in all, without a factorisation.
"""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.special
from jaxtyping import Array, Float

from theory.checks import count, positive
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.time import ContinuousTime, Time


class Moments(eqx.Module):
    """The white-noise loss and its exact gradient in (A, B, C), from a fixed number of moments.

    Assumptions: student and teacher are stable and have their poles within the disc that the centre
    makes converge, `|pole + centre| < centre` in continuous time; `remainder` says how well.

    Args:
        teacher: the stable system to imitate.
        tolerance: relative size of the first moment left out, for a student that has learned the teacher.
        centre: the centre b of the decay rates; chosen from the teacher if None.
        most: the largest number of moments to accept.

    Raises:
        ProblemError: more moments than `most` would be needed; moments of a non-normal teacher, such as a cascade of
            fast stages, that cancel until its energy is lost to rounding.
        UnstableSystemError: the teacher is not stable.

    >>> from theory import teachers
    >>> moments = Moments(teachers.leaky_integrator(0.2))
    >>> student = teachers.leaky_integrator(1.0)
    >>> moments.value_and_gradient(student.A, student.B, student.C)[0]
    Array(0.66666667, dtype=float64)
    """

    teacher_moments: Float[Array, "moment output input"]
    gram: Float[Array, "moment moment"]
    time: Time
    centre: float = eqx.field(static=True)
    number: int = eqx.field(static=True)

    def __init__(
        self,
        teacher: LinearSystem,
        tolerance: float = 1e-10,
        centre: float | None = None,
        most: int = 2000,
    ):
        teacher.require_stable("its white-noise loss")
        tolerance = positive(tolerance, "tolerance")
        self.time = teacher.time
        poles = teacher.poles()
        if isinstance(teacher.time, ContinuousTime):
            # the smallest disc about -b, touching the origin, that holds the leak and the teacher
            needed = np.max(np.abs(poles) ** 2 / (-2 * poles.real))
            self.centre = positive(max(1.0, 1.1 * needed) if centre is None else centre, "centre")
            # an untrained student sits at the leak, -1
            ratio = float(np.max(np.abs(np.append(poles, -1.0) + self.centre))) / self.centre
        else:
            self.centre = 1.0
            ratio = float(np.max(np.abs(poles)))
        if ratio >= 1:
            raise ProblemError(
                f"the disc of radius {self.centre:g} about -{self.centre:g} does not hold the teacher's poles, so "
                "its moments do not converge: take a larger centre, or None."
            )
        # a student passes faster and slower poles on its way: never fewer than two digits of them
        number = int(np.ceil(np.log(min(tolerance, 1e-2)) / np.log(max(ratio, 0.5)))) + 1
        A, state, C = (np.asarray(matrix) for matrix in (teacher.A, teacher.B, teacher.C))
        if isinstance(teacher.time, ContinuousTime):
            A = A / self.centre + np.eye(teacher.states)
        moments, sizes = [], []
        # moments of a non-normal teacher fall as powers of its poles only after a while: they go on until they have
        while len(moments) < number or max(sizes[-3:]) > 100 * tolerance * max(sizes):
            if max(number, len(moments) + 1) > most:
                raise ProblemError(
                    f"the teacher, slow or a cascade, needs {max(number, len(moments) + 1)} moments for a tolerance of "
                    f"{tolerance:g}, more than {most}: raise `most`, or the tolerance."
                )
            moments.append(C @ state)
            sizes.append(float(np.abs(moments[-1]).max()))
            state = A @ state
        self.number = count(len(moments), "number of moments", least=2)
        moments, gram = np.stack(moments), np.eye(self.number)
        if isinstance(teacher.time, ContinuousTime):
            j = np.arange(self.number)
            total = j[:, None] + j[None, :]
            log_choose = scipy.special.gammaln(total + 1) - (
                scipy.special.gammaln(j + 1)[:, None] + scipy.special.gammaln(j + 1)[None, :]
            )
            gram = np.exp(log_choose - (total + 1) * np.log(2.0)) / self.centre
        self.teacher_moments, self.gram = jnp.asarray(moments), jnp.asarray(gram)
        # large moments of both signs cancel in the energy int |g*|^2 dt. Entries of the Gram matrix, exponentials of
        # logarithms of up to twice as many as there are moments, lose as many times the machine's precision
        energy, terms = (np.einsum("jqp,jk,kqp->", m, gram, m, optimize=True) for m in (moments, np.abs(moments)))
        lost = 2 * self.number * np.finfo(float).eps * terms / max(abs(energy), np.finfo(float).tiny)
        if lost > 1e-6:
            raise ProblemError(
                f"the teacher's moments cancel: of its energy a share of about {lost:.1g} is lost to rounding. Use "
                "evaluators.Gramians(objective, teacher), which needs no moments."
            )

    def _generator(self, A):
        if isinstance(self.time, ContinuousTime):
            return A / self.centre + jnp.eye(A.shape[0], dtype=A.dtype)
        return A

    def vectors(self, A, B, C) -> tuple:
        """The read-in and readout vectors `M^k B` (k, N, p) and `(M^T)^k C^T` (k, N, q)."""
        M = self._generator(A)
        read_in = jax.lax.scan(lambda x, _: (M @ x, x), B, None, length=self.number)[1]
        readout = jax.lax.scan(lambda y, _: (M.T @ y, y), C.T, None, length=self.number)[1]
        return read_in, readout

    def moments(self, A, B, C) -> Float[Array, "moment output input"]:
        """`V M^k U` for k = 0, 1, ..."""
        M = self._generator(A)
        return jax.lax.scan(lambda x, _: (M @ x, C @ x), B, None, length=self.number)[1]

    def loss_of(self, moments) -> Float[Array, ""]:
        """The loss of a student with those moments."""
        error = moments - self.teacher_moments
        return 0.5 * jnp.einsum("jqp,jk,kqp->", error, self.gram, error)

    def value_and_gradient(self, A, B, C, time=None, key=None) -> tuple:
        """The loss and (dL/dA, dL/dB, dL/dC); `time` (the teacher's) and `key` are for other evaluators' sake.

        dL/dm = G (m - m*) =: r, and with Hankel blocks H_ij = r_{i+j+1},
        dL/dM = sum_ij (M^T)^i C^T H_ij B^T (M^T)^j, dL/dB = sum_k (M^T)^k C^T r_k, dL/dC = sum_k r_k (M^k B)^T.
        """
        read_in, readout = self.vectors(A, B, C)
        error = jnp.einsum("qn,knp->kqp", C, read_in) - self.teacher_moments
        slope = jnp.einsum("jk,kqp->jqp", self.gram, error)
        loss = 0.5 * jnp.vdot(error, slope)
        last = self.number - 1
        index = np.add.outer(np.arange(last), np.arange(last)) + 1
        hankel = jnp.where((index <= last)[:, :, None, None], slope[np.minimum(index, last)], 0.0)
        mixed = jnp.einsum("ijqp,jnp->iqn", hankel, read_in[:-1])
        dM = jnp.einsum("imq,iqn->mn", readout[:-1], mixed)
        dA = dM / self.centre if isinstance(self.time, ContinuousTime) else dM
        return loss, (
            dA,
            jnp.einsum("knq,kqp->np", readout, slope),
            jnp.einsum("kqp,knp->qn", slope, read_in),
        )

    def impulse_response_basis(self, lags) -> np.ndarray:
        """The matrix that turns moments into the impulse response at the given lags, (lag, moment)."""
        if not isinstance(self.time, ContinuousTime):
            return np.eye(self.number)[np.asarray(lags, dtype=int)]
        t = self.centre * np.asarray(lags, dtype=float)[:, None]
        k = np.arange(self.number)[None, :]
        return np.exp(scipy.special.xlogy(k, t) - t - scipy.special.gammaln(k + 1))

    def transfer_function_basis(self, points) -> np.ndarray:
        """The matrix that turns moments into the transfer function at points s (or z), (point, moment)."""
        k = np.arange(self.number)[None, :]
        points = np.asarray(points, dtype=complex)[:, None]
        if not isinstance(self.time, ContinuousTime):
            return points ** -(k + 1.0)
        return (self.centre / (points + self.centre)) ** (k + 1.0) / self.centre

    def cheaper(self, units: float) -> bool:
        """Whether moments cost less than Gramians for students of so many units.

        One takes K (p + 2 q) products of a matrix and a vector, one after the other, the other the work of some 200
        products of matrices.
        """
        outputs, inputs = self.teacher_moments.shape[1:]
        return self.number * (inputs + 2 * outputs) < 200 * units

    def remainder(self, moments) -> Float[Array, ""]:
        """How much the last moments still weigh: their largest size over that of all. Small is good."""
        size = jnp.abs(moments).max(axis=(1, 2))
        weight = size[-3:].max() / jnp.maximum(size.max(), jnp.finfo(size.dtype).tiny)
        return jnp.where(jnp.isfinite(weight), weight, jnp.inf)  # moments that overflow weigh everything
