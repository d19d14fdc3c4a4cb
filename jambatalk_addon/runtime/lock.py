"""Keep two Blenders from changing the runtime at the same moment; needs no Blender."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...model_core.errors import UserError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold a file's lock while the body runs.

    The system releases it with the process that holds it, however that ends; so the file itself
    means nothing and stays, for removing it would let two take the lock of two files.

    Args:
        path: the file; made if it is missing.

    Raises:
        UserError: another holds the lock.
        OSError: the file cannot be written.
    """
    with path.open("ab") as file:
        try:
            _lock(file.fileno())
        except (BlockingIOError, PermissionError) as error:  # POSIX, Windows
            raise UserError(
                "Another Blender is installing or removing the runtime; wait until it is done."
            ) from error
        yield
