"""A learning problem: who learns what, from which start, by which loss and rule."""

import equinox as eqx
import jax
import jax.numpy as jnp

from theory.architectures import Architecture
from theory.checks import count, instance, real_array
from theory.configuration import configuration
from theory.conventions import Conventions
from theory.errors import NotDerivableError, ProblemError, UnstableSystemError
from theory.initialisations import Initialisation
from theory.learning_rules import LearningRule
from theory.linear_system import LinearSystem
from theory.objectives import Objective


class Problem(eqx.Module):
    """Teacher, architecture, initialisation, objective and learning rule: one question about learning.

    `derive(problem)` answers it by theory, `numerics.simulate(problem, ...)` by training networks.

    Args:
        teacher: the `LinearSystem` to imitate.
        architecture: how weights make the student's system.
        initialisation: how its weights are drawn.
        objective: what "imitates" means.
        learning_rule: how the weights move.

    Raises:
        ProblemError: a part of the wrong kind; a teacher for which the objective has no meaning.
        UnstableSystemError: an unstable teacher and an infinite horizon.

    >>> from theory import Problem, architectures, initialisations, learning_rules, objectives, teachers
    >>> problem = Problem(
    ...     teacher=teachers.leaky_integrator(rate=0.2),
    ...     architecture=architectures.FullRank(),
    ...     initialisation=initialisations.Gaussian(input=1e-2, readout=1e-2, recurrent_gain=0.0),
    ...     objective=objectives.WhiteNoise(),
    ...     learning_rule=learning_rules.GradientFlow(),
    ... )
    >>> float(problem.loss(problem.draw(width=16, seed=0)))
    1.249...
    """

    teacher: LinearSystem
    architecture: Architecture
    initialisation: Initialisation
    objective: Objective
    learning_rule: LearningRule

    def __check_init__(self):
        for name, kind in (
            ("teacher", LinearSystem),
            ("architecture", Architecture),
            ("initialisation", Initialisation),
            ("objective", Objective),
            ("learning_rule", LearningRule),
        ):
            instance(getattr(self, name), kind, name)
        self.objective.check(self.teacher)
        self.learning_rule.check(self.architecture, self.objective, self.teacher)

    @property
    def conventions(self) -> Conventions:
        """The conventions under which all of the problem's numbers are to be read."""
        return Conventions(time=self.teacher.time)

    def draw(self, width: int, seed: int) -> dict:
        """The initial weights of one network."""
        width, seed = count(width, "width"), count(seed, "seed", least=0, most=2**63 - 1)
        return self.initialisation.draw(
            seed, self.architecture, width, self.teacher.inputs, self.teacher.outputs
        )

    def system(self, weights: dict) -> LinearSystem:
        """The student's linear system."""
        matrices = self._matrices(self._checked(weights))
        return LinearSystem(*matrices, time=self.teacher.time, name="student")

    def loss(self, weights: dict):
        """The population loss of the student with those weights.

        Raises:
            ProblemError: weights that are not those of this architecture.
            UnstableSystemError: a student whose loss is infinite.
        """
        student = self.system(weights)
        loss = _loss(self.objective, student, self.teacher)
        if not isinstance(loss, jax.core.Tracer) and not bool(jnp.isfinite(loss)):
            student.require_stable("the loss over an infinite horizon")
            raise UnstableSystemError(f"the student's loss is {float(loss)}: it overflows within the window.")
        return loss

    def gradient(self, weights: dict) -> dict:
        """The exact gradient of the population loss with respect to every weight group.

        Under a rule that assigns credit otherwise (not `exact_gradient`), what it takes in place of the gradient.

        Raises:
            ProblemError: weights that are not those of this architecture.
            UnstableSystemError: a student whose loss is infinite.
        """
        self.loss(weights)  # for its checks
        return _gradient(self, self._checked(weights))

    def require_descent(self, what: str) -> None:
        """Raise a NotDerivableError unless weights descend the loss, all alike, as under gradient flow and descent."""
        if not self.learning_rule.uniform:
            raise NotDerivableError(
                f"{what} is a property of descent on the loss, all weights alike; the rule is {self.learning_rule}. "
                "Ask for it under learning_rules.GradientFlow()."
            )

    def _checked(self, weights: dict) -> dict:
        instance(weights, dict, "weights")
        arrays = {
            name: real_array(leaf, f"weights[{name!r}]", jnp.ndim(leaf)) for name, leaf in weights.items()
        }
        self.width_of(arrays)
        return arrays

    def width_of(self, weights: dict) -> int:
        """The width of the network that has those weights.

        Raises:
            ProblemError: weights of shapes that no network of this architecture has.
        """
        inputs, outputs = self.teacher.inputs, self.teacher.outputs
        shapes = {name: jnp.shape(group) for name, group in weights.items()}
        for width in {size for shape in shapes.values() for size in shape}:
            specified = self.architecture.weights(width, inputs, outputs)
            if shapes == {name: weight.shape for name, weight in specified.items()}:
                return width
        wanted = self.architecture.weights(5, inputs, outputs)
        raise ProblemError(
            f"{self.architecture} with {inputs} inputs and {outputs} outputs has, at width 5, weights of shapes "
            f"{ {name: weight.shape for name, weight in wanted.items()} }; got {shapes}."
        )

    def _matrices(self, weights: dict) -> tuple:
        return self.architecture.matrices(weights, self.teacher.time)

    def configuration(self) -> dict:
        """The problem as plain data."""
        return configuration(self)

    def __str__(self) -> str:
        lines = {
            "teacher": self.teacher,
            "architecture": f"{self.architecture}",
            "initialisation": self.initialisation,
            "objective": f"{self.objective}:   {self.objective.equation}",
            "learning rule": f"{self.learning_rule}:   {self.learning_rule.equation}",
            "conventions": self.conventions,
        }
        return "\n".join(f"{name:<16}{value}" for name, value in lines.items())


# compiled: traced afresh at every call, the Gramian equations would take seconds
@eqx.filter_jit
def _loss(objective: Objective, student: LinearSystem, teacher: LinearSystem):
    return objective.loss(student, teacher)


@eqx.filter_jit
def _gradient(problem: Problem, weights: dict) -> dict:
    system, pull_back = jax.vjp(problem._matrices, weights)
    student = LinearSystem(*system, time=problem.teacher.time)
    _, matrix_gradient = problem.learning_rule.value_and_gradient(problem.objective, student, problem.teacher)
    return pull_back(matrix_gradient)[0]
