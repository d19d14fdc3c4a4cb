"""MPEG audio (mp3, mp2): the frames that are there, not those its first frame promises."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from .spliced import Piece, read_at

_BITRATES = {  # kbit/s by version 1 or 2 and layer
    (1, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (1, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (1, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (2, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (2, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (2, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_RATES = (44100, 48000, 32000)
_HEADER = 4
_LAYER_3 = 3
_INFO_BITRATE = 0x90  # makes a frame long enough at any rate
_SURE = 3  # frames in a row that are no accident
_RUN_UP = 30  # frames before the one wanted: a frame may use 511 bytes of those before it
_DECODER_DELAY = 529  # samples by which any decoder is late
_BLOCK = 1 << 16
_ID3V1 = 128


class Header(NamedTuple):
    """What a frame says of itself.

    Attributes:
        size: its length in bytes.
        samples: its length in samples.
        rate: samples a second.
        channels: 1 or 2.
        layer: 1, 2 or 3.
        side: bytes between the header and what an info frame tells.
        kind: what all frames of one stream have in common.
    """

    size: int
    samples: int
    rate: int
    channels: int
    layer: int
    side: int
    kind: tuple[int, ...]


@dataclass
class Stream:
    """Frames that one decoder plays without a break.

    Attributes:
        head: the first frame's header bytes.
        header: what they say.
        offsets: where each frame is.
        sizes: how long each is.
        announced: samples that its info frame tells of; None if there is none.
        delay: samples to leave out at the start.
        padding: of the announced samples, those to leave out at their end.
    """

    head: bytes
    header: Header
    offsets: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("l"))
    announced: int | None = None
    delay: int = 0
    padding: int = 0

    @property
    def samples(self) -> int:
        """How many samples there are, all told."""
        return len(self.offsets) * self.header.samples

    def heard(self) -> list[range]:
        """Return the samples that players play; where files were joined, padding is between."""
        if self.announced is None:
            return [range(self.delay, self.samples)]
        stop = min(self.announced - self.padding, self.samples)
        spans = [range(self.delay, stop), range(self.announced, self.samples)]
        return [span for span in spans if len(span)]

    def view(self, sample: int) -> tuple[list[Piece], int]:
        """Return what a decoder reads to play from a sample on, and how many to drop before."""
        first = max(0, sample // self.header.samples - _RUN_UP)
        pieces: list[Piece] = list(_joined(self.offsets[first:], self.sizes[first:]))
        drop = sample - first * self.header.samples
        if self.header.layer != _LAYER_3:
            return pieces, drop
        # libsndfile counts by an info frame, and leaves out a decoder's delay after it: at the
        # start, a frame of silence makes that good.
        silent = [] if first else [self._frame(b"")]
        info = self._frame(self._told(len(self.offsets) - first + len(silent)))
        drop += len(silent) * self.header.samples - _DECODER_DELAY
        return [info, *silent, *pieces], drop

    def _told(self, frames: int) -> bytes:
        """Return what an info frame says of how many frames follow, and of nothing else."""
        return b"Info" + (1).to_bytes(4, "big") + frames.to_bytes(4, "big")

    def _frame(self, content: bytes) -> bytes:
        """Return a frame without sound."""
        head = bytes([0xFF, self.head[1] | 1, _INFO_BITRATE | self.head[2] & 0x0C, self.head[3]])
        size = _parse(head).size  # type: ignore[union-attr]
        return (head + bytes(self.header.side) + content).ljust(size, b"\0")


def is_mpeg(file: BinaryIO, begin: int, end: int) -> bool:
    """Whether MPEG audio begins at an offset, or behind the zeros that pad some tags."""
    zeros = read_at(file, begin, _BLOCK)
    begin += len(zeros) - len(zeros.lstrip(b"\0"))
    return _count(file, begin, end) >= _SURE


def find_streams(file: BinaryIO, begin: int, end: int) -> list[Stream]:
    """Return the streams in a range of a file; a new one begins where rate or channels change."""
    streams: list[Stream] = []
    for offset, head, header in _frames(file, begin, end):
        stream = streams[-1] if streams else None
        if stream is None or stream.header.kind != header.kind:
            stream = Stream(head, header)
            streams.append(stream)
            if _read_info(file, offset, stream):
                continue
        stream.offsets.append(offset)
        stream.sizes.append(header.size)
    return [stream for stream in streams if stream.offsets]


def _frames(file: BinaryIO, begin: int, end: int) -> Iterator[tuple[int, bytes, Header]]:
    """Yield each frame's offset and header, and pass over what is none."""
    at = begin
    while at + _HEADER <= end:
        head = read_at(file, at, _HEADER)
        header = _parse(head)
        if header is None or at + header.size > end:
            found = _resync(file, skip_tag(file, at) or at + 1, end)
            if found is None:
                return
            at = found
            continue
        yield at, head, header
        at += header.size


