"""H2-optimal reduction: the best model of few poles, the plateaus on which small networks wait."""

from typing import NamedTuple

import numpy as np
import scipy.linalg
import scipy.optimize

from theory.checks import count, instance
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.time import DiscreteTime

_SAME = 1e-6  # two optima are one if their losses differ by less, relative to the teacher's power
_FARTHEST = 60.0  # logarithm of a block's coefficients
_FASTEST = 1e4  # of the teacher's fastest pole; a pole beyond has run to infinity


class ReducedModel(NamedTuple):
    """A local optimum: a model that no small change of its poles and residues improves."""

    loss: float
    """`1/2 ||H - H_k||^2` in H2."""
    poles: np.ndarray
    """Its poles, slowest first, (pole,), complex."""
    system: LinearSystem
    """The model itself."""
    hits: int
    """How many of the searches ended here."""


def reduced_models(teacher: LinearSystem, poles: int, starts: int = 64, seed: int = 0) -> list[ReducedModel]:
    """The models of so many poles that are locally closest to a system in H2, best first.

        minimise 1/2 ||H* - H||_H2^2,    H(s) = C (s - A)^-1 B,    A of size k

    A is made of blocks of two poles, `s^2 + p s + q` with p, q > 0, so that real poles and conjugate pairs turn into
    each other smoothly, and one real pole where k is odd. Readouts are eliminated, `C = C* X^T P^-1` with the Gramians
    of `theory.objectives.WhiteNoise`; what is left is descended by BFGS with Wilson's gradient `dL/dA = Q P + Y X^T`,
    `dL/dB = Q B + Y B*`, from balanced truncation and from random poles. In discrete time the bilinear map
    `A -> (A + I)^-1 (A - I)`, `B -> sqrt(2) (A + I)^-1 B`, which keeps all Gramians, makes it the same problem.

    At an optimum with one input and output the error has a double zero at every mirrored pole. The list is complete
    only as far as the searches went: `hits` says how often each was met.

    Args:
        teacher: a stable system, any inputs and outputs.
        poles: k, below the teacher's number of states.
        starts: how many searches; the first begins at balanced truncation.
        seed: of the other starts.

    Raises:
        ProblemError: as many poles as the teacher has states, or more.
        UnstableSystemError: an unstable teacher.

    >>> from theory import teachers
    >>> best = reduced_models(teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5]), poles=1)[0]
    >>> round(best.loss, 6), best.poles.real.round(5)
    (0.104586, array([-0.18627]))

    Source: Wilson, Proc. IEE 117 (1970) 1161; Gugercin, Antoulas & Beattie, SIAM J. Matrix Anal. 30 (2008) 609.
    """
    instance(teacher, LinearSystem, "teacher").require_stable("its H2-optimal reduction")
    k = count(
        poles,
        "poles",
        most=teacher.states - 1,
        because="The teacher itself is the best model of its own order.",
    )
    starts = count(starts, "starts")
    search = _Search(teacher, k)
    random, ends = np.random.default_rng(count(seed, "seed", least=0)), []
    for number in range(starts):
        start = search.from_balanced_truncation() if number == 0 else search.at_random(random)
        ends.append(search.descended(start, gradient_tolerance=1e-6))
    ends.sort(key=lambda end: end[0])
    # searches that came near one optimum are one, and only the first of them is carried to the end
    groups = [[ends[0]]]
    for end in ends[1:]:
        near = end[0] - groups[-1][0][0] < _SAME
        groups[-1].append(end) if near else groups.append([end])
    found: list[ReducedModel] = []
    for group in groups:
        loss, end = search.descended(group[0][1], gradient_tolerance=1e-11)
        if found and loss * search.power - found[-1].loss < _SAME * search.power:
            found[-1] = found[-1]._replace(hits=found[-1].hits + len(group))
        elif search.is_optimum(end):
            system = search.system(end)
            values = np.linalg.eigvals(np.asarray(system.A))
            order = np.lexsort((values.imag, teacher.time.margin(values)))
            found.append(ReducedModel(loss * search.power, values[order], system, len(group)))
    return found


