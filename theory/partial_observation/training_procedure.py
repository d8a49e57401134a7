"""Training procedures compared: which slow mode each way to train reports of one and the same recording."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from theory.checks import count, instance
from theory.errors import AttractoryError
from theory.partial_observation.labels import outcome, reports_line
from theory.partial_observation.recorded_circuit import RecordedCircuit
from theory.students.autoregression import Autoregression
from theory.students.generalised_forcing import GeneralisedForcing
from theory.students.rollout import Rollout
from theory.students.student import Student
from theory.students.subspace import Subspace
from theory.students.teacher_forced import TeacherForced

FAILED = "failed"
"""The outcome of a student that could not be fitted."""


def standard_procedures(
    recorded: RecordedCircuit,
    training_times=(0.01, 0.1, 1.0, 10.0),
    steps=(1, 2, 5, 10, 20),
    orders=None,
    horizon: int = 5,
    forcings=(1.0, 0.5, 0.2, 0.05, 0.0),
    window: int = 20,
) -> dict[str, dict[float, Student]]:
    """Training time of teacher forcing, length of rollouts, lag of regressions, latent order, and forcing, each swept.

    Args:
        recorded: what is to be fitted.
        training_times: of teacher-forced descent, times the mean variance of a recorded neuron: of order 1 once
            the average direction is learned.
        steps: lengths of rollouts, and lags, in bins. A single step is teacher forcing to the end; a rollout that is
            long against every memory of the recording is free running.
        orders: numbers of latent states; by default d - 1 to d + 2 (at least 1) for d neurons.
        horizon: of subspace identification, in bins.
        forcings: of generalised teacher forcing, from 1, teacher forcing to the end, to 0, running freely.
        window: over which it trains, in bins.

    Returns:
        By procedure, students by setting: what `training_procedures` takes. Add your own students to it.
    """
    variance = float(np.trace(recorded.lagged_covariance([0])[0]) / recorded.neurons)
    d = recorded.neurons
    orders = range(max(1, d - 1), d + 3) if orders is None else orders
    return {
        "teacher forcing": {float(time): TeacherForced(float(time) / variance) for time in training_times},
        "rollout": {float(k): Rollout(count(k, "steps")) for k in steps},
        "lag": {float(k): Autoregression(count(k, "steps")) for k in steps},
        "latent": {float(n): Subspace(count(n, "orders"), horizon) for n in orders},
        "forcing": {float(f): GeneralisedForcing(count(window, "window"), float(f)) for f in forcings},
    }


def training_procedures(
    recorded: RecordedCircuit, procedures: Mapping[str, Mapping[float, Student]] | None = None
) -> xr.Dataset:
    """What every student of some families would report of one endless recording, and which slow modes are not true.

    A student that reports a slow mode where the circuit has none has invented it; one that reports none of a true one
    has missed it (`labels.reports_line`: 20 single-unit time constants, 10 times the next mode).

    Args:
        recorded: the circuit's truth must be known.
        procedures: by name, students by the setting that is swept; `standard_procedures(recorded)` by default.

    Returns:
        Along `fit`, with coordinates `procedure` and `setting`: `slowest` and `second` timescale (`timescale` unit;
        nan where there is none), `reported` and `outcome`. A student that refuses the recording has outcome "failed"
        and says why in `reason`.

    Raises:
        ProblemError: a circuit whose truth is left open.

    >>> from theory.circuits import feedforward_chain
    >>> recorded = RecordedCircuit(feedforward_chain(60, skip=1.0, rotated=True), range(6))
    >>> found = training_procedures(recorded, {"lag": {k: Autoregression(k) for k in (1, 30)}})
    >>> found.outcome.values
    array(['invented', 'absent'], dtype='<U8')
    """
    instance(recorded, RecordedCircuit, "recorded")
    truth, unit = recorded.circuit.truth, recorded.circuit.time_constant
    outcome(truth, False)  # refuses what has no known truth before anything is fitted
    procedures = standard_procedures(recorded) if procedures is None else procedures
    rows = []
    for procedure, students in procedures.items():
        for setting, student in students.items():
            timescales, reported, found, reason = np.full(2, np.nan), False, FAILED, ""
            try:
                fit = student.fit(recorded)
                known = fit.timescales()[:2]
                timescales[: len(known)] = known
                reported = reports_line(fit, unit)
                found = outcome(truth, reported)
            except AttractoryError as error:
                reason = str(error)
            rows.append((procedure, float(setting), *timescales, reported, found, reason))
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    names = ("procedure", "setting", "slowest", "second", "reported", "outcome", "reason")
    dataset = xr.Dataset({name: ("fit", column) for name, column in zip(names, columns, strict=True)})
    return dataset.set_coords(["procedure", "setting"]).assign_attrs(
        circuit=recorded.circuit.name,
        truth=truth.kind,
        true_timescale=truth.timescales[0] if truth.timescales else np.nan,
        neurons=recorded.neurons,
        bin_size=recorded.bin_size,
        observation_noise=recorded.observation_noise,
    )


def turning_points(found: xr.Dataset) -> xr.Dataset:
    """Where a procedure's outcome turns as its setting is swept: the settings and outcomes on either side of each turn.

    Args:
        found: of `training_procedures`.

    Returns:
        `procedure`, `before` and `after` (settings), `outcome_before` and `outcome_after`, along `turn`.

    >>> from theory.circuits import feedforward_chain
    >>> recorded = RecordedCircuit(feedforward_chain(60, skip=1.0, rotated=True), range(6))
    >>> found = training_procedures(recorded, {"lag": {k: Autoregression(k) for k in (1, 3, 30)}})
    >>> turning_points(found).outcome_after.values.tolist()
    ['absent']
    """
    turns = {name: [] for name in ("procedure", "before", "after", "outcome_before", "outcome_after")}
    for procedure in dict.fromkeys(found.procedure.values.tolist()):
        swept = found.isel(fit=found.procedure.values == procedure).sortby("setting")
        settings, outcomes = swept.setting.values, swept.outcome.values
        for i in np.flatnonzero(outcomes[1:] != outcomes[:-1]):
            values = (procedure, settings[i], settings[i + 1], outcomes[i], outcomes[i + 1])
            for name, value in zip(turns, values, strict=True):
                turns[name].append(value)
    return xr.Dataset({name: ("turn", np.array(values)) for name, values in turns.items()})
