"""The sounds in a file, decoded block by block; most files hold one."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import soundfile
from numpy.typing import NDArray

from . import chunked, flac, mpeg, ogg, riff
from .spliced import Piece, Spliced, read_at

Block = NDArray[np.float32]

_BLOCK_VALUES = 1 << 18
_MOST_FRAMES = 1 << 60  # libsndfile says more where it does not know
_RUN_UP_SECONDS = 0.5  # what a lossy decoder plays after a seek is not yet what it would have been
_EXACT_SEEKS = frozenset(
    {"PCM_S8", "PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW", "ALAW"}
    | {"VORBIS", "OPUS"}
)
_GOES_ON = "goes on after the end that its header gives; all of it was read, though players stop"
_JOINED = "holds several sounds, one after another; all were read, though players stop at the first"


class DamagedError(Exception):
    """A file cannot be decoded from some place on."""


class Track(ABC):
    """One sound.

    Attributes:
        rate: samples a second.
        channels: how many there are.
        frames: its length; None if only decoding tells.
        missing: frames that its header promises and its file lacks.
        oddity: what others may not play of it, to follow the file's name; mostly empty.
        is_float: whether the file holds floating-point numbers.
    """

    rate: float
    channels: int
    frames: int | None
    missing: int = 0
    oddity: str = ""
    is_float: bool = False

    @abstractmethod
    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Yield frames first to last as blocks (n, channels); fewer if there are no more."""

    def length(self) -> int:
        """Return how many frames there are, decoding them all if need be."""
        if self.frames is None:
            self.frames = sum(map(len, self.blocks(0, _MOST_FRAMES)))
        return self.frames


class _Decoder(soundfile.SoundFile):
    """Reads on and on: soundfile seeks after each block, which GSM and broken headers forbid."""

    failed = False  # whether decoding ended in an error

    def seekable(self) -> bool:
        return False

    def drop(self, frames: int) -> None:
        """Decode frames and forget them."""
        size = max(1, _BLOCK_VALUES // self.channels)
        while frames > 0 and len(self.read(min(size, frames), "float32")):
            frames -= size

    def chunks(self, frames: int) -> Iterator[Block]:
        """Yield up to so many frames as blocks (n, channels); what fails leaves out the rest."""
        size = max(1, _BLOCK_VALUES // self.channels)
        while frames > 0:
            out = np.full((min(size, frames), self.channels), np.nan, np.float32)
            try:
                block = self.read(out=out)
            except soundfile.LibsndfileError:
                block = out[: int(np.append(np.isnan(out[:, 0]), True).argmax())]
                self.failed = True
            if len(block):
                yield block
            if self.failed or not len(block):
                return
            frames -= len(block)


class _Whole(Track):
    """A sound that libsndfile reads as it stands, or as mended.

    Raises:
        soundfile.LibsndfileError: it cannot.
    """

    def __init__(self, file: BinaryIO, pieces: Sequence[Piece]) -> None:
        self._stream = Spliced(file, pieces)
        with _Decoder(self._stream) as decoder:
            self.rate, self.channels = decoder.samplerate, decoder.channels
            self.frames = decoder.frames if decoder.frames < _MOST_FRAMES else None
            self._subtype = decoder.subtype
        self.is_float = self._subtype in {"FLOAT", "DOUBLE"}

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Yield frames first to last as blocks (n, channels); fewer if there are no more."""
        self._stream.seek(0)
        with _Decoder(self._stream) as decoder:
            run_up = 0
            if self._subtype in {"VORBIS", "OPUS"}:
                run_up = min(first, round(_RUN_UP_SECONDS * self.rate))
            if first and self._subtype in _EXACT_SEEKS:
                decoder.seek(first - run_up)
                decoder.drop(run_up)
            else:
                decoder.drop(first)
            yield from decoder.chunks(last - first)
            _check(decoder, self._stream)


class _Mpeg(Track):
    """A part of a stream of MPEG audio."""

    def __init__(self, file: BinaryIO, stream: mpeg.Stream, heard: range) -> None:
        self._file, self._stream, self._heard = file, stream, heard
        self.rate, self.channels = stream.header.rate, stream.header.channels
        self.frames = len(heard)
        if stream.announced is not None:
            self.missing = max(0, stream.announced - stream.samples)

    def blocks(self, first: int, last: int) -> Iterator[Block]:
        """Yield frames first to last as blocks (n, channels); fewer if there are no more."""
        pieces, drop = self._stream.view(self._heard.start + first)
        view = Spliced(self._file, pieces)
        with _Decoder(view) as decoder:
            decoder.drop(drop)
            yield from decoder.chunks(last - first)
            _check(decoder, view)


def _check(decoder: _Decoder, stream: Spliced) -> None:
    """Raise what kept a decoder from its end; a file that was cut off is no error."""
    if stream.failure:
        raise stream.failure
    if decoder.failed and not stream.exhausted:
        raise DamagedError


def find_tracks(file: BinaryIO, end: int) -> list[Track]:
    """Return the sounds in a file of `end` bytes, found by its content.

    Raises:
        soundfile.LibsndfileError: it is not in a format that libsndfile decodes.
    """
    begin = 0
    while behind := mpeg.skip_tag(file, begin):
        begin = behind
    head = read_at(file, begin, 16)
    if riff.is_wave(head):
        return list(_wave_tracks(file, begin, end))
    if head.startswith(flac.MARK):
        return list(_flac_tracks(file, begin, end))
    if head.startswith(ogg.MARK):
        return [_Whole(file, [link]) for link in ogg.find_links(file, begin, end)]
    if head[:4] in chunked.MARKS:
        return [_Whole(file, pieces) for pieces in chunked.mended(file, begin, end)]
    if mpeg.is_mpeg(file, begin, end):
        return list(_mpeg_tracks(file, begin, end))
    return [_Whole(file, [range(end)])]


def _flac_tracks(file: BinaryIO, begin: int, end: int) -> Iterator[Track]:
    for pieces, lack in flac.find_flacs(file, begin, end):
        track = _Whole(file, pieces)
        track.missing = lack
        yield track


def _wave_tracks(file: BinaryIO, begin: int, end: int) -> Iterator[Track]:
    for number, wave in enumerate(riff.find_waves(file, begin, end)):
        tracks: list[Track] = []
        for samples in wave.data if wave.is_mpeg else []:
            tracks += _mpeg_tracks(file, samples.start, samples.stop)
        if not wave.is_mpeg:
            tracks += [_Whole(file, pieces) for pieces in wave.views()]
            lack = (wave.promised or 0) - sum(map(len, wave.data))
            if lack > 0 and tracks:
                tracks[-1].missing = round(lack / wave.bytes_a_second * tracks[-1].rate)
            elif lack < 0 and wave.promised is not None and tracks:
                tracks[0].oddity = _GOES_ON
        if number and tracks:
            tracks[0].oddity = _JOINED
        yield from tracks


def _mpeg_tracks(file: BinaryIO, begin: int, end: int) -> Iterator[Track]:
    for stream in mpeg.find_streams(file, begin, end):
        for heard in stream.heard():
            yield _Mpeg(file, stream, heard)
