"""Room for a long row of numbers: in memory, or in a file where there are many."""

import os
import shutil
import sys
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
_SHARED = ("r", "r+", "w+")  # modes of maps that read what their file has
_ON_DISK = "/var/tmp"  # where /tmp may be memory, as on Fedora, Arch and Debian 13


class Room:
    """Room for some numbers, which are put in one after the other.

    Many are kept in a file without a name, which is gone with the last array that is made of it;
    where the disk of temporary files has no place for it they are kept in memory. The disk is that
    of /var/tmp on Linux, and the system's place for temporary files elsewhere or if TMPDIR names
    one.

    Args:
        size: how many numbers come at most.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        on_disk = size > _IN_MEMORY and _is_free(4 * size * _SPARE_SHARE)
        self._file = tempfile.TemporaryFile(dir=_folder()) if on_disk else None  # noqa: SIM115 the array's
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
            f"The sound does not fit into {_folder()} ({error.strerror}); make room "
            "there, or name another folder in TMPDIR."
        ) from error


def joined(blocks: Iterable[Array]) -> Array:
    """Return blocks (n, K), at least one, as one array, without holding all of them beside it."""
    rest = iter(blocks)
    first = next(rest, None)
    if first is None:
        raise ValueError("There are no blocks to join.")
    whole = np.array(first, order="C")  # which alone grows at its end
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
    """Let the system have the memory of an array that lies in a file; reading brings it back.

    One whose changes are no part of its file (mode "c") stays as it is.
    """
    base: Any = array
    shared = False
    while isinstance(base, np.ndarray):
        shared = isinstance(base, np.memmap) and base.mode in _SHARED
        base = base.base
    if shared and isinstance(base, mmap) and hasattr(base, "madvise"):
        from mmap import MADV_DONTNEED

        base.madvise(MADV_DONTNEED)


def _is_free(size: int) -> bool:
    """Whether the folder of long rows has so many bytes left."""
    with suppress(OSError):
        return shutil.disk_usage(_folder()).free > size
    return False


def _folder() -> str:
    """Return where long rows lie: where TMPDIR says, else on a disk."""
    asked = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if sys.platform.startswith("linux") and not asked and os.access(_ON_DISK, os.W_OK | os.X_OK):
        return _ON_DISK
    return tempfile.gettempdir()
