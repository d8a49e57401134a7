"""The weights of a fitted network, from arrays or from files; nothing is ever unpickled."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.linalg

from numerics.recordings.arrays import UNREADABLE, number, read_archive, read_array
from theory.checks import positive, real_array
from theory.circuits.noise import noise_covariance
from theory.errors import ProblemError, UnstableSystemError

MATRICES = ("propagator", "drift", "W")
FIELDS = (*MATRICES, "time_constant", "bin_size", "neurons", "noise", "observation_noise")


@dataclass(frozen=True, eq=False)
class Weights:
    """A fitted linear network, or the linearisation of a nonlinear one about the point whose modes are in question.

    Exactly one of the three matrices is given, (row, row):

    - `propagator`: `x_{n+1} = A x_n` over one bin;
    - `drift`: `dx/dt = F x`, per unit of time;
    - `W`: recurrent weights with a leak, `time_constant dx/dt = -x + W x`; for `-x + W phi(x)` about a point h, give
      `W diag(phi'(h))`.

    Args:
        propagator, drift, W: see above.
        time_constant: of single units, in units of time: with W needed; otherwise what counts as fast.
        bin_size: that the propagator spans, in units of time; None takes the recording's.
        neurons: for every row, the index of the recorded neuron it stands for, or -1 for a hidden one, (row,); None
            where rows and recorded neurons are the same.
        noise: covariance of what is added to the states in each bin, (row, row), or one variance for all; None has it
            estimated.
        observation_noise: variance of what is added to every sample of every neuron.

    Raises:
        ProblemError: not exactly one matrix, one that is not square or not finite, shapes that do not fit.

    >>> Weights(W=[[0.9]], time_constant=10.0).over(1.0).round(4)
    array([[0.99]])
    """

    propagator: np.ndarray | None = None
    drift: np.ndarray | None = None
    W: np.ndarray | None = None
    time_constant: float | None = None
    bin_size: float | None = None
    neurons: np.ndarray | None = None
    noise: np.ndarray | None = None
    observation_noise: float = 0.0

    def __post_init__(self):
        given = [name for name in MATRICES if getattr(self, name) is not None]
        if len(given) != 1:
            raise ProblemError(
                "weights are exactly one of propagator (over one bin), drift (per unit of time) or W (with the "
                f"leak's time_constant); got {' and '.join(given) or 'none'}."
            )
        if np.iscomplexobj(getattr(self, given[0])):
            raise ProblemError(
                f"{given[0]} is complex; weights are real. Of a network in complex modes export the real matrix that "
                "it applies to the recorded activity."
            )
        matrix = np.asarray(real_array(getattr(self, given[0]), given[0], 2))
        if matrix.shape[0] != matrix.shape[1]:
            raise ProblemError(f"{given[0]} has shape {matrix.shape}; it must be square, (row, row).")
        object.__setattr__(self, given[0], matrix)
        for name in ("time_constant", "bin_size"):
            if getattr(self, name) is not None:
                object.__setattr__(self, name, positive(number(getattr(self, name), name), name))
        if self.W is not None and self.time_constant is None:
            raise ProblemError("W needs the leak's time_constant, in the recording's unit of time, beside it.")
        noise = positive(number(self.observation_noise, "observation_noise"), "observation_noise", allow_zero=True)
        object.__setattr__(self, "observation_noise", noise)
        if self.noise is not None:
            object.__setattr__(self, "noise", noise_covariance(self.noise, len(matrix)))
        if self.neurons is not None:
            object.__setattr__(self, "neurons", _indices(self.neurons, len(matrix)))

    @property
    def rows(self) -> int:
        """Number of rows, recorded and hidden."""
        return len(next(getattr(self, name) for name in MATRICES if getattr(self, name) is not None))

    def over(self, bin_size: float) -> np.ndarray:
        """The propagator over a bin, (row, row).

        Args:
            bin_size: of the recording, in units of time.

        Raises:
            ProblemError: the propagator was fitted over other bins.
            UnstableSystemError: a mode grows, or does not decay.
        """
        if self.propagator is not None and self.bin_size is not None and abs(self.bin_size / bin_size - 1) > 1e-6:
            raise ProblemError(
                f"the propagator spans bins of {self.bin_size:g}, but the recording's are {bin_size:g}: give the "
                "drift, log(propagator) / bin_size, or a recording in the fit's bins."
            )
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            if self.propagator is not None:
                propagator = self.propagator
            elif self.drift is not None:
                propagator = scipy.linalg.expm(self.drift * bin_size)
            else:
                propagator = scipy.linalg.expm((self.W - np.eye(self.rows)) * (bin_size / self.time_constant))
        largest = float(np.abs(np.linalg.eigvals(propagator)).max()) if np.isfinite(propagator).all() else np.inf
        if largest >= 1:
            hint = " Is it a drift, or W, under the wrong name?" if largest > 1.5 or self.drift is not None else ""
            raise UnstableSystemError(
                f"a mode of the fit grows by {largest:.4g} a bin: such a network has no stationary activity to "
                f"compare with the recording, and its timescale is infinite.{hint} Refit with a ridge, or linearise "
                "about a stable point."
            )
        return propagator

    def readout(self, recorded: int) -> np.ndarray:
        """Which recorded neuron each observed row is: indices of rows and of neurons, two arrays (observed,).

        Args:
            recorded: number of recorded neurons.

        Raises:
            ProblemError: rows and neurons that do not match.
        """
        if self.neurons is None:
            if self.rows != recorded:
                raise ProblemError(
                    f"the fit has {self.rows} rows, the recording {recorded} neurons: give `neurons`, for every row "
                    "the index of its recorded neuron, counted from 0, or -1 for a hidden one."
                )
            return np.stack([np.arange(recorded)] * 2)
        rows = np.flatnonzero(self.neurons >= 0)
        if self.neurons.max() >= recorded:
            raise ProblemError(
                f"a row of the fit stands for neuron {self.neurons.max()}, but neurons 0 to {recorded - 1} were "
                f"recorded."
            )
        return np.stack([rows, self.neurons[rows]])


def load_weights(path) -> Weights:
    """Weights from a file or folder: arrays named as the arguments of `Weights`.

    `.npz` with such arrays; a folder of `.npy` files so named; or one such file, `propagator.npy` or `drift.npy`.
    A checkpoint becomes one in a line, of torch and of JAX:

        numpy.savez("fit.npz", W=model.rnn.weight_hh_l0.detach().cpu().numpy(), time_constant=10.0)
        numpy.savez("fit.npz", W=numpy.asarray(parameters["recurrent"]), time_constant=10.0)

    Args:
        path: the file or folder.

    Raises:
        ProblemError: no such file, one that holds Python objects or is cut off, a name that is not known.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(Path(folder) / "fit.npz", propagator=0.9 * np.eye(3))
    ...     load_weights(Path(folder) / "fit.npz").rows
    3
    """
    path = Path(path)
    if not path.exists():
        raise ProblemError(f"there is no file or folder {path}.")
    try:
        arrays = _arrays(path)
    except ProblemError:
        raise
    except UNREADABLE as error:
        if "pickle" in str(error).lower() or path.suffix in (".pt", ".pth", ".pkl", ".pickle", ".ckpt"):
            raise ProblemError(
                f"{path} holds Python objects, which could run anything when they are read: it was not opened. Export "
                'arrays: numpy.savez("fit.npz", W=model.rnn.weight_hh_l0.detach().cpu().numpy(), time_constant=10.0).'
            ) from error
        raise ProblemError(
            f"{path} cannot be read as weights: {str(error).rstrip('.')}. Is it cut off, or another kind of file?"
        ) from error
    if "A" in arrays:
        raise ProblemError(
            f"{path} holds 'A', which could be either: call it 'propagator' if x_(n+1) = A x_n over a bin, 'drift' if "
            "dx/dt = A x."
        )
    unknown = sorted(set(arrays) - set(FIELDS))
    if unknown or not arrays:
        raise ProblemError(f"{path} holds {', '.join(unknown) or 'nothing'}; weights are {', '.join(FIELDS)}.")
    return Weights(**arrays)


def _arrays(path: Path) -> dict[str, np.ndarray]:
    if path.is_dir():
        return {file.stem: read_array(file) for file in sorted(path.glob("*.npy"))}
    if path.suffix == ".npy":
        return {path.stem: read_array(path)}
    if path.suffix != ".npz":
        raise ValueError(f"it ends in {path.suffix!r}; weights are a .npz file, a .npy file or a folder of those")
    return read_archive(path)


def _indices(neurons, rows: int) -> np.ndarray:
    neurons = np.asarray(neurons)
    if neurons.shape != (rows,) or neurons.dtype.kind not in "iu":
        raise ProblemError(
            f"neurons must give a whole number for each of the {rows} rows; got shape {neurons.shape} of "
            f"{neurons.dtype}."
        )
    seen = neurons[neurons >= 0].tolist()
    if not seen:
        raise ProblemError("neurons says that every row is hidden: nothing could be compared with the recording.")
    twice = sorted({n for n in seen if seen.count(n) > 1})
    if twice or neurons.min() < -1:
        wrong = f"neuron {twice[0]} stands for more than one row" if twice else f"a row stands for {neurons.min()}"
        raise ProblemError(f"{wrong}: each recorded neuron is at most one row, and -1 means hidden.")
    return neurons
