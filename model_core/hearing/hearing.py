"""Hear a sound: the words that are known to be said in it, where they are said, and its phones."""

from __future__ import annotations

from functools import cache

import numpy as np

from ..base.arrays import Flags
from ..encoding.features import feature_stream
from ..encoding.loudness import ClipLoudness
from ..encoding.registry import EncoderConfig, load_encoder
from ..encoding.speech_encoder import SpeechEncoder
from ..engine.choice import choose_runtime
from ..performance.silence import levels_db, loud_db, may_be_speech
from ..speech.audio import Samples
from ..speech.phones import PAUSE
from .listener import FPS, Heard, Listener, heard_phones, shipped_listener
from .said import Hearing, Script
from .subtitles import Cue
from .words import Word, place_words

_STEP = 30.0  # seconds of sound heard at a time, which bounds the memory of long ones
_MARGIN = 0.2  # seconds around a subtitle in which its words may lie


def hear(
    samples: Samples, encoder: SpeechEncoder, listener: Listener, script: Script, start: float
) -> Hearing:
    """Return what is said in a sound.

    Args:
        samples: (N,) at 16 kHz.
        encoder: whose features the listener knows.
        listener: hears phones.
        script: what is said, as far as it is known.
        start: second of the file at which the samples begin.
    """
    features = feature_stream([samples], encoder, FPS, ClipLoudness(samples), _STEP)
    heard = listener.hear(features).hushed(_is_quiet(samples))
    phones = [phone for phone in heard_phones(heard) if phone.symbol != PAUSE]
    words, notes = _words(heard, script, start)
    moved = [phone._replace(start=phone.start + start, end=phone.end + start) for phone in phones]
    return Hearing(words, moved, tuple(dict.fromkeys(notes)), heard.sureness(phones))


def _is_quiet(samples: Samples) -> Flags:
    """Return (n,) where a sound is too quiet to be speech, 100 times a second."""
    levels = levels_db(samples)
    return ~may_be_speech(levels, loud_db(levels))


def hear_with_shipped(samples: Samples, script: Script, start: float) -> Hearing:
    """Return what is said in a sound, heard by what ships; arguments as of `hear`.

    Raises:
        UserError: a file of it is missing or damaged.
    """
    return hear(samples, _shipped_encoder(), shipped_listener(), script, start)


@cache
def _shipped_encoder() -> SpeechEncoder:
    return load_encoder(EncoderConfig(), runtime=choose_runtime("cpu"))


def _words(heard: Heard, script: Script, start: float) -> tuple[list[Word], list[str]]:
    """Return the words of a script in seconds of the file, and notes."""
    cues = script.cues or [Cue(start, start + heard.duration, script.text)]
    words: list[Word] = []
    notes = []
    for cue in cues:
        begin = max(0.0, cue.start - start - (_MARGIN if script.cues else 0.0))
        end = min(heard.duration, cue.end - start + (_MARGIN if script.cues else 0.0))
        if end <= begin:
            continue  # said in another part of the file
        part = _part(heard, begin, end)
        placed = place_words(part, cue.text, amid_others=bool(script.cues))
        notes += [placed.note] if placed.note else []
        shift = begin + start
        words += [w._replace(start=w.start + shift, end=w.end + shift) for w in placed.words]
    return words, notes


def _part(heard: Heard, begin: float, end: float) -> Heard:
    first, last = (int(np.floor(second * FPS)) for second in (begin, end))
    frames = slice(first, max(last, first + 1))
    return Heard(heard.posteriors[frames], heard.likelihoods[frames])
