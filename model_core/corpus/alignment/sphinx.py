"""Phone times of real recordings by forced alignment with pocketsphinx's US English model.

The aligner works on a 10 ms grid. Words outside its dictionary are pronounced by flite.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ...speech.inventories import ARPABET, to_phones
from ...speech.phones import PAUSE, STOPS, VOWELS, Phone, fit_phones
from ..store import SAMPLE_RATE, Samples
from .pronunciation import sphinx_pronunciation, words_of

if TYPE_CHECKING:
    import pocketsphinx

FRAME_SECONDS = 0.01
_PADS = (0.3, 0.2, 0.45, 0.1)
_DITHER = 3e-5
_LONGEST_PHONE = 0.6
_LONGEST_STOP = 0.25
_PAUSE_BELOW_VOWELS_DB = 9.0


class Aligner:
    """Aligns recordings with what they say by pocketsphinx's US English model."""

    def __init__(self) -> None:
        """Load the model, once for many recordings."""
        import pocketsphinx

        self._decoder = pocketsphinx.Decoder(
            lm=None, samprate=float(SAMPLE_RATE), loglevel="FATAL", cmn="batch"
        )

    def align(self, samples: Samples, text: str) -> list[Phone] | None:
        """Phones of (N,) samples at 16 kHz saying an English text, or None if none is plausible."""
        words = words_of(text)
        for word in words:
            if self._decoder.lookup_word(word) is None:
                self._decoder.add_word(word, sphinx_pronunciation(word), True)
        return self._best(samples, words)

    def _best(self, samples: Samples, words: list[str]) -> list[Phone] | None:
        for pad in _PADS if words else ():
            found = self._attempt(samples, words, pad)
            phones = fit_phones(found, len(samples) / SAMPLE_RATE)
            if is_plausible(phones, samples):
                return phones
        return None

    def _attempt(self, samples: Samples, words: list[str], pad: float) -> list[Phone]:
        padded = _pad(samples, pad)
        try:
            self._decoder.set_align_text(" ".join(words))
            self._decode(padded)
            self._decoder.set_alignment()
            self._decode(padded)
        except RuntimeError:  # no path through the words
            return []
        return to_phones(_segments(self._decoder, pad), ARPABET)

    def _decode(self, padded: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(padded, full_utt=True)
        self._decoder.end_utt()


def is_plausible(phones: list[Phone], samples: Samples) -> bool:
    """Whether phones fit their recording: none too long, pauses well quieter than vowels.

    A stop that lasts has swallowed a pause; another phone that lasts has swallowed its neighbours.
    """
    spoken = [phone for phone in phones if phone.symbol != PAUSE]
    limits = (_LONGEST_STOP if p.symbol in STOPS else _LONGEST_PHONE for p in spoken)
    if not spoken or any(p.duration > limit for p, limit in zip(spoken, limits, strict=True)):
        return False
    vowels = [level_db(samples, p) for p in phones if p.symbol in VOWELS]
    pauses = [level_db(samples, p) for p in phones if p.symbol == PAUSE and p.duration > 0.1]
    if not vowels or not pauses:
        return True
    return float(np.median(vowels)) - max(pauses) > _PAUSE_BELOW_VOWELS_DB


def level_db(samples: Samples, phone: Phone) -> float:
    """RMS level in dB of the samples within a phone."""
    span = samples[round(phone.start * SAMPLE_RATE) : round(phone.end * SAMPLE_RATE)]
    return float(10.0 * np.log10(np.mean(np.square(span)) + 1e-10)) if len(span) else -100.0


def _pad(samples: Samples, seconds: float) -> bytes:
    """16-bit samples with near-silence at both ends, as the decoder takes them."""
    count = round(seconds * SAMPLE_RATE)
    padded = np.pad(samples, count)
    dithered = padded + _DITHER * np.random.default_rng(0).standard_normal(len(padded))
    return (np.clip(dithered, -1.0, 1.0) * 32767.0).astype(np.int16).tobytes()


def _segments(decoder: "pocketsphinx.Decoder", pad: float) -> Iterator[tuple[str, float, float]]:
    entries = [phone for word in decoder.get_alignment() for phone in word]
    starts = [*(entry.start for entry in entries), decoder.n_frames()]
    spans = pairwise(start * FRAME_SECONDS - pad for start in starts)
    for entry, span in zip(entries, spans, strict=True):
        yield entry.name, *span
