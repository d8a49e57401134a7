"""Learning rules: how weights follow the gradient. Each is one small file; copy one to add your own."""

from theory.learning_rules.gradient_descent import GradientDescent as GradientDescent
from theory.learning_rules.gradient_flow import GradientFlow as GradientFlow
from theory.learning_rules.learning_rule import LearningRule as LearningRule

__all__ = ["GradientDescent", "GradientFlow", "LearningRule"]
