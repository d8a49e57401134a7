"""What a lazy network gets wrong on new sequences, against the number of sequences it was trained on."""

import numpy as np

from theory.checks import count, positive, real_array
from theory.errors import ProblemError


class LearningCurve:
    """Expected test loss of kernel ridge regression on n sequences, each seen at all its T times at once.

    The data come in sequences: one draw is one input with T outputs, which are correlated, and so is what it teaches.
    With features psi of the kernel, `Theta(t x, t' x') = psi_t(x).psi_t'(x')`, the target `y_t = psi_t.w*`, and
    `Sigma_tt' = E psi_t psi_t'^T` over sequences, regression errs in the weights by `ridge G^ w*`, G^ the inverse of
    `ridge + sum_i sum_t psi_it psi_it^T`. One sequence enters it as a block of rank T (Woodbury), and if
    `psi_t.G^ psi_t'` is about the same T x T matrix Gamma for every sequence,

        G = (ridge + n sum_tt' A_tt' Sigma_tt')^-1,      A = (1 + Gamma)^-1,      Gamma_tt' = tr(G Sigma_t't)
        loss = 1/(2T) d/dJ of -ridge^2 w*.G(J) w* at J = 0,      ridge -> ridge + J sum_t Sigma_tt

    Of the features only the `modes` largest are kept: for the others, which n sequences do not learn, G = 1/ridge, so
    they add a constant to Gamma, and their part of the target stays wrong.

    At T = 1 this is the formula of Bordelon, Canatar and Pehlevan. Taking the n T outputs for independent ones instead,
    the same formula with n T draws of T = 1, promises too much.

    Regime: many features of similar weight (Gamma concentrates); n well below the pool's number, since in a small pool
    the last features are single sequences, seen or not; n T well below the number of modes; no noise on targets.

    Cost: Q T cubed for Q sequences in the pool, then T^2 modes^3 for every n; memory 8 (T modes)^2 bytes.

    Args:
        kernel: Theta over a pool that stands for all sequences, (sequence, time, sequence, time).
        targets: y, (sequence, time).
        ridge: above 0, added to the diagonal of Theta over the training points.
        modes: how many features to keep; None for all.

    Raises:
        ProblemError: shapes that do not fit.

    >>> kernel = np.eye(50)[:, None, :, None]                            # every sequence teaches of itself alone
    >>> curve = LearningCurve(kernel, np.ones((50, 1)), ridge=1e-9)
    >>> curve.loss([0, 25]).round(4)                                     # 1/2 (1 - n/50): no draw counted twice
    array([0.5 , 0.25])

    Source: derived here; B. Bordelon, A. Canatar & C. Pehlevan, arXiv 2002.02561, for T = 1.
    """

    def __init__(self, kernel, targets, ridge: float, modes: int | None = None):
        kernel, targets = np.asarray(real_array(kernel, "kernel", 4)), np.asarray(real_array(targets, "targets", 2))
        self.ridge = positive(ridge, "ridge")
        pool, self.times = targets.shape
        if kernel.shape != (pool, self.times, pool, self.times):
            raise ProblemError(f"the kernel has shape {kernel.shape}; targets of shape {targets.shape} do not fit.")
        values, vectors = np.linalg.eigh(kernel.reshape(targets.size, -1))
        seen = values > 1e-13 * targets.size * values[-1]
        kept = min(int(seen.sum()), targets.size if modes is None else count(modes, "modes"))
        small = (vectors[:, :-kept] * np.sqrt(np.maximum(values[:-kept], 0))).reshape(pool, self.times, -1)
        self._unlearned = np.einsum("iam,ibm->ab", small, small, optimize=True) / pool / self.ridge
        values, vectors = values[-kept:], vectors[:, -kept:]
        along = vectors.T @ targets.ravel()
        self._missed = (np.sum(targets**2) - along @ along) / pool
        self._weights = along / np.sqrt(values)
        features = (vectors * np.sqrt(values)).reshape(pool, self.times, -1)
        self._overlap = np.einsum("iam,ibn->abmn", features, features, optimize=True) / pool  # Sigma_ab

    def loss(self, sequences) -> np.ndarray:
        """Expected test loss, `1/(2T) E |f - y|^2`, after training on so many sequences; (number,)."""
        return np.array([self._loss(positive(n, "number of sequences", allow_zero=True)) for n in sequences])

    def _loss(self, n: float) -> float:
        G, A = self._resolvent(n)
        S, T = self._overlap, self.times
        sandwiched = G @ S @ G  # G Sigma_ab G
        total = np.einsum("aamn->mn", S)
        # Gamma' = -(first + second A'), A' = -A Gamma' A
        first = np.einsum("mn,banm->ab", G @ total @ G, S, optimize=True)
        second = n * (sandwiched.reshape(T * T, -1) @ S.transpose(1, 0, 3, 2).reshape(T * T, -1).T).T
        both = np.kron(A, A.T)
        change = np.linalg.solve(np.eye(T * T) - both @ second, both @ first.ravel()).reshape(T, T)
        left = self.ridge * G @ self._weights
        shares = np.einsum("m,abmn,n->ab", left, S, left, optimize=True)
        return float(np.trace(shares) + n * np.sum(change * shares) + self._missed) / (2 * T)

    def _resolvent(self, n: float):
        """G and A: iteration, monotone from Gamma at n = 0."""
        S, T = self._overlap, self.times
        modes = S.shape[-1]
        gamma = np.einsum("bamm->ab", S) / self.ridge + self._unlearned
        for _ in range(10_000):
            A = np.linalg.inv(np.eye(T) + gamma)
            G = np.linalg.inv(self.ridge * np.eye(modes) + n * np.einsum("ab,abmn->mn", A, S))
            new = np.einsum("mn,banm->ab", G, S) + self._unlearned
            if np.abs(new - gamma).max() < 1e-10 * np.abs(new).max():
                return G, A
            gamma = new
        raise ProblemError(f"the learning curve does not settle at {n:g} sequences: use a larger ridge.")
