"""Learning dynamics: the equations of a reduced problem, and what can be done with them."""

import functools
import re
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy
from jaxtyping import Array, Float

from theory import symbolic
from theory.checks import count, positive, real_array
from theory.errors import DivergedError, DomainWarning, NotDerivableError, ProblemError
from theory.flow import flow, iterate, padded, recorded_steps
from theory.objectives import FiniteWindow
from theory.observation import Observer, as_data
from theory.problem import Problem
from theory.reductions.reduction import OrderParameter, Reduction
from theory.rounding import rounding_outside
from theory.trajectory import trajectory
from theory.transverse import (
    couplings_along,
    escape_time,
    first_passage,
    log_amplification,
    log_size_outside,
    outside,
)

_ROUNDING = 1e-17  # of a weight of order 0.1 in float64
# size of the weights outside at which networks leave a reduction: their loss is off by about its square
_LEFT = 0.1
# part of the growth needed for that which deserves a closer look, and how many records are too few to go without one
_SUSPICIOUS, _FEW_RECORDS = 0.75, 21
# a larger weight of the moments left out would show: beside nothing, or beside an asymptotic reduction's own error
_TRUNCATED = {"exact": 1e-8, "asymptotic": 1e-4}
# records of the path, and points among them, on which transverse growth is followed
_FINE, _MESH = 8192, 768


class Linearisation(NamedTuple):
    """A vector field near a fixed point: `d(x - x*)/ds = jacobian (x - x*)`."""

    jacobian: sympy.Matrix
    rates: tuple
    """Decay rates: minus the eigenvalues, fastest first where they are numbers."""
    condition_number: sympy.Expr
    """Fastest over slowest rate: how stiff learning is there."""


