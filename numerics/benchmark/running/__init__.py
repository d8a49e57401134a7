"""Asking a method: in this process where it is ours, in a process of its own, limited, where it is anybody's.

>>> from numerics.benchmark.running import Limits
>>> Limits(seconds=10.0).memory
4294967296
"""

import importlib

_HOME_OF = {
    "Answer": "numerics.benchmark.running.answer",
    "Command": "numerics.benchmark.running.untrusted",
    "FromFile": "numerics.benchmark.running.untrusted",
    "Limits": "numerics.benchmark.running.answer",
    "answered": "numerics.benchmark.running.asking",
}

__all__ = list(_HOME_OF)


def __getattr__(name: str):
    if name in _HOME_OF:
        return getattr(importlib.import_module(_HOME_OF[name]), name)
    raise AttributeError(f"module 'numerics.benchmark.running' has no attribute {name!r}")
