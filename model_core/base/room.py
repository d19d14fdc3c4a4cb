"""Room for a long row of numbers: in memory, or in a file where there are many."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from mmap import mmap
from typing import Any

import numpy as np

from .arrays import Array
from .errors import UserError

_IN_MEMORY = 1 << 23  # numbers: 32 MB, nine minutes of sound
_GROWTH = 8  # a row of numbers grows by one in so many
_SPARE_SHARE = 2  # so many times what is written must be free on the disk


class Room:
    """Room for some numbers, which are put in one after the other.

    Many are kept in a file without a name, which is gone with the last array that is made of it;
    where the disk of temporary files has no place for it they are kept in memory.

    Args:
        size: how many numbers come at most.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        on_disk = size > _IN_MEMORY and _is_free(4 * size * _SPARE_SHARE)
        self._file = tempfile.TemporaryFile() if on_disk else None  # noqa: SIM115 the array's
        self._array: Array = np.empty(0 if on_disk else size, np.float32)

    def put(self, at: int, block: Array) -> None:
        """Put numbers (n,) at a place. Raises `UserError` if the disk is full."""
        if self._file is None:
            self._array[at : at + len(block)] = block
            return
        with _told_if_full():
            self._file.seek(4 * at)
            self._file.write(np.ascontiguousarray(block, np.float32).data)

    def first(self, count: int) -> Array:
        """Return the first numbers (count,), which may be written to."""
        if self._file is None or not count:
            return self._array[:count]
        with _told_if_full():
            self._file.flush()
        return np.memmap(self._file, np.float32, "r+", shape=(count,))


@contextmanager
def _told_if_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"The sound does not fit into {tempfile.gettempdir()} ({error.strerror}); make room "
            "there, or name another folder in TMPDIR."
        ) from error


def joined(blocks: Iterable[Array]) -> Array:
    """Return blocks (n, K), at least one, as one array, without holding all of them beside it."""
    rest = iter(blocks)
    whole = np.array(next(rest))
    filled = len(whole)
    for block in rest:
        end = filled + len(block)
        if end > len(whole):
            # Growing in place takes no second copy where the system can move pages.
            whole.resize((end + end // _GROWTH, *block.shape[1:]), refcheck=False)
        whole[filled:end] = block
        filled = end
    whole.resize((filled, *whole.shape[1:]), refcheck=False)
    return whole


def let_go(array: "np.ndarray[Any, Any]") -> None:
    """Let the system have the memory of an array that lies in a file; reading brings it back."""
    base: Any = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, mmap) and hasattr(base, "madvise"):
        from mmap import MADV_DONTNEED

        base.madvise(MADV_DONTNEED)


def _is_free(size: int) -> bool:
    """Whether the folder of temporary files has so many bytes left."""
    with suppress(OSError):
        return shutil.disk_usage(tempfile.gettempdir()).free > size
    return False
