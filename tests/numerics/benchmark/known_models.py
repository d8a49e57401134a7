"""Models whose attractors are known exactly, and what they answer: for tests of reading."""

from dataclasses import dataclass

import numpy as np

from numerics.benchmark.queries import queries_of
from numerics.recordings import Recording


@dataclass(frozen=True)
class KnownModel:
    """`z' = step(z) + noise`, seen through orthonormal columns.

    Args:
        step: from states, (row, state), to states a bin later.
        size: number of states.
        noise: standard deviation.
        channels: how many are seen; at least the size.
        unit: of what is seen.
    """

    step: object
    size: int
    noise: float
    channels: int = 6
    unit: float = 1.0

    @property
    def readout(self):
        return self.unit * np.linalg.qr(np.random.default_rng(5).normal(size=(self.channels, self.size)))[0]

    def recording(self, trials=8, samples=1200):
        random = np.random.default_rng(1)
        z, path = random.normal(size=(trials, self.size)), []
        for _ in range(samples):
            z = self.step(z) + self.noise * random.normal(size=z.shape)
            path.append(z @ self.readout.T)
        return Recording(np.stack(path, axis=1), 1.0)

    def answers(self, queries, noisy, coupled=True):
        """The rollouts, all queries of a group at once; without `coupled` no two queries have the same noise."""
        found = {}
        for number, (name, group) in enumerate(queries.items()):
            rows, samples, steps, _ = group.shape
            inverse = np.linalg.pinv(self.readout)
            z = np.repeat((group.history[:, -1] + group.pulse) @ inverse.T, samples, axis=0)
            seeds, which = np.unique(group.seed if coupled else np.arange(rows), return_inverse=True)
            random, path = np.random.default_rng([number, coupled]), np.empty(group.shape)
            for step in range(steps):
                z = self.step(z)
                if noisy:
                    kicks = random.normal(size=(len(seeds), samples, self.size))[which]
                    z = z + self.noise * kicks.reshape(z.shape)
                path[:, :, step] = (z @ self.readout.T).reshape(rows, samples, -1)
            found[name] = path
        return found

    def asked(self, noisy, coupled=True):
        queries = queries_of(self.recording())
        return queries, self.answers(queries, noisy, coupled)


def linear(eigenvalues, condition=1.0, noise=0.5, **options) -> KnownModel:
    """A linear map of those eigenvalues, non-normal where the condition number of its eigenvectors is above 1."""
    random, size = np.random.default_rng(2), len(eigenvalues)
    one, other = (np.linalg.qr(random.normal(size=(size, size)))[0] for _ in range(2))
    V = one @ np.diag(np.geomspace(1, condition, size)) @ other
    blocks = _real_blocks(np.asarray(eigenvalues, complex))
    A = V @ blocks @ np.linalg.inv(V)
    return KnownModel(lambda z: z @ A.T, size, noise, **options)


def defective(eigenvalue, size=4, noise=0.5) -> KnownModel:
    """A single Jordan block."""
    A = eigenvalue * np.eye(size) + (1 - eigenvalue) * np.eye(size, k=1)
    return KnownModel(lambda z: z @ A.T, size, noise)


def flow(velocity, slow, noise, bin_size=0.5) -> KnownModel:
    """`dk/dt = velocity(k)` in the first coordinates and a leak of unit time in two more; Runge-Kutta in half bins."""

    def derivative(z):
        return np.concatenate([velocity(z[:, :slow]), -z[:, slow:]], axis=1)

    def step(z):
        h = bin_size / 2
        for _ in range(2):
            a = derivative(z)
            b = derivative(z + h / 2 * a)
            c = derivative(z + h / 2 * b)
            d = derivative(z + h * c)
            z = z + h / 6 * (a + 2 * b + 2 * c + d)
        return z

    return KnownModel(step, slow + 2, noise)


def wells(count: int, noise: float) -> KnownModel:
    """Double wells along so many coordinates: 2^count stable points."""
    return flow(lambda k: k - k**3, count, noise)


def circle(speed: float, noise: float) -> KnownModel:
    """The unit circle attracts; the state moves along it at that angular speed: a ring where it is zero."""

    def velocity(k):
        turned = np.stack([-k[:, 1], k[:, 0]], axis=1)
        return k * (1 - np.sum(k**2, axis=1, keepdims=True)) + speed * turned

    return flow(velocity, 2, noise)


def lorenz(noise: float) -> KnownModel:
    """Lorenz's, a tenth in size."""

    def velocity(k):
        x, y, z = 10 * k.T
        return 0.1 * np.stack([10 * (y - x), x * (28 - z) - y, x * y - 8 / 3 * z], axis=1)

    return flow(velocity, 3, noise, bin_size=0.05)


def _real_blocks(values: np.ndarray) -> np.ndarray:
    A, row = np.zeros((len(values), len(values))), 0
    while row < len(values):
        value = values[row]
        if value.imag == 0:
            A[row, row], row = value.real, row + 1
        else:
            A[row : row + 2, row : row + 2] = [[value.real, -value.imag], [value.imag, value.real]]
            row += 2
    return A
