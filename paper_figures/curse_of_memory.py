"""Figure: a response that starts late is learned late, exponentially in its lag."""

import numpy as np

from numerics.claims.integrator_outlier import dense_problem
from numerics.experiment import Experiment
from paper_figures.figure import Figure
from paper_figures.style import COLUMN, PALETTE, dots
from theory.derivation import derive
from theory.teachers import state_space

_STAGES, _LAGS, _SCALES, _WIDTH = 8, (0.5, 1.0, 1.5, 2.0, 2.5), (1e-2, 1e-4), 16


def delayed(lag: float):
    """A response of unit area that comes after a mean lag: a cascade of eight stages of `lag / 8` each."""
    A = (np.eye(_STAGES, k=-1) - np.eye(_STAGES)) * _STAGES / lag
    first, last = np.eye(_STAGES)[:, :1] * _STAGES / lag, np.eye(_STAGES)[-1:]
    return state_space(A, first, last, name=f"delay of {lag:g}")


def growth_rate(lag: float) -> float:
    """Of small weights: the transfer function at the leak, `H*(1) = int g*(t) e^-t dt = (1 + lag/8)^-8`."""
    return (1 + lag / _STAGES) ** -_STAGES


def leaving_time(times, responses) -> np.ndarray:
    """When the response at lag 0 first has half of its largest size, (network,), by linear interpolation."""
    sizes = np.abs(np.asarray(responses))
    found = []
    for size in sizes:
        above = int(np.argmax(size >= size.max() / 2))
        before = max(above - 1, 0)
        share = (size.max() / 2 - size[before]) / (size[above] - size[before])
        found.append(times[before] + share * (times[above] - times[before]))
    return np.array(found)


class CurseOfMemory(Figure):
    """Losses over training for longer and longer lags; time to leave the first plateau over the lag."""

    name = "curse_of_memory"
    title = "What comes late is learned late: the first plateau grows exponentially with the lag"
    paper = "Li, Han, E & Li, ICLR 2021, arXiv 2009.07799 (curse of memory); plateau length derived here"
    cites = ("li2021curse",)
    caption = (
        "Dense linear networks learn to answer after a lag (a cascade of eight stages; mean lag in leak time "
        "constants). a: loss over its initial value from initial scale .01: confined equations of one draw (lines), "
        "networks of width 16 (dots, mean and range over seeds). b: training time at which the networks begin to "
        "answer: equations, mean over draws (lines), networks (dots), and ln(1/scale) over the growth rate of small "
        "weights, H*(1) = (1 + lag/8)^-8 (dashed), which is e^-lag for a sharp delay. The dashed law is the slope in "
        "ln(1/scale): it holds up to a time that does not grow with it."
    )
    runtime = "3½ min"

    def _training(self, lag: float, initial: float, scale: str) -> Experiment:
        time = 1.8 * np.log(1 / initial) / growth_rate(lag)
        width, seeds = (_WIDTH, 6) if scale == "quick" else (256, 16)
        return Experiment(dense_problem(delayed(lag), initial), width, seeds, training_time=float(time), records=61)

    def experiments(self, scale: str) -> list:
        """Every lag at two initial scales."""
        return [self._training(lag, initial, scale) for initial in _SCALES for lag in _LAGS]

    def draw(self, scale: str, store):
        """Two panels."""
        import matplotlib.pyplot as plt

        figure, (left, right) = plt.subplots(1, 2, figsize=(2 * COLUMN, 2.5))
        for initial, colour in zip(_SCALES, PALETTE, strict=False):
            measured, predicted = [], []
            for lag, shade in zip(_LAGS, PALETTE, strict=False):
                experiment = self._training(lag, initial, scale)
                networks = experiment.run(store, progress=False)
                paths = experiment.predicted(derive(experiment.problem))
                times = networks.training_time.values
                measured.append(leaving_time(times, networks.impulse_response.values[:, :, 0, 0, 0]))
                theory = np.stack([path.impulse_response.values[:, 0, 0, 0] for path in paths])
                predicted.append(leaving_time(paths[0].training_time.values, theory).mean())
                if initial == _SCALES[0]:
                    path = paths[0]
                    left.plot(path.training_time, path.loss / path.loss[0], color=shade, label=f"lag {lag:g}")
                    losses = networks.loss.values / networks.loss.values[:, :1]
                    dots(left, times, losses, shade, every=5)
            right.plot(_LAGS, predicted, color=colour, label=f"scale {initial:g}")
            dots(right, _LAGS, np.stack(measured, axis=1), colour)
            fine = np.linspace(0.3, 2.6, 50)
            right.plot(fine, np.log(1 / initial) / growth_rate(fine), "--", color=colour, lw=1)
        left.set(xlabel="training time", ylabel="loss / initial loss", title="a  loss")
        right.set(yscale="log", xlabel="lag (leak time constants)", ylabel="training time", title="b  time to answer")
        left.legend()
        right.legend()
        return figure


curse_of_memory = CurseOfMemory()
