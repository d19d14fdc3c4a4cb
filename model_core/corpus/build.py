"""Builds the training and evaluation corpora from voices, sentences and real recordings."""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ..base.files import atomic_folder
from ..speech.phones import PAUSE, Phone, fit_phones
from . import text
from .recipe import HELD_OUT_VOICE, training_voices
from .recordings import asterisk, packages, russian, transcribed
from .store import SAMPLE_RATE, Samples, Utterance, read_store, write_index, write_store
from .synthesis import espeak, festival, flite
from .synthesis.voices import Voice

VoicedUtterance = tuple[Utterance, Samples]
Say = Callable[[str], None]
Speak = Callable[[], Iterable[VoicedUtterance]]
SourceRecipe = tuple[str, Speak]

_SPEAK: Mapping[str, Callable[[Sequence[str], Voice], Iterator[tuple[Samples, list[Phone]]]]] = {
    "flite": flite.speak_all,
    "espeak": espeak.speak_all,
    "festival": festival.speak_all,
}
EVALUATION_SOURCES = ("packages", "held-out-voice")
_WORKERS = 2
_ALIGNMENT = Path(__file__).parent / "alignment"
_RECORDINGS = Path(__file__).parent / "recordings"
_SYNTHESIS = Path(__file__).parent / "synthesis"
_SENTENCES = Path(__file__).parent / "sentences"
_SENTENCES_PER_MINUTE = 19.0
_BATCH = 20
_RATES = (0.85, 1.2)
_PITCHES = (0.88, 1.14)


def build_corpus(
    folder: str | os.PathLike[str], *, scale: float = 1.0, seed: int = 0, progress: Say
) -> dict[str, list[Utterance]]:
    """Write the stores `folder`/train and `folder`/eval; returns their utterances.

    First come the sources with known phone times, then, aligned by what is learnt from those, the
    ones with known words. Their recordings lie in `folder`/sources, one store a source; a source
    that is there with the same settings is used again. `scale` multiplies the minutes each
    synthetic voice speaks. Raises `UserError` if a speech tool or its data is missing.
    """
    root = Path(folder)
    sources = _real_sources(root) | _synthetic_sources(scale, seed, progress)
    stores = {}
    for name, (settings, record) in sources.items():
        stores[name] = _source(root / "sources" / name, settings, record)
        progress(f"{name}: {len(stores[name])} utterances")
    prompts = stores.pop("asterisk")
    evaluation = [u for u in prompts if asterisk.is_held_out(u.text)]
    evaluation += [u for name in EVALUATION_SOURCES for u in stores.pop(name)]
    training = [u for u in prompts if not asterisk.is_held_out(u.text)]
    training += [u for store in stores.values() for u in store]
    training += _transcribed(root / "sources", training, seed, progress)
    for name, utterances in (("train", training), ("eval", evaluation)):
        write_index(root / name, utterances)
    return {"train": training, "eval": evaluation}


def _transcribed(
    folder: Path, known: Sequence[Utterance], seed: int, progress: Say
) -> list[Utterance]:
    """Utterances of the sources with known words; they are stores in `folder` too."""
    speech = transcribed.TranscribedSpeech(folder, known, seed, _WORKERS, progress)
    aligned = []
    settings = f"{seed} {_code_digest(_ALIGNMENT, _RECORDINGS)}"
    for name in transcribed.SOURCES:
        store = _source(folder / name, settings, partial(speech.utterances, name))
        progress(f"{name}: {len(store)} utterances")
        aligned += store
    return aligned


def _real_sources(root: Path) -> dict[str, SourceRecipe]:
    aligned, listed = _code_digest(_ALIGNMENT), _code_digest(_ALIGNMENT, packages.LISTING)
    downloads = root / "downloads"
    return {
        "asterisk": (aligned, asterisk.aligned_prompts),
        "festvox-ru": (aligned, russian.labelled_recordings),
        "packages": (listed, partial(packages.aligned_recordings, downloads, "evaluation")),
        "packages-training": (listed, partial(packages.aligned_recordings, downloads, "training")),
    }


def _code_digest(*parts: Path) -> str:
    """Digest files, and the code in folders: what made a source, so that a change makes it anew."""
    files = [file for part in parts for file in (sorted(part.glob("*.py")) or [part])]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _synthetic_sources(scale: float, seed: int, progress: Say) -> dict[str, SourceRecipe]:
    voices = training_voices()
    groups = {name: [v for v in voices if v[0].source == name] for name in _SPEAK}
    groups["held-out-voice"] = [HELD_OUT_VOICE]
    made_with = f"{scale} {seed} {_code_digest(_SYNTHESIS, *sorted(_SENTENCES.glob('*.txt')))}"
    return {
        name: (f"{made_with} {_digest(repr(group))}", partial(spoken, group, scale, seed, progress))
        for name, group in groups.items()
    }


def spoken(
    voices: Iterable[tuple[Voice, float]], scale: float, seed: int, progress: Say
) -> Iterator[VoicedUtterance]:
    """Recordings of voices, each speaking about its minutes; rate and pitch vary by batch."""
    with ThreadPoolExecutor(_WORKERS) as pool:
        jobs = [job for voice, minutes in voices for job in _batches(voice, minutes * scale, seed)]
        for done, batch in enumerate(pool.map(lambda job: list(_speak_batch(*job)), jobs), 1):
            progress(f"{jobs[0][0].source}: {done} of {len(jobs)} batches")
            yield from batch


def _batches(voice: Voice, minutes: float, seed: int) -> Iterator[tuple[Voice, str, list[str]]]:
    rng = np.random.default_rng([seed, zlib.crc32(voice.speaker.encode())])
    count = max(1, round(minutes * _SENTENCES_PER_MINUTE))
    language = voice.language.split("-")[0]
    sentences = text.sentences(language, count, rng)
    for start in range(0, count, _BATCH):
        varied = replace(voice, rate=rng.uniform(*_RATES), pitch=rng.uniform(*_PITCHES))
        yield varied, f"{voice.speaker}-{start:04d}", sentences[start : start + _BATCH]


def _speak_batch(voice: Voice, stem: str, sentences: list[str]) -> Iterator[VoicedUtterance]:
    language = voice.language.split("-")[0]
    for index, (samples, phones) in enumerate(_SPEAK[voice.source](sentences, voice)):
        timed = tuple(fit_phones(phones, len(samples) / SAMPLE_RATE))
        if all(phone.symbol == PAUSE for phone in timed):
            continue
        details = (voice.speaker, language, voice.source, sentences[index], timed)
        yield Utterance(f"{stem}-{index:02d}", *details), samples


def _source(folder: Path, settings: str, record: Speak) -> list[Utterance]:
    """Utterances of a source's store, made anew unless it is there with the same settings.

    Their audio paths are relative to a sibling of the folder of sources.
    """
    stamp = folder / "settings.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != settings:
        _replace_store(folder, record(), settings)
    prefix = f"../{folder.parent.name}/{folder.name}"
    return [replace(u, audio=f"{prefix}/{u.audio}") for u in read_store(folder)]


def _replace_store(folder: Path, recordings: Iterable[VoicedUtterance], settings: str) -> None:
    """Write a store beside `folder` and put it in its place when complete."""
    with atomic_folder(folder) as partial_folder:
        write_store(partial_folder, recordings)
        (partial_folder / "settings.txt").write_text(settings, encoding="utf-8")