@dataclass(frozen=True)
class LearningDynamics:
    """The learning dynamics of a problem in its order parameters.

    Attributes:
        problem: what is learned.
        reduction: how it was shrunk; `reduction.kind` is "exact" or "asymptotic".
        order_parameters: symbols and meanings.
        equations: {symbol: its derivative in training time}; empty where only the matrix form is explicit.
        parameter_values: the teacher's numbers for the symbols in the equations.
        loss: the loss as an expression of the order parameters, or None.
        conserved: what the flow conserves.
        matrix_equations: the equations in matrix form, as written on a blackboard.
        assumptions: what must hold for the equations to be right.
    """

    problem: Problem
    reduction: Reduction
    order_parameters: tuple[OrderParameter, ...]
    equations: dict
    parameter_values: dict
    loss: sympy.Expr | None
    conserved: tuple
    matrix_equations: tuple
    assumptions: tuple[str, ...]

    @property
    def reference(self) -> str:
        """Where the reduction comes from."""
        return self.reduction.reference

    @functools.cached_property
    def _observer(self) -> Observer:
        state = self.reduction.start(self.problem, self._least_width, 0)
        A, _, _ = jax.eval_shape(lambda state: self.reduction.matrices(self.problem, state), state)
        return Observer(self.problem, units=len(A))

    def solve(self, training_time: float, width: int = 256, seed: int = 0, records: int = 81):
        """The predicted trajectory of the network that `problem.draw(width, seed)` starts from.

        Gradient flow is integrated by Tsitouras' fifth-order method at relative tolerance 1e-10; a rule
        with a step size of its own is iterated in the order parameters, step for step.

        Args:
            training_time: how long to train (step size x steps).
            width, seed: which network; asymptotic reductions of infinite width ignore them.
            records: how many equally spaced times to return, from 0 to `training_time`; for a rule with a
                step size of its own, the nearest whole steps.

        Returns:
            An `xarray.Dataset` over `training_time`: see `theory.trajectory`; `state`, the order parameters; and,
            where units are silent (see `theory.transverse`), `transverse_growth_rate`, how fast weights outside the
            reduction's narrow network grow, and the attribute `domain_end`, the training time from which on networks
            no longer follow the prediction (infinite where they do throughout).

        Raises:
            ProblemError: a width below the reduction's dimension, a training time that is not positive.

        Warns:
            DomainWarning: the path goes on beyond `domain_end`.
        """
        training_time = positive(training_time, "training_time")
        records = count(records, "records", least=2)
        start = self.reduction.start(self.problem, width, seed)
        return self._observe(*self._path(start, training_time, records), self._left_out(width, seed))

    def _left_out(self, width: int, seed: int):
        """The weights of a draw that the reduction leaves out, or None if there are none."""
        initial = self.problem.draw(width, seed)
        basis = self.reduction.basis(initial)
        left_out = None if basis is None else outside(initial, basis)
        # up to rounding of the weights, which are of order one at most
        return None if left_out is None or np.abs(left_out).max() < 1e-14 else left_out

    @property
    def _least_width(self) -> int:
        return self.problem.teacher.inputs + self.problem.teacher.outputs

    def solve_from(self, start, training_time: float, records: int = 81):
        """As `solve`, from order parameters of your own, in the order of `path["state"]`.

        Raises:
            ProblemError: another number of order parameters, or numbers that are not finite.
        """
        start = real_array(start, "start", 1)
        size = self.reduction.start(self.problem, self._least_width, 0).size
        if start.size != size:
            raise ProblemError(
                f"start has {start.size} numbers, but {self.reduction.name} has {size} order parameters."
            )
        records = count(records, "records", least=2)
        return self._observe(*self._path(start, positive(training_time, "training_time"), records))

    def _path(self, start, training_time: float, records: int):
        field = self.reduction.vector_field(self.problem)
        rule = self.problem.learning_rule
        if rule.chosen_step_size() is None:
            times = jnp.linspace(0.0, training_time, records)
            return times, flow(field, start, times)
        step = rule.chosen_step_size()
        steps = recorded_steps(training_time, records, step)
        return step * steps, iterate(field, rule, start, step, steps)

    def _observe(self, times, states, left_out=None):
        observer = self._observer
        observed, matrices = observe_states(self.reduction, as_data(self.problem), observer, states)
        if float(observed["remainder"].max()) > _TRUNCATED[self.reduction.kind]:
            # some student's poles lie outside the disc where moments converge: the exact way, at a higher cost
            observer = Observer(self.problem, moments=False)
            observed, matrices = observe_states(self.reduction, as_data(self.problem), observer, states)
        path = trajectory(self.problem, observer, times, observed, matrices)
        path["state"] = (("training_time", "order_parameter"), np.asarray(states))
        path.attrs["source"] = f"theory: {self.reduction.name}"
        self._require_stable_path(path)
        if self.reduction.silent_recurrence(self.problem) is not None:
            couplings = self._couplings(observer, states)
            path["transverse_growth_rate"] = ("training_time", self._growth_rates(couplings))
            self._say_where_it_ends(path, times, couplings, left_out)
        return path

    def _couplings(self, observer, states) -> np.ndarray:
        return couplings_along(self.reduction, observer, self.problem, states)

    def _say_where_it_ends(self, path, times, couplings, left_out) -> None:
        rounding = self._rounding_escape(path, times, couplings)
        own = np.inf if left_out is None else self._own_escape(path, times, couplings, left_out)
        path.attrs["domain_end"] = float(min(rounding, own))
        if path.attrs["domain_end"] >= float(times[-1]):
            return
        why = (
            f"networks trained in float64 leave the subspace of this prediction ({self.reduction.name}): rounding has "
            "grown to 1e-3 outside it."
            if rounding <= own
            else f"the network leaves this prediction ({self.reduction.name}): what it leaves out of the network's own "
            f"initial weights, of size {np.linalg.norm(left_out):.2g}, has grown to {_LEFT:g}."
        )
        warnings.warn(
            f"from training time {path.attrs['domain_end']:.3g} on, {why} They go on learning where the reduced "
            "equations stay.",
            DomainWarning,
            stacklevel=4,
        )

    def _rounding_escape(self, path, times, couplings) -> float:
        grown = log_amplification(couplings, times, self.problem.teacher.outputs, self.problem.learning_rule)
        if grown.max() < _SUSPICIOUS * np.log(1e-3 / _ROUNDING) and grown.size >= _FEW_RECORDS:
            return np.inf
        # the records may be too far apart to tell: once more, on a fine mesh
        return escape_time(self.amplification(path), _ROUNDING, 1e-3)

    def _own_escape(self, path, times, couplings, left_out) -> float:
        rule, start = self.problem.learning_rule, np.log(np.linalg.norm(left_out))
        needed = max(np.log(_LEFT), start)  # small initial weights may decay first
        grown = log_size_outside(couplings, times, left_out, rule)
        if grown.max() < start + _SUSPICIOUS * (needed - start) + 1e-3 and grown.size >= _FEW_RECORDS:
            return np.inf
        mesh, couplings = self.couplings(path)
        return first_passage(mesh, log_size_outside(couplings, mesh, left_out, rule), needed)

    def _growth_rates(self, couplings) -> np.ndarray:
        largest, rule = np.linalg.norm(couplings, ord=2, axis=(1, 2)), self.problem.learning_rule
        unit = rule.chosen_step_size()
        return largest if unit is None else np.log(np.asarray(rule.growth(largest, unit))) / unit

    def amplification(self, path):
        """A path with its `transverse_growth_rate` and `log_amplification`, at controlled accuracy.

        The second says by what factor random recurrent weights outside the reduction's narrow network have
        grown, root-mean-square over entries; `theory.transverse.escape_time` reads off when they take over.
        Both are per unit of training time and as the learning rule's own steps have it.

        Args:
            path: what `solve` or `solve_from` returned.

        Raises:
            NotDerivableError: a reduction that leaves out no silent units.
        """
        mesh, couplings = self.couplings(path)
        grown = log_amplification(couplings, mesh, self.problem.teacher.outputs, self.problem.learning_rule)
        rates = self._growth_rates(couplings)
        path = path.copy()
        for name, values in (("transverse_growth_rate", rates), ("log_amplification", grown)):
            path[name] = ("training_time", np.interp(path["training_time"], mesh, values))
        return path

    def rounding_outside(self, path, width: int, step_size: float) -> Float[np.ndarray, " record"]:
        """What rounding makes, in float64, of the recurrent weights outside that exact arithmetic keeps at zero.

        Root-mean-square over their entries, at every record; nothing is fitted (see `theory.rounding`).

        Args:
            path: what `solve` or `solve_from` returned.
            width: N, of the network that is trained.
            step_size: training time of each of its steps.

        Raises:
            NotDerivableError: a reduction that leaves out no silent units.
        """
        mesh, states, couplings = self._followed(path)
        networks = jax.vmap(lambda state: self.reduction.network(self.problem, state))(jnp.asarray(states))
        sizes = rounding_outside(networks, couplings, mesh, width, step_size, self.problem.learning_rule)
        return np.interp(path["training_time"], mesh, sizes)

    def couplings(self, path) -> tuple[np.ndarray, np.ndarray]:
        """Training times, and the coupling M of a silent unit's weights at each (see `theory.transverse`).

        The path is followed again, on a mesh half of which is equally spaced in training time and half in how far
        the order parameters move.

        Args:
            path: what `solve` or `solve_from` returned.

        Raises:
            NotDerivableError: a reduction that leaves out no silent units.
        """
        mesh, _, couplings = self._followed(path)
        return mesh, couplings

    def _followed(self, path) -> tuple:
        """Training times, order parameters and couplings on the mesh."""
        if self.reduction.silent_recurrence(self.problem) is None:
            raise NotDerivableError(
                f"{self.reduction.name} leaves out no silent units, so nothing can grow outside it."
            )
        end = float(path["training_time"][-1])
        fine, states = map(np.asarray, self._path(jnp.asarray(path["state"].values[0]), end, _FINE))
        size = np.abs(states).max(axis=0)
        moved = np.abs(np.diff(states, axis=0) / np.where(size > 0, size, 1.0)).max(axis=1)
        passed = moved / max(moved.sum(), 1e-300) + np.diff(fine) / end
        clock = np.concatenate([[0.0], np.cumsum(passed)])
        mesh = np.unique(np.searchsorted(clock, np.linspace(0.0, clock[-1], _MESH)).clip(0, fine.size - 1))
        exact = float(path["remainder"].max()) == 0.0  # moments had to be given up
        observer = Observer(self.problem, moments=False) if exact else self._observer
        return fine[mesh], states[mesh], self._couplings(observer, states[mesh])

    def _require_stable_path(self, path) -> None:
        """A step that jumps over the stability boundary lands where the loss is infinite and formulas lie."""
        if isinstance(self.problem.objective, FiniteWindow) or "pole" not in path:
            return
        beyond = (self.problem.teacher.time.margin(path.pole.values) <= 0).any(axis=1)
        if beyond.any():
            when = float(path.training_time[int(np.argmax(beyond))])
            raise DivergedError(
                f"{self.problem.learning_rule} made the network unstable before training time {when:g}: "
                "its step size is too large for this problem."
            )

    def largest_curvature(self, training_time: float, width: int = 256, seed: int = 0) -> float:
        """The fastest decay rate of the linearised flow along the predicted path: it bounds step sizes."""
        start = self.reduction.start(self.problem, width, seed)
        _, states = self._path(start, positive(training_time, "training_time"), 41)
        jacobians = central_differences(*self.reduction.vector_field(self.problem), states)
        return float(np.max(-np.linalg.eigvals(np.asarray(jacobians)).real))

    def nullcline(self, moving, solve_for) -> list:
        """Where an order parameter stands still: its zero set away from the origin, solved for a symbol.

        >>> # d a/d s = 0 on a = 2 c/(c + c*) for a leaky integrator
        """
        rate = self._equation(moving)
        zeros = sympy.solve(sympy.together(_without_roots(rate)), self._symbol(solve_for))
        return [sympy.simplify(zero) for zero in zeros if zero != 0]

    def fixed_points(self) -> list[dict]:
        """The fixed points away from zero, for equations of two moving order parameters.

        The first is eliminated by its nullcline; the zeros left are symbolic for a single mode, numbers
        (with the teacher's values put in) otherwise. Conserved order parameters, which may have any value
        there, are given as zero.

        Raises:
            NotDerivableError: the equations are not explicit, or more than two order parameters move.
        """
        first, second = self._two_moving()
        still = {x: sympy.Integer(0) for x, rate in self.equations.items() if rate == 0}
        points = []
        for curve in self.nullcline(first, first):
            rate = _without_roots(self.equations[second]).subs(first, curve)
            if len(self.parameter_values) > 1:
                values = {s: sympy.nsimplify(v, rational=True) for s, v in self.parameter_values.items()}
                numerator = sympy.fraction(sympy.together(rate.subs(values)))[0]
                zeros = [sympy.N(root) for root in sympy.Poly(numerator, second).real_roots()]
                curve = curve.subs(values)
            else:
                zeros = sympy.solve(sympy.fraction(sympy.together(rate))[0], second)
            for zero in dict.fromkeys(zeros):
                height = sympy.simplify(curve.subs(second, zero))
                if zero.is_positive is not False and zero != 0 and height != 0:
                    points.append({first: height, second: zero, **still})
        return points

    def _two_moving(self) -> list:
        moving = [x for x, rate in self._explicit().items() if rate != 0]
        if len(moving) != 2:
            raise NotDerivableError(
                f"closed forms are for two moving order parameters; {self.reduction.name} has {len(moving)}. "
                "derive(problem, reduction=AlignedPole()) has two, where it applies."
            )
        return moving

    def find_conserved(self, degree: int = 2) -> list:
        """Every polynomial of the order parameters up to a degree that the explicit equations conserve.

        Found by the machine: a null space at rational points, then a proof (`theory.symbolic`).

        Raises:
            NotDerivableError: the equations are not explicit.
        """
        return symbolic.conserved_quantities(self._explicit(), degree)

    def linearise(self, point: dict) -> Linearisation:
        """Rates and condition number of the equations at a fixed point, in their moving coordinates.

        Args:
            point: {symbol: value} for every order parameter.
        """
        moving = self._two_moving()
        jacobian = sympy.Matrix([self.equations[x] for x in moving]).jacobian(moving)
        jacobian = jacobian.subs(point).applyfunc(sympy.simplify)
        half_trace, determinant = jacobian.trace() / 2, sympy.simplify(jacobian.det())
        root = sympy.sqrt(sympy.simplify(half_trace**2 - determinant))
        fast, slow = -half_trace + root, -half_trace - root
        return Linearisation(jacobian, (fast, slow), sympy.simplify(fast / slow))

    def growth_rate(self, order_parameter, at: dict):
        """The rate at which a small order parameter grows exponentially: `lim (dx/ds)/x` as x -> 0+.

        Args:
            order_parameter: the symbol x, or its name.
            at: values of the others.
        """
        x = self._symbol(order_parameter)
        rate = self._equation(x).subs({self._symbol(k): v for k, v in at.items() if self._symbol(k) != x})
        return sympy.simplify(sympy.limit(sympy.simplify(rate / x), x, 0, "+"))

    def _explicit(self) -> dict:
        if not self.equations:
            raise NotDerivableError(
                f"{self.reduction.name} has no explicit scalar equations for this problem; "
                "derive(problem, reduction=AlignedPole()) has, where it applies."
            )
        return self.equations

    def _symbol(self, name):
        for parameter in self.order_parameters:
            if parameter.symbol == name or str(parameter.symbol) == str(name):
                return parameter.symbol
        known = ", ".join(str(p.symbol) for p in self.order_parameters)
        raise ProblemError(f"{name!r} is not an order parameter; they are {known}.")

    def _equation(self, name):
        return self._explicit()[self._symbol(name)]

    def latex(self) -> str:
        """The equations as LaTeX, an `aligned` block."""
        lines = [sympy.latex(equation).replace(" = ", " &= ", 1) for equation in self.matrix_equations]
        if not lines:
            for symbol, rate in self.equations.items():
                lines.append(rf"\frac{{d {sympy.latex(symbol)}}}{{d s}} &= {sympy.latex(rate)}")
            if self.loss is not None:
                lines.append(rf"L &= {sympy.latex(self.loss)}")
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"

    def __str__(self) -> str:
        lines = [f"{self.reduction.name} ({self.reduction.kind})", ""]
        if self.matrix_equations:
            lines += [f"  {_plain(e.lhs)} = {_plain(e.rhs)}" for e in self.matrix_equations]
            lines.append(f"  {self.problem.objective.equation}")
        else:
            lines += [f"  d {x}/d s = {sympy.sstr(rate)}" for x, rate in self.equations.items()]
            if self.loss is not None:
                lines.append(f"  loss = {sympy.sstr(self.loss)}")
        lines += ["", "order parameters"]
        meanings: dict[str, list] = {}
        for parameter in self.order_parameters:
            meanings.setdefault(parameter.meaning, []).append(str(parameter.symbol))
        lines += [f"  {', '.join(symbols)}: {meaning}" for meaning, symbols in meanings.items()]
        if self.parameter_values:
            lines.append("teacher: " + ", ".join(f"{s} = {v:g}" for s, v in self.parameter_values.items()))
        if self.conserved:
            lines.append("conserved: " + ", ".join(sympy.sstr(q) for q in self.conserved))
        lines += ["assumptions", *(f"  {text}" for text in self.assumptions)]
        lines.append(f"reference: {self.reference}")
        return "\n".join(lines)


