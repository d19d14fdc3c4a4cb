"""AIFF, CAF and AU: headers of recordings that were streamed, or broken off."""

from collections.abc import Iterator
from typing import BinaryIO, Literal

from .spliced import Piece, read_at

_UNKNOWN = 0x7FFF0000
_AU_HEADER = 24
_AIFF_PCM = frozenset(  # whose frames all have the same number of bytes
    {b"NONE", b"twos", b"sowt", b"raw ", b"in24", b"in32", b"fl32", b"FL32", b"fl64", b"FL64"}
    | {b"ulaw", b"ULAW", b"alaw", b"ALAW", b"23ni", b"42ni"}
)


MARKS = frozenset({b"FORM", b"caff", b".snd", b"dns."})
"""How such files begin."""


def mended(file: BinaryIO, begin: int, end: int) -> list[list[Piece]]:
    """Return what libsndfile is to read of each sound in a file that begins with a mark."""
    head = read_at(file, begin, 12)
    if head.startswith(b"caff"):
        return [_mend_caf(file, begin, end)]
    if head.startswith(b"FORM"):
        known = head[8:] in {b"AIFF", b"AIFC"}
        return [_mend_aiff(file, begin, end) if known else [range(begin, end)]]
    return _mend_au(file, begin, end)


def _mend_aiff(file: BinaryIO, begin: int, end: int) -> list[Piece]:
    """Return what libsndfile is to read: the samples up to the file's end where none are told."""
    form, common = read_at(file, begin, 12)[8:], b""
    for name, at, size in _chunks(file, begin + 12, end, 4):
        if name == b"COMM":
            common = read_at(file, at, min(size, 4096))
        elif name == b"SSND" and common:
            told = int.from_bytes(common[2:6], "big")
            if 8 < size < _UNKNOWN and size <= end - at and told:
                break
            rest = end - at if not 8 < size <= end - at else size
            return _aiff(form, common, range(at, at + rest))
    return [range(begin, end)]


def _mend_caf(file: BinaryIO, begin: int, end: int) -> list[Piece]:
    """Return what libsndfile is to read: samples of unknown size go on to the end."""
    for name, at, size in _chunks(file, begin + 8, end, 8):
        if name == b"data":
            if 4 < size <= end - at:
                break
            told = (end - at).to_bytes(8, "big")
            return [range(begin, at - 8), told, range(at, end)]
    return [range(begin, end)]


def _mend_au(file: BinaryIO, begin: int, end: int) -> list[list[Piece]]:
    """Return what libsndfile is to read of each sound: the last one goes on to the file's end."""
    views: list[list[Piece]] = []
    while begin < end:
        head = read_at(file, begin, 12)
        order: Literal["big", "little"] = "big" if head.startswith(b".snd") else "little"
        first, size = (int.from_bytes(head[at : at + 4], order) for at in (4, 8))
        samples = begin + max(_AU_HEADER, first)
        joined = read_at(file, samples + size, 4) == head[:4]
        last = samples + size if joined else end
        told = min(max(0, last - samples), 0xFFFFFFFF).to_bytes(4, order)
        views.append([range(begin, begin + 8), told, range(begin + 12, last)])
        begin = last
    return views


def _chunks(file: BinaryIO, at: int, end: int, width: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each chunk, where its content begins, and its size as it says."""
    while at + 4 + width <= end:
        head = read_at(file, at, 4 + width)
        size = int.from_bytes(head[4:], "big", signed=width == 8)
        at += 4 + width
        yield head[:4], at, size
        at += max(0, size) + (size % 2 if width == 4 else 0)


def _aiff(form: bytes, common: bytes, samples: range) -> list[Piece]:
    """Return an AIFF of samples, which begin with the eight bytes of their chunk."""
    channels, bits = (int.from_bytes(common[at : at + 2], "big") for at in (0, 6))
    if form == b"AIFF" or common[18:22] in _AIFF_PCM:
        frames = (len(samples) - 8) // max(1, channels * (bits + 7 >> 3))
        common = common[:2] + frames.to_bytes(4, "big") + common[6:]
    body = form + b"COMM" + len(common).to_bytes(4, "big") + common
    body += bytes(len(common) % 2) + b"SSND" + len(samples).to_bytes(4, "big")
    return [b"FORM" + (len(body) + len(samples)).to_bytes(4, "big") + body, samples]
