"""Figure: what lags a wide linear network learns first, and where the bias turns."""

import numpy as np

from numerics.claims.lag_bias import LAGS, pulse_task
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE
from theory.kernels import fastest_lag, lag_rates

_GAINS, _RECORDS = (0.6, 0.9), (0, 4, 8, 16)


class LagBiasFigure(Figure):
    """Rates over lags, impulse responses in training below and above the turn, and the lag learned first."""

    name = "lag_bias"
    title = "Wide linear networks learn short lags first only up to s_w² = 2/3"
    paper = "derived here; kernel of Emami et al., arXiv 2101.07833"
    cites = ("emami2021implicit",)
    caption = (
        "a: rate at which each lag of an impulse response is learned, (j + 2) s_w^2j over that of lag 0. b, c: "
        "distance left from a target of 1 at every lag, after 4, 8 and 16 steps of gradient descent on all weights, "
        "over the initial distance: root mean square over networks (dots) and theory (lines), below and above the "
        "turn: short lags first at s_w = .6, lag 3 first at .9. d: the lag that is learned first over s_w^2; the bias "
        "turns at 2/3."
    )
    runtime = "1 min"
    claims = ("lag_bias",)

    def _training(self, gain: float, scale: str):
        width, seeds = (512, 12) if scale == "quick" else (2048, 32)
        return pulse_task(gain, width, seeds, _RECORDS)

    def experiments(self, scale: str) -> list:
        """Below and above the turn."""
        return [self._training(gain, scale) for gain in _GAINS]

    def draw(self, scale: str, store):
        """Four panels."""
        import matplotlib.pyplot as plt

        figure, panels = plt.subplots(2, 2, figsize=(1.5 * COLUMN, 4.2))
        lags = np.arange(LAGS)
        for gain, colour in zip((0.6, np.sqrt(2 / 3), 0.9), PALETTE, strict=False):
            rates = lag_rates(np.arange(16), gain)
            label = "s_w² = 2/3" if 0.7 < gain < 0.85 else f"s_w = {gain:g}"
            panels[0, 0].plot(np.arange(16), rates / rates[0], "-", color=colour, label=label)
        panels[0, 0].set(xlabel="lag j", ylabel="rate over that of lag 0", title="a  rates")
        panels[0, 0].legend()
        for axes, gain, letter in zip((panels[0, 1], panels[1, 0]), _GAINS, "bc", strict=True):
            training = self._training(gain, scale)
            errors = training.run(store, progress=False).outputs.values - training.targets.ravel()
            size = np.sqrt(np.mean(errors**2, axis=0))
            for record, colour in zip((1, 2, 3), PALETTE, strict=False):
                steps = _RECORDS[record]
                left = np.abs(1 - training.step_size * lag_rates(lags, gain) / LAGS) ** steps
                axes.plot(lags, left, color=colour, label=f"{steps} steps")
                axes.plot(lags, size[record] / size[0], "o", ms=3, mfc="white", color=colour)
            axes.set(xlabel="lag j", ylabel="distance left", title=f"{letter}  s_w = {gain:g}", ylim=(0, 1.05))
            axes.legend()
        squares = np.linspace(0.01, 0.93, 800)
        panels[1, 1].plot(squares, [fastest_lag(np.sqrt(square)) for square in squares], color="black")
        panels[1, 1].axvline(2 / 3, color="0.5", ls="--", lw=1)
        panels[1, 1].set(xlabel="s_w²", ylabel="lag learned first", title="d  turn of the bias")
        return figure


lag_bias = LagBiasFigure()