def balanced_truncation(teacher: LinearSystem, poles: int) -> LinearSystem:
    """The model of the `poles` states that are reached and seen best: largest Hankel singular values.

    Args:
        teacher: a stable system.
        poles: how many states to keep, at most the teacher's own.

    >>> from theory import teachers
    >>> balanced_truncation(teachers.sum_of_exponentials([0.3, 2.5], [1.0, -1.5]), 1).states
    1

    Source: Moore, IEEE Trans. Automat. Contr. 26 (1981) 17.
    """
    instance(teacher, LinearSystem, "teacher").require_stable("balanced truncation")
    k = count(poles, "poles", most=teacher.states)
    A, B, C, gramian = teacher.A, teacher.B, teacher.C, teacher.time.gramian
    reached, seen = (_root(np.asarray(P)) for P in (gramian(A, A, B @ B.T), gramian(A.T, A.T, C.T @ C)))
    left, sizes, right = np.linalg.svd(seen.T @ reached)
    if sizes[k - 1] <= 1e-14 * sizes[0]:
        raise ProblemError(f"the system has fewer than {k} states that are both reached and seen.")
    scale = np.sqrt(sizes[:k])
    into, out = reached @ right[:k].T / scale, (seen @ left[:, :k] / scale).T
    return LinearSystem(out @ A @ into, out @ B, C @ into, time=teacher.time)


