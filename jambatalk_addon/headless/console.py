"""What a command prints and how it is stopped."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from types import FrameType
from typing import TextIO

INTERRUPTED = 130  # exit code: 128 and the number of SIGINT


_streams: list[TextIO] = []


def say(text: str) -> None:
    """Print a line that the user asked for, also inside `others_apart`."""
    print(text, file=_streams[-1] if _streams else sys.stdout, flush=True)


@contextmanager
def others_apart() -> Iterator[None]:
    """Let what is printed through Python, as Blender's operators do, go to standard error."""
    _streams.append(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _streams.pop()


@contextmanager
def own_descriptor() -> Iterator[None]:
    """Let what Blender prints past Python go to standard error, and ``print`` where it did."""
    before = sys.stdout
    try:
        number, errors = before.fileno(), sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):  # none, or replaced by something in memory
        yield
        return
    before.flush()
    kept = os.dup(number)
    os.dup2(errors, number)
    sys.stdout = open(  # noqa: SIM115
        kept, "w", encoding=before.encoding, errors=before.errors, closefd=False
    )
    try:
        yield
    finally:
        with suppress(OSError):  # nobody reads it any more
            sys.stdout.close()
        sys.stdout = before
        os.dup2(kept, number)
        os.close(kept)


@contextmanager
def stoppable() -> Iterator[None]:
    """Let Ctrl-C and a polite kill raise `KeyboardInterrupt`; Blender itself only takes a note."""
    with _handled(_interrupt):
        yield


@contextmanager
def stop_noted() -> Iterator[Callable[[], bool]]:
    """Have Ctrl-C and a polite kill only noted; yield what tells so, and raise at the block's end.

    For work in Blender's hands: what is raised in its handlers it prints and goes on.

    Raises:
        KeyboardInterrupt: the work was to be stopped.
    """
    noted: list[int] = []
    with _handled(lambda number, _: noted.append(number)):
        yield lambda: bool(noted)
    if noted:
        raise KeyboardInterrupt


@contextmanager
def _handled(act: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Have Ctrl-C and a polite kill handled, in the thread that they reach."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, act) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
