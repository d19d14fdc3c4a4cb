"""Speech with phone times from libespeak-ng, whose phoneme events carry names and samples, and its
pronunciation of texts.

Constants and structures are those of espeak-ng's `speak_lib.h`. The library keeps its state in
globals, so every batch of one voice is spoken in a process of its own.
"""

import ctypes
import multiprocessing
import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np
import soxr

from ...base.errors import UserError
from ...speech.inventories import espeak_inventory, to_phones
from ...speech.phones import Phone
from ..store import SAMPLE_RATE, Samples
from .voices import Voice

_LIBRARY = "libespeak-ng.so.1"
_AUDIO_OUTPUT_SYNCHRONOUS = 2
_PHONEME_EVENTS_IN_IPA = 3
_IPA_PARTED_BY_UNDERSCORES = 0x02 | ord("_") << 8
_EVENT_PHONEME = 7
_CHARS_UTF8 = 1
_RATE, _PITCH = 1, 3
_WORDS_PER_MINUTE = 165
_MIDDLE_PITCH = 50
# Marks of a word spoken by another language's rules, not phonemes.
_LANGUAGE_SWITCHES = ("(", "??")
# Danish spells open e with the Greek letter, and a mark of Belarusian's affricates is no gesture.
_LOOKALIKES = str.maketrans({"\u03b5": "\u025b", "\u033b": None})
_STRESS = "\u02c8\u02cc"
_STOPS = frozenset("pbtdkgcq\u0256\u0288\u025f\u0261")
_LONGEST_CLOSURE = 0.1
_DIGITAL_SILENCE = 1e-4

Segment = tuple[str, float, float]
Spoken = tuple[Samples, list[Segment]]


class _Id(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def speak_all(texts: Sequence[str], voice: Voice) -> Iterator[tuple[Samples, list[Phone]]]:
    """Samples at 16 kHz and phones of each text. Raises `UserError` if espeak-ng is absent."""
    inventory = espeak_inventory(voice.language)
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        for samples, segments in pool.apply(_speak_batch, (list(texts), voice)):
            yield samples, to_phones(segments, inventory)


def pronounce_all(texts: Sequence[str], language: str) -> list[list[tuple[str, ...]]]:
    """X-SAMPA symbols of each word of each text, without pauses.

    Raises `UserError` if espeak-ng is absent or does not know the language.
    """
    inventory = espeak_inventory(language)
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        spelt = pool.apply(_pronounce_batch, (list(texts), language))
    return [
        [tuple(s for name in word for s in inventory.translate(name)) for word in words]
        for words in spelt
    ]


def _pronounce_batch(texts: list[str], language: str) -> list[list[list[str]]]:
    library = _load_library()
    library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, None, 0)
    if library.espeak_SetVoiceByName(language.encode()) != 0:
        raise UserError(f"espeak-ng has no voice '{language}'; see 'espeak-ng --voices'.")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return [[_phoneme_names(word) for word in _words(library, text)] for text in texts]


def _words(library: ctypes.CDLL, text: str) -> Iterator[str]:
    """Each word of a text in IPA, clause after clause."""
    buffer = ctypes.create_string_buffer(text.encode())
    rest = ctypes.c_void_p(ctypes.addressof(buffer))
    while rest.value:
        clause = library.espeak_TextToPhonemes(
            ctypes.byref(rest), _CHARS_UTF8, _IPA_PARTED_BY_UNDERSCORES
        )
        yield from clause.decode("utf-8", "replace").split()


def _phoneme_names(word: str) -> list[str]:
    """Names of a word's phonemes, without glottal stops, links and changes of language."""
    unmarked = re.sub(r"\([a-z-]+\)|\?", "", word).translate(_LOOKALIKES)
    return [name for name in unmarked.split("_") if name.strip(_STRESS)]


def _speak_batch(texts: list[str], voice: Voice) -> list[Spoken]:
    library = _load_library()
    rate = library.espeak_Initialize(_AUDIO_OUTPUT_SYNCHRONOUS, 0, None, _PHONEME_EVENTS_IN_IPA)
    if rate <= 0 or library.espeak_SetVoiceByName(voice.name.encode()) != 0:
        raise UserError(f"espeak-ng has no voice '{voice.name}'; see 'espeak-ng --voices'.")
    library.espeak_SetParameter(_RATE, round(_WORDS_PER_MINUTE * voice.rate), 0)
    library.espeak_SetParameter(_PITCH, round(_MIDDLE_PITCH * voice.pitch), 0)
    return [_speak(library, text, rate) for text in texts]


def _load_library() -> ctypes.CDLL:
    try:
        return ctypes.CDLL(_LIBRARY)
    except OSError as error:
        raise UserError(
            "espeak-ng is not installed; run 'python -m model_core corpus install'."
        ) from error


def _speak(library: ctypes.CDLL, text: str, rate: int) -> Spoken:
    chunks: list[np.ndarray] = []
    events: list[tuple[str, int]] = []

    def collect(
        wave: "ctypes._Pointer[ctypes.c_short]", count: int, raw: "ctypes._Pointer[_Event]"
    ) -> int:
        if count > 0:
            chunks.append(np.ctypeslib.as_array(wave, (count,)).copy())
        for event in _until_end(raw):
            name = event.id.string.decode("utf-8", "replace")
            if event.type == _EVENT_PHONEME and not name.startswith(_LANGUAGE_SWITCHES):
                events.append((name, event.sample))
        return 0

    callback = _Callback(collect)
    library.espeak_SetSynthCallback(callback)
    encoded = text.encode()
    library.espeak_Synth(encoded, len(encoded) + 1, 0, 1, 0, _CHARS_UTF8, None, None)
    samples = np.concatenate(chunks).astype(np.float32) / 32768.0
    segments = _to_segments(events, samples, rate)
    return soxr.resample(samples, rate, SAMPLE_RATE), segments


def _until_end(raw: "ctypes._Pointer[_Event]") -> Iterator[_Event]:
    index = 0
    while raw[index].type != 0:
        yield raw[index]
        index += 1


def _to_segments(events: list[tuple[str, int]], samples: Samples, rate: int) -> list[Segment]:
    """Each phoneme lasts until the next; the wave before the first is a pause."""
    symbols = ["_", *(name for name, _ in events)]
    starts = [0, *(_gesture_start(name, sample, samples, rate) for name, sample in events)]
    times = [start / rate for start in accumulate((*starts, len(samples)), max)]
    return [(symbol, *span) for symbol, span in zip(symbols, pairwise(times), strict=True)]


def _gesture_start(name: str, sample: int, samples: Samples, rate: int) -> int:
    """Where a phoneme's gesture starts, in samples.

    espeak-ng marks a stop at its burst and leaves the digital silence of its closure to the phone
    before; the closure is given back to the stop, as far as `_LONGEST_CLOSURE` seconds.
    """
    if name[:1] not in _STOPS:
        return sample
    window = samples[max(0, sample - round(_LONGEST_CLOSURE * rate)) : sample]
    sounding = np.flatnonzero(np.abs(window) > _DIGITAL_SILENCE)
    return sample - (len(window) - 1 - int(sounding[-1]) if len(sounding) else len(window))
