"""What the recipe `tracked` learns from: sounds heard twice, and how a teacher moves to them.

The speech encoder is frozen and the teacher (the model that is tuned) too, so each sound is heard
once as it is and a few times changed (other speed, room, crowd, music, ...), and the teacher's
motion to the unchanged sound is the target of all. Where the phones are known the teacher is
corrected by them (`labels`). All is kept in one file a set of sounds.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache, partial
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import soundfile
import torch
from numpy.typing import NDArray

from ...base.arrays import Array
from ...base.errors import UserError
from ...base.files import atomic_path
from ...base.processes import worker_pool
from ...corpus.augmentation import vary_acoustics
from ...corpus.conditions import faster, harden, not_speech
from ...corpus.store import INDEX, read_store
from ...datasets.motion_folder import SOUNDS
from ...encoding.features import speech_features
from ...encoding.registry import SHIPPED, EncoderConfig, load_encoder
from ...encoding.speech_encoder import SpeechEncoder
from ...models.checkpoint import CONFIG_FILE, WEIGHTS_FILE, load_checkpoint, manifest_files
from ...models.jambatalk.face import JambaTalkSettings
from ...models.jambatalk.network import JambaTalk
from ...models.registry import JAMBATALK
from ...speech.audio import SAMPLE_RATE, Samples, load_audio
from ...speech.loudness import FLOOR_DB, loudness_envelope
from ...speech.phones import Phone
from ..bundled.clips import group_utterances, rules_digest
from . import labels
from .labels import Marks, corrected, marks

FPS = 60.0
_DEGRADED = 0.8  # share of changed sounds that are degraded, not only of another speed
_HARD = 0.8  # share of degraded ones in a hard condition, not only another room and level
_PAUSE_SECONDS = 0.5  # between utterances strung together
_PIECE_SECONDS = 22.0
_TALKERS = 24  # voices that crowds are made of
_QUIET = 1  # tells random numbers of sounds without speech from others


@dataclass(frozen=True, eq=False)
class Heard:
    """A sound as the model hears it and the teacher moves to it.

    Attributes:
        features: (T, C) at `FPS`.
        level: (T,) dB, of the unchanged sound.
        motion: (styles, T, K) the teacher's weights, to the unchanged sound.
        gate: (styles, T) the teacher's probability that lips meet.
        care, rounded: (T,) as of `labels.Marks`.
        speed: how much faster than recorded.
    """

    features: NDArray[np.float16]
    level: NDArray[np.float16]
    motion: NDArray[np.float16]
    gate: NDArray[np.float16]
    care: NDArray[np.float16]
    rounded: NDArray[np.float16]
    speed: float


@dataclass(frozen=True)
class Teacher:
    """A checkpoint that moves to features.

    Attributes:
        folder: where it is.
        layers: how many of the encoder's it is to hear, as many as it does if None; those that it
            does not know yet change nothing of what it does.
    """

    folder: Path
    layers: int | None = None

    def settings(self) -> JambaTalkSettings:
        """Return its settings, as it is to hear.

        Raises:
            UserError: it is no gated model at 60 fps, or hears more layers or others already.
        """
        checkpoint = load_checkpoint(self.folder)
        if checkpoint.config.get("kind") != JAMBATALK:
            raise UserError(f"The model in {self.folder} is no JambaTalk; it cannot be tuned.")
        settings = JambaTalkSettings.from_config(checkpoint.config)
        if settings.decoder.head != "gated" or settings.decoder.fps != FPS:
            raise UserError(f"The model in {self.folder} is not gated at {FPS:g} fps.")
        return hearing_more(settings, self.layers) if self.layers else settings

    def digest(self) -> str:
        """Tell its settings and weights from others'; not the card, which may change."""
        files = manifest_files(self.folder)
        return " ".join(files[name]["sha256"] for name in (CONFIG_FILE, WEIGHTS_FILE))

    def model(self) -> JambaTalk:
        """Return the network with its weights."""
        checkpoint, settings = load_checkpoint(self.folder), self.settings()
        own = JambaTalk(JambaTalkSettings.from_config(checkpoint.config).decoder)
        checkpoint.fill(own)
        model = JambaTalk(settings.decoder)
        model.load_state_dict(own.state_dict(), strict=False)  # what it does not know adds nothing
        return model.eval()

    def features(self, samples: Samples) -> Array:
        """Return what it hears of samples (N,) at 16 kHz: (T, C)."""
        return speech_features(samples, _ears(_settings(self).encoder), FPS)

    @torch.no_grad()
    def motion(self, features: Array, styles: int) -> tuple[Array, Array]:
        """Motion (S, T, K) and gate (S, T) in the first S styles to features (T, C)."""
        model = _loaded(self)
        chosen = torch.arange(styles)
        heard = torch.from_numpy(features).expand(styles, -1, -1)
        predicted = model.forward_with_aux(heard, chosen)
        assert predicted.regimes is not None, "checked with the settings"
        gate = predicted.regimes.gate[..., 0].sigmoid()
        return predicted.motion.clamp(min=0).numpy(), gate.numpy()


