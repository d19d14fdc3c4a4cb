"""Real recordings whose words are known, with phone times by forced alignment.

The aligner's classifier learns from the corpus's speech with known times, then anew with a share of
the recordings that it aligned itself, so that it has heard their speakers and languages.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.processes import worker_pool
from ...encoding.features import speech_features
from ...encoding.registry import bundled_encoder
from ...speech.audio import load_audio
from ...speech.phone_classes import frame_classes
from ...speech.phones import Phone
from ..alignment.aligner_training import known_frames, shuffled_by_speaker
from ..alignment.closures import snap_closures
from ..alignment.forced_alignment import Word, align
from ..alignment.phone_classifier import (
    FPS,
    ClassifierTraining,
    LabelledFrames,
    PhoneClassifier,
    train_classifier,
)
from ..alignment.sphinx import is_plausible
from ..store import SAMPLE_RATE, Samples, Utterance
from ..synthesis.espeak import pronounce_all
from . import prompts, stamps, warzone, word_games
from .asterisk import decode
from .recording import Recording

SOURCES: Mapping[str, Callable[[], Iterable[Recording]]] = {
    module.SOURCE: module.recordings for module in (stamps, prompts, warzone, word_games)
}


class Limits(NamedTuple):
    """The lowest score of an alignment, and the lowest of a word in it, that are accepted."""

    score: float
    word: float


# Of a diphone voice that the classifier did not know, the final limits accept 97 % of the right
# texts, 13 % of those with one wrong word, and no other text of like length.
LEARNING = Limits(-2.5, -6.0)
FINAL = Limits(-1.8, -4.0)

_TELEPHONE = ".g722"  # which only ffmpeg reads
_VOICES = {"en": "en-us", "pt": "pt-br"}
_LEARNT = 120  # recordings of a speaker


class _Heard(NamedTuple):
    recording: Recording
    samples: Samples  # (N,) at 16 kHz
    features: NDArray[np.float16]  # (T, C) at FPS


class _Aligned(NamedTuple):
    heard: _Heard
    phones: list[Phone]


@dataclass(frozen=True)
class TranscribedSpeech:
    """Aligns recordings by a classifier that is trained when it is first needed.

    Attributes:
        store: folder that the audio paths of `known` are relative to.
        known: utterances with known phone times.
        seed: of what is drawn and of the training.
        workers: processes.
        progress: told what is being done.
    """

    store: Path
    known: Sequence[Utterance]
    seed: int
    workers: int
    progress: Callable[[str], None]

    def utterances(self, source: str) -> Iterator[tuple[Utterance, Samples]]:
        """Each recording of a source that fits its text, with its samples at 16 kHz."""
        recordings = list(SOURCES[source]())
        aligned = self._align(self.classifier, recordings, FINAL)
        for (recording, samples, _), phones in aligned:
            yield _utterance(recording, phones), samples

    @cached_property
    def classifier(self) -> PhoneClassifier:
        """What hears phones, trained on known times and then on its own alignments too."""
        self.progress("aligner: learning from speech with known times")
        known = known_frames(self.store, self.known, self.seed, self.workers)
        first = train_classifier(known, ClassifierTraining(), self.seed)
        recordings = chain.from_iterable(listing() for listing in SOURCES.values())
        drawn = list(draw_recordings(recordings, _LEARNT, self.seed))
        own = [_label(*aligned) for aligned in self._align(first, drawn, LEARNING)]
        self.progress("aligner: learning from the recordings it aligned")
        return train_classifier(LabelledFrames.join([known, *own]), ClassifierTraining(), self.seed)

    def _align(
        self, classifier: PhoneClassifier, recordings: Sequence[Recording], limits: Limits
    ) -> Iterator[_Aligned]:
        """Each recording that fits its text."""
        kept = 0
        words = pronunciations(recordings)
        with worker_pool(self.workers) as pool:
            for done, heard in enumerate(pool.imap(_hear, recordings, chunksize=8), 1):
                phones = accepted_phones(classifier, heard, words[heard.recording.name], limits)
                if phones:
                    kept += 1
                    yield _Aligned(heard, phones)
                if done % 500 == 0 or done == len(recordings):
                    self.progress(f"aligner: {done} of {len(recordings)} heard, {kept} fit")


def draw_recordings(recordings: Iterable[Recording], count: int, seed: int) -> Iterator[Recording]:
    """At most `count` recordings of every speaker, drawn at random."""
    for spoken in shuffled_by_speaker(recordings, seed):
        yield from spoken[:count]


def pronunciations(recordings: Iterable[Recording]) -> dict[str, Sequence[Word]]:
    """The words of each recording, by its name, as espeak-ng pronounces them."""
    by_language: dict[str, list[Recording]] = defaultdict(list)
    for recording in recordings:
        by_language[recording.language].append(recording)
    words: dict[str, Sequence[Word]] = {}
    for language, spoken in by_language.items():
        said = pronounce_all([r.text for r in spoken], _VOICES.get(language, language))
        words |= zip((r.name for r in spoken), said, strict=True)
    return words


def accepted_phones(
    classifier: PhoneClassifier, heard: _Heard, words: Sequence[Word], limits: Limits
) -> list[Phone]:
    """Phones of a recording that says these words, or none where it does not."""
    duration = len(heard.samples) / SAMPLE_RATE
    found = align(classifier, heard.features, words, duration)
    if found is None or found.score < limits.score or found.worst < limits.word:
        return []
    phones = snap_closures(found.phones, heard.samples)
    return phones if is_plausible(phones, heard.samples) else []


def _hear(recording: Recording) -> _Heard:
    path = recording.path
    samples = decode(path) if path.suffix.lower() == _TELEPHONE else load_audio(path)
    features = speech_features(samples, bundled_encoder(), FPS)
    return _Heard(recording, samples, features.astype(np.float16))


def _label(heard: _Heard, phones: list[Phone]) -> LabelledFrames:
    classes = frame_classes(phones, len(heard.features), FPS)
    return LabelledFrames(heard.features, classes)


def _utterance(recording: Recording, phones: list[Phone]) -> Utterance:
    details = (recording.speaker, recording.language, recording.source, recording.text)
    return Utterance(recording.name, *details, tuple(phones))
