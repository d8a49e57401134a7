"""The one function that asks a method, trusted or not."""

from numerics.benchmark.running import trusted
from numerics.benchmark.running.answer import Answer, Limits
from theory.errors import ProblemError


def answered(method, recording, queries: dict, seed: int, limits: Limits | None = None, cell=None) -> Answer:
    """What came of fitting a method to a recording and asking it, or why nothing did: it never raises what they raise.

    Args:
        method: one that ships, or a `FromFile` or `Command`, which run in limited processes of their own.
        recording: a `numerics.recordings.Recording`.
        queries: what is asked, by group.
        seed: of fitting and of the model's noise; it must tell nothing of the cell.
        limits: of untrusted methods; None takes those of `Limits`.
        cell: with the truth, for methods that ship and declare `needs_truth`; no other sees it.

    Raises:
        ProblemError: a method that needs the truth is not given a cell.

    >>> from numerics.benchmark.methods import method
    >>> from numerics.benchmark.queries import queries_of
    >>> from numerics.recordings import record
    >>> from theory.circuits import uncoupled
    >>> recording = record(uncoupled(2), samples=200, bin_size=1.0)
    >>> answered(method("leak"), recording, queries_of(recording), seed=0).rollouts["long"].shape
    (16, 1, 4000, 2)
    """
    if hasattr(method, "run_apart"):
        return method.run_apart(recording, queries, seed, limits or Limits())
    if getattr(method, "needs_truth", False) and cell is None:
        raise ProblemError(f"{getattr(method, 'name', method)} needs the truth: give the cell.")
    return trusted.run(method, recording, queries, seed, cell)
