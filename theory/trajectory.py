"""Trajectories: what theory and networks are compared on, over training time."""

import numpy as np
from jaxtyping import Array, Float

from theory.linear_system import LinearSystem
from theory.poles import outlying_poles
from theory.problem import Problem
from theory.time import ContinuousTime


def lag_grid(teacher: LinearSystem, points: int = 51) -> np.ndarray:
    """The lags at which impulse responses are compared: five times the teacher's slowest decay.

    >>> from theory import teachers
    >>> lag_grid(teachers.leaky_integrator(0.2))[[0, -1]]
    array([ 0., 25.])
    """
    if not teacher.is_stable():
        return np.linspace(0.0, 10.0, points)
    if isinstance(teacher.time, ContinuousTime):
        return np.linspace(0.0, 5.0 / teacher.margin(), points)
    last = int(np.ceil(-5.0 / np.log(1.0 - teacher.margin()))) if teacher.margin() < 1 else 5
    return np.unique(np.linspace(0, max(last, 5), points).round().astype(int))


def frequency_grid(teacher: LinearSystem, points: int = 41) -> np.ndarray:
    """The frequencies at which transfer functions are compared, in radians per unit of time."""
    if isinstance(teacher.time, ContinuousTime):
        slowest = teacher.margin() if teacher.is_stable() else 0.1
        return np.geomspace(0.1 * slowest, 10.0 * max(1.0, slowest), points)
    return np.linspace(0.0, np.pi, points)


def trajectory(
    problem: Problem,
    training_time: Float[Array, " record"],
    loss,
    impulse_response,
    transfer_function,
    matrices: tuple,
    lags,
    frequencies,
    leading: dict | None = None,
):
    """Collect observables into an `xarray.Dataset` over `training_time`.

    Variables: `loss`; `impulse_response` over `lag`; `transfer_function` over `frequency`; for one input
    and one output the outlying `pole` and its `residue` over `mode`, with the flag `pole_valid`: true
    where the pole stands clear of the bulk that the initial recurrence makes (by 0.02).

    Args:
        problem: what was solved or trained.
        training_time: the recorded training times.
        loss: (..., record).
        impulse_response: (..., record, lag, output, input).
        transfer_function: (..., record, frequency, output, input).
        matrices: (A, B, C), each (..., record, ., .).
        lags, frequencies: the grids.
        leading: names and values of leading axes, such as {"seed": [0, 1, 2]}.
    """
    import xarray

    leading = {} if leading is None else leading
    axes = (*leading, "training_time")
    data = {
        "loss": (axes, np.asarray(loss), {"long_name": "population loss"}),
        "impulse_response": ((*axes, "lag", "output", "input"), np.asarray(impulse_response)),
        "transfer_function": ((*axes, "frequency", "output", "input"), np.asarray(transfer_function)),
    }
    if problem.teacher.inputs == problem.teacher.outputs == 1:
        centre = float(np.asarray(problem.teacher.time.state_matrix(np.zeros((1, 1))))[0, 0])
        number = problem.teacher.states
        poles, residues = outlying_poles(*matrices, centre, number)
        bulk = getattr(problem.initialisation, "recurrent_gain", 0.0)
        clear = np.abs(poles - centre) > bulk + 0.02
        data["pole"] = ((*axes, "mode"), poles, {"long_name": "outlying eigenvalue of A"})
        data["residue"] = ((*axes, "mode"), residues)
        data["pole_valid"] = ((*axes, "mode"), clear & np.isfinite(residues))
    return xarray.Dataset(
        data,
        coords={
            **leading,
            "training_time": np.asarray(training_time),
            "lag": lags,
            "frequency": frequencies,
        },
        attrs={"problem": str(problem)},
    )
