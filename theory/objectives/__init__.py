"""Objectives: what "imitates" means. Each is one small file; copy one to add your own."""

from theory.objectives.coloured_input import ColouredInput as ColouredInput
from theory.objectives.final_time import FinalTime as FinalTime
from theory.objectives.finite_window import FiniteWindow as FiniteWindow
from theory.objectives.objective import Objective as Objective
from theory.objectives.ornstein_uhlenbeck_input import OrnsteinUhlenbeckInput as OrnsteinUhlenbeckInput
from theory.objectives.rollout import Rollout as Rollout
from theory.objectives.teacher_forcing import TeacherForcing as TeacherForcing
from theory.objectives.white_noise import WhiteNoise as WhiteNoise

__all__ = [
    "ColouredInput",
    "FinalTime",
    "FiniteWindow",
    "Objective",
    "OrnsteinUhlenbeckInput",
    "Rollout",
    "TeacherForcing",
    "WhiteNoise",
]
