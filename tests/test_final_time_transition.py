"""The best aligned mode between two impulses, against what is known at T = 2, 3 and 5."""

import numpy as np
import pytest

from paper_figures.final_time_transition import best_response


@pytest.mark.parametrize("ratio", [0.3, 0.6, 0.9, 1.4])
def test_transitions(ratio):
    """T = 2 answers always; T = 3 has `b^2 = (2 ratio - 1) / (2 - ratio)` beyond 1/2; T = 5 jumps at 1."""
    assert best_response(2, ratio) == pytest.approx(1.0, abs=1e-6)
    square = max((2 * ratio - 1) / (2 - ratio), 0.0)
    strength = (1 + ratio * square) / (1 + square + square**2)
    assert best_response(3, ratio) == pytest.approx(strength * square / ratio, abs=1e-3)  # of the grid of b
    assert np.isclose(best_response(5, ratio), float(ratio > 1), atol=1e-3)
