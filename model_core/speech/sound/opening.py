"""Files to read sound from, and why one cannot be read."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from ...base.errors import UserError


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Yield a file to read and its size in bytes; what comes through a pipe is stored first.

    Raises:
        UserError: nothing is there, it is empty, or no file; or it may not be read.
    """
    try:
        mode = path.stat().st_mode
        _check_kind(path, mode)
        with path.open("rb") as file, tempfile.TemporaryFile() as store:
            if stat.S_ISFIFO(mode):
                shutil.copyfileobj(file, store)
                yield store, _size(path, store)
            else:
                yield file, _size(path, file)
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no sound file at {path}.") from None
    except PermissionError:
        raise UserError(
            f"You may not read {path}; change its permissions, or copy it from an account that may."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be opened: {error.strerror or error}.") from error
    except ValueError as error:  # a name with a NUL in it
        raise UserError(f"{str(path)!r} is no name of a file: {error}.") from error


def _check_kind(path: Path, mode: int) -> None:
    if stat.S_ISDIR(mode):
        raise UserError(f"{path} is a folder; give a sound file.")
    if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
        raise UserError(f"{path} is a device, not a file; give a sound file, or pipe one in.")


def _size(path: Path, file: BinaryIO) -> int:
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise UserError(f"{path} is empty; record or export it again.")
    return size