def _root(covariance: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    return vectors * np.sqrt(np.clip(values, 0.0, None))


class _Search:
    """The loss, relative to the teacher's power, over log(p), log(q) of blocks and the read-in."""

    def __init__(self, teacher: LinearSystem, k: int):
        A, B, C = map(np.asarray, (teacher.A, teacher.B, teacher.C))
        self.teacher, self.k, self.discrete = teacher, k, isinstance(teacher.time, DiscreteTime)
        if self.discrete:
            A, B = _to_continuous(A, B)
        # the Schur form is taken once, so that each Sylvester equation costs O(k n^2)
        self.T, Z = scipy.linalg.schur(A, output="real")
        self.B, self.C = Z.T @ B, C @ Z
        self.modes = np.linalg.eigvals(A)
        P = scipy.linalg.solve_continuous_lyapunov(A, -B @ B.T)
        self.power = float(np.trace(C @ P @ C.T) / 2)
        self.inputs = B.shape[1]
        self.pairs, self.single = divmod(k, 2)
        self.read_in = np.zeros((k, 1))
        self.read_in[1 : 2 * self.pairs : 2], self.read_in[k - self.single :] = 1.0, 1.0

    def blocks(self, x) -> tuple[np.ndarray, np.ndarray]:
        k = self.k
        # of a single input every read-in that reaches all modes gives the same models
        A, B = np.zeros((k, k)), self.read_in if self.inputs == 1 else x[k:].reshape(k, self.inputs)
        for pair in range(self.pairs):
            p, q = np.exp(x[2 * pair : 2 * pair + 2])
            # scaled by the root of q, so that slow and fast blocks have entries of one size
            A[2 * pair : 2 * pair + 2, 2 * pair : 2 * pair + 2] = [[0.0, np.sqrt(q)], [-np.sqrt(q), -p]]
        if self.single:
            A[-1, -1] = -np.exp(x[k - 1])
        return A, B

    def descended(self, start, gradient_tolerance: float) -> tuple[float, np.ndarray]:
        """Loss and coordinates at the end of a descent."""
        options = {"gtol": gradient_tolerance, "maxiter": 400}
        end = scipy.optimize.minimize(self.loss_and_gradient, start, jac=True, method="BFGS", options=options)
        return float(end.fun), end.x

    def loss_and_gradient(self, x):
        """Relative to the teacher's power; a step towards infinity is turned back."""
        if np.abs(x[: self.k]).max() > _FARTHEST:
            return 1.0, np.zeros_like(x)
        with np.errstate(all="ignore"):
            try:
                value, gradient = self._loss_and_gradient(x)
            except (np.linalg.LinAlgError, ValueError):
                return 1.0, np.zeros_like(x)
        return (
            (value, gradient)
            if np.isfinite(value) and np.isfinite(gradient).all()
            else (1.0, np.zeros_like(x))
        )

    def _loss_and_gradient(self, x):
        k, (A, B) = self.k, self.blocks(x)
        gramian = _Gramians(A, self.T)
        P, X = gramian.own(B @ B.T), gramian.cross(B @ self.B.T)
        cross = self.C @ X.T
        C = scipy.linalg.lstsq(P, cross.T, cond=1e-13, check_finite=False)[0].T
        Q, Y = gramian.own(C.T @ C, transposed=True), gramian.cross(-C.T @ self.C, transposed=True)
        of_A, of_B = Q @ P + Y @ X.T, Q @ B + Y @ self.B
        gradient = np.zeros_like(x)
        for pair in range(self.pairs):
            i, j = 2 * pair, 2 * pair + 1
            gradient[i] = of_A[j, j] * A[j, j]
            gradient[j] = (of_A[i, j] - of_A[j, i]) * A[i, j] / 2
        if self.single:
            gradient[k - 1] = of_A[-1, -1] * A[-1, -1]
        if self.inputs > 1:
            gradient[k:] = of_B.ravel()
        # with C eliminated: L = power - 1/2 tr C X C*^T
        return 1.0 - 0.5 * np.vdot(C, cross) / self.power, gradient / self.power

    def from_balanced_truncation(self) -> np.ndarray:
        system = balanced_truncation(self.teacher, self.k)
        A, B = np.asarray(system.A), np.asarray(system.B)
        if self.discrete:
            A, B = _to_continuous(A, B)
        return self._started(np.linalg.eigvals(A))

    def at_random(self, random: np.random.Generator) -> np.ndarray:
        """Poles of about the teacher's sizes, half of them in pairs that turn."""
        sizes = np.abs(self.modes)
        low, high = np.log(sizes.min() / 3), np.log(3 * sizes.max())
        poles = []
        for _ in range(self.pairs):
            if random.random() < 0.5:
                poles += list(-np.exp(random.uniform(low, high, size=2)))
            else:
                size, angle = np.exp(random.uniform(low, high)), random.uniform(0.0, np.pi / 2)
                poles += [-size * np.exp(1j * angle), -size * np.exp(-1j * angle)]
        poles += [-np.exp(random.uniform(low, high))] * self.single
        return self._started(np.array(poles, dtype=complex), random)

    def _started(self, poles: np.ndarray, random: np.random.Generator | None = None) -> np.ndarray:
        """Coordinates with those poles; read-ins at random for several inputs."""
        real = np.sort(poles[np.abs(poles.imag) <= 1e-12].real)
        turning = poles[poles.imag > 1e-12]
        products = [(-2 * z.real, abs(z) ** 2) for z in turning]
        products += [(-(a + b), a * b) for a, b in zip(real[0::2], real[1::2], strict=False)]
        x = np.log(np.array(products)).ravel() if products else np.zeros(0)
        if self.single:
            x = np.append(x, np.log(-real[-1]))
        if self.inputs == 1:
            return x
        read_in = (random or np.random.default_rng(0)).normal(size=(self.k, self.inputs))
        return np.concatenate([x, read_in.ravel()])

    def is_optimum(self, x) -> bool:
        A, _ = self.blocks(x)
        size = np.abs(np.linalg.eigvals(A))
        within = (
            size.max() < _FASTEST * np.abs(self.modes).max()
            and size.min() > np.abs(self.modes).min() / _FASTEST
        )
        return bool(within and np.abs(self.loss_and_gradient(x)[1]).max() < 1e-6)

    def system(self, x) -> LinearSystem:
        A, B = self.blocks(x)
        gramian = _Gramians(A, self.T)
        C = np.linalg.lstsq(gramian.own(B @ B.T), gramian.cross(B @ self.B.T) @ self.C.T, rcond=1e-13)[0].T
        if self.discrete:
            A, B = _to_discrete(A, B)
        return LinearSystem(A, B, C, time=self.teacher.time)


class _Gramians:
    """Gramians of a small A, and with a large T that is in real Schur form: one Schur form of A serves all."""

    def __init__(self, A, T):
        self.small, self.Z = scipy.linalg.schur(A, output="real", check_finite=False)
        self.T = T

    def own(self, F, transposed: bool = False):
        """`A P + P A^T + F = 0`; of A^T if transposed."""
        ends = ("T", "N") if transposed else ("N", "T")
        return self.Z @ _solved(self.small, self.small, self.Z.T @ F @ self.Z, *ends) @ self.Z.T

    def cross(self, F, transposed: bool = False):
        """`A X + X T^T + F = 0`; of A^T and T if transposed."""
        ends = ("T", "N") if transposed else ("N", "T")
        return self.Z @ _solved(self.small, self.T, self.Z.T @ F, *ends)


def _solved(left, right, F, of_left: str, of_right: str):
    X, scale, _ = scipy.linalg.lapack.dtrsyl(left, right, -F, trana=of_left, tranb=of_right)
    return X / scale


def _to_continuous(A, B):
    inverse = np.linalg.inv(A + np.eye(len(A)))
    return inverse @ (A - np.eye(len(A))), np.sqrt(2) * inverse @ B


def _to_discrete(A, B):
    identity = np.eye(len(A))
    discrete = (identity + A) @ np.linalg.inv(identity - A)
    return discrete, (discrete + identity) @ B / np.sqrt(2)
