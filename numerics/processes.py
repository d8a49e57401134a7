"""Several processes at once, which end with the one that started them, however that ends."""

import contextlib
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from tempfile import TemporaryDirectory

MOST = 4  # each takes about a gigabyte, and its own threads for what one process cannot spread


def available() -> int:
    """How many processes train side by side here: one a core and no more than 4; one where there is a GPU."""
    import jax

    return min(MOST, len(os.sched_getaffinity(0))) if jax.default_backend() == "cpu" else 1


def in_processes(function: Callable, items: Sequence, processes: int) -> Iterator[int]:
    """Call a function on every item, several processes at a time; yields the index of each item that is done.

    What the processes compile they share. When the caller stops, is interrupted or is killed, they end at once.

    Args:
        function: of one item; a module's, since the processes find it by its name. What it returns is dropped.
        items: to be taken in this order.
        processes: how many at a time.

    Raises:
        Exception: whatever the function raised first; the processes are ended.
        concurrent.futures.BrokenExecutor: a process was killed.
    """
    context = multiprocessing.get_context("spawn")  # a fork would inherit JAX's locks without its threads
    reader, writer = context.Pipe(duplex=False)
    with (
        TemporaryDirectory(prefix="attractory-") as compiled,
        ProcessPoolExecutor(processes, context, _begin, (reader, compiled)) as pool,
    ):
        futures = {pool.submit(function, item): index for index, item in enumerate(items)}
        try:
            for future in as_completed(futures):
                future.result()
                yield futures[future]
        except BaseException:
            writer.close()  # which ends the processes, and the pool with them
            raise


@contextlib.contextmanager
def single_threaded():
    """Processes that are started within compute small matrices with one thread each, and do not wait for one another.

    >>> with single_threaded():
    ...     os.environ["OPENBLAS_NUM_THREADS"]
    '1'
    """
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ |= dict.fromkeys(names, "1")
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def one_by_one(function: Callable, items: Sequence) -> Iterator[int]:
    """The same in this process, one item after the other.

    >>> list(one_by_one(print, ["first", "second"]))
    first
    second
    [0, 1]
    """
    for index, item in enumerate(items):
        function(item)
        yield index


def _begin(reader, compiled: str) -> None:
    import jax

    jax.config.update("jax_compilation_cache_dir", compiled)
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    threading.Thread(target=_end_with_the_caller, args=(reader,), daemon=True).start()


def _end_with_the_caller(reader) -> None:
    """Wait for the other end of the pipe to close: by the caller, or by the kernel when the caller is no more."""
    try:
        reader.recv()
    except EOFError:
        os._exit(1)
