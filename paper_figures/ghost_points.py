"""Figure: a search for slow points accepts ghosts as fixed points, which a certificate refutes."""

import jax
import jax.numpy as jnp
import numpy as np
import scipy.optimize

from numerics.benchmark.statistics import wilson
from numerics.dynamics.certificate import certify
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.circuits.random_vectors import rotation

_NEURONS = 12
_TOLERANCES, _NAMES = (1e-6, 1e-4), ("q < 10$^{-6}$", "q < 10$^{-4}$")
_DISTANCES = {"quick": np.geomspace(1e-5, 0.1, 9), "paper": np.geomspace(1e-5, 0.1, 17)}
_DRAWS = {"quick": 8, "paper": 40}


class GhostPoints(Figure):
    """Share of circuits in which a fixed point is reported, over the distance from the bifurcation."""

    name = "ghost_points"
    title = "Where two fixed points have met and gone, a search for slow points still finds one, a certificate none"
    paper = "derived here; the search after Sussillo & Barak, Neural Comput. 25 (2013) 626"
    caption = (
        "A saddle-node `dk/dt = \u03bc + k^2` in D = 12 neurons. Left, \u03bc < 0: two fixed points are there; "
        "right, \u03bc > 0: none, only a slow passage. `q = |f|^2 / 2` is minimised from states of the passage, and a "
        "point is reported where q is below a tolerance (orange, blue) or where the Newton-Kantorovich certificate "
        "holds there (black). Dots: share of 8 draws (40 at paper scale) with Wilson's 95% intervals. Lines, of "
        "theory: the least q of a ghost is `D \u03bc^2 / 2`, so that it is reported up to `\u03bc = sqrt(2 tolerance / "
        "D)`. A tolerance has units, the certificate has none."
    )
    runtime = "¼ min"

    def experiments(self, scale: str) -> list:
        """None: nothing is trained."""
        return []

    def draw(self, scale: str, store):
        """Two panels, either side of the bifurcation."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.4), sharey=True)
        distances, draws = _DISTANCES[scale], _DRAWS[scale]
        titles = ("two fixed points, \u03bc < 0", "none, \u03bc > 0")
        for axes, sign, title in zip(panels, (-1, 1), titles, strict=True):
            reported = np.array([[_reported(sign * mu, draw) for draw in range(draws)] for mu in distances])
            for number, name in enumerate((*_NAMES, "certificate")):
                colour = "black" if name == "certificate" else (PALETTE[1], PALETTE[0])[number]
                hits = reported[:, :, number].sum(axis=1)
                ends = np.array([wilson(int(hit), draws) for hit in hits])
                share = hits / draws
                axes.errorbar(
                    distances * 1.08 ** (number - 1), 100 * share, fmt="o", ms=3.2, elinewidth=0.7, color=colour,
                    yerr=100 * np.clip(np.stack([share - ends[:, 0], ends[:, 1] - share]), 0, None), label=name,
                )  # fmt: skip
                if sign > 0:
                    end = np.sqrt(2 * _TOLERANCES[number] / _NEURONS) if number < len(_TOLERANCES) else 0.0
                    axes.plot([distances[0] / 1.5, end, end, distances[-1] * 1.5] if end else distances[[0, -1]],
                              [100, 100, 0, 0] if end else [0, 0], color=colour, lw=1.0)  # fmt: skip
                else:
                    axes.plot(distances[[0, -1]], [100, 100], color=colour, lw=1.0)
            axes.set(xscale="log", xlabel="|\u03bc|", title=title, ylim=(-4, 104))
        panels[0].invert_xaxis()
        panels[0].set_ylabel("a fixed point is reported (%)")
        panels[1].legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
        return figure


def _reported(mu: float, draw: int) -> list[bool]:
    """Whether a point is reported by each tolerance, and by the certificate, from states of the passage."""
    loadings = np.sqrt(_NEURONS) * rotation(_NEURONS, draw)[:, :1]
    starts = np.random.default_rng(draw).uniform(-0.5, 0.5, size=(3, 1)) @ loadings.T
    of_circuit = (jnp.asarray(mu), jnp.asarray(loadings))
    ends = [_minimised(*of_circuit, start) for start in starts]
    least = min(float(_slow(end, *of_circuit)[0]) for end in ends)
    # f''[v, w] = 2 M (M^T v) (M^T w) / D^2 with |M| = sqrt(D): at most 2 / sqrt(D)
    bound = 2 / np.sqrt(_NEURONS) * (1 + 1e-12)
    proved = any(certify(jax.tree_util.Partial(_velocity, *of_circuit), end, bound).holds for end in ends)
    return [least < tolerance for tolerance in _TOLERANCES] + [proved]


def _velocity(mu, loadings, u):
    k = u @ loadings / _NEURONS
    return (mu + k**2 + k) @ loadings.T - u


@jax.jit
@jax.value_and_grad
def _slow(u, mu, loadings):
    return jnp.sum(_velocity(mu, loadings, u) ** 2) / 2


def _minimised(mu, loadings, start: np.ndarray) -> np.ndarray:
    def speed(u):
        value, slope = _slow(u, mu, loadings)
        return float(value), np.asarray(slope)

    options = {"maxiter": 2000, "ftol": 0, "gtol": 1e-12}
    return scipy.optimize.minimize(speed, start, jac=True, method="L-BFGS-B", options=options).x


ghost_points = GhostPoints()
