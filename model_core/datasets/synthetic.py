"""A small made-up dataset in VOCASET's exact format, so that research code runs without VOCASET.

Twelve subjects with VOCASET's names say sentences of its numbers: synthetic or given speech whose
phones drive the face rig through the articulation rules, each subject with a face, a voice and
habits of its own, some blinks and brows, at 60 fps and 22 kHz.
"""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from ..articulation.rules import articulate
from ..articulation.styles import STYLES
from ..base.errors import UserError
from ..base.files import atomic_path
from ..base.units import frame_count
from ..corpus.store import load_samples, read_store
from ..corpus.synthesis import flite
from ..corpus.synthesis.voices import Voice
from ..corpus.text import own_sentences
from ..rig.rig import load_face_rig
from ..rig.shapes import SPEECH_SHAPES
from ..speech.audio import SAMPLE_RATE, Samples
from ..speech.loudness import loudness_envelope
from ..speech.phones import Phone
from .corpora import VOCASET
from .identities import identities
from .vocaset import AUDIO, INDEX, TEMPLATES, VERTICES

FPS = VOCASET.fps * VOCASET.stride
RATE = 22000  # of VOCASET's sound
UPPER_SHAPES = ("eyeBlinkLeft", "eyeBlinkRight", "browInnerUpLeft", "browInnerUpRight")
_FLITE_VOICES = ("slt", "rms", "awb", "kal16")
_PICKLE_PROTOCOL = 2  # VOCASET's own

Spoken = tuple[Samples, Sequence[Phone]]


@dataclass(frozen=True)
class Recipe:
    """What to make.

    Attributes:
        sentences: of each subject, counted from the first of its split (1, or 21 when held out).
        store: utterances to use instead of flite's voices.
        identities: see `identities.identities`.
        seed: decides faces, voices and habits.
    """

    sentences: int = 4
    store: Path | None = None
    identities: Path | None = None
    seed: int = 0


@dataclass(frozen=True)
class _Performance:
    """A sentence: 16 kHz samples and the weights (T, K) of `_shapes` at 60 fps."""

    subject: str
    sentence: str
    samples: Samples
    weights: NDArray[np.float32]


def make_vocaset(folder: Path, recipe: Recipe) -> int:
    """Write VOCASET's four files and return how many sentences they hold.

    The index is written last, so a folder that has it is whole.

    Raises:
        UserError: a folder cannot be written, or there is no speech to be had.
    """
    plan = [
        (subject, [f"sentence{number:02d}" for number in numbers[: recipe.sentences]])
        for subjects, numbers in VOCASET.splits.values()
        for subject in subjects
    ]
    rng = np.random.default_rng(recipe.seed)
    faces = identities(len(plan), rng, recipe.identities)
    performances = [one for part in _perform(plan, recipe) for one in part]
    neutral = {subject: face for (subject, _), face in zip(plan, faces, strict=True)}
    _write_pickle(folder / TEMPLATES, neutral)
    _write_pickle(folder / AUDIO, _by_subject((p, _sound(p.samples)) for p in performances))
    _write_frames(folder / VERTICES, performances, neutral)
    _write_pickle(folder / INDEX, _by_subject(_rows(performances)))
    return len(performances)


def _perform(plan: Sequence[tuple[str, list[str]]], recipe: Recipe) -> Iterator[list[_Performance]]:
    """Yield each subject's performances: a voice, a style and a gain of its own."""
    styles = list(STYLES)
    for index, (subject, names) in enumerate(plan):
        rng = np.random.default_rng([recipe.seed, index])
        style, gain = styles[index % len(styles)], rng.uniform(0.85, 1.1)
        spoken = _speech(index, names, recipe)
        yield [
            _Performance(subject, name, samples, _weights(samples, phones, style, gain, rng))
            for name, (samples, phones) in zip(names, spoken, strict=True)
        ]


