"""Students of recordings. Each is one small file with one method, `fit`; copy one to add your own."""

from theory.students.autoregression import Autoregression as Autoregression
from theory.students.euler_drift import EulerDrift as EulerDrift
from theory.students.generalised_forcing import GeneralisedForcing as GeneralisedForcing
from theory.students.latent_dynamics import LatentDynamics as LatentDynamics
from theory.students.latent_limit import LatentLimit as LatentLimit
from theory.students.latent_limit import latent_limit as latent_limit
from theory.students.likelihood import log_likelihood as log_likelihood
from theory.students.logarithm_drift import LogarithmDrift as LogarithmDrift
from theory.students.low_rank import LowRank as LowRank
from theory.students.rollout import Rollout as Rollout
from theory.students.student import Fit as Fit
from theory.students.student import Student as Student
from theory.students.subspace import Subspace as Subspace
from theory.students.teacher_forced import TeacherForced as TeacherForced
from theory.students.verdict import attractor_kind as attractor_kind
from theory.students.verdict import report as report
from theory.students.windowed import Windowed as Windowed

__all__ = [
    "Autoregression",
    "EulerDrift",
    "Fit",
    "GeneralisedForcing",
    "LatentDynamics",
    "LatentLimit",
    "LogarithmDrift",
    "LowRank",
    "Rollout",
    "Student",
    "Subspace",
    "TeacherForced",
    "Windowed",
    "attractor_kind",
    "latent_limit",
    "log_likelihood",
    "report",
]
