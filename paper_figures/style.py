"""The look of the figures: theory as lines, networks as dots, in the colours and sizes of every plot here."""

import numpy as np

from numerics.plot_style import COLUMN as COLUMN
from numerics.plot_style import PALETTE as PALETTE
from numerics.plot_style import style as style


def dots(axes, x, values, colour, label=None, marker="o", every: int = 1):
    """Networks as dots: the mean over seeds (first axis), with the range over seeds as a bar."""
    values = np.asarray(values)[:, ::every]
    # a record at which a seed has no value is left out: nan in, nan out
    middle, low, high = values.mean(0), values.min(0), values.max(0)
    axes.errorbar(
        np.asarray(x)[::every],
        middle,
        [middle - low, high - middle],
        fmt=marker,
        ms=2.6,
        mfc="white",
        mew=0.8,
        elinewidth=0.7,
        color=colour,
        label=label,
    )
