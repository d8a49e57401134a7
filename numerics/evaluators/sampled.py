"""The white-noise loss as people train on it: sampled trajectories and back-propagation through time."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Int

from theory.checks import count, instance, positive
from theory.errors import ProblemError
from theory.linear_system import LinearSystem
from theory.observation import lag_grid
from theory.time import ContinuousTime


class Sampled(eqx.Module):
    """Loss and gradient on a minibatch of random trajectories, by back-propagation through time.

    Student and teacher start at rest and see the same white noise x, standard normal at every step:

        h_{t+1} = M h_t + B x_t,   y_t = C h_t,   e_t = y_t - y*_t - output_noise n_t
        L = 1/2 mean |e_t|^2 over the batch and the scored steps, the last `duration` of each trajectory
        l_t = M^T l_{t+1} + C^T e_t / (batch x scored steps)
        dL/dM = sum l_{t+1} h_t^T,   dL/dB = sum l_{t+1} x_t^T,   dL/dC = sum e_t h_t^T / (batch x scored steps)

    In discrete time M = A, and the expected loss is the population loss `objectives.WhiteNoise` plus
    `output_noise^2 / 2` for each output, but for what the impulse responses hold beyond the warm-up. In continuous
    time both systems take Euler-Maruyama steps, M = I + step A with B scaled by sqrt(step), and the expected loss
    is step/2 times the sum over k of `|C (I + step A)^k B - (the teacher's)|^2`, off by a further part O(step).

    All numbers, random ones included, have the precision of the weights. Peak memory is that of the states and
    adjoints of all steps, 2 x (warm-up + scored steps) x batch x width numbers (`memory` gives bytes), whatever the
    number of training steps, and of networks, which take turns.

    Args:
        teacher: the stable system to imitate.
        batch: trajectories in a minibatch.
        duration: scored time of each, in the time's own unit; whole steps in discrete time.
        warmup: time before, which is not scored; None takes five of the teacher's slowest time constants.
        step: time bin in continuous time, 0.1 if None.
        output_noise: standard deviation of white noise on every output of the teacher, per step.
        data: None draws new trajectories at every training step. A number M draws each minibatch, without
            repeats, from M fixed trajectories, which are made anew from their index whenever they are used;
            with M = batch it is always all of them, in one order.
        data_seed: which fixed trajectories.

    Raises:
        ProblemError: sizes and times that make no sense, a step in discrete time, a step at which the
            teacher itself is unstable, fewer trajectories than a batch.
        UnstableSystemError: the teacher is not stable.

    >>> from theory import teachers
    >>> sampled = Sampled(teachers.leaky_integrator(0.2), batch=200, duration=100.0)
    >>> student = teachers.leaky_integrator(1.0)
    >>> loss, _ = sampled.value_and_gradient(student.A, student.B, student.C, student.time, jax.random.key(0))
    >>> 0.6 < float(loss) < 0.75  # the population loss is 2/3
    True

    Source: P. J. Werbos, Backpropagation through time: what it does and how to do it, Proc. IEEE 78 (1990) 1550.
    """

    teacher: LinearSystem
    data_seed: Int[Array, ""]
    batch: int = eqx.field(static=True)
    unscored: int = eqx.field(static=True)
    scored: int = eqx.field(static=True)
    step: float = eqx.field(static=True)
    output_noise: float = eqx.field(static=True)
    data: int | None = eqx.field(static=True)

    def __init__(
        self,
        teacher: LinearSystem,
        batch: int,
        duration: float,
        warmup: float | None = None,
        step: float | None = None,
        output_noise: float = 0.0,
        data: int | None = None,
        data_seed: int = 0,
    ):
        self.teacher = instance(teacher, LinearSystem, "teacher")
        teacher.require_stable("its white-noise loss")
        self.batch = count(batch, "batch")
        duration = positive(duration, "duration")
        warmup = positive(lag_grid(teacher)[-1] if warmup is None else warmup, "warmup", allow_zero=True)
        if isinstance(teacher.time, ContinuousTime):
            self.step = positive(0.1 if step is None else step, "step")
            largest = np.abs(1.0 + self.step * teacher.poles()).max()
            if largest >= 1:
                raise ProblemError(
                    f"step = {self.step:g} gives the teacher's Euler steps a pole of modulus {largest:.3g}, which "
                    "grows: take a smaller step."
                )
        else:
            if step is not None:
                raise ProblemError(f"step = {step!r}, but in discrete time a step is the unit: leave it out.")
            for name, value in (("duration", duration), ("warmup", warmup)):
                if value != round(value):
                    raise ProblemError(
                        f"{name} = {value:g}, but in discrete time it is a whole number of steps."
                    )
            self.step = 1.0
        self.scored, self.unscored = round(duration / self.step), round(warmup / self.step)
        if self.scored < 1:
            raise ProblemError(f"duration = {duration:g} is less than one step of {self.step:g}.")
        self.output_noise = positive(output_noise, "output_noise", allow_zero=True)
        because = f"A minibatch holds {self.batch} different trajectories."
        self.data = None if data is None else count(data, "data", least=self.batch, because=because)
        self.data_seed = jnp.asarray(count(data_seed, "data_seed", least=0, most=2**32 - 1))

    def memory(self, width: int, precision: str = "float64") -> int:
        """Bytes that the states and adjoints of a network of that width take.

        >>> from theory import teachers
        >>> Sampled(teachers.leaky_integrator(0.2), batch=64, duration=50.0).memory(1024, "float32") / 2**20
        375.0
        """
        steps = self.unscored + self.scored
        return 2 * steps * self.batch * count(width, "width") * np.dtype(precision).itemsize

    def trajectories(self, key, dtype) -> tuple:
        """The inputs (time, batch, p) and output noise (time, batch, q) of the minibatch of that key."""
        if self.data is None:
            keys = jax.random.split(key, self.batch)
        else:
            index = jnp.arange(self.batch)
            if self.data > self.batch:
                index = jax.random.choice(key, self.data, (self.batch,), replace=False)
            keys = jax.vmap(jax.random.fold_in, (None, 0))(jax.random.key(self.data_seed), index)
        steps = self.unscored + self.scored

        def draw(own, stream, size):
            return jax.random.normal(jax.random.fold_in(own, stream), (steps, size), dtype)

        draws = jax.vmap(draw, (0, None, None), out_axes=1)
        inputs = draws(keys, 0, self.teacher.inputs)
        if not self.output_noise:
            return inputs, jnp.zeros((steps, self.batch, self.teacher.outputs), dtype)
        return inputs, self.output_noise * draws(keys, 1, self.teacher.outputs)

    def value_and_gradient(self, A, B, C, time, key) -> tuple:
        """The loss of the minibatch of that key and its (dL/dA, dL/dB, dL/dC)."""
        return _backpropagate(self, A, B, C, key)

    def stepping(self, A, B, C) -> tuple:
        """(M, B, C) of a system's steps."""
        if isinstance(self.teacher.time, ContinuousTime):
            return jnp.eye(A.shape[0], dtype=A.dtype) + self.step * A, self.step**0.5 * B, C
        return A, B, C