def _speech(index: int, names: Sequence[str], recipe: Recipe) -> Iterator[Spoken]:
    """Yield a subject's sentences: flite's voices at several pitches, or utterances of a store."""
    if recipe.store is None:
        texts = own_sentences("en")
        wanted = [texts[int(name.removeprefix("sentence")) - 1] for name in names]
        variant = index // len(_FLITE_VOICES)
        name = _FLITE_VOICES[index % len(_FLITE_VOICES)]
        voice = Voice("flite", name, "en", rate=1 - 0.08 * variant, pitch=1 + 0.1 * variant)
        yield from flite.speak_all(wanted, voice)
        return
    utterances = read_store(recipe.store)
    speakers = sorted({one.speaker for one in utterances})
    own = [one for one in utterances if one.speaker == speakers[index % len(speakers)]]
    first = index // len(speakers) * len(names)
    if len(own) < first + len(names):
        raise UserError(f"{recipe.store} has too few utterances; ask for fewer sentences.")
    for one in own[first : first + len(names)]:
        yield load_samples(recipe.store, one), one.phones


def _weights(
    samples: Samples, phones: Sequence[Phone], style: str, gain: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return the articulated speech shapes and some life in the upper face, (T, K)."""
    seconds = len(samples) / SAMPLE_RATE
    frames = frame_count(seconds, FPS)
    level = loudness_envelope(samples, frames, FPS)
    speech = gain * articulate(phones, seconds, FPS, style, level)
    return np.hstack([speech, _upper_face(frames, level, rng)]).astype(np.float32)


def _upper_face(
    frames: int, level: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return weights (T, 4) of `UPPER_SHAPES`: blinks of a fifth of a second, brows with stress."""
    time = np.arange(frames) / FPS
    blinks = np.cumsum(rng.exponential(2.5, size=8))
    closed = np.exp(-(((time[:, None] - blinks) / 0.06) ** 2)).sum(axis=1).clip(0, 1)
    window = np.hanning(round(0.4 * FPS))
    loud = np.convolve(np.pad(level, len(window) // 2, mode="edge"), window / window.sum(), "same")
    brows = 0.2 + 0.01 * loud[len(window) // 2 :][:frames].clip(-20, 0)
    return np.column_stack([closed, closed, brows, brows])


def _write_frames(
    path: Path, performances: Sequence[_Performance], neutral: dict[str, NDArray[np.float32]]
) -> None:
    """Write all positions one sentence at a time; together they may not fit in memory."""
    rig = load_face_rig()
    basis = rig.select((*SPEECH_SHAPES, *UPPER_SHAPES))  # (K, V, 3)
    shape = (sum(len(one.weights) for one in performances), *rig.neutral.shape)
    with atomic_path(path) as temporary:
        frames = np.lib.format.open_memmap(temporary, mode="w+", dtype=np.float32, shape=shape)
        first = 0
        for one in performances:
            last = first + len(one.weights)
            frames[first:last] = neutral[one.subject] + np.tensordot(one.weights, basis, axes=1)
            first = last
        frames.flush()


def _sound(samples: Samples) -> dict[str, Any]:
    """Return an entry of VOCASET's sound: 16-bit samples at 22 kHz."""
    resampled = soxr.resample(samples, SAMPLE_RATE, RATE)
    whole = np.clip(np.round(resampled * 32767), -32768, 32767).astype(np.int16)
    return {"audio": whole, "sample_rate": RATE}


def _rows(
    performances: Sequence[_Performance],
) -> Iterator[tuple[_Performance, dict[int, int]]]:
    """Yield the rows of each sentence's frames."""
    first = 0
    for one in performances:
        yield one, {frame: first + frame for frame in range(len(one.weights))}
        first += len(one.weights)


def _by_subject(entries: Iterator[tuple[_Performance, Any]]) -> dict[str, dict[str, Any]]:
    """Return {subject: {sentence: entry}}."""
    table: dict[str, dict[str, Any]] = {}
    for one, entry in entries:
        table.setdefault(one.subject, {})[one.sentence] = entry
    return table


def _write_pickle(path: Path, content: Any) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        pickle.dump(content, stream, protocol=_PICKLE_PROTOCOL)
