"""Claims about networks. Each is one small file; copy one to add your own."""

from numerics.claims.integrator_half_time import integrator_half_time as integrator_half_time
from numerics.claims.integrator_outlier import integrator_outlier as integrator_outlier
from numerics.claims.random_recurrence import random_recurrence as random_recurrence

__all__ = ["integrator_half_time", "integrator_outlier", "random_recurrence"]


def every_claim() -> list:
    """All claims, in the order of their names."""
    return [globals()[name] for name in sorted(__all__)]