def hearing_more(settings: JambaTalkSettings, layers: int) -> JambaTalkSettings:
    """Settings of a model that hears so many of the encoder's layers. Raises `UserError`."""
    known, width = settings.encoder.layers, settings.decoder.layer
    if settings.encoder.kind != SHIPPED or known not in (1, layers):
        raise UserError(
            f"A model that hears {known} layers of {settings.encoder.kind} cannot be tuned to hear "
            f"{layers}; choose as many layers as it hears."
        )
    lower = (layers - 1) * width
    decoder = replace(settings.decoder, inputs=settings.decoder.heard + lower, lower=lower)
    return replace(settings, encoder=EncoderConfig(layers=layers), decoder=decoder)


@lru_cache(maxsize=1)
def _ears(config: EncoderConfig) -> SpeechEncoder:
    return load_encoder(config)


@lru_cache(maxsize=1)
def _settings(teacher: Teacher) -> JambaTalkSettings:
    return teacher.settings()


@lru_cache(maxsize=1)
def _loaded(teacher: Teacher) -> JambaTalk:
    return teacher.model()


class Part(NamedTuple):
    """A sound file, or a span of one in seconds."""

    path: Path
    start: float = 0.0
    end: float | None = None


@dataclass(frozen=True)
class Source:
    """A sound to hear: parts, one after the other, with `gap` seconds of silence between.

    Attributes:
        parts: files or spans of files.
        phones: of each part, from its own beginning; none where they are not known.
        gap: seconds.
    """

    parts: tuple[Part, ...]
    phones: tuple[tuple[Phone, ...], ...] = ()
    gap: float = 0.0

    def read(self) -> tuple[Samples, list[Phone]]:
        """Read it: (N,) at 16 kHz, and the phones at their times in it."""
        silence = np.zeros(round(self.gap * SAMPLE_RATE), np.float32)
        pieces: list[Samples] = []
        phones: list[Phone] = []
        for index, part in enumerate(self.parts):
            start = sum(map(len, pieces)) / SAMPLE_RATE
            own = self.phones[index] if self.phones else ()
            phones += [p._replace(start=p.start + start, end=p.end + start) for p in own]
            pieces += [load_audio(*part), silence]
        return np.concatenate(pieces[:-1]), phones

    def samples(self) -> Samples:
        """Read it: (N,) at 16 kHz."""
        return self.read()[0]


def anchor_sources(folder: Path, minutes: float) -> list[Source]:
    """Sounds of a corpus (`utterances.jsonl`) or of any folder, evenly chosen, so long in all.

    Short ones of one speaker, or of one folder, are strung together.

    Raises:
        UserError: there are none.
    """
    corpus = (folder / INDEX).is_file()
    sources = list(_corpus_sources(folder) if corpus else _folder_sources(folder))
    if not sources:
        raise UserError(
            f"{folder} holds no sounds to keep the model's other voices by; give a corpus of "
            "'corpus build' or any folder of recordings."
        )
    wanted = min(len(sources), max(1, round(60.0 * minutes / _PIECE_SECONDS)))
    return [sources[i] for i in np.linspace(0, len(sources) - 1, wanted).astype(int)]


