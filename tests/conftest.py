"""All tests run with the shapes in the types of `theory` and `numerics` checked at every call."""

import os
import tempfile
from pathlib import Path
from typing import get_args

# What one test process or notebook has compiled, the others need not: a folder of this run's own, for all of them.
# (Set before anything imports JAX; processes of pytest-xdist and of tests inherit it.)
if "PYTEST_XDIST_WORKER" not in os.environ:
    COMPILED = tempfile.TemporaryDirectory(prefix="attractory-compiled-")
    os.environ |= {"JAX_COMPILATION_CACHE_DIR": COMPILED.name, "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a test process a core: with more threads they wait for one another

import jax
import pytest
from beartype import beartype
from jaxtyping import AbstractArray, install_import_hook


def shapes_only(function):
    """Check the annotations that hold an array's shape, by beartype, and those alone.

    What is wrong with any other argument is for the toolkit to say, in an error of its own.
    """
    function.__annotations__ = {
        name: hint for name, hint in function.__annotations__.items() if _has_shape(hint)
    }
    return beartype(function)


def _has_shape(hint) -> bool:
    if isinstance(hint, type) and issubclass(hint, AbstractArray):
        return True
    return any(_has_shape(part) for part in get_args(hint))


install_import_hook(["theory", "numerics"], "tests.conftest.shapes_only")


# A process may have 65,530 pieces of memory (Linux's vm.max_map_count). Every compiled program takes several, and XLA
# dies of a segmentation fault where there are no more: a process that runs half of all tests comes there.
MAPS, MANY = Path("/proc/self/maps"), 30_000


@pytest.fixture(scope="module", autouse=True)
def forget_programs():
    """Compiled programs are forgotten after a module, once there are too many of them."""
    yield
    if MAPS.exists() and MAPS.read_bytes().count(b"\n") > MANY:
        jax.clear_caches()


@pytest.fixture
def optimised():
    """Programs of a test that runs long are optimised, as users' are."""
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.config.update("jax_disable_most_optimizations", True)


# Compiling is what the tests spend their time on, and most programs are small: they are optimised in notebooks, in
# processes that tests start and where a test asks for it, and not elsewhere.
jax.config.update("jax_disable_most_optimizations", True)
