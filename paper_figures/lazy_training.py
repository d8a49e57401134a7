"""Figure: trained wide networks follow the kernel flow, their own initial kernel's more closely."""

import numpy as np

from numerics.claims.lazy_training import lazy_training as claim
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.kernels import KernelFlow, all_pairs


class LazyTrainingFigure(Figure):
    """Loss curves, and how the gaps and the kernel's drift fall with width."""

    name = "lazy_training"
    title = "Trained wide networks follow the kernel flow; by another power of the width that of their own"
    paper = "derived here; flow of Jacot, Gabriel & Hongler, arXiv 1806.07572"
    cites = ("jacot2018neural",)
    caption = (
        "Networks of erf units (gain 1.5) trained by gradient descent on all weights to imitate a leaky integrator on "
        "three sequences of length 6. a: loss over steps; lines: kernel flow from the mean initial loss of untrained "
        "networks; dots: networks (mean and range over draws). b: relative distance of their outputs, over the whole "
        "path, from the flow of the analytic kernel (blue), from that of their own initial kernel (orange), and the "
        "relative drift of the kernel (green), over width. The fitted exponents are in the legend."
    )
    runtime = "1½ min"
    claims = ("lazy_training", "lazy_own_kernel")

    def _trials(self, scale: str) -> list:
        return [trial.experiment for trial in claim.trials(scale)]

    def experiments(self, scale: str) -> list:
        """Those of the claim."""
        return self._trials(scale)

    def draw(self, scale: str, store):
        """Two panels: loss, and gaps."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.6))
        trials = self._trials(scale)
        widths = [trial.width for trial in trials]
        kernel = all_pairs(claim.network, trials[0].inputs).matrices()
        gaps = {"analytic kernel": [], "own initial kernel": [], "drift of kernel": []}
        targets = trials[0].targets.ravel()
        for trial, colour in zip(trials, PALETTE, strict=False):
            found = trial.run(store, progress=False)
            f = found.outputs.values
            flows = {
                "analytic kernel": [trial.flow_outputs(kernel.ntk, f0) for f0 in f[:, 0]],
                "own initial kernel": [
                    trial.flow_outputs(own, f0) for own, f0 in zip(found.kernel.values, f[:, 0], strict=True)
                ],
            }
            for name, flow in flows.items():
                size = np.linalg.norm(flow, axis=(1, 2))
                gaps[name].append(np.linalg.norm(f - np.array(flow), axis=(1, 2)) / size)
            moved = found.kernel_after.values - found.kernel.values
            size = np.linalg.norm(found.kernel.values, axis=(1, 2))
            gaps["drift of kernel"].append(np.linalg.norm(moved, axis=(1, 2)) / size)
            if trial is trials[0] or trial is trials[-1]:
                losses = np.mean((f - targets) ** 2, axis=2) / 2
                dots(left, 1 + np.array(trial.records), losses, colour, f"networks, N = {trial.width}")
        steps = np.arange(trials[0].records[-1] + 1)
        flow = KernelFlow(kernel.ntk, targets)
        left_over = flow.left_by_descent(steps, trials[0].step_size)
        # E (f_0 - y)(f_0 - y)^T = NNGP + y y^T: the loss averaged over initial networks
        spread = np.einsum("pk,pq,qk->k", flow.patterns, kernel.nngp + np.outer(targets, targets), flow.patterns)
        left.plot(1 + steps, left_over**2 @ spread / (2 * targets.size), color="black", label="kernel flow, mean")
        left.set(xscale="log", yscale="log", xlabel="1 + steps", ylabel="loss", title="a  loss")
        left.legend()
        for (name, values), colour in zip(gaps.items(), PALETTE, strict=False):
            values = np.array(values).T
            slope, offset = np.polyfit(np.log(widths), np.log(values).mean(0), 1)
            dots(right, widths, values, colour, f"{name}: N^{slope:.2f}")
            right.plot(widths, np.exp(offset) * np.array(widths, float) ** slope, color=colour, lw=1)
        right.set(xscale="log", yscale="log", xlabel="width N", ylabel="relative distance", title="b  gaps over width")
        right.set_xticks(widths, [str(n) for n in widths])
        right.minorticks_off()
        right.legend()
        return figure


lazy_training = LazyTrainingFigure()