def _plain(expression) -> str:
    """A matrix expression in plain text: `A_*` would read as a product, `\\dot{W}` as LaTeX."""
    text = sympy.sstr(expression).replace("_*", "_teacher")
    return re.sub(r"\\dot\{(\w)\}", r"d\1/ds", text)


def _without_roots(rate):
    """A rate without its positive square-root prefactor, which has no real zeros away from the origin."""
    factors = sympy.Mul.make_args(sympy.factor_terms(rate))
    return sympy.Mul(*(f for f in factors if not (f.is_Pow and f.exp == sympy.Rational(1, 2))))


@functools.partial(jax.jit, static_argnums=0)
def central_differences(function, parameters, states, spacing=1e-5):
    """Jacobians along a path; differentiating the long closed forms would take seconds to compile."""
    shifts = spacing * jnp.eye(states.shape[1])

    def column(state, shift):
        rise = function(state + shift, parameters) - function(state - shift, parameters)
        return rise / (2 * spacing)

    columns = jax.vmap(jax.vmap(column, (None, 0)), (0, None))(states, shifts)
    return jnp.swapaxes(columns, 1, 2)


def observe_states(reduction, problem, observer, states: Float[Array, "record state"]) -> tuple:
    """What is observed of every state, and its (A, B, C)."""
    observed = _observe_states(reduction, problem, observer, padded(states))
    return jax.tree.map(lambda values: np.asarray(values)[: len(states)], observed)


@eqx.filter_jit
def _observe_states(reduction, problem, observer, states):
    def observe(state):
        matrices = reduction.matrices(problem, state)
        return observer(problem, *matrices), matrices

    return jax.vmap(observe)(states)
