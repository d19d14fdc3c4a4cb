"""Spans of tracks as a model hears them: one channel at one rate, at a sound's level."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...base.room import let_go
from .joining import Joiner
from .mixing import WINDOW_SECONDS, Mix, NoSoundError, Survey, choose_mix, survey
from .tracks import Block, Track

_KEPT_VALUES = 1 << 23  # 32 MB
_LOUDEST = 2.0**31  # full scale is 1; 32-bit integers kept as floats are brought to it
_NOTED_SECONDS = 0.05  # what lacks less is a codec's rounding
_OFFSET, _OFFSET_SHARE = 0.002, 0.03  # of full scale, and of the sound's own spread
_THROUGHOUT = 0.9  # of the windows


@dataclass(frozen=True)
class Span:
    """Frames of a track that are asked for.

    Attributes:
        track: the sound.
        first: its first frame.
        last: the one after its last.
        begin: second of the whole file at which the first is heard.
    """

    track: Track
    first: int
    last: int
    begin: float = 0.0


def hear(spans: Sequence[Span], rate: float, name: str) -> tuple[Block, list[str]]:
    """Return spans one after another as samples (N,), and a note on all that was mended.

    Args:
        spans: what to hear.
        rate: of the samples, in Hz.
        name: what the notes call the sound.

    Raises:
        NoSoundError: they hold what is no sound.
    """
    seconds = sum((span.last - span.first) / span.track.rate for span in spans)
    joiner, notes = Joiner(rate, seconds, len(spans)), list[str]()
    for span in spans:
        for block in _mono(span, name, notes):
            joiner.add(block, span.track.rate)
        notes += _notes_on_file(span, name)
    samples = joiner.result()
    if len(samples):
        _centre(samples)
    return samples, notes


def _mono(span: Span, name: str, notes: list[str]) -> Iterator[Block]:
    """Yield a span as blocks (n,), and add to the notes what had to be mended."""
    track, at = span.track, 0
    window = max(1, round(WINDOW_SECONDS * track.rate))
    if track.channels == 1 and not track.is_float:
        for block in _blocks(span):
            yield block[:, 0]
        return
    brief = (span.last - span.first) * track.channels <= _KEPT_VALUES
    kept = list(_blocks(span)) if brief else None  # what is long is decoded twice
    found = survey(_blocks(span) if kept is None else kept, window, count=track.is_float)
    mix = choose_mix(found.covariances, window)
    notes += _notes_on_values(found, name) + _notes_on_mix(mix, span, name)
    for block in _blocks(span) if kept is None else kept:
        yield mix.apply(_levelled(block, found), at)
        at += len(block)


def _blocks(span: Span) -> Iterator[Block]:
    """Yield the blocks (n, channels) of a span. Raises `NoSoundError` for absurd values."""
    for block in span.track.blocks(span.first, span.last):
        if not (block.min() >= -_LOUDEST and block.max() <= _LOUDEST):  # false for NaN as well
            raise NoSoundError
        yield block


def _levelled(block: Block, found: Survey) -> Block:
    """Return a block at a sound's level: integers kept as floats are brought to full scale."""
    if found.has_clicks:
        return block.clip(-1, 1)
    return block * np.float32(2.0**-found.bits) if found.bits else block


def _centre(samples: Block) -> None:
    """Take out a constant, which nobody hears."""
    blocks = [samples[at : at + _KEPT_VALUES] for at in range(0, len(samples), _KEPT_VALUES)]
    total = power = 0.0
    for block in blocks:
        total += float(block.sum(dtype=np.float64))
        power += float(block @ block)
        let_go(block)
    offset, power = total / len(samples), power / len(samples)
    if abs(offset) > _OFFSET and offset**2 > _OFFSET_SHARE**2 * (power - offset**2):
        for block in blocks:
            np.subtract(block, np.float32(offset), out=block)
            let_go(block)


def _notes_on_values(found: Survey, name: str) -> list[str]:
    if found.has_clicks:
        return [f"{name} has {found.beyond} values far beyond full scale; they were clipped."]
    if found.bits:
        return [
            f"{name} holds whole numbers up to 2^{found.bits} as floating point; it was scaled to "
            "full scale."
        ]
    return []


def _notes_on_mix(mix: Mix, span: Span, name: str) -> list[str]:
    """Say where channels cancel each other."""
    if not mix.cancelled.any():
        return []
    where = ""
    if mix.cancelled.sum() < _THROUGHOUT * mix.sounding.sum():
        at = np.flatnonzero(mix.cancelled)
        seconds = mix.window / span.track.rate
        first, last = span.begin + at[0] * seconds, span.begin + (at[-1] + 1) * seconds
        where = f" (between {first:.1f} s and {last:.1f} s)"
    return [f"The channels of {name} cancel each other{where}; only the louder one was heard."]


def _notes_on_file(span: Span, name: str) -> list[str]:
    """Say where a file's end is not where its header puts it, if the span goes so far."""
    track = span.track
    notes = [f"{name} {track.oddity}."] if track.oddity else []
    lack = track.missing / track.rate
    if span.last >= track.length() and lack > _NOTED_SECONDS:
        notes.append(f"{name} is cut short: {lack:.2f} s that its header promises are missing.")
    return notes
