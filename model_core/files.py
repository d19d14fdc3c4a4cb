"""Whole files or none: outputs are written beside their target and renamed when complete."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import UserError


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, renamed to it on success and removed on failure.

    The temporary keeps the suffix, since writers such as numpy.savez add one they miss.

    Raises:
        UserError: the folder cannot be made or written to, or the disk is full.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=target.parent, prefix=f".{target.stem}-", suffix=target.suffix
        )
    except OSError as error:
        raise UserError(
            f"Cannot write {target}: {error.strerror}; choose another place."
        ) from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())  # mkstemp makes it private
        temporary.replace(target)
    except OSError as error:
        raise UserError(f"Cannot write {target}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def discard_partial(path: str | os.PathLike[str]) -> None:
    """Remove what a killed process left of a file that `atomic_path` was to write."""
    target = Path(path)
    for partial in target.parent.glob(f".{target.stem}-*{target.suffix}"):
        partial.unlink(missing_ok=True)


def _umask() -> int:
    """Return the process's file mode mask; the only portable way to read it is to set it."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
