"""A read-only stream put together from ranges of a file and bytes of our own."""

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO

Piece = bytes | range
"""Bytes as they are, or a range of offsets in the file."""


class Spliced(io.RawIOBase):
    """What libsndfile reads instead of a file.

    libsndfile calls it from C, where an exception would be lost: a failure to read is kept.

    Args:
        file: a seekable stream; nobody else moves it while this is read.
        pieces: what follows what.

    Attributes:
        failure: what reading the file raised, if anything.
    """

    def __init__(self, file: BinaryIO, pieces: Sequence[Piece]) -> None:
        super().__init__()
        self._file = file
        self._pieces = [piece for piece in pieces if len(piece)]
        self._ends = list(accumulate(map(len, self._pieces)))
        self._at = 0
        self.failure: OSError | None = None

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self._ends[-1] if self._ends else 0

    @property
    def exhausted(self) -> bool:
        """Whether it stands at its end."""
        return self._at >= self.size

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Return where it stands."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; a place before the beginning is the beginning."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Fill a buffer as far as there are bytes, and return how many there were."""
        view, done = memoryview(buffer).cast("B"), 0
        while done < len(view) and not self.exhausted:
            got = self._read_piece(len(view) - done)
            if not got:
                break
            view[done : done + len(got)] = got
            done += len(got)
            self._at += len(got)
        return done

    def _read_piece(self, count: int) -> bytes:
        """Return up to `count` bytes of the piece it stands in."""
        index = bisect_right(self._ends, self._at)
        piece = self._pieces[index]
        inside = self._at - (self._ends[index] - len(piece))
        wanted = piece[inside : inside + count]
        if isinstance(wanted, bytes):
            return wanted
        try:
            self._file.seek(wanted.start)
            return self._file.read(len(wanted))
        except OSError as error:
            self.failure = error
            return b""


def read_at(file: BinaryIO, offset: int, count: int) -> bytes:
    """Return up to `count` bytes of a file from an offset on."""
    file.seek(max(0, offset))
    return file.read(count)
