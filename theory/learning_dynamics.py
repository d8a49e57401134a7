"""Learning dynamics: where the equations of a reduced problem lead, and how far they hold."""

import functools
import warnings
from dataclasses import dataclass

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from theory.checks import count, positive, real_array
from theory.equations import Equations
from theory.errors import DivergedError, DomainWarning, NotDerivableError, ProblemError
from theory.flow import descent, flow, iterate, padded, recorded_steps
from theory.observation import Observer, as_data
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


@dataclass(frozen=True)
class LearningDynamics(Equations):
    """The learning dynamics of a problem: its `Equations`, and where they lead from a given start.

    Attributes:
        problem, reduction, order_parameters, equations, parameter_values, loss, conserved, matrix_equations,
            assumptions: see `theory.equations.Equations`.
    """

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
            where units are silent (see `theory.transverse`) and the rule is `uniform`, `transverse_growth_rate`, how
            fast weights outside the reduction's narrow network grow, and the attribute `domain_end`, the training time
            from which on networks no longer follow the prediction (infinite where they do throughout).

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
        return self.reduction.least_width(self.problem)

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
        rule, named = self.problem.learning_rule, self.reduction.named(self.problem)
        field = self.reduction.vector_field(self.problem)
        if rule.chosen_step_size() is None:
            times = jnp.linspace(0.0, training_time, records)
            return times, flow(descent(field, rule, named), start, times)
        step = rule.chosen_step_size()
        steps = recorded_steps(training_time, records, step)
        return step * steps, iterate(field, rule, start, step, steps, named)

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
        if self._follows_silent_units:
            couplings = self._couplings(observer, states)
            path["transverse_growth_rate"] = ("training_time", self._growth_rates(couplings))
            self._say_where_it_ends(path, times, couplings, left_out)
        return path

    @property
    def _follows_silent_units(self) -> bool:
        silent = self.reduction.silent_recurrence(self.problem) is not None
        return silent and self.problem.learning_rule.uniform

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
        if not self._follows_silent_units:
            raise NotDerivableError(
                f"{self.reduction.name} leaves out no silent units that {self.problem.learning_rule} would let grow at "
                "a rate of their own."
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
        beyond = ~np.isfinite(path.loss.values)
        if self.problem.objective.needs_stability and "pole" in path:
            beyond |= (self.problem.teacher.time.margin(path.pole.values) <= 0).any(axis=1)
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
        field = self.reduction.vector_field(self.problem)
        field = descent(field, self.problem.learning_rule, self.reduction.named(self.problem))
        jacobians = central_differences(*field, states)
        return float(np.max(-np.linalg.eigvals(np.asarray(jacobians)).real))

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
