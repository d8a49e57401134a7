"""The one place where the precision is set: float64, throughout."""

import os
import sys


def use_float64() -> None:
    """Switch JAX to float64, without importing it (importing JAX takes most of a second).

    Called when `theory` or `numerics` is imported, before either makes an array.
    """
    if "jax" in sys.modules:
        sys.modules["jax"].config.update("jax_enable_x64", True)
    else:
        os.environ["JAX_ENABLE_X64"] = "true"
