"""Reading a model's attractors, timescales and responses off its rollouts, and off nothing else."""

from numerics.benchmark.reading.modes import Modes as Modes
from numerics.benchmark.reading.responses import responses as responses
from numerics.benchmark.reading.verdict import Reading as Reading
from numerics.benchmark.reading.verdict import read as read

__all__ = ["Modes", "Reading", "read", "responses"]
