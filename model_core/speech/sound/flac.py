"""FLAC: how many samples there really are, and joined files."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from .riff import search
from .spliced import Piece, read_at

MARK = b"fLaC"
_START = re.compile(rb"fLaC[\x00\x80]\x00\x00\x22")  # its settings, 34 bytes, come first
_SETTINGS, _SETTINGS_END = 8, 42
_TOTAL = (1 << 36) - 1
_TAIL = 1 << 20  # bytes: more than any two frames
_LEAST = 6  # bytes of a frame's header
_SYNC = re.compile(rb"\xff[\xf8\xf9]")
_BLOCKS = {1: 192, **{code: 576 << code - 2 for code in range(2, 6)}}
_BLOCKS |= {code: 256 << code - 8 for code in range(8, 16)}


def find_flacs(file: BinaryIO, begin: int, end: int) -> list[tuple[list[Piece], int]]:
    """Return what libsndfile is to read of each FLAC in a range, with its length mended.

    Returns:
        The pieces, and how many samples fewer they hold than the header says.
    """
    starts, at = [begin], begin + 1
    while (found := search(file, _START, at, end)) is not None:
        starts.append(found)
        at = found + 1
    bounds = zip(starts, [*starts[1:], end], strict=True)
    return [_mended(file, first, last) for first, last in bounds]


def _mended(file: BinaryIO, begin: int, end: int) -> tuple[list[Piece], int]:
    settings = read_at(file, begin + _SETTINGS, _SETTINGS_END - _SETTINGS)
    packed = int.from_bytes(settings[10:18], "big")  # rate, channels, bits, samples
    total = _last_sample(file, begin, end, int.from_bytes(settings[:2], "big"))
    if total is None or total == packed & _TOTAL:
        return [range(begin, end)], 0
    mended = (packed & ~_TOTAL | min(total, _TOTAL)).to_bytes(8, "big")
    at = begin + _SETTINGS + 10
    pieces: list[Piece] = [range(begin, at), mended, range(at + 8, end)]
    return pieces, max(0, (packed & _TOTAL) - total)


def _last_sample(file: BinaryIO, begin: int, end: int, block: int) -> int | None:
    """Return how many samples there are by the last frames' own numbers, or None.

    Bytes may look like a frame's header by accident; one that follows another is none.
    """
    first = max(begin + _SETTINGS_END, end - _TAIL)
    spans = list(_frames(read_at(file, first, end - first), block))
    stops = {stop for _, stop in spans}
    chained = [stop for start, stop in spans if start == 0 or start in stops]
    return max(chained, default=None)


def _frames(content: bytes, block: int) -> Iterator[tuple[int, int]]:
    """Yield the first sample of each frame in some bytes and the one after its last."""
    for found in _SYNC.finditer(content):
        head = content[found.start() : found.start() + 16]
        number, at = _coded_number(head)
        size_code = head[2] >> 4 if len(head) > 2 else 0
        if number is None or not size_code:
            continue
        size = _BLOCKS.get(size_code, 0)
        if size_code in {6, 7}:
            extra = size_code - 5
            size, at = int.from_bytes(head[at : at + extra], "big") + 1, at + extra
        rate_code = head[2] & 15
        at += {12: 1, 13: 2, 14: 2}.get(rate_code, 0)
        if at < len(head) and _crc8(head[:at]) == head[at]:
            start = number if head[1] & 1 else number * block
            yield start, start + size


def _coded_number(head: bytes) -> tuple[int | None, int]:
    """Return the number at byte 4, coded as UTF-8 codes letters but up to 36 bits; and its end."""
    if len(head) < _LEAST or head[3] & 1:
        return None, 0
    lead = head[4]
    ones = 8 - (lead ^ 0xFF).bit_length()
    if ones == 0:
        return lead, 5
    rest = head[5 : 4 + ones]
    if ones == 1 or ones > 7 or any(byte >> 6 != 2 for byte in rest):
        return None, 0
    number = lead & (0x7F >> ones)
    for byte in rest:
        number = number << 6 | byte & 0x3F
    return number, 4 + ones


def _crc8(content: bytes) -> int:
    """Return the checksum of a frame's header: polynomial x^8 + x^2 + x + 1."""
    crc = 0
    for byte in content:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ (0x07 if crc & 0x80 else 0)) & 0xFF
    return crc
