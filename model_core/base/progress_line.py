"""One line that tells how far some work is."""

from contextlib import suppress
from typing import TextIO

_CELLS = 24


class ProgressLine:
    """Shows how far some work is: a line that changes on a terminal, else a line a stage.

    Args:
        stream: where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._width = 0
        self._stage = ""

    def __call__(self, fraction: float, stage: str, detail: str = "") -> None:
        """Show a fraction from 0 to 1 and what is being done."""
        if self._live:
            bar = "#" * round(_CELLS * fraction)
            line = f"[{bar:-<{_CELLS}}] {fraction:4.0%}  {stage} {detail}".rstrip()
            self._write("\r" + line.ljust(self._width))
            self._width = len(line)
        elif stage != self._stage:
            self._write(f"{stage} ...\n")
        self._stage = stage

    def close(self) -> None:
        """Clear the line for what is said at the end."""
        if self._live:
            self._write("\r" + " " * self._width + "\r")

    def _write(self, text: str) -> None:
        with suppress(OSError):  # nobody reads it any more: the work goes on
            self._stream.write(text)
            self._stream.flush()
