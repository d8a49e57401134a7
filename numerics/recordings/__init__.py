"""Recordings of circuits: what an experimenter gets, sampled exactly."""

from numerics.recordings.files import load_recording as load_recording
from numerics.recordings.recording import Recording as Recording
from numerics.recordings.sampling import record as record
from numerics.recordings.sampling import stream as stream

__all__ = ["Recording", "load_recording", "record", "stream"]
