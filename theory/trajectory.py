"""Trajectories: what theory and networks are compared on, over training time."""

import numpy as np

from theory.observation import Observer
from theory.poles import outlying_poles
from theory.problem import Problem


def trajectory(problem: Problem, observer: Observer, training_time, observed: dict, matrices, seeds=None):
    """Collect observables into an `xarray.Dataset` over `training_time` (and `seed`, for networks).

    Variables: `loss`; `impulse_response` over `lag`; `transfer_function` over `frequency`; for one input
    and one output the outlying `pole` and its `residue` over `mode`, with the flag `pole_valid`: true
    where the pole stands clear, by 0.02, of the bulk that the initial recurrence makes.

    Args:
        problem: what was solved or trained.
        observer: made the observables.
        training_time: the recorded training times, (record,).
        observed: arrays by name as `Observer` returns them, with leading axes (seed,) record.
        matrices: (A, B, C), with the same leading axes, or (pole, residue) if they are known already.
        seeds: the seeds of networks; None for a theory's single path.
    """
    import xarray

    axes = ("training_time",) if seeds is None else ("seed", "training_time")
    dimensions = {
        "loss": axes,
        "remainder": axes,
        "impulse_response": (*axes, "lag", "output", "input"),
        "transfer_function": (*axes, "frequency", "output", "input"),
    }
    data = {name: (dimensions[name], np.asarray(observed[name])) for name in dimensions}
    if problem.teacher.inputs == problem.teacher.outputs == 1:
        poles, residues = matrices if len(matrices) == 2 else problem_poles(problem, matrices)
        clear = np.abs(poles - leak_pole(problem)) > bulk_radius(problem) + 0.02
        data["pole"] = ((*axes, "mode"), poles)
        data["residue"] = ((*axes, "mode"), residues)
        data["pole_valid"] = ((*axes, "mode"), clear & np.isfinite(residues))
    coordinates = {
        "training_time": np.asarray(training_time),
        "lag": list(observer.lags),
        "frequency": list(observer.frequencies),
    }
    if seeds is not None:
        coordinates["seed"] = list(seeds)
    dataset = xarray.Dataset(data, coords=coordinates, attrs={"problem": str(problem)})
    for name, text in {
        "training_time": "training time (step size x steps)",
        "loss": "population loss",
        "lag": f"lag ({problem.teacher.time.unit})",
        "remainder": "weight of the moments left out",
    }.items():
        dataset[name].attrs["long_name"] = text
    return dataset


def leak_pole(problem: Problem) -> float:
    """Where every pole of a network sits that has no recurrence but `recurrent_identity`."""
    own = getattr(problem.initialisation, "recurrent_identity", 0.0)
    return float(np.asarray(problem.teacher.time.state_matrix(np.full((1, 1), own)))[0, 0])


def bulk_radius(problem: Problem) -> float:
    """Radius of the disc that the initial recurrence spreads the poles over, as the width grows."""
    return float(getattr(problem.initialisation, "recurrent_gain", 0.0))


def problem_poles(problem: Problem, matrices: tuple) -> tuple[np.ndarray, np.ndarray]:
    """The outlying poles and residues of students, as many as the teacher has states."""
    return outlying_poles(*matrices, centre=leak_pole(problem), number=problem.teacher.states)
