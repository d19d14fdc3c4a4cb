"""Keep two processes from changing the same thing at the same moment."""

import os
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from .errors import UserError

if sys.platform == "win32":
    import msvcrt

    _FAR = 2**30  # beyond any content: Windows lets no other process read a byte that is locked

    def _lock(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def exclusive(path: Path, busy: str) -> Iterator[None]:
    """Hold a file's lock while the body runs.

    The system releases it with the process that holds it, however that ends; so the file itself
    means nothing and stays, for removing it would let two take the lock of two files.

    Args:
        path: the file; made if it is missing.
        busy: what to say, in one sentence, when another holds the lock.

    Raises:
        UserError: another holds the lock.
        OSError: the file cannot be written.
    """
    with path.open("ab") as file:
        try:
            _lock(file.fileno())
        except (BlockingIOError, PermissionError) as error:  # POSIX, Windows
            raise UserError(busy) from error
        yield


_LONGEST = 200  # bytes of a name beside which that of its lock has room
_PAUSE_SECONDS = 0.1


@contextmanager
def alone_at(path: Path, seconds: float = 0.0) -> Iterator[None]:
    """Be the only process that writes a file while the body runs.

    The lock is a hidden file beside it, which goes with the body; one that a killed process left
    means nothing. Where no file can be locked, as on some shared disks, nothing is held.

    Args:
        path: what is to be written; through a link, its target. Its folder is made.
        seconds: how long to wait for another.

    Raises:
        UserError: another process is still writing it.
        OSError: the folder cannot be made or written to.
    """
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _lock_beside(target)
    until = time.monotonic() + seconds
    while (file := _held(beside)) is None:
        if time.monotonic() >= until:
            raise UserError(f"Another process is writing {path}; wait until it is done.")
        time.sleep(_PAUSE_SECONDS)
    try:
        yield
    finally:
        if os.name != "nt":  # before it is let go, so that nobody holds a file that has no name
            beside.unlink(missing_ok=True)
        file.close()
        with suppress(OSError):  # the next one holds it already
            if os.name == "nt":
                beside.unlink()


def _lock_beside(target: Path) -> Path:
    name = target.name
    if len(os.fsencode(name)) > _LONGEST:
        name = f"{zlib.crc32(os.fsencode(name)):x}"
    return target.with_name(f".{name}.lock")


def _held(path: Path) -> BinaryIO | None:
    """Return a locked file, or None if another holds it or has just removed it."""
    file = path.open("ab")
    try:
        _lock(file.fileno())
        if os.path.samestat(path.stat(), os.fstat(file.fileno())):
            return file
    except (BlockingIOError, PermissionError, FileNotFoundError):
        pass
    except OSError:  # this disk has no locks
        return file
    file.close()
    return None
