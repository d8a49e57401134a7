"""Networks of independent complex units: what they have in common."""

import abc

from theory.architectures.architecture import Architecture, Weight
from theory.namespace import namespace


class ComplexUnits(Architecture):
    """N independent complex units, each a conjugate pair of poles `x +- i y`, written as 2 N real states.

    The first N states are the real parts and the last N the imaginary parts of `dz/dt = pole z + b input`; the
    output is `Re(c z)`:

        A = [[diag x, -diag y], [diag y, diag x]]

    Weights: two a unit that set its pole, `recurrent` and `frequency` (N,), `input` U (2 N, p) and `readout`
    V (q, 2 N). A subclass says which pole.
    """

    @abc.abstractmethod
    def pole(self, recurrent, frequency, time) -> tuple:
        """Real and imaginary parts of the poles, (N,) each; arrays or SymPy."""

    def input_scale(self, recurrent, time):
        """What multiplies every unit's input, (N,); None for one."""
        return None

    def weights(self, width: int, inputs: int, outputs: int) -> dict[str, Weight]:
        """`recurrent` and `frequency` (N,), `input` (2 N, p), `readout` (q, 2 N)."""
        return {
            "recurrent": Weight((width,), "recurrent"),
            "frequency": Weight((width,), "recurrent"),
            "input": Weight((2 * width, inputs), "input"),
            "readout": Weight((outputs, 2 * width), "readout"),
        }

    def matrices(self, weights: dict, time) -> tuple:
        """(A, B, C) over 2 N real states."""
        recurrent = weights["recurrent"]
        functions = namespace(recurrent)
        x, y = map(functions.diag, self.pole(recurrent, weights["frequency"], time))
        scale, B = self.input_scale(recurrent, time), weights["input"]
        if scale is not None:
            B = functions.scaled_rows(functions.stack(scale, scale), B)
        return functions.block([[x, -y], [y, x]]), B, weights["readout"]
