"""Ogg: links of a chain, which players play one after another and libsndfile stops after."""

from typing import BinaryIO

from .spliced import read_at

MARK = b"OggS"
_HEADER = 27
_FIRST = 2  # flag of a page that begins a stream
_BLOCK = 1 << 16


def find_links(file: BinaryIO, begin: int, end: int) -> list[range]:
    """Return the offsets of each link: from pages that begin streams to the next that do."""
    starts, at, was_first = [begin], begin, True
    while (page := _page(file, at, end)) is not None:
        at, size, is_first = page
        if is_first and not was_first:
            starts.append(at)
        was_first = is_first
        at += size
    return [range(*link) for link in zip(starts, [*starts[1:], end], strict=True)]


def _page(file: BinaryIO, at: int, end: int) -> tuple[int, int, bool] | None:
    """Return the next page from an offset on: where, how long, and whether it begins a stream."""
    while at + _HEADER <= end:
        head = read_at(file, at, _HEADER + 255)
        if head.startswith(MARK) and len(head) >= _HEADER:
            segments = head[26]
            size = _HEADER + segments + sum(head[_HEADER : _HEADER + segments])
            return at, size, bool(head[5] & _FIRST)
        found = _find(file, at + 1, end)
        if found is None:
            return None
        at = found
    return None


def _find(file: BinaryIO, begin: int, end: int) -> int | None:
    for block in range(begin, end, _BLOCK):
        at = read_at(file, block, min(_BLOCK + len(MARK), end - block)).find(MARK)
        if at >= 0:
            return block + at
    return None
