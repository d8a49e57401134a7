"""The aligned start."""

import jax.numpy as jnp
import numpy as np
import pytest

from theory.architectures import Diagonal, FullRank
from theory.errors import ProblemError
from theory.initialisations import Aligned


def test_weights_share_their_directions():
    """`V W^k U = c b^k a` along the diagonal, whatever the draw; and nothing off it."""
    for seed in (0, 1):
        w = Aligned(input=0.5, recurrent=0.3, readout=2.0).draw(seed, FullRank(), 9, 2, 3)
        power = w["input"]
        for lag in range(4):
            np.testing.assert_allclose(w["readout"] @ power, 0.3**lag * np.eye(3, 2), atol=1e-14)
            power = w["recurrent"] @ power
        assert np.linalg.matrix_rank(w["recurrent"], tol=1e-12) == 3
    assert not jnp.allclose(w["input"], Aligned(0.5, 0.3, 2.0).draw(0, FullRank(), 9, 2, 3)["input"])


def test_noise_is_added_at_its_scale():
    quiet, noisy = (Aligned(0.5, 0.3, 2.0, noise).draw(3, FullRank(), 400, 1, 1) for noise in (0.0, 0.1))
    added = np.asarray(noisy["recurrent"] - quiet["recurrent"])
    assert added.std() * 20 == pytest.approx(0.1, rel=0.01)  # of 160,000 entries: .2%
    assert Aligned(1, 0, 1).recurrent_multiple == 0.0 and Aligned(1, 0, 1, noise=0.1).recurrent_multiple is None


def test_what_cannot_be_aligned_is_refused():
    with pytest.raises(ProblemError, match="do not fit"):
        Aligned(1, 0, 1).draw(0, FullRank(), 2, 3, 1)
    with pytest.raises(ProblemError, match="dense recurrence"):
        Aligned(1, 0, 1).draw(0, Diagonal(), 4, 1, 1)
    with pytest.raises(ProblemError, match="noise"):
        Aligned(1, 0, 1, noise=-1.0)
