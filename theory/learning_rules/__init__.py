"""Learning rules: how weights follow the gradient. Each is one small file; copy one to add your own."""

from theory.learning_rules.adam import Adam as Adam
from theory.learning_rules.gradient_descent import GradientDescent as GradientDescent
from theory.learning_rules.gradient_flow import GradientFlow as GradientFlow
from theory.learning_rules.group_rates import GroupRates as GroupRates
from theory.learning_rules.heavy_ball import HeavyBall as HeavyBall
from theory.learning_rules.ignoring_recurrence import IgnoringRecurrence as IgnoringRecurrence
from theory.learning_rules.learning_rule import LearningRule as LearningRule
from theory.learning_rules.rflo import RFLO as RFLO
from theory.learning_rules.sign_descent import SignDescent as SignDescent
from theory.learning_rules.truncated import Truncated as Truncated
from theory.learning_rules.weight_decay import WeightDecay as WeightDecay

__all__ = [
    "RFLO",
    "Adam",
    "GradientDescent",
    "GradientFlow",
    "GroupRates",
    "HeavyBall",
    "IgnoringRecurrence",
    "LearningRule",
    "SignDescent",
    "Truncated",
    "WeightDecay",
]
