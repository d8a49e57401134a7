"""What a learning rule must say of itself."""

import abc
from collections.abc import Callable

import equinox as eqx
import jax.numpy as jnp

from theory.errors import NotDerivableError


class LearningRule(eqx.Module):
    """How weights move, given the gradient of the loss.

    A new rule is one class with a `step`; one that remembers (a velocity, running means) also has a `start`. Its memory
    is carried through theory's iterations, through training and through checkpoints.

    Attributes:
        equation: the rule, in print.
        order: the order in the step size at which a trained network departs from the rule's own limit of small steps.
        gradients_per_step: how many it takes.
        rotation_invariant: whether rotating the hidden units and taking a step commute, and a weight at zero whose
            gradient vanishes stays there. Reductions to a subspace of hidden space need it.
        uniform: whether all weights are treated alike, as one flat vector, and nothing is remembered: then `growth`
            says how a perturbation grows.
        linear: whether a step is linear in the gradients it takes.
        exact_gradient: whether the rule takes the gradient of the loss; where not, what it takes is the gradient of
            no function, and plateaus, curvatures and conservation laws of the loss say nothing about it.
    """

    equation: eqx.AbstractVar[str]
    order: eqx.AbstractVar[int]
    gradients_per_step: eqx.AbstractVar[int]
    rotation_invariant: eqx.AbstractVar[bool]
    uniform: eqx.AbstractVar[bool]
    linear: eqx.AbstractVar[bool]
    exact_gradient: eqx.AbstractVar[bool]

    @abc.abstractmethod
    def step(self, weights, memory, gradient: Callable, step_size) -> tuple:
        """The weights and the memory one step later.

        Args:
            weights: a pytree of arrays; in a network, a dict of them by name.
            memory: what `start` or the step before returned.
            gradient: maps weights to the gradient of the loss, a pytree of the same structure.
            step_size: training time that the step advances.
        """

    def check(self, architecture, objective, teacher) -> None:
        """Raise a ProblemError where the rule has no meaning for that architecture, objective and teacher."""

    def start(self, weights):
        """The memory before the first step, a pytree of arrays; empty by default."""
        return ()

    def value_and_gradient(self, objective, student, teacher) -> tuple:
        """The loss, and what the rule takes for its gradient in (A, B, C): by default the gradient.

        Everything that moves weights takes it from here: `Problem.gradient`, reductions, and training.

        Args:
            objective: an `Objective`.
            student, teacher: `LinearSystem`s.
        """
        return objective.value_and_gradient(student, teacher)

    def limit(self) -> "LearningRule | None":
        """The flow that the rule follows as its steps become small; None where it is no flow of the weights alone."""
        return None

    def descended(self, weights, gradient):
        """What a flow follows downhill in place of the gradient at those weights: by default the gradient itself."""
        return gradient

    def largest_step(self, curvature: float) -> float:
        """The largest step size at which steps stay stable where the rule's `limit` decays at that rate.

        Under gradient descent and momentum that is the curvature of the loss.
        """
        return float("inf")

    def growth(self, rate, duration):
        """The factor by which a weight grows where its gradient is `-rate` times itself.

        `exp(rate duration)` under gradient flow; for a rule of finite steps its factor of one step to the power of
        their number: `(1 + h rate)^(duration / h)` under gradient descent.

        Args:
            rate: per unit of training time, an array; negative where the weight decays.
            duration: training time.

        Raises:
            NotDerivableError: the rule is not `uniform`.
        """
        if not self.uniform:
            raise NotDerivableError(f"under {self} a small weight does not grow by a factor of its own.")
        step = self.chosen_step_size()
        if step is None:
            return jnp.exp(rate * duration)
        factor, steps = self.step(jnp.ones_like(rate), (), lambda weight: -rate * weight, step)[0], duration / step
        sign = jnp.where((factor < 0) & (jnp.round(steps) % 2 == 1), -1.0, 1.0)
        return sign * jnp.abs(factor) ** steps

    def chosen_step_size(self) -> float | None:
        """The step size the rule prescribes, or None where it is only a matter of accuracy."""
        return None
