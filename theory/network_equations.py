"""Equations in closed form for the weights of a narrow network of any architecture."""

import functools

import sympy

from theory import symbolic
from theory.errors import NotDerivableError
from theory.objectives import WhiteNoise
from theory.problem import Problem
from theory.time import Time

_MOST_STATES = 2  # the Gramian of three states has thousands of terms


def network_equations(problem: Problem, units: int) -> tuple:
    """`d(weights)/ds = -dL/d(weights)` of a network of few units, entry by entry, from its architecture alone.

    The loss of a system of so many states is one and the same for all architectures; an architecture adds the chain
    rule from its weights to (A, B, C).

    Args:
        problem: of one input and one output under white noise; its teacher's modes are known.
        units: of the network; it may have at most two states.

    Returns:
        {weight's symbol: its rate}, the loss, {teacher's symbol: its value}.

    Raises:
        NotDerivableError: another objective, a teacher or network that has no closed form here, or an architecture
            whose map takes no SymPy matrices; the message says which.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(teachers.leaky_integrator(0.2), architectures.ExponentialRate(), initialisations.Gaussian(),
    ...     objectives.WhiteNoise(), learning_rules.GradientFlow())
    >>> network_equations(problem, 1)[1]
    input**2*readout**2*exp(-recurrent)/4 + input*r_*1*readout/(lambda_*1 - exp(recurrent)) - r_*1**2/(4*lambda_*1)
    """
    teacher = problem.teacher
    if not teacher.inputs == teacher.outputs == 1:
        sizes = f"{teacher.inputs} and {teacher.outputs}"
        raise NotDerivableError(f"closed forms are for one input and one output, not {sizes}")
    if not isinstance(problem.objective, WhiteNoise):
        raise NotDerivableError(f"closed forms are for white noise at all times, not for {problem.objective}")
    if not problem.learning_rule.exact_gradient:
        raise NotDerivableError(f"closed forms are of the gradient, which {problem.learning_rule} does not take")
    if teacher.modes is None:
        raise NotDerivableError("closed forms need a teacher whose modes are known exactly")
    modes = teacher.modes
    equations, loss, symbols = equations_of_architecture(problem.architecture, units, len(modes.poles), teacher.time)
    return equations, loss, dict(zip(symbols, [*modes.poles, *modes.residues], strict=True))


@functools.lru_cache(maxsize=64)
def equations_of_architecture(architecture, units: int, modes: int, time: Time) -> tuple:
    """As `network_equations`, for any teacher of so many modes: equations, loss, and the teacher's symbols."""
    weights = symbolic.weight_symbols(architecture, units, 1, 1)
    try:
        made = [sympy.Matrix(matrix) for matrix in architecture.matrices(weights, time)]
    except (TypeError, ValueError, AttributeError, NotImplementedError) as error:
        raise NotDerivableError(
            f"the map of {architecture} from weights to (A, B, C) does not take SymPy matrices ({error}); it does "
            "with the functions of theory.namespace"
        ) from error
    loss, slopes, symbols = slopes_of_system(made, [x for name in sorted(weights) for x in weights[name]], modes, time)
    return {x: -slope for x, slope in slopes.items()}, loss, symbols


def slopes_of_system(matrices, variables, modes: int, time: Time) -> tuple:
    """Loss and its derivatives by the variables of which (A, B, C) are made, and the teacher's symbols.

    Args:
        matrices: (A, B, C) as SymPy matrices, one input and output.
        variables: symbols in them.
        modes: of the teacher.
        time: continuous or discrete.

    Raises:
        NotDerivableError: more than two states.
    """
    states = matrices[0].shape[0]
    if states > _MOST_STATES:
        raise NotDerivableError(f"closed forms are for up to {_MOST_STATES} states; this network has {states}")
    loss, slopes, entries, symbols = _of_system(states, modes, time)
    values = {
        entry: value for M, own in zip(matrices, entries, strict=True) for entry, value in zip(own, M, strict=True)
    }
    slopes = {entry: slope.xreplace(values) for entry, slope in slopes.items()}
    chained = {}
    for x in variables:
        moved = (slopes[entry] * sympy.diff(value, x) for entry, value in values.items() if value.has(x))
        chained[x] = sympy.Add(*moved)
    return loss.xreplace(values), chained, symbols


@functools.lru_cache(maxsize=16)
def _of_system(states: int, modes: int, time: Time) -> tuple:
    """Loss and slopes of any system of so many states: (loss, {entry: slope}, (A, B, C), teacher's symbols)."""
    A, B, C = (
        sympy.Matrix(rows, columns, lambda i, j, name=name: sympy.Dummy(f"{name}{i}{j}", real=True))
        for name, rows, columns in (("A", states, states), ("B", states, 1), ("C", 1, states))
    )
    # no assumption on them: they may be conjugate pairs
    poles = sympy.symbols(f"lambda_*1:{modes + 1}")
    residues = sympy.symbols(f"r_*1:{modes + 1}")
    loss = symbolic.white_noise_loss(A, B, C, poles, residues, time)
    return loss, {entry: sympy.diff(loss, entry) for M in (A, B, C) for entry in M}, (A, B, C), (*poles, *residues)
