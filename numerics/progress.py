"""Progress bars on anything that takes longer than two seconds."""

import contextlib
import sys
import time

_PATIENCE = 2.0


class _Silent:
    def advance(self, amount: float = 1.0) -> None:
        """Nothing to show."""


class _Bar:
    """A bar that appears once two seconds have passed."""

    def __init__(self, total: float, description: str):
        self.total, self.description, self.done = total, description, 0.0
        self.begin, self.bar, self.task = time.monotonic(), None, None

    def advance(self, amount: float = 1.0) -> None:
        """Say that more of the total is done."""
        self.done += amount
        if self.bar is None and time.monotonic() - self.begin > _PATIENCE:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

            self.bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.percentage:3.0f}%"),
                TimeElapsedColumn(),
                TextColumn("left"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
            )
            self.task = self.bar.add_task(self.description, total=self.total)
            self.bar.start()
        if self.bar is not None:
            self.bar.update(self.task, completed=self.done)


@contextlib.contextmanager
def progress_bar(total: float, description: str, show: bool = True):
    """A progress bar on standard error, shown after two seconds and only on a terminal.

    Args:
        total: what `advance` adds up to.
        description: what is going on.
        show: False keeps quiet.

    >>> with progress_bar(3, "counting") as bar:
    ...     for _ in range(3):
    ...         bar.advance()
    """
    if not (show and sys.stderr.isatty()):
        yield _Silent()
        return
    bar = _Bar(total, description)
    try:
        yield bar
    finally:
        if bar.bar is not None:
            bar.bar.stop()


def followed(items, description: str = "kernels in blocks", show: bool = True):
    """Items one after the other as they are made, with a progress bar; of anything that has a `len`.

    For kernels at all pairs of times: `all_pairs(network, sequences, follow=followed)`, or, where they do not fit into
    memory, `for rows, columns, nngp, ntk in followed(TimeBlocks(network, sequences)): ...`.

    >>> [2 * item for item in followed([1, 2, 3], "doubling")]
    [2, 4, 6]
    """
    with progress_bar(len(items), description, show) as bar:
        for item in items:
            yield item
            bar.advance()
