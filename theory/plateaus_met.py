"""Plateaus that gradient flow of any architecture meets from small weights."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.signal
from jax.flatten_util import ravel_pytree

from theory.checks import count, positive
from theory.escape import with_silent_unit
from theory.flow import flow
from theory.plateaus import Plateau
from theory.problem import Problem
from theory.reductions import WholeNetwork
from theory.reductions.own_architecture import unflattening

_ZERO = 1e-6  # rates below this are motions that change nothing
_SOLVED, _SAME = 1e-9, 1e-5  # size of the gradient at a fixed point; difference of two transfer functions
_RECORDS = 400


def plateaus_met(
    problem: Problem, units: int, training_time: float, draws: int = 4, seed: int = 0
) -> list[Plateau]:
    """The plateaus that narrow networks of any architecture come by, by decreasing loss, each with its escape rate.

    From the problem's own initialisation, networks of 1, 2, ... units follow gradient flow. Where the gradient is at
    a local minimum in time Newton's method, whose steps are the shortest that solve, finds the fixed point nearby: it
    keeps what the flow has conserved (such as balance), on which the rates at which a plateau is left depend. Those
    rates are eigenvalues of minus the Hessian, of the narrow network and of one with a silent unit more
    (`theory.escape`).

    It needs nothing of the architecture but its map; `theory.plateaus.plateaus` searches more widely, for dense
    networks. The list is complete only as far as the flows went: `hits` says how often each was met.

    Args:
        problem: of any architecture under gradient flow, with small initial weights.
        units: most units of the narrow networks.
        training_time: how long each is followed.
        draws: how many initial weights at each number of units.
        seed: of the first draw.
    """
    units, draws = count(units, "units"), count(draws, "draws")
    training_time = positive(training_time, "training_time")
    found, responses = [], []
    for k in range(1, units + 1):
        newton, states = _Newton(problem, k), []
        field = WholeNetwork(k).vector_field(problem)
        for draw in range(draws):
            start = ravel_pytree(problem.draw(k, seed + draw))[0]
            times = jnp.linspace(0.0, training_time, _RECORDS)
            path = flow(field, start, times, relative_tolerance=1e-8)
            states += _where_it_slows(field, path)
        for state in states:
            end = newton.solved(state)
            if end is None:
                continue
            network = unflattening(problem, k)(end)
            A, B, C = problem.architecture.matrices(network, problem.teacher.time)
            values = np.linalg.eigvals(np.asarray(A))
            if not (problem.teacher.time.margin(values) > 0).all():
                continue
            seen = _transfer(A, B, C)
            same = [i for i, other in enumerate(responses) if np.abs(other - seen).max() < _SAME]
            if same:
                found[same[0]] = found[same[0]]._replace(hits=found[same[0]].hits + 1)
                continue
            responses.append(seen)
            rates, wide = newton.rates(end), with_silent_unit(problem, network)
            outside = _Newton(problem, k + 1).rates(ravel_pytree(wide)[0])[0]
            found.append(Plateau(float(problem.loss(network)), network, values, rates, max(outside, 0.0), 1))
    return sorted(found, key=lambda plateau: -plateau.loss)


def _where_it_slows(field, path) -> list:
    """The states of a path at which the gradient is smallest for a while, its start and its end among them."""
    sizes = np.linalg.norm(np.asarray(jax.vmap(lambda x: field.function(x, field.parameters))(path)), axis=1)
    # by a tenth at least, and not among gradients as small as the integrator's error
    inner, _ = scipy.signal.find_peaks(-np.log(np.maximum(sizes, 1e-7)), prominence=0.1)
    return [path[i] for i in (0, *inner, len(path) - 1)]


def _transfer(A, B, C) -> np.ndarray:
    """The transfer function at a few points right of all poles: networks that do the same have the same."""
    A, B, C = map(np.asarray, (A, B, C))
    return np.stack([C @ np.linalg.solve(s * np.eye(len(A)) - A, B) for s in (1.3, 1.7, 2.9, 5.3)])


class _Newton:
    """Newton's method on the gradient of a network of so many units, and the rates at a fixed point."""

    def __init__(self, problem: Problem, units: int):
        field = WholeNetwork(units).vector_field(problem)

        def slope(x):
            return -field.function(x, field.parameters)

        self.slope, self.curvature = jax.jit(slope), jax.jit(jax.jacfwd(slope))

    def solved(self, state) -> np.ndarray | None:
        """The fixed point close by; None where there is none."""
        state, size = np.asarray(state), np.linalg.norm(state)
        begin = state
        for step in range(30):
            slope = np.asarray(self.slope(state))
            if not np.isfinite(slope).all() or np.linalg.norm(state - begin) > 1.0 + size:
                return None
            if np.abs(slope).max() < _SOLVED:
                return state
            # at first not along directions in which the loss hardly bends: small residues would send poles far away
            rcond = 1e-2 if step < 4 else 1e-7
            state = state - np.linalg.lstsq(np.asarray(self.curvature(state)), slope, rcond=rcond)[0]
        return None

    def rates(self, state) -> np.ndarray:
        """Growth rates of perturbations, fastest first."""
        rates = -np.linalg.eigvalsh(np.asarray(self.curvature(jnp.asarray(state))))
        return np.sort(np.where(np.abs(rates) < _ZERO, 0.0, rates))[::-1]
