"""Progress bars, on work that takes long enough to want one."""

import io
import sys

import numpy as np

from numerics import progress
from theory.kernels import Identity, RecurrentLayer, RecurrentNetwork, all_pairs


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_kernels_at_all_pairs_of_times_show_how_far_they_are_on_a_terminal(monkeypatch):
    network = RecurrentNetwork(RecurrentLayer(Identity(), 0.5))
    monkeypatch.setattr(sys.modules["theory.kernels.all_pairs"], "_BLOCK_NUMBERS", 4)  # one sequence a block
    monkeypatch.setattr(progress, "_PATIENCE", -1.0)
    seen = {}
    for kind in (io.StringIO, Terminal):
        monkeypatch.setattr(sys, "stderr", kind())
        found = all_pairs(network, np.ones((2, 2, 1)), follow=progress.followed)
        np.testing.assert_allclose(found.matrices().ntk[:2, 2:], [[2.0, 2.0], [2.0, 2.75]])
        seen[kind] = sys.stderr.getvalue()
    assert seen[io.StringIO] == ""
    assert "kernels in blocks" in seen[Terminal] and "100%" in seen[Terminal]
