"""Figure: the temporal patterns that a lazy network learns, fastest first."""

import numpy as np

from numerics.claims.lazy_training import lazy_training as claim
from numerics.reservoir_training import ReservoirTraining
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.kernels import KernelFlow, LazySpectrum, all_pairs

_GAIN, _MODES = 0.7, 4


class TemporalPatterns(Figure):
    """Eigenfunctions, eigenvalues, and patterns of a trained nonlinear network's error."""

    name = "temporal_patterns"
    title = "Eigenfunctions of the kernel over time are the patterns that a lazy network learns, one after the other"
    paper = "derived here"
    caption = (
        "a: the first four eigenfunctions of the impulse-response kernel of a linear network with a trained readout "
        "(gain .7), Laguerre functions (lines), and those of random networks of the largest width (dots: mean and "
        "range). b: eigenvalues, a geometric series (line), and of networks, which scatter less the wider they are. "
        "c: an erf network trained on three sequences: what is left of its error along patterns 1, 4 and 10 of the "
        "analytic kernel over steps; lines: kernel flow; dots: root mean square over networks of the largest width, "
        "whose own kernel mixes the patterns a little: what is left late is not small."
    )
    runtime = "1 min"
    claims = ("lazy_training",)

    def _reservoir(self, width: int, scale: str) -> ReservoirTraining:
        return ReservoirTraining(_GAIN, width, (0.5,), (0.0,), 6 if scale == "quick" else 24, _MODES)

    def experiments(self, scale: str) -> list:
        """Two widths of linear networks; the erf networks of the claim on lazy training."""
        return [*(self._reservoir(n, scale) for n in _widths(scale)), claim.trials(scale)[-1].experiment]

    def draw(self, scale: str, store):
        """Three panels: eigenfunctions, eigenvalues, errors."""
        import matplotlib.pyplot as plt

        figure, (left, middle, right) = plt.subplots(1, 3, figsize=(2 * COLUMN, 2.5))
        spectrum = LazySpectrum(_GAIN)
        for n, colour in zip(_widths(scale), PALETTE[1:], strict=False):
            found = self._reservoir(n, scale).run(store, progress=False)
            dots(middle, np.arange(1, 13), found.eigenvalues.values[:, :12], colour, f"networks, N = {n}")
        middle.plot(np.arange(1, 13), spectrum.eigenvalues(12), color="black", label="theory")
        middle.set(yscale="log", xlabel="pattern", ylabel="eigenvalue", title="b  speed of learning")
        middle.legend(loc="lower left")
        t = found.time.values
        for n, colour in zip(range(_MODES), PALETTE, strict=False):
            left.plot(t, spectrum.eigenfunctions(t, _MODES)[n], color=colour)
            dots(left, t, found.patterns.values[:, n], colour, f"pattern {n + 1}", every=6)
        left.set(xlabel="lag (leak's time constants)", ylabel="eigenfunction", title="a  patterns")
        left.legend()
        training = claim.trials(scale)[-1].experiment
        outputs = training.run(store, progress=False).outputs.values
        kernel, targets = all_pairs(claim.network, training.inputs).matrices().ntk, training.targets.ravel()
        flow = KernelFlow(kernel, targets)
        errors = (outputs - targets) @ flow.patterns  # (seed, record, pattern)
        steps = np.arange(training.records[-1] + 1)
        for k, colour in zip((0, 3, 9), PALETTE, strict=False):
            size = np.sqrt(np.mean(errors[..., k] ** 2, axis=0))
            right.plot(1 + np.array(training.records), size / size[0], "o", ms=3, mfc="white", color=colour)
            left_over = np.abs(flow.left_by_descent(steps, training.step_size)[:, k])
            right.plot(1 + steps, left_over, color=colour, label=f"pattern {k + 1}")
        right.set(xscale="log", yscale="log", ylim=(1e-3, 2), xlabel="1 + steps", title=f"c  erf, N = {training.width}")
        right.set_ylabel("error left")
        right.legend(loc="lower left")
        return figure


def _widths(scale: str) -> tuple:
    return (64, 256) if scale == "quick" else (128, 1024)


temporal_patterns = TemporalPatterns()
