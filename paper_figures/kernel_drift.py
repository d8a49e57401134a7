"""Figure: how far the kernel moves in training, and where the lazy prediction stops being true."""

import numpy as np

from numerics.claims.lazy_training import lazy_training as claim
from numerics.claims.lazy_training import teacher_task
from numerics.lazy_training import LazyTraining
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.kernels import all_pairs

SIZES, LENGTHS = (0.25, 0.5, 1.0, 2.0, 4.0), (3, 6, 12, 24)


class KernelDriftFigure(Figure):
    """The kernel's drift and the gap to both flows over width, size of the targets and length of the trajectories."""

    name = "kernel_drift"
    title = "How far the kernel moves in training, over width, output scale and length: where lazy prediction ends"
    paper = "derived here; output scale after Chizat, Oyallon & Bach, arXiv 1812.07956"
    cites = ("chizat2019lazy",)
    caption = (
        "Networks of erf units (gain 1.5) trained by 160 steps of gradient descent on all weights to imitate a leaky "
        "integrator on three sequences. Relative drift of the neural tangent kernel (green), and relative distance of "
        "the outputs, over the whole path, from the flow of the network's own initial kernel (orange) and of the "
        "analytic one (blue); mean and range over draws. a: over width, sequences of length 6. b: over the size of the "
        "targets, to multiply which is to divide the output's scale; small targets do not help further, because the "
        "outputs of the untrained network are to be unlearned. c: over the length of the sequences. Dotted: one tenth, "
        "beyond which one would not call the prediction true. Exponents, in the legends, are of straight lines through "
        "all points of a panel (b: the largest three)."
    )
    runtime = "1 min"

    def _panels(self, scale: str) -> list[tuple[str, tuple, list[LazyTraining]]]:
        """Name of the axis, its values, and the trainings there."""
        by_width = [trial.experiment for trial in claim.trials(scale)]
        width, seeds = (128, 6) if scale == "quick" else (512, 12)
        return [
            ("width N", tuple(each.width for each in by_width), by_width),
            ("size of targets", SIZES, [teacher_task(claim.network, width, seeds, size=size) for size in SIZES]),
            ("length T", LENGTHS, [teacher_task(claim.network, width, seeds, times=times) for times in LENGTHS]),
        ]

    def experiments(self, scale: str) -> list:
        """Those of the claim `lazy_training`, and two more series."""
        return [each for *_, trainings in self._panels(scale) for each in trainings]

    def draw(self, scale: str, store):
        """Three panels."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(1, 3, figsize=(2 * COLUMN, 2.6), sharey=True)
        for letter, axes, (name, values, trainings) in zip("abc", panels, self._panels(scale), strict=True):
            found = [distances(each, each.run(store, progress=False)) for each in trainings]
            for key, colour in zip(found[0], PALETTE, strict=False):
                measured = [each[key] for each in found]
                last = slice(-3 if name == "size of targets" else 0, None)
                logs = [np.log(np.mean(each)) for each in measured]
                slope, offset = np.polyfit(np.log(values[last]), logs[last], 1)
                dots(axes, values, np.array(measured).T, colour, f"{key}: {slope:+.2f}")
                line = np.array(values[last], float)
                axes.plot(line, np.exp(offset) * line**slope, color=colour, lw=1)
            held = "T = 6" if name == "width N" else f"N = {trainings[0].width}"
            axes.set(xscale="log", yscale="log", xlabel=name, ylim=(1.5e-3, 2.0), title=f"{letter}  {held}")
            axes.set_xticks(values, [f"{value:g}" for value in values])
            axes.minorticks_off()
            axes.axhline(0.1, color="grey", ls=":", lw=1)
            axes.legend(loc="lower left")
        panels[0].set(ylabel="relative distance")
        return figure


def distances(training: LazyTraining, found) -> dict[str, np.ndarray]:
    """Of every draw: outputs from the flows of both kernels, and the kernel after training from that before."""
    f, own = found.outputs.values, found.kernel.values
    analytic = all_pairs(training.network, training.inputs).matrices().ntk
    flows = {
        "analytic flow": [training.flow_outputs(analytic, f0) for f0 in f[:, 0]],
        "own flow": [training.flow_outputs(kernel, f0) for kernel, f0 in zip(own, f[:, 0], strict=True)],
    }
    pairs = {name: (f, np.array(flow)) for name, flow in flows.items()}
    pairs["drift of kernel"] = found.kernel_after.values, own
    axes = 1, 2
    return {
        name: np.linalg.norm(value - expected, axis=axes) / np.linalg.norm(expected, axis=axes)
        for name, (value, expected) in pairs.items()
    }


kernel_drift = KernelDriftFigure()
