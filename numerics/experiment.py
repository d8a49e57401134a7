"""An experiment: one simulation as plain data, run once and found again."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from numerics.computation import Computation
from numerics.cost import gradient_operations, matrix_vector_rate
from numerics.simulation import simulate
from numerics.stability import steps_for
from theory.problem import Problem


@dataclass(frozen=True)
class Experiment(Computation):
    """One batch of networks to train.

    Args:
        problem: what is learned.
        width: number of hidden units.
        seeds: how many networks.
        training_time: step size times steps.
        records: number of observations.
        step_size: Runge-Kutta step of gradient flow; None lets the theory choose.
        weights: keep the weights at every record.
        evaluator: what the networks train on (see `numerics.evaluators`); None: exact population gradients.
    """

    label: ClassVar[str] = "networks"
    entry: ClassVar[str] = "numerics.simulation"

    problem: Problem
    width: int
    seeds: int = 8
    training_time: float = 20.0
    records: int = 81
    step_size: float | None = None
    weights: bool = False
    evaluator: object = None

    def predicted(self, dynamics) -> list:
        """The theory's trajectory of each network, by its own draw.

        Args:
            dynamics: `LearningDynamics` of the problem, or of a rival.
        """
        return [
            dynamics.solve(self.training_time, self.width, seed, self.records) for seed in range(self.seeds)
        ]

    def operations(self) -> float:
        """Floating-point operations of the training."""
        _, steps = steps_for(self.problem, self.training_time, self.width, self.records, self.step_size)
        gradients = int(steps[-1]) * self.problem.learning_rule.gradients_per_step
        return gradients * self.seeds * gradient_operations(self.problem, self.width, self.evaluator)

    def seconds(self) -> float:
        """What the training will roughly take on this machine."""
        return 3.0 + 1.5 * self.operations() / matrix_vector_rate(self.width, self.seeds)

    def compute(self, progress: bool, checkpoint: Path):
        """Train the networks; returns their trajectory."""
        return simulate(
            self.problem,
            self.width,
            self.seeds,
            self.training_time,
            records=self.records,
            step_size=self.step_size,
            evaluator=self.evaluator,
            weights=self.weights,
            progress=progress,
            checkpoint=checkpoint,
        )
