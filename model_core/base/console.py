"""Printing that never ends the work: consoles know few letters, and readers go away."""

import errno
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

_FAILED = 1
_READER_GONE = frozenset({errno.EPIPE, errno.EINVAL, errno.EBADF})  # EINVAL is Windows' EPIPE


class Console:
    r"""A text stream whose writes never raise.

    What its encoding lacks is written as ``\u53f0``. After a failure, such as a closed pipe or a
    full disk, the rest goes nowhere.

    Args:
        stream: where to write; None, as under pythonw, is nowhere.

    Attributes:
        lost: the first failure that lost output somebody waits for.
    """

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self.lost: OSError | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def isatty(self) -> bool:
        """Whether somebody watches."""
        return self._stream is not None and not self._stream.closed and self._stream.isatty()

    def write(self, text: str) -> int:
        """Write text, and return its length as every stream does."""
        if self._stream is not None:
            with self._forgiving():
                self._stream.write(_known(text, self._stream.encoding))
        return len(text)

    def flush(self) -> None:
        """Send what was written on its way."""
        if self._stream is not None:
            with self._forgiving():
                self._stream.flush()

    @contextmanager
    def _forgiving(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _READER_GONE:
                self.lost = self.lost or error
            _send_nowhere(cast(TextIO, self._stream))
        except ValueError:  # the stream was closed
            self._stream = None


def run_printing(work: Callable[[], int]) -> int:
    """Run a program during which ``print`` is safe, and return its exit status.

    It is 1 where the program says 0 but its output was lost.
    """
    with _consoles() as (output, _errors):
        status = work()
        output.flush()
        if output.lost is None:
            return status
        print(f"failed: Standard output: {output.lost.strerror}.", file=sys.stderr)
        return status or _FAILED


@contextmanager
def _consoles() -> Iterator[tuple[Console, Console]]:
    """Let a `Console` each stand for standard output and error in the block."""
    before = sys.stdout, sys.stderr
    consoles = Console(sys.stdout), Console(sys.stderr)
    sys.stdout, sys.stderr = cast(TextIO, consoles[0]), cast(TextIO, consoles[1])
    try:
        yield consoles
    finally:
        for console in consoles:
            console.flush()
        sys.stdout, sys.stderr = before


def _known(text: str, encoding: str | None) -> str:
    """Return a text with what an encoding lacks written out in ASCII."""
    known = encoding or "utf-8"
    return text.encode(known, "backslashreplace").decode(known)


def _send_nowhere(stream: TextIO) -> None:
    """Let a file descriptor that fails swallow the rest, also what Python flushes at its end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
