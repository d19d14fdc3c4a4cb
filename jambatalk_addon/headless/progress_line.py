"""One line of progress instead of all that Blender prints, which goes to a file."""

import ctypes
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path

from ...model_core.base.progress_line import ProgressLine

_STREAMS = (1, 2)  # the descriptors of standard output and error


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
