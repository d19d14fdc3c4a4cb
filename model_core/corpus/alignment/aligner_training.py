"""What the classifier of forced alignment learns from: speech of the corpus with known times."""

import zlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from ...base.processes import worker_pool
from ...encoding.features import speech_features
from ...encoding.registry import bundled_encoder
from ...speech.phone_classes import frame_classes
from ..augmentation import vary_acoustics
from ..recordings.recording import Recording
from ..store import Utterance, load_samples
from .phone_classifier import FPS, LabelledFrames

Spoken = TypeVar("Spoken", Utterance, Recording)

# Minutes that each speaker of a source gives: real ones most, formant synthesis least.
MINUTES = {"espeak": 1.0, "festival": 4.0, "flite": 6.0, "festvox-ru": 12.0, "asterisk": 15.0}


class _Job(NamedTuple):
    store: Path
    utterance: Utterance
    seed: int


def known_frames(
    store: Path, utterances: Sequence[Utterance], seed: int, workers: int
) -> LabelledFrames:
    """Frames of a share of a store's utterances, as other rooms and microphones record them.

    Utterances of sources that are not among `MINUTES` are left out.
    """
    jobs = [_Job(store, utterance, seed) for utterance in draw_share(utterances, seed)]
    with worker_pool(workers) as pool:
        return LabelledFrames.join(pool.map(_label, jobs, chunksize=16))


def draw_share(utterances: Iterable[Utterance], seed: int) -> Iterator[Utterance]:
    """Utterances of every speaker in random order, as many as its source's minutes hold."""
    for spoken in shuffled_by_speaker((u for u in utterances if u.source in MINUTES), seed):
        left = 60.0 * MINUTES[spoken[0].source]
        for utterance in spoken:
            if left > 0.0:
                left -= utterance.duration
                yield utterance


def shuffled_by_speaker(spoken: Iterable[Spoken], seed: int) -> Iterator[list[Spoken]]:
    """What each speaker said, in random order; others' speech does not change it."""
    by_speaker: dict[str, list[Spoken]] = defaultdict(list)
    for one in spoken:
        by_speaker[one.speaker].append(one)
    for speaker, own in sorted(by_speaker.items()):
        order = np.random.default_rng([seed, zlib.crc32(speaker.encode())])
        yield [own[index] for index in order.permutation(len(own))]


def _label(job: _Job) -> LabelledFrames:
    """Features and classes of an utterance's frames."""
    phones = job.utterance.phones
    rng = np.random.default_rng([job.seed, zlib.crc32(job.utterance.id.encode())])
    heard = vary_acoustics(load_samples(job.store, job.utterance), phones, rng)
    features = speech_features(heard, bundled_encoder(), FPS).astype(np.float16)
    return LabelledFrames(features, frame_classes(phones, len(features), FPS))
