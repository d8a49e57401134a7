"""The look of the figures: column width, colour-blind-safe, theory as lines and networks as dots."""

import contextlib

import matplotlib
import numpy as np

COLUMN = 3.4
"""Width of one journal column, in inches."""

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colour-blind-safe colours."""

_SETTINGS = {
    "figure.dpi": 150,
    "savefig.dpi": 200,
    "figure.constrained_layout.use": True,
    "font.size": 8,
    "axes.labelsize": 8,
    "axes.titlesize": 8,
    "axes.titlelocation": "left",
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "legend.handlelength": 1.4,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.6,
    "lines.linewidth": 1.3,
    "axes.prop_cycle": matplotlib.cycler(color=PALETTE),
}


@contextlib.contextmanager
def style():
    """Matplotlib settings for the duration of a block."""
    with matplotlib.rc_context(_SETTINGS):
        yield


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
