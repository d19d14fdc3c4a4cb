"""Phone times of real recordings by forced alignment with pocketsphinx's US English model.

The aligner works on a 10 ms grid. Words outside its dictionary are pronounced by flite.
"""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from ..articulation.inventories import ARPABET, to_phones
from ..articulation.phones import PAUSE, VOWELS, Phone, fit_phones
from .flite import pronounce
from .store import SAMPLE_RATE, Samples

if TYPE_CHECKING:
    import pocketsphinx

FRAME_SECONDS = 0.01
_PADS = (0.3, 0.2, 0.45, 0.1)
_DITHER = 3e-5
_LONGEST_PHONE = 0.6
_PAUSE_BELOW_VOWELS_DB = 9.0
_FLITE_TO_SPHINX = {"ax": "AH", "axr": "ER", "ix": "IH", "dx": "T", "nx": "N", "hv": "HH"}
_FLITE_SYLLABIC = {"el": ("AH", "L"), "em": ("AH", "M"), "en": ("AH", "N")}


class Aligner:
    """Aligns recordings of one language model with their words; keeps the decoder loaded."""

    def __init__(self, pronunciations: Mapping[str, str] | None = None) -> None:
        """Load the model; `pronunciations` maps further words to upper-case ARPAbet."""
        import pocketsphinx

        self._decoder = pocketsphinx.Decoder(
            lm=None, samprate=float(SAMPLE_RATE), loglevel="FATAL", cmn="batch"
        )
        for word, phones in (pronunciations or {}).items():
            self._decoder.add_word(word, phones, True)

    def align(self, samples: Samples, text: str) -> list[Phone] | None:
        """Phones of (N,) samples at 16 kHz saying `text`, or None if no alignment is plausible."""
        words = words_of(text)
        for word in words:
            if self._decoder.lookup_word(word) is None:
                self._decoder.add_word(word, sphinx_pronunciation(word), True)
        for pad in _PADS if words else ():
            phones = fit_phones(self._attempt(samples, words, pad), len(samples) / SAMPLE_RATE)
            if is_plausible(phones, samples):
                return phones
        return None

    def _attempt(self, samples: Samples, words: list[str], pad: float) -> Iterator[Phone]:
        padded = _pad(samples, pad)
        try:
            self._decoder.set_align_text(" ".join(words))
            self._decode(padded)
            self._decoder.set_alignment()
            self._decode(padded)
        except RuntimeError:
            return
        yield from to_phones(_segments(self._decoder, pad), ARPABET)

    def _decode(self, padded: bytes) -> None:
        self._decoder.start_utt()
        self._decoder.process_raw(padded, full_utt=True)
        self._decoder.end_utt()


def words_of(text: str) -> list[str]:
    """Lower-case words of a transcript; digits are words of their own."""
    return re.findall(r"\d|[a-z']*[a-z][a-z']*", text.lower().replace("\u2019", "'"))


def sphinx_pronunciation(word: str) -> str:
    """Upper-case ARPAbet of a word for pocketsphinx, from flite."""
    symbols: list[str] = []
    for symbol in pronounce(word):
        symbols += _FLITE_SYLLABIC.get(symbol, (_FLITE_TO_SPHINX.get(symbol, symbol.upper()),))
    return " ".join(symbols)


def is_plausible(phones: list[Phone], samples: Samples) -> bool:
    """Whether phones fit their recording: no endless phone, pauses well quieter than vowels."""
    spoken = [phone for phone in phones if phone.symbol != PAUSE]
    if not spoken or max(phone.duration for phone in spoken) > _LONGEST_PHONE:
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
    frames = [(phone.name, phone.start) for word in decoder.get_alignment() for phone in word]
    frames.append(("end", decoder.n_frames()))
    for (name, start), (_, end) in pairwise(frames):
        yield name, start * FRAME_SECONDS - pad, end * FRAME_SECONDS - pad