def _resync(file: BinaryIO, begin: int, end: int) -> int | None:
    """Return the offset of the next frames that follow one another, or None."""
    for block in range(begin, end, _BLOCK):
        content = read_at(file, block, min(_BLOCK + 1, end - block))
        at = content.find(b"\xff")
        while at >= 0:
            if at < _BLOCK and _count(file, block + at, end) >= _SURE:
                return block + at
            at = content.find(b"\xff", at + 1)
    return None


def skip_tag(file: BinaryIO, at: int) -> int:
    """Return the offset behind an ID3v2 tag (a cover picture, say); 0 if none is there."""
    head = read_at(file, at, 10)
    if head[:3] != b"ID3" or len(head) < 10 or max(head[6:10]) > 0x7F:
        return 0
    size = int.from_bytes(bytes(head[6:10]), "big")
    size = sum((size >> 8 * place & 0x7F) << 7 * place for place in range(4))
    return at + 10 + size + (10 if head[5] & 0x10 else 0)


def _count(file: BinaryIO, at: int, end: int) -> int:
    """Return how many frames of one stream follow one another, up to as many as are proof."""
    first = header = _parse(read_at(file, at, _HEADER))
    for count in range(_SURE):
        if header is None or first is None or header.kind != first.kind:
            return count
        at += header.size
        if at >= end - _ID3V1 and at <= end:
            return _SURE
        header = _parse(read_at(file, at, _HEADER))
    return _SURE


def _parse(head: bytes) -> Header | None:
    """Return what the four bytes of a frame's header say; None if they are no header."""
    if len(head) < _HEADER or head[0] != 0xFF or head[1] < 0xE0:
        return None
    version, layer = head[1] >> 3 & 3, 4 - (head[1] >> 1 & 3)
    bitrate, rate = head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or layer == 4 or bitrate in {0, 15} or rate == 3:
        return None
    first, mono = version == 3, head[3] >> 6 == 3
    hertz = _RATES[rate] >> {3: 0, 2: 1, 0: 2}[version]
    bits = 1000 * _BITRATES[1 if first else 2, layer][bitrate - 1]
    samples = 384 if layer == 1 else 576 if layer == _LAYER_3 and not first else 1152
    padding = head[2] >> 1 & 1
    size = (12 * bits // hertz + padding) * 4 if layer == 1 else samples // 8 * bits // hertz
    size += padding if layer > 1 else 0
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return Header(size, samples, hertz, 2 - mono, layer, side, (version, layer, hertz, mono))


def _read_info(file: BinaryIO, offset: int, stream: Stream) -> bool:
    """Take in what an info frame tells; return whether the frame at an offset is one."""
    content = read_at(file, offset, stream.header.size)
    checksum = 0 if content[1] & 1 else 2
    told = content[_HEADER + stream.header.side + checksum :]
    if content[36:40] == b"VBRI":
        stream.announced = int.from_bytes(content[50:54], "big") * stream.header.samples
        return True
    if told[:4] not in {b"Xing", b"Info"}:
        return False
    flags, at = int.from_bytes(told[4:8], "big"), 8
    if flags & 1:
        stream.announced = int.from_bytes(told[8:12], "big") * stream.header.samples
    at += sum(size for bit, size in enumerate((4, 4, 100, 4)) if flags >> bit & 1)
    if told[at : at + 4] in {b"LAME", b"Lavf", b"Lavc"}:
        gaps = int.from_bytes(told[at + 21 : at + 24], "big")
        stream.delay = (gaps >> 12) + _DECODER_DELAY
        stream.padding = max(0, (gaps & 0xFFF) - _DECODER_DELAY)
    return True


def _joined(offsets: "array[int]", sizes: "array[int]") -> Iterator[range]:
    """Yield the ranges that frames cover, neighbours as one."""
    start = stop = offsets[0]
    for offset, size in zip(offsets, sizes, strict=True):
        if offset != stop:
            yield range(start, stop)
            start = offset
        stop = offset + size
    yield range(start, stop)