def _corpus_sources(folder: Path) -> Iterator[Source]:
    for group in group_utterances(read_store(folder), np.random.default_rng(0)):
        yield Source(
            tuple(Part(folder / utterance.audio) for utterance in group),
            tuple(utterance.phones for utterance in group),
            _PAUSE_SECONDS,
        )


def _folder_sources(folder: Path) -> Iterator[Source]:
    """Pieces of the files of each folder, in the order of their names."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in SOUNDS)
    for _, files in groupby(paths, key=lambda path: path.parent):
        held: list[Part] = []
        seconds = 0.0
        for part in (part for path in files for part in _parts(path)):
            held.append(part)
            seconds += (part.end or 0.0) - part.start
            if seconds >= _PIECE_SECONDS:
                yield Source(tuple(held))
                held, seconds = [], 0.0
        if held:
            yield Source(tuple(held))


def _parts(path: Path) -> Iterator[Part]:
    seconds = soundfile.info(path).duration
    for start in np.arange(0.0, seconds, _PIECE_SECONDS).tolist():
        yield Part(path, start, min(start + _PIECE_SECONDS, seconds))


def hear_all(
    sources: Sequence[Source],
    speeds: tuple[float, float],
    styles: int,
    *,
    teacher: Teacher,
    cache: Path,
    seed: int,
    workers: int,
    changed: int = 1,
) -> list[tuple[Heard, ...]]:
    """Each sound as it is, and `changed` times at a speed drawn from `speeds`, mostly degraded too.

    The teacher moves in its first `styles` styles, set right by the phones of sounds that have
    some. What was heard before is read from `cache`.
    """
    voices = [source.samples() for source in spread(sources, _TALKERS)]
    treated = _Treatment(speeds, styles, teacher, voices, seed, changed)
    hear = partial(_hear_often, treated=treated)
    made_of = _digest(sources, f"{speeds} {styles} {changed}", teacher, seed)
    heard = _cached(cache / f"heard-{made_of}.npz", hear, sources, workers)
    return [tuple(heard[i : i + 1 + changed]) for i in range(0, len(heard), 1 + changed)]


def hear_quiet(count: int, teacher: Teacher, cache: Path, seed: int, workers: int) -> list[Heard]:
    """Sounds in which nobody speaks, to which the face rests."""
    hear = partial(_hear_quiet, teacher=teacher, seed=seed)
    path = cache / f"quiet-{_digest([], str(count), teacher, seed)}.npz"
    return _cached(path, hear, range(count), workers)


@dataclass(frozen=True)
class _Treatment:
    """How sounds are changed, and who moves to them."""

    speeds: tuple[float, float]
    styles: int
    teacher: Teacher
    voices: Sequence[Samples]
    seed: int
    changed: int


def _hear_often(job: tuple[int, Source], treated: _Treatment) -> list[Heard]:
    """A sound as it is and changed."""
    index, source = job
    rng = np.random.default_rng([treated.seed, index])
    samples, phones = source.read()
    features = treated.teacher.features(samples)
    motion, gate = treated.teacher.motion(features, treated.styles)
    level = loudness_envelope(samples, len(features), FPS)
    if phones:
        motion, gate = corrected(motion, gate, phones, level, FPS)
    said = marks(phones, len(features), FPS)
    heard = [_half(features, level, motion, gate, said, 1.0)]
    for _ in range(treated.changed):
        speed = float(rng.uniform(*treated.speeds))
        varied = treated.teacher.features(_degraded(samples, speed, treated, rng))
        at = np.arange(len(varied)) * speed  # frames of the unchanged sound
        later = (_frames_at(level, at), _frames_at(motion, at, 1), _frames_at(gate, at, 1))
        near = np.minimum(np.rint(at).astype(int), len(level) - 1)
        heard.append(_half(varied, *later, Marks(*(each[near] for each in said)), speed))
    return heard


def _degraded(
    samples: Samples, speed: float, treated: _Treatment, rng: np.random.Generator
) -> Samples:
    """A sound at another speed, most often in another room or in a hard condition."""
    changed, _ = faster(samples, [], speed)
    if rng.random() >= _DEGRADED:
        return changed
    hard = rng.random() < _HARD
    return harden(changed, treated.voices, rng) if hard else vary_acoustics(changed, [], rng)


def _hear_quiet(job: tuple[int, int], teacher: Teacher, seed: int) -> list[Heard]:
    """A sound without speech; lips are together in rest."""
    index, _ = job
    rng = np.random.default_rng([seed, _QUIET, index])
    samples = not_speech(round(_PIECE_SECONDS * SAMPLE_RATE), rng)
    features = teacher.features(samples)
    settings, frames = teacher.settings(), len(features)
    rest = np.zeros((len(settings.styles), frames, len(settings.shapes)))
    together, said = np.ones(rest.shape[:2]), marks([], frames, FPS)
    return [_half(features, np.full(frames, FLOOR_DB), rest, together, said, 1.0)]


def _half(features: Array, level: Any, motion: Any, gate: Any, said: Marks, speed: float) -> Heard:
    """What was heard in half precision, as it is kept."""
    return Heard(
        features.astype(np.float16),
        level.astype(np.float16),
        motion.astype(np.float16),
        gate.astype(np.float16),
        said.care.astype(np.float16),
        said.rounded.astype(np.float16),
        speed,
    )


def _frames_at(values: NDArray[Any], at: NDArray[np.floating], axis: int = 0) -> NDArray[Any]:
    """Values at fractional frames (n,) of an axis, held beyond the last one."""
    low = np.minimum(at.astype(int), values.shape[axis] - 1)
    high = np.minimum(low + 1, values.shape[axis] - 1)
    share = (at - low).clip(0, 1).reshape(-1, *[1] * (values.ndim - 1 - axis))
    return values.take(low, axis) * (1 - share) + values.take(high, axis) * share


def spread(sources: Sequence[Source], count: int) -> Sequence[Source]:
    """Return at most about `count` of the sources, evenly chosen."""
    return sources[:: max(1, len(sources) // count)][:count]


def _digest(sources: Sequence[Source], treated: str, teacher: Teacher, seed: int) -> str:
    """Digest of the sounds (name, size, phones), the teacher, what corrects him and the rest."""
    parts = [part for source in sources for part in source.parts]
    sounds = [f"{p.path.name} {p.path.stat().st_size} {p.start}" for p in parts]
    said = [(source.phones, source.gap) for source in sources]
    kept = [field.name for field in fields(Heard)]
    facts = f"{sounds}{said}{treated}{seed}{teacher.layers or ''}{kept}{rules_digest()}"
    made = hashlib.sha256(facts.encode() + Path(labels.__file__).read_bytes())
    for name in (CONFIG_FILE, WEIGHTS_FILE):  # not the card, which may change
        made.update((teacher.folder / name).read_bytes())
    return made.hexdigest()[:12]


def _cached(
    path: Path,
    hear: Callable[[tuple[int, Any]], list[Heard]],
    sounds: Iterable[Any],
    workers: int,
) -> list[Heard]:
    """What is heard of each sound, from the file `path` if it is there."""
    if not path.is_file():
        with worker_pool(workers) as pool:
            parts = pool.imap(hear, enumerate(sounds), chunksize=4)
            _write(path, [heard for part in parts for heard in part])
    return _read(path)


_TIME_AXES = {"features": 0, "level": 0, "motion": 1, "gate": 1, "care": 0, "rounded": 0}
"""Of the arrays of `Heard`, in their order."""


def _write(path: Path, heard: Sequence[Heard]) -> None:
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(one, name) for one in heard], axis)
        for name, axis in _TIME_AXES.items()
    }
    arrays["ends"] = np.cumsum([len(one.features) for one in heard])
    arrays["speed"] = np.array([one.speed for one in heard])
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(stream, **arrays)


def _read(path: Path) -> list[Heard]:
    with np.load(path, allow_pickle=False) as stored:
        cuts = stored["ends"][:-1]
        parts = [np.split(stored[name], cuts, axis) for name, axis in _TIME_AXES.items()]
        speeds = stored["speed"].tolist()
    return [Heard(*one) for one in zip(*parts, speeds, strict=True)]
