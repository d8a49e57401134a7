"""From weights to equations with SymPy, and from equations to fast JAX functions."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import sympy
from sympy.printing.pycode import SymPyPrinter

from theory.checks import count
from theory.time import Time

# names that plain "jax" lambdify would send to Python's math module
_TABLE = {"erf": jax.scipy.special.erf, "erfc": jax.scipy.special.erfc, "gamma": jax.scipy.special.gamma}


def matrix_of_symbols(name: str, rows: int, columns: int) -> sympy.Matrix:
    """A matrix of real symbols, `name_11` and so on; a plain `name` for one entry.

    >>> matrix_of_symbols("w", 1, 2)
    Matrix([[w_11, w_12]])
    """
    if rows == columns == 1:
        return sympy.Matrix([[sympy.Symbol(name, real=True)]])
    return sympy.Matrix(rows, columns, lambda i, j: sympy.Symbol(f"{name}_{i + 1}{j + 1}", real=True))


def weight_symbols(architecture, width: int, inputs: int, outputs: int) -> dict:
    """A network's weights as SymPy matrices of symbols, by name; weights of shape (n,) as columns.

    >>> from theory.architectures import Diagonal
    >>> weight_symbols(Diagonal(), 1, 1, 1)
    {'recurrent': Matrix([[recurrent]]), 'input': Matrix([[input]]), 'readout': Matrix([[readout]])}
    """
    return {
        name: matrix_of_symbols(name, *(weight.shape if len(weight.shape) == 2 else (*weight.shape, 1)))
        for name, weight in architecture.weights(width, inputs, outputs).items()
    }


def gramian(A, B, time: Time) -> sympy.Matrix:
    """The controllability Gramian of a small symbolic system, from its linear equation."""
    n = A.shape[0]
    upper = {(i, j): sympy.Dummy(f"p{i}{j}") for i in range(n) for j in range(i, n)}
    P = sympy.Matrix(n, n, lambda i, j: upper[min(i, j), max(i, j)])
    residual = time.gramian_residual(A, A, P, B @ B.T)
    unknowns = list(upper.values())
    solution = sympy.linsolve([residual[entry] for entry in upper], unknowns).args[0]
    return P.subs(dict(zip(unknowns, solution, strict=True)))


def white_noise_loss(A, B, C, poles, residues, time: Time):
    """The white-noise loss of a one-input, one-output student against a sum of modes, in closed form.

        L = 1/2 [C P C^T - 2 sum_k r_k R(p_k) + sum_kl r_k r_l R_kl]

    with P the Gramian, R(p) the inner product of the student with a mode of pole p, R_kl that of two modes.

    Args:
        A, B, C: SymPy matrices of the student, small (at most 2 or 3 states).
        poles, residues: SymPy expressions of the teacher's modes.
        time: continuous or discrete.
    """
    own = (C @ gramian(A, B, time) @ C.T)[0]
    cross = sum(r * time.response_to_mode(A, B, C, p)[0] for p, r in zip(poles, residues, strict=True))
    one = sympy.eye(1)
    teacher = sum(
        r * q * time.response_to_mode(sympy.Matrix([[p]]), one, one, o)[0]
        for p, r in zip(poles, residues, strict=True)
        for o, q in zip(poles, residues, strict=True)
    )
    return (own - 2 * cross + teacher) / 2


def compile_to_jax(arguments, expressions):
    """A JAX function of the flat arguments that returns the expressions, which must be real, as one array.

    Arguments may be complex (a conjugate pair of poles) where the expressions' values are real.

    >>> x = sympy.Symbol("x")
    >>> compile_to_jax([x], [x**2, sympy.erf(x)])(0.5)
    Array([0.25     , 0.52049988], dtype=float64)
    """
    function = sympy.lambdify(list(arguments), list(expressions), modules=[_TABLE, "jax"], cse=True)

    def evaluate(*values):
        return jnp.stack([jnp.real(jnp.asarray(v)).astype(float) for v in function(*values)])

    return evaluate


class _ExactPrinter(SymPyPrinter):
    """Writes 1/2 as `Rational(1, 2)`, which Python would otherwise turn into 0.5."""

    def _print_Rational(self, number):
        return f"Rational({number.p}, {number.q})"

    _print_Half = _print_Rational


def evaluate_exactly(arguments, expressions) -> Callable:
    """A function of rational numbers that returns the expressions' exact values: far faster than `subs`.

    >>> x = sympy.Symbol("x")
    >>> evaluate_exactly([x], [1 / (1 + x)])(sympy.Rational(1, 2))
    [2/3]
    """
    printer = _ExactPrinter({"fully_qualified_modules": False})
    names = [{"Rational": sympy.Rational}, "sympy"]
    return sympy.lambdify(list(arguments), list(expressions), modules=names, printer=printer, cse=True)


def conserved_quantities(field: dict, degree: int = 2) -> list:
    """All polynomials up to a degree (at most two) in the variables that a vector field conserves.

    A linear combination of monomials is conserved if its derivative along the field vanishes. The
    candidates are the null space of those derivatives at random rational points, found exactly; each
    is then proved by SymPy to be conserved identically.

    Args:
        field: {variable: its derivative}, rational expressions.
        degree: 1 or 2.

    Quantities whose coefficients contain the field's own parameters are not looked for.

    Raises:
        ProblemError: another degree.

    >>> x, y = sympy.symbols("x y", real=True)
    >>> conserved_quantities({x: y / (1 + x), y: x / (1 + x)})
    [x**2 - y**2]
    """
    count(degree, "degree", most=2)
    variables = list(field)
    monomials = [*variables]
    if degree >= 2:
        monomials += [a * b for i, a in enumerate(variables) for b in variables[i:]]
    rates = [sum(sympy.diff(m, x) * field[x] for x in variables) for m in monomials]
    parameters = sorted(
        set().union(*(sympy.sympify(f).free_symbols for f in field.values())) - set(variables), key=str
    )
    evaluate = evaluate_exactly([*variables, *parameters], rates)
    samples, i = [], 0
    while len(samples) < len(monomials) + 4:
        i += 1
        # fixed, unrelated rationals: deterministic, and generic enough for a null space
        numbers = range(len(variables) + len(parameters))
        sample = evaluate(*(sympy.Rational((7 * i + 13 * j * j + 3 * i * j) % 61 + 1, 67) for j in numbers))
        if all(sympy.sympify(number).is_finite for number in sample):  # not at a pole of the field
            samples.append(sample)
    candidates = []
    for vector in sympy.Matrix(samples).nullspace():
        vector = vector / next(entry for entry in vector if entry != 0)
        candidates.append(sum(c * m for c, m in zip(vector, monomials, strict=True)))
    ring = sympy.ring([*variables, *parameters], sympy.QQ)[0]

    def conserved(quantity) -> bool:
        change = sympy.together(sum(sympy.diff(quantity, x) * field[x] for x in variables))
        # ring arithmetic: expanding the numerator as an expression takes minutes
        return ring.from_expr(sympy.numer(change)) == 0

    return [quantity for quantity in candidates if conserved(quantity)]
