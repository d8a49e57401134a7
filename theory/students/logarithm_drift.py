"""Drift by matrix logarithm: the continuous-time network that steps exactly as the fitted one does."""

from dataclasses import dataclass

from theory.students.autoregression import Autoregression
from theory.students.student import Fit, Student


@dataclass(frozen=True)
class LogarithmDrift(Student):
    """`dx/dt = F x` with `exp(F bin) = C(1) C(0)^-1`, read off the fit by `drift()`.

    Where nothing is hidden, F is the circuit's own at any bin size. Where neurons are hidden, it departs from the
    Markov student of a continuous record, `F = M_1`, with the bin: `F = M_1 + bin (M_2 - M_1^2) / 2 + ...`,
    `M_k = [F^k S]_oo S_oo^-1` of the circuit, because the recorded neurons are not Markov (`M_2` is not `M_1^2`).

    Raises:
        ProblemError: no drift steps like that: an eigenvalue of the step is not positive, as after a bin that is
            longer than the memory, or a recording that is too short.

    >>> from theory.circuits import LinearCircuit
    >>> from theory.partial_observation import RecordedCircuit
    >>> circuit = LinearCircuit([[0.5, 1.0], [0.0, 0.2]])
    >>> bool(abs(LogarithmDrift().fit(RecordedCircuit(circuit, bin_size=2.0)).drift() - circuit.drift).max() < 1e-12)
    True

    Source: the embedding problem of Markov chains; for neurons, the drift is that of `markov_student` as bin -> 0.
    """

    def fit(self, recorded) -> Fit:
        """As of `Student`."""
        fit = Autoregression().fit(recorded)
        fit.drift()
        return fit
