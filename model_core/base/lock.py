"""Keep two processes from changing the same thing at the same moment."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
