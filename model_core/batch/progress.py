"""How far a batch is, and when it will be done."""

import time
from typing import TextIO

from ..base.progress_line import ProgressLine

_EVERY_SECONDS = 0.5
_OVERHEAD_SECONDS = 2.0  # of a job, in seconds of sound


class Progress:
    """A line on a terminal that tells how many jobs are done, and the time that is left.

    Args:
        stream: where to write; where nobody watches it, nothing is.
        seconds: of sound, by job.
    """

    def __init__(self, stream: TextIO, seconds: dict[int, float]) -> None:
        self._line = ProgressLine(stream) if stream.isatty() else None
        self._left = {number: each + _OVERHEAD_SECONDS for number, each in seconds.items()}
        self._whole = len(self._left)
        self._began = self._told = time.monotonic()
        self._worked = 0.0  # of jobs that took their time

    def more(self, number: int, seconds: float) -> None:
        """Add a job, by the seconds of its sound."""
        self._left[number] = seconds + _OVERHEAD_SECONDS
        self._whole += 1

    def over(self, number: int, *, worked: bool) -> None:
        """Take a job off; one that was skipped tells nothing of how long others take."""
        weight = self._left.pop(number, 0.0)
        self._worked += weight if worked else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until the end at the pace so far; None before there is one."""
        if not self._worked:
            return None
        return (time.monotonic() - self._began) * sum(self._left.values()) / self._worked

    def show(self, failed: int) -> None:
        """Draw the line, if it is time."""
        now = time.monotonic()
        if self._line is not None and now - self._told >= _EVERY_SECONDS:
            self._told = now
            done = self._whole - len(self._left)
            self._line(done / max(1, self._whole), self.told(failed))

    def told(self, failed: int) -> str:
        """Return how many jobs are done and failed, and the time that is left."""
        parts = [f"{self._whole - len(self._left)} of {self._whole} jobs"]
        parts += [f"{failed} failed"] if failed else []
        left = self.seconds_left
        return ", ".join([*parts, *([f"{clock(left)} left"] if left is not None else [])])

    def clear(self) -> None:
        """Make room for what is said."""
        if self._line is not None:
            self._line.close()


def clock(seconds: float) -> str:
    """Return a time as people read it: ``2:05`` or ``1:02:05``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
