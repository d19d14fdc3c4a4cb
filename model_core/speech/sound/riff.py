"""WAV in all its containers: RIFF, RIFX, RF64, BW64 and Sony's Wave64."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from .spliced import Piece, read_at

_ID3V1, _MOST_TRAILING = 128, 4096
_UNKNOWN = 0x7FFF0000  # lengths from here on stand for "not known yet"
_UNKNOWN_64 = 1 << 60
_SLICE = 1 << 30  # bytes of samples in one view: a RIFF chunk holds less than 4 GiB
_MOST_FORMAT = 4096
_START = re.compile(rb"(?:RIFF|RIFX|RF64|BW64).{4}WAVE(?:fmt |JUNK|bext|ds64|LIST)", re.DOTALL)
_TAGS = (b"TAG", b"APETAGEX", b"ID3", b"LYRICSBEGIN", b"3DI")
_CHUNKS = frozenset(
    {b"LIST", b"id3 ", b"ID3 ", b"bext", b"cue ", b"smpl", b"fact", b"JUNK", b"junk", b"PAD "}
    | {b"iXML", b"_PMX", b"PEAK", b"inst", b"plst", b"afsp", b"ds64", b"cart", b"levl", b"data"}
)
_W64_RIFF = b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000")
_W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
_EXTENSIBLE = 0xFFFE
_MPEG_TAGS = frozenset({0x50, 0x55})

Order = Literal["little", "big"]


@dataclass
class Wave:
    """One sound in a WAV file.

    Attributes:
        order: of its header's and its samples' bytes.
        format: the content of its format chunk.
        data: the offsets of its samples.
        end: the offset behind it, where another may begin.
        promised: bytes of samples that its header promises; None where it does not know.
    """

    order: Order = "little"
    format: bytes = b""
    data: list[range] = field(default_factory=list)
    end: int = 0
    promised: int | None = None

    @property
    def tag(self) -> int:
        """Which codec it is, as Microsoft numbers them."""
        tag = self._number(0, 2)
        return self._number(24, 2) if tag == _EXTENSIBLE else tag

    @property
    def is_mpeg(self) -> bool:
        """Whether its samples are MPEG audio."""
        return self.tag in _MPEG_TAGS

    @property
    def bytes_a_second(self) -> int:
        """How many bytes last a second."""
        return max(1, self._number(8, 4))

    def views(self) -> Iterator[list[Piece]]:
        """Yield what libsndfile is to read: whole blocks, in slices that a RIFF chunk can hold."""
        block = max(1, self._number(12, 2))
        step = max(block, _SLICE // block * block)
        for samples in self.data:
            for first in range(samples.start, samples.stop, step):
                piece = range(first, min(first + step, samples.stop))
                yield [self._header(len(piece)), piece]

    def _header(self, size: int) -> bytes:
        def number(value: int) -> bytes:
            return value.to_bytes(4, self.order)

        name = b"RIFF" if self.order == "little" else b"RIFX"
        format_ = b"fmt " + number(len(self.format)) + self.format
        body = b"WAVE" + format_ + b"data" + number(size)
        return name + number(len(body) + size) + body

    def _number(self, offset: int, size: int) -> int:
        return int.from_bytes(self.format[offset : offset + size], self.order)


def is_wave(head: bytes) -> bool:
    """Whether a file that begins so is a WAV."""
    return _is_start(head) or head.startswith(_W64_RIFF)


def find_waves(file: BinaryIO, offset: int, end: int) -> list[Wave]:
    """Return the sounds in a file, one after another; usually there is one."""
    waves = []
    while offset < end:
        head = read_at(file, offset, 16)
        if head.startswith(_W64_RIFF):
            wave = _read_w64(file, offset, end)
        elif _is_start(head):
            wave = _read_riff(file, offset, end)
        else:
            break
        waves.append(wave)
        offset = wave.end
    return waves


def _is_start(head: bytes) -> bool:
    return head[:4] in {b"RIFF", b"RIFX", b"RF64", b"BW64"} and head[8:12] == b"WAVE"


def _read_riff(file: BinaryIO, offset: int, end: int) -> Wave:
    """Walk the chunks from a RIFF header on."""
    big = read_at(file, offset, 4) == b"RIFX"
    wave, at, long_size = Wave("big" if big else "little"), offset + 12, None
    while at + 8 <= end:
        head = read_at(file, at, 12)
        name, size = head[:4], int.from_bytes(head[4:8], wave.order)
        if _is_start(head) or not _is_name(name):
            break
        if name == b"ds64":
            long_size = int.from_bytes(read_at(file, at + 16, 8), "little")
        elif name == b"fmt ":
            wave.format = read_at(file, at + 8, min(size, _MOST_FORMAT))
        elif name == b"data":
            if size == 0xFFFFFFFF and long_size is not None:
                size = long_size
            size = _take_data(wave, file, at + 8, size, end)
        at += 8 + size
        at += size % 2 and not _is_name(read_at(file, at, 4))
    wave.end = max(at, offset + 12)
    return wave


def _read_w64(file: BinaryIO, offset: int, end: int) -> Wave:
    """Walk the chunks of a Wave64: 16-byte names, 64-bit lengths that count the header too."""
    wave, at = Wave(), offset + 40
    while at + 24 <= end:
        head = read_at(file, at, 24)
        name, size = head[:4], int.from_bytes(head[16:], "little") - 24
        if head[4:16] != _W64_TAIL:
            break
        if name == b"fmt ":
            wave.format = read_at(file, at + 24, min(max(size, 0), _MOST_FORMAT))
        elif name == b"data":
            rest = end - at - 24
            if 0 < size < _UNKNOWN_64:
                wave.promised = size
            size = size if 0 < size <= rest else rest
            wave.data.append(range(at + 24, at + 24 + size))
        at += 24 + max(0, size + 7 & ~7)
    wave.end = end
    return wave


def _take_data(wave: Wave, file: BinaryIO, begin: int, declared: int, end: int) -> int:
    """Note where the samples really are; return how many bytes they are."""
    known = 0 < declared < _UNKNOWN or _UNKNOWN <= declared <= end - begin
    size = _known_size(file, begin, declared, end) if known else _open_size(file, begin, end)
    if declared == 0 and _is_chunk(file, begin, end):
        size = 0  # it is empty, and other chunks follow
    if known:
        wave.promised = (wave.promised or 0) + declared
    wave.data.append(range(begin, begin + size))
    return size


def _known_size(file: BinaryIO, begin: int, declared: int, end: int) -> int:
    """Return the size of samples whose header gives one: a recorder may have gone on since."""
    after = begin + declared
    rest = end - after
    if rest <= _MOST_TRAILING or _is_chunk(file, after, end) or _is_chunk(file, after + 1, end):
        return min(declared, end - begin)
    trailing = read_at(file, after, _MOST_TRAILING)
    if trailing.startswith(_TAGS) or not any(trailing):
        return declared
    return _open_size(file, begin, end)


def _open_size(file: BinaryIO, begin: int, end: int) -> int:
    """Return the size of samples that go on to the end of the file, or to another sound in it."""
    start = search(file, _START, begin, end)
    return (end if start is None else start) - begin


def _is_chunk(file: BinaryIO, at: int, end: int) -> bool:
    """Whether a chunk, or another sound, begins at an offset."""
    head = read_at(file, at, 12)
    name, size = head[:4], int.from_bytes(head[4:8], "little")
    if _is_start(head) or name in _CHUNKS:
        return True
    return len(head) >= 8 and _is_name(name) and size <= end - at - 8


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= letter < 0x7F for letter in name)


def search(file: BinaryIO, pattern: re.Pattern[bytes], begin: int, end: int) -> int | None:
    """Return the offset of a pattern's first match (under 64 bytes long), or None."""
    block, overlap = 1 << 20, 64
    for at in range(begin, end, block):
        found = pattern.search(read_at(file, at, min(block + overlap, end - at)))
        if found:
            return at + found.start()
    return None