# networks one after the other: side by side they would take memory for each, and products no faster
@jax.custom_batching.sequential_vmap
def _backpropagate(sampled: Sampled, A, B, C, key) -> tuple:
    inputs, noise = sampled.trajectories(key, A.dtype)
    teacher = (sampled.teacher.A, sampled.teacher.B, sampled.teacher.C)
    TM, TB, TC = sampled.stepping(*(matrix.astype(A.dtype) for matrix in teacher))
    (M, B, C), pull_back = jax.vjp(sampled.stepping, A, B, C)

    def forward(states, driven):
        (h, z), (x, n) = states, driven
        following = h @ M.T + x @ B.T, z @ TM.T + x @ TB.T
        return following, (h, h @ C.T - z @ TC.T - n)

    def backward(adjoint, slope):
        return adjoint @ M + slope @ C, adjoint

    rest = tuple(jnp.zeros((sampled.batch, size), A.dtype) for size in (A.shape[0], TM.shape[0]))
    _, (states, errors) = jax.lax.scan(forward, rest, (inputs, noise))
    errors = errors.at[: sampled.unscored].set(0.0)
    slopes = errors / (sampled.batch * sampled.scored)
    _, adjoints = jax.lax.scan(backward, rest[0], slopes, reverse=True)
    loss = 0.5 * jnp.vdot(errors, slopes)
    # one product over time and batch for each group: far faster than sums inside the loop
    states, adjoints, slopes, inputs = (
        part.reshape(-1, part.shape[-1]) for part in (states, adjoints, slopes, inputs)
    )
    return loss, pull_back((adjoints.T @ states, (inputs.T @ adjoints).T, slopes.T @ states))
