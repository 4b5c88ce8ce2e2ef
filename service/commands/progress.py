"""The progress of a long command on standard error: a bar where the total is known, a count where it is not."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Final

import rich.progress
from rich.console import Console

BYTES: Final = "bytes"


class Progress:
    """How far a command has come."""

    def __init__(self, bar: rich.progress.Progress, task: rich.progress.TaskID) -> None:
        self._bar = bar
        self._task = task
        self._done = 0

    def advance(self, amount: int = 1) -> None:
        self._done += amount
        self._bar.advance(self._task, amount)

    def complete(self) -> None:
        """Fill the bar of a command that has come to its end; its total may have been an estimate."""
        self._bar.update(self._task, total=self._done)


@contextmanager
def progress(doing: str, unit: str, total: int | None) -> Generator[Progress]:
    """Show ``doing`` with the amount done of ``total`` in ``unit``; without a total no bar, which would look full."""
    known = bool(total)
    columns: list[rich.progress.ProgressColumn] = [rich.progress.TextColumn(doing)]
    if known:
        columns.append(rich.progress.BarColumn())
    if unit == BYTES:
        columns += [rich.progress.DownloadColumn(), rich.progress.TransferSpeedColumn()]
    else:
        amount = "{task.completed:.0f}/{task.total:.0f} " if known else "{task.completed:.0f} "
        columns.append(rich.progress.TextColumn(amount + unit))
    columns.append(rich.progress.TimeRemainingColumn() if known else rich.progress.TimeElapsedColumn())
    with rich.progress.Progress(*columns, console=Console(stderr=True)) as bar:
        yield Progress(bar, bar.add_task("", total=total or None))
