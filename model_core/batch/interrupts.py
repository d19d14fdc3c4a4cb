"""Ctrl-C in a batch: counted, so that it never hits between a file and its result."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupts:
    """How often an end was asked for.

    Attributes:
        count: by Ctrl-C.
        at_once: whether it was asked for by SIGTERM, which is followed by worse.
        raising: whether Ctrl-C raises `KeyboardInterrupt`, as where a bake is made in this process.
    """

    def __init__(self, woken: Callable[[], object]) -> None:
        self.count, self.at_once, self.raising = 0, False, False
        self._woken = woken

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Take the signals over in the block, on the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self.at_once = self.at_once or number != signal.SIGINT
        if self.raising:
            raise KeyboardInterrupt
        self._woken()


_SIGNALS = (signal.SIGINT, signal.SIGTERM)
