"""Students that must be trained. Each is one small file with one method, `fit`; copy one to add your own."""

from numerics.students.interpolated_forcing import InterpolatedForcing as InterpolatedForcing
from numerics.students.nonlinear_regression import NonlinearRegression as NonlinearRegression
from numerics.students.wide_network import WideNetwork as WideNetwork

__all__ = ["InterpolatedForcing", "NonlinearRegression", "WideNetwork"]
