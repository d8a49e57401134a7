"""Methods that are put to the test. Each is one small file; copy one to add your own.

>>> method("ridge").sentence
'one-step regression of all channels with a ridge: the MAP network of what is seen'
"""

import importlib

from theory.errors import ProblemError

CLASSES = {
    "leak": "leak.Leak",
    "phase-randomised": "phase_randomised.PhaseRandomised",
    "ridge": "ridge.Ridge",
    "var": "vector_autoregression.VectorAutoregression",
    "instruments": "instruments.Instruments",
    "subspace": "subspace_identification.SubspaceIdentification",
    "latent-lds": "latent_lds.LatentLds",
    "low-rank": "low_rank_network.LowRankNetwork",
    "delay-dmd": "delay_dmd.DelayDmd",
    "rnn": "forced_network.ForcedNetwork",
    "latent-ode": "latent_ode.LatentOde",
    "oracle": "oracle.Oracle",
    "truth": "truth_in_hand.TruthInHand",
}
"""By name: the module in this folder, and the class in it."""


def method(name: str):
    """The method of that name, with its own settings.

    Args:
        name: one of `CLASSES`.

    Raises:
        ProblemError: no method has that name.
    """
    if name not in CLASSES:
        raise ProblemError(
            f"no method is called {name!r}: there are {', '.join(CLASSES)}; or name a file such as my_method.py."
        )
    module, kind = CLASSES[name].split(".")
    return getattr(importlib.import_module(f"{__name__}.{module}"), kind)()
