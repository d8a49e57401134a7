"""Architectures: how weights make a student's system. Each is one small file; copy one to add your own."""

from theory.architectures.antisymmetric import Antisymmetric as Antisymmetric
from theory.architectures.architecture import Architecture as Architecture
from theory.architectures.architecture import Weight as Weight
from theory.architectures.complex_diagonal import ComplexDiagonal as ComplexDiagonal
from theory.architectures.complex_units import ComplexUnits as ComplexUnits
from theory.architectures.deep_recurrence import DeepRecurrence as DeepRecurrence
from theory.architectures.dense_recurrence import DenseRecurrence as DenseRecurrence
from theory.architectures.diagonal import Diagonal as Diagonal
from theory.architectures.exponential_rate import ExponentialRate as ExponentialRate
from theory.architectures.full_rank import FullRank as FullRank
from theory.architectures.independent_units import IndependentUnits as IndependentUnits
from theory.architectures.inverse_square_rate import InverseSquareRate as InverseSquareRate
from theory.architectures.log_polar_diagonal import LogPolarDiagonal as LogPolarDiagonal
from theory.architectures.low_rank import LowRank as LowRank
from theory.architectures.polar_diagonal import PolarDiagonal as PolarDiagonal
from theory.architectures.scaled_orthogonal import ScaledOrthogonal as ScaledOrthogonal
from theory.architectures.sigmoid_gate import SigmoidGate as SigmoidGate
from theory.architectures.sign_constrained import SignConstrained as SignConstrained
from theory.architectures.symmetric import Symmetric as Symmetric
from theory.architectures.trained_leak import TrainedLeak as TrainedLeak

__all__ = [
    "Antisymmetric",
    "Architecture",
    "ComplexDiagonal",
    "ComplexUnits",
    "DeepRecurrence",
    "DenseRecurrence",
    "Diagonal",
    "ExponentialRate",
    "FullRank",
    "IndependentUnits",
    "InverseSquareRate",
    "LogPolarDiagonal",
    "LowRank",
    "PolarDiagonal",
    "ScaledOrthogonal",
    "SigmoidGate",
    "SignConstrained",
    "Symmetric",
    "TrainedLeak",
    "Weight",
]
