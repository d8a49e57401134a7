"""How often check-fit gives each verdict, on circuits whose truth is known."""

from functools import partial

from numerics.checking.calibration import KINDS, calibrate
from numerics.checking.fit import check_fit
from numerics.checking.weights import Weights
from numerics.recordings import Recording
from theory.students import Autoregression

FIRST_SEED = 1000
"""Circuits of lower seeds were looked at while the check was made; none from here on."""
NO_SLOW_MODE = "claims no slow mode"


def judge(recording: Recording, seed: int, fraction: float = 0.1) -> str:
    """What is said of the regression over one bin: what a network trained to predict the next bin approaches.

    Args:
        recording: in units of the neurons' time constant.
        seed: of the surrogates.
        fraction: vouched for; see `check_fit`.
    """
    weights = Weights(propagator=Autoregression().fit(recording).propagator)
    finding = check_fit(recording, weights, time_constant=1.0, fraction=fraction, seed=seed).finding
    return NO_SLOW_MODE if finding is None else finding.value


def print_rates(draws: int, fraction: float = 0.1) -> None:
    """Print a line for each kind of circuit: the share of each verdict, with Wilson's interval.

    Args:
        draws: of each kind, spread over 5, 10 and 20 recorded neurons of 100.
        fraction: vouched for; see `check_fit`.
    """
    for kind in KINDS:
        print(calibrate(partial(judge, fraction=fraction), draws, [kind], first_seed=FIRST_SEED)[0], flush=True)
