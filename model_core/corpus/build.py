"""Builds the training and evaluation corpora from voices, sentences and real recordings."""

import os
import shutil
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np

from ..articulation.phones import PAUSE, Phone, fit_phones
from . import asterisk, espeak, festival, flite, text
from .recipe import HELD_OUT_VOICE, training_voices
from .store import SAMPLE_RATE, Samples, Utterance, write_store
from .voices import Voice

Recording = tuple[Utterance, Samples]
Progress = Callable[[str], None]

_SPEAK: Mapping[str, Callable[[Sequence[str], Voice], Iterator[tuple[Samples, list[Phone]]]]] = {
    "flite": flite.speak_all,
    "espeak": espeak.speak_all,
    "festival": festival.speak_all,
}
_WORKERS = 2
_SENTENCES_PER_MINUTE = 19.0
_BATCH = 20
_RATES = (0.85, 1.2)
_PITCHES = (0.88, 1.14)


def build_corpus(
    folder: str | os.PathLike[str], *, scale: float = 1.0, seed: int = 0, progress: Progress
) -> dict[str, list[Utterance]]:
    """Write `folder`/train and `folder`/eval, replacing what is there; returns their utterances.

    `scale` multiplies the minutes each synthetic voice speaks. Raises `UserError` if a speech tool
    or its data is missing.
    """
    real = list(asterisk.aligned_prompts())
    progress(f"{len(real)} real prompts aligned")
    held_out = [(u, s) for u, s in real if asterisk.is_held_out(u.text)]
    kept = [(u, s) for u, s in real if not asterisk.is_held_out(u.text)]
    synthetic = spoken(training_voices(), scale, seed, progress)
    return {
        "train": _replace_store(Path(folder) / "train", chain(kept, synthetic)),
        "eval": _replace_store(
            Path(folder) / "eval", chain(held_out, spoken([HELD_OUT_VOICE], scale, seed, progress))
        ),
    }


def spoken(
    voices: Iterable[tuple[Voice, float]], scale: float, seed: int, progress: Progress
) -> Iterator[Recording]:
    """Recordings of voices, each speaking about its minutes; rate and pitch vary by batch."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        jobs = [job for voice, minutes in voices for job in _batches(voice, minutes * scale, seed)]
        for done, batch in enumerate(pool.map(lambda job: list(_speak_batch(*job)), jobs), 1):
            progress(f"synthesised {done} of {len(jobs)} batches")
            yield from batch


def _batches(voice: Voice, minutes: float, seed: int) -> Iterator[tuple[Voice, str, list[str]]]:
    rng = np.random.default_rng([seed, zlib.crc32(voice.speaker.encode())])
    count = max(1, round(minutes * _SENTENCES_PER_MINUTE))
    language = voice.language.split("-")[0]
    sentences = text.sentences(language, count, rng)
    for start in range(0, count, _BATCH):
        varied = replace(voice, rate=rng.uniform(*_RATES), pitch=rng.uniform(*_PITCHES))
        yield varied, f"{voice.speaker}-{start:04d}", sentences[start : start + _BATCH]


def _speak_batch(voice: Voice, stem: str, sentences: list[str]) -> Iterator[Recording]:
    language = voice.language.split("-")[0]
    for index, (samples, phones) in enumerate(_SPEAK[voice.source](sentences, voice)):
        timed = tuple(fit_phones(phones, len(samples) / SAMPLE_RATE))
        if all(phone.symbol == PAUSE for phone in timed):
            continue
        details = (voice.speaker, language, voice.source, sentences[index], timed)
        yield Utterance(f"{stem}-{index:02d}", *details), samples


def _replace_store(folder: Path, recordings: Iterable[Recording]) -> list[Utterance]:
    """Write a store beside `folder` and put it in its place when complete."""
    partial = folder.with_name(f".{folder.name}-partial")
    shutil.rmtree(partial, ignore_errors=True)
    try:
        utterances = write_store(partial, recordings)
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return utterances
