"""The scatter of timescales from finite recordings, against recordings."""

import numpy as np
import pytest

from numerics.recordings import record
from theory import circuits
from theory.circuits import LinearCircuit
from theory.errors import ProblemError
from theory.partial_observation import RecordedCircuit
from theory.partial_observation.finite_recording import timescale_spread
from theory.students import Autoregression


def test_of_one_neuron_it_is_the_classical_formula():
    rate = np.exp(-0.1)
    found = timescale_spread(RecordedCircuit(LinearCircuit([[0.9]])), 5_000, 400)
    expected = np.sqrt((1 - rate**2) / 5_000) / (rate * np.log(rate) ** 2)
    assert found.timescale == pytest.approx(10.0)
    assert found.standard_deviation == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("circuit", "observed"),
    [
        (circuits.feedforward_chain(30, skip=0.5, rotated=True, seed=1), range(3)),
        (circuits.symmetric_line_attractor(30, slow=30.0), range(6)),
    ],
    ids=["chain", "line"],
)
def test_recordings_scatter_as_predicted_and_not_as_the_fit_itself_would_say(circuit, observed):
    recorded, samples, draws = RecordedCircuit(circuit, observed, 0.5), 8_000, 150
    predicted = timescale_spread(recorded, samples, 800)
    fits = [
        Autoregression().fit(record(circuit, samples, 0.5, observed=observed, seed=seed)).slowest()
        for seed in range(draws)
    ]
    # 150 draws know a standard deviation to 6%, and a skewed one less well
    assert np.std(fits) == pytest.approx(predicted.standard_deviation, rel=0.25)
    assert abs(np.mean(fits) - predicted.timescale) < predicted.standard_deviation
    rate = np.exp(-0.5 / predicted.timescale)
    naive = np.sqrt((1 - rate**2) / samples) * 0.5 / (rate * np.log(rate) ** 2)
    assert (predicted.standard_deviation / naive > 1.3) == (circuit.truth.kind == "line")
    assert abs(np.log(predicted.standard_deviation / naive)) > np.log(1.3)


def test_oscillating_fits_are_refused():
    recorded = RecordedCircuit(circuits.oscillating_circuit(6, timescale=10.0), range(6), 0.5)
    with pytest.raises(ProblemError, match="oscillates"):
        timescale_spread(recorded, 1000, 100)
