"""Equations of a reduced problem: printed, and what can be told from them by hand."""

import re
from dataclasses import dataclass
from typing import NamedTuple

import sympy

from theory import symbolic
from theory.errors import NotDerivableError, ProblemError
from theory.learning_rules import GradientFlow
from theory.problem import Problem
from theory.reductions.reduction import OrderParameter, Reduction


class Linearisation(NamedTuple):
    """A vector field near a fixed point: `d(x - x*)/ds = jacobian (x - x*)`."""

    jacobian: sympy.Matrix
    rates: tuple
    """Decay rates: minus the eigenvalues, fastest first where they are numbers."""
    condition_number: sympy.Expr
    """Fastest over slowest rate: how stiff learning is there."""


@dataclass(frozen=True)
class Equations:
    """The equations of learning of a problem in its order parameters.

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
        rule = self.problem.learning_rule
        if not isinstance(rule, GradientFlow):
            lines += [f"  by {rule}: {rule.equation}"]
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
