"""Recordings of circuits: what an experimenter gets, sampled exactly."""

from numerics.recordings.blocks import Blocks as Blocks
from numerics.recordings.files import load_recording as load_recording
from numerics.recordings.intervals import TimescaleIntervals as TimescaleIntervals
from numerics.recordings.intervals import timescale_intervals as timescale_intervals
from numerics.recordings.recording import Recording as Recording
from numerics.recordings.sampling import record as record
from numerics.recordings.sampling import stream as stream

__all__ = [
    "Blocks",
    "Recording",
    "TimescaleIntervals",
    "load_recording",
    "record",
    "stream",
    "timescale_intervals",
]
