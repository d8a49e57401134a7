"""Figure: loss curves against the reduced theory, and the half-time's logarithm."""

import numpy as np

from numerics.claims.integrator_half_time import half_time, integrator_half_time
from numerics.claims.integrator_outlier import integrator_problem
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.derivation import derive
from theory.reductions import AlignedPole


class IntegratorLoss(Figure):
    """Loss against training time, and half-time against the initial scale."""

    name = "integrator_loss"
    title = "Small weights wait: the half-time grows as the logarithm of 1/scale"
    paper = "Bordelon, Cotler, Pehlevan & Zavatone-Veth, arXiv 2503.18754 (setting); theory derived here"
    cites = ("bordelon2025integrate",)
    caption = (
        "Left: population loss while a dense network learns exp(-0.2 t), for initial scales from 0.1 to 0.005. "
        "Lines: the aligned one-pole plane for the draw with the median half-time. Dots: trained networks of "
        "width 32 (256 at paper scale), mean and range over eight seeds: the range is that of the draws. Right: "
        "time at which the loss has halved, network by network, against the plane's for a draw with |u| = |v| = "
        "scale, u orthogonal to v; its slope is (1 + c*) = 1.2 per unit of ln(1/scale)."
    )
    runtime = "1 min"
    claims = ("integrator_half_time",)

    def _experiments(self, scale: str) -> dict:
        return {trial.parameter: trial.experiment for trial in integrator_half_time.trials(scale)}

    def experiments(self, scale: str) -> list[Experiment]:
        """Those of the half-time claim."""
        return list(self._experiments(scale).values())

    def draw(self, scale: str, store):
        """Two panels: losses, half-times."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        for colour, (initial, experiment) in zip(PALETTE, self._experiments(scale).items(), strict=False):
            networks = experiment.run(store, progress=False)
            time = networks.training_time.values
            halves = half_time(time, networks.loss.values)
            seed = int(np.argsort(halves)[len(halves) // 2])
            plane = derive(experiment.problem, AlignedPole())
            path = plane.solve(experiment.training_time, experiment.width, seed, 321)
            left.plot(path.training_time, path.loss, color=colour, label=f"scale {initial:g}")
            dots(left, time, networks.loss.values, colour, every=8)
            right.plot(np.full(halves.size, initial), halves, "o", ms=3, mfc="white", color=colour)
        scales = np.geomspace(2e-3, 2e-1, 25)
        right.plot(scales, [self._typical_half_time(initial) for initial in scales], color="black")
        left.set(xlabel="training time", ylabel="population loss", title="a  loss", xlim=(0, 14))
        left.legend()
        right.set(
            xscale="log", xlabel="initial scale", ylabel="half-time (training time)", title="b  half-time"
        )
        right.plot([], [], color="black", label="theory, typical draw")
        right.plot([], [], "o", mfc="white", color="0.3", label="networks")
        right.legend()
        return figure

    def _typical_half_time(self, initial: float) -> float:
        plane = derive(integrator_problem(0.2, initial), AlignedPole())
        # u and v of norm `initial`, orthogonal: a(0) = u.v = 0, imbalance |u + v||u - v| = 2 initial^2
        path = plane.solve_from([0.0, 1.0, 2 * initial**2], 16.0, 161)
        return float(half_time(path.training_time.values, path.loss.values))


integrator_loss = IntegratorLoss()
