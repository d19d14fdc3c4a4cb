"""One line of progress instead of all that Blender prints, which goes to a file."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TextIO

_CELLS = 24
_STREAMS = (1, 2)  # the descriptors of standard output and error


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


@contextmanager
def progress_instead_of_output(log: Path) -> Iterator[ProgressLine]:
    """Send what is printed, also by Blender's own C code, to a file; yield a line on the console.

    Raises:
        OSError: the file cannot be written.
    """
    with log.open("w", encoding="utf-8", errors="replace", buffering=1) as file:
        _flush()
        kept = [os.dup(number) for number in _STREAMS]
        line = ProgressLine(open(kept[1], "w", encoding="ascii", errors="replace", closefd=False))  # noqa: SIM115
        for number in _STREAMS:
            os.dup2(file.fileno(), number)
        try:
            with redirect_stdout(file), redirect_stderr(file):  # which may have other descriptors
                yield line
        finally:
            line.close()
            _flush()
            for number, before in zip(_STREAMS, kept, strict=True):
                os.dup2(before, number)
                os.close(before)


def _flush() -> None:
    """Empty the buffers of Python's and of C's streams."""
    sys.stdout.flush()
    sys.stderr.flush()
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL("ucrtbase" if os.name == "nt" else None)
        library.fflush(None)
