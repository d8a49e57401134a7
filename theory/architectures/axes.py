"""Which axes of a network's weights run over hidden units, and how they turn with hidden space."""

import jax.numpy as jnp

from theory.architectures.architecture import Architecture


def width_axes(architecture: Architecture, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    """The axes of every weight group that grow with the width, by name.

    >>> from theory.architectures import FullRank
    >>> width_axes(FullRank(), inputs=1, outputs=1)
    {'recurrent': (0, 1), 'input': (0,), 'readout': (1,)}
    """
    narrow, wide = (architecture.weights(width, inputs, outputs) for width in (3, 4))
    return {
        name: tuple(
            axis
            for axis, sizes in enumerate(zip(weight.shape, wide[name].shape, strict=True))
            if sizes[0] != sizes[1]
        )
        for name, weight in narrow.items()
    }


def rotated(values, axes: tuple[int, ...], turn):
    """Weights in other coordinates of hidden space: every axis of units multiplied by a matrix.

    Args:
        values: a weight group.
        axes: its axes of units, as of `width_axes`.
        turn: (new unit, unit); orthogonal for a rotation, with fewer rows for a subspace.
    """
    for axis in axes:
        values = jnp.moveaxis(jnp.tensordot(turn, values, axes=(1, axis)), 0, axis)
    return values
