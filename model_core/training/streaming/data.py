"""What the streaming model learns from: sounds as it hears them, and how another one moves to them.

Each sound is heard live as it is and degraded; the motion to the clean one, heard whole and at rest
in silence as `Predictor` has it, is the target of both. So is what the other's ears make of it.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import Array
from ...base.files import atomic_path
from ...base.processes import worker_pool
from ...corpus.augmentation import vary_acoustics
from ...corpus.conditions import harden, not_speech
from ...encoding.features import BANDS, speech_features
from ...encoding.live import LiveSound
from ...encoding.registry import bundled_encoder
from ...encoding.whisper.causal_whisper_shape import BEFORE
from ...models.checkpoint import CONFIG_FILE, WEIGHTS_FILE
from ...performance.silence import speech_at
from ...speech.audio import SAMPLE_RATE, Samples
from ..tracked.data import FPS, Source, Teacher, spread

FRAMES, SPECTRA = 6, 10  # frames of motion and spectra in a tenth of a second
_TENTH = SAMPLE_RATE // 10
_HARD = 0.35  # share of degraded sounds in a hard condition, not only another room and level
_LEAD_SECONDS = 1.5  # of silence before a sound, at most
_TALKERS = 12
_QUIET_SECONDS, _QUIET = 22.0, 1


@dataclass(frozen=True, eq=False)
class Taught:
    """A sound of n tenths of a second as it is heard live, and what to make of it.

    Attributes:
        spectra: (10 n + 5, 80), two empty ones before the first.
        levels: (6 n, 4).
        ears: (6 n, C) what the other model's ears make of the clean sound.
        motion: (styles, 6 n, K) its weights.
        gate: (styles, 6 n) its probability that lips meet.
    """

    spectra: NDArray[np.float16]
    levels: NDArray[np.float16]
    ears: NDArray[np.float16]
    motion: NDArray[np.float16]
    gate: NDArray[np.float16]


def teach_all(
    sources: Sequence[Source], teacher: Teacher, cache: Path, seed: int, workers: int
) -> list[tuple[Taught, Taught]]:
    """Each sound as it is and degraded. What was heard before is read from `cache`."""
    voices = [source.samples() for source in spread(sources, _TALKERS)]
    teach = partial(_teach_twice, teacher=teacher, voices=voices, seed=seed)
    named = [Path(p.path).name + f"{p.start}" for source in sources for p in source.parts]
    taught = _cached(cache / f"taught-{_digest(named, teacher, seed)}", teach, sources, workers)
    return list(zip(taught[::2], taught[1::2], strict=True))


def teach_quiet(count: int, teacher: Teacher, cache: Path, seed: int, workers: int) -> list[Taught]:
    """Sounds in which nobody speaks, to which the face rests."""
    teach = partial(_teach_quiet, teacher=teacher, seed=seed)
    path = cache / f"quiet-{_digest([str(count)], teacher, seed)}"
    return _cached(path, teach, range(count), workers)


def heard_live(samples: Samples, tenths: int) -> tuple[Array, Array]:
    """Return the spectra (10 n + 5, 80) and levels (6 n, 4) of a sound of so many tenths."""
    sound = LiveSound(FPS)
    sound.hear(np.concatenate([samples, np.zeros(_TENTH, np.float32)]))
    spectra = np.pad(sound.spectra().T, ((BEFORE, 0), (0, 0)))
    return spectra[: SPECTRA * tenths + 5], sound.levels()[: FRAMES * tenths]


def _teach_twice(
    job: tuple[int, Source], teacher: Teacher, voices: Sequence[Samples], seed: int
) -> list[Taught]:
    """A sound as it is and degraded."""
    index, source = job
    rng = np.random.default_rng([seed, index])
    lead = np.zeros(round(rng.uniform(0.0, _LEAD_SECONDS) * SAMPLE_RATE), np.float32)
    clean = np.concatenate([lead, source.samples()])
    tenths = len(clean) // _TENTH
    clean = clean[: tenths * _TENTH]
    target = _imitated(clean, tenths, teacher)
    hard = rng.random() < _HARD
    changed = harden(clean, voices, rng) if hard else vary_acoustics(clean, [], rng)
    return [_half(*heard_live(sound, tenths), *target) for sound in (clean, changed)]


def _imitated(samples: Samples, tenths: int, teacher: Teacher) -> tuple[Any, ...]:
    """What the other's ears, weights and gate are, at rest in silence."""
    frames = FRAMES * tenths
    features = teacher.features(samples)[:frames]
    settings = teacher.settings()
    motion, gate = teacher.motion(features, len(settings.styles))
    share = speech_at(samples, frames, FPS)
    ears = features[:, : settings.decoder.layer]
    return ears, motion * share[:, None], np.maximum(gate, 1.0 - share)


def _teach_quiet(job: tuple[int, int], teacher: Teacher, seed: int) -> list[Taught]:
    """A sound without speech; lips are together in rest."""
    rng = np.random.default_rng([seed, _QUIET, job[0]])
    samples = not_speech(round(_QUIET_SECONDS * SAMPLE_RATE), rng)
    tenths, settings = len(samples) // _TENTH, teacher.settings()
    frames = FRAMES * tenths
    ears = speech_features(samples, bundled_encoder(), FPS)[:frames, :-BANDS]
    rest = np.zeros((len(settings.styles), frames, settings.decoder.outputs))
    return [_half(*heard_live(samples, tenths), ears, rest, np.ones(rest.shape[:2]))]


def _half(*arrays: NDArray[Any]) -> Taught:
    """What was heard in half precision, as it is kept."""
    return Taught(*(each.astype(np.float16) for each in arrays))


def _digest(named: Sequence[str], teacher: Teacher, seed: int) -> str:
    """Digest of the sounds (by name), the teacher and the seed."""
    made = hashlib.sha256(f"{named}{seed}".encode())
    for name in (CONFIG_FILE, WEIGHTS_FILE):  # not the card, which may change
        made.update((teacher.folder / name).read_bytes())
    return made.hexdigest()[:12]


_TIME_AXIS = {"motion": 1, "gate": 1}


def _cached(
    folder: Path,
    teach: Callable[[tuple[int, Any]], list[Taught]],
    sounds: Iterable[Any],
    workers: int,
) -> list[Taught]:
    """What is taught of each sound, from a folder if it is there; mapped, not read."""
    ends = folder / "ends.npy"
    if not ends.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        with worker_pool(workers) as pool:
            parts = pool.imap(teach, enumerate(sounds), chunksize=4)
            taught = [each for part in parts for each in part]
        for field in fields(Taught):
            values = [getattr(each, field.name) for each in taught]
            joined = np.concatenate(values, axis=_TIME_AXIS.get(field.name, 0))
            np.save(folder / f"{field.name}.npy", joined)
        with atomic_path(ends) as temporary, temporary.open("wb") as stream:
            np.save(stream, np.cumsum([len(each.levels) // FRAMES for each in taught]))
    return _read(folder)


def _read(folder: Path) -> list[Taught]:
    tenths = np.load(folder / "ends.npy")
    counts = np.arange(len(tenths))
    ends = {field.name: FRAMES * tenths for field in fields(Taught)}
    ends["spectra"] = SPECTRA * tenths + 5 * (counts + 1)
    parts = [
        np.split(np.load(folder / f"{name}.npy", mmap_mode="r"), end[:-1], _TIME_AXIS.get(name, 0))
        for name, end in ends.items()
    ]
    return [Taught(*one) for one in zip(*parts, strict=True)]
