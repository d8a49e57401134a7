"""What attractors a given autonomous system has: found, and where a bound is declared, certified.

A system is a function that JAX can trace: `velocity(state)` in continuous time, or `step(state)` in discrete time. One
that is a pytree (an `equinox.Module`, or `jax.tree_util.Partial(function, parameters)`) is compiled once for all values
of its parameters.
"""
