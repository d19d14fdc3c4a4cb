"""What MambaTalk learns from: clips of speech, and what faces do over them.

Of a corpus with known phones, utterances of one speaker are strung together with pauses, and now
and then a silence in which somebody else would talk; the stochastic teacher (`articulation.manner`)
speaks them, and life (`performance.life`) is drawn over what is heard, several times. A folder of
motions has one performance of each sound: its own. Either is kept as one folder, ``features.npy``
(N, C) f16 and ``parts.npy`` (performances, N, channels of all parts) f16, N frames of all clips end
to end, and ``clips.json``, written last.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...articulation.manner import draw_manner, speak
from ...articulation.styles import STYLES
from ...base.assets import DEFAULT_CHECKPOINT, ENCODER_FILE
from ...base.files import atomic_path
from ...base.processes import worker_pool
from ...corpus.augmentation import Spoken, add_room_tone, change_level, insert_silence
from ...corpus.store import INDEX as STORE_INDEX
from ...corpus.store import Utterance, load_samples, read_store
from ...datasets.dataset import Sentence
from ...datasets.motion_folder import MotionFolder
from ...encoding.features import speech_features
from ...encoding.registry import bundled_encoder
from ...models.checkpoint import manifest_files
from ...models.mambatalk.parts import PARTS, parts_of
from ...motion.motion import Motion
from ...motion.resampling import resample
from ...performance import life as life_package
from ...performance.life.life import LifeOptions, animate, draw_life
from ...performance.life.voice import hear_voice
from ...rig.arkit import named_basis
from ...rig.shapes import SPEECH_SHAPES
from ...speech.audio import SAMPLE_RATE
from ...speech.loudness import loudness_envelope
from ..bundled.clips import group_utterances, join, rules_digest

FPS = 30.0
_INDEX = "clips.json"
_TURN = 0.3  # share of gaps in which somebody else talks
_TURN_SECONDS, _PAUSE_SECONDS = (2.0, 7.0), (0.1, 0.9)
_VERSION = 1  # of how clips are made


@dataclass(frozen=True)
class Clip:
    """Where a clip lies in the arrays, and its style in each performance."""

    first: int
    frames: int
    styles: tuple[int, ...]


@dataclass(frozen=True)
class CorpusRecipe:
    """How clips are made from a corpus's store: at most so many, each performed so often."""

    store: Path
    clips: int
    performances: int
    seed: int


@dataclass(frozen=True, eq=False)
class Performed:
    """A clip before it has a place: features (T, C), parts (performances, T, channels), styles."""

    features: NDArray[np.float16]
    parts: NDArray[np.float16]
    styles: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Clips:
    """Clips of a folder; the arrays stay on disk until they are looked at.

    The folder's name tells them from others.
    """

    name: str
    rows: Sequence[Clip]
    features: NDArray[np.float16]  # (N, C)
    parts: NDArray[np.float16]  # (performances, N, channels)

    def part(self, name: str) -> NDArray[np.float16]:
        """Return what a part does, (performances, N, its channels)."""
        widths = {part: len(channels) for part, channels in PARTS.items()}
        first = sum(width for part, width in widths.items() if _before(part, name))
        return self.parts[:, :, first : first + widths[name]]


def _before(part: str, other: str) -> bool:
    order = list(PARTS)
    return order.index(part) < order.index(other)


def corpus_clips(recipe: CorpusRecipe, folder: Path, workers: int) -> Clips:
    """Make the clips of a corpus, or find them made.

    Raises:
        UserError: the corpus is missing.
    """
    utterances = read_store(recipe.store)
    index = (recipe.store / STORE_INDEX).read_bytes()
    wanted = f"{_VERSION} {recipe.clips} {recipe.performances} {recipe.seed}"
    facts = f"{wanted} {rules_digest()} {_life_digest()} {_encoder_digest()}".encode()
    made = folder / sha256(facts + index).hexdigest()[:16]
    if not (made / _INDEX).exists():
        random = np.random.default_rng(recipe.seed)
        groups = list(group_utterances(utterances, random))
        chosen = [groups[i] for i in random.permutation(len(groups))[: recipe.clips]]
        jobs = [(recipe, at, group) for at, group in enumerate(chosen)]
        with worker_pool(workers) as pool:
            _write(made, pool.imap(_perform, jobs, chunksize=4))
    return _read(made)


def motion_clips(dataset: MotionFolder, split: str, folder: Path) -> Clips:
    """Make the clips of a folder of motions, or find them made.

    Who has no sentence in training is heard in the styles of those who have, in turn.
    """
    sentences = dataset.sentences(split)
    paths = (_facts(path) for path in dataset.paths.values())
    facts = [_VERSION, split, _encoder_digest(), *paths]
    made = folder / sha256(repr(facts).encode()).hexdigest()[:16]
    if not (made / _INDEX).exists():
        _write(made, (_recorded(dataset, *each) for each in enumerate(sentences)))
    return _read(made)


def _life_digest() -> str:
    """Digest all that draws life."""
    files = sorted(Path(life_package.__path__[0]).glob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def _encoder_digest() -> str:
    """Return the bundled encoder's digest."""
    digest: str = manifest_files(DEFAULT_CHECKPOINT)[ENCODER_FILE]["sha256"]
    return digest


def _facts(paths: Sequence[Path]) -> list[object]:
    return [(str(path), path.stat().st_mtime_ns) for path in paths]


def _perform(job: tuple[CorpusRecipe, int, list[Utterance]]) -> Performed:
    """String utterances together, hear them and perform them."""
    recipe, index, group = job
    random = np.random.default_rng([recipe.seed, index])
    samples, phones = join([_with_gap(recipe.store, each, random) for each in group])
    heard = change_level(add_room_tone(samples, random), random)
    features = speech_features(heard, bundled_encoder(), FPS).astype(np.float16)
    voice = hear_voice(samples)
    level = loudness_envelope(samples, len(features), FPS).astype(np.float32)
    styles = tuple((index + each) % len(STYLES) for each in range(recipe.performances))
    performed = []
    for style in styles:
        manner = draw_manner(list(STYLES.values())[style], random)
        weights = speak(phones, len(features) / FPS, FPS, manner, level)
        motion = Motion(FPS, SPEECH_SHAPES, named_basis(SPEECH_SHAPES), weights)
        life = LifeOptions(seed=int(random.integers(2**31)), parts={"breathing": 0.0})
        performed.append(_side_by_side(animate(motion, draw_life(voice, life), life)))
    return Performed(features, np.stack(performed), styles)


def _with_gap(store: Path, utterance: Utterance, random: np.random.Generator) -> Spoken:
    """Return an utterance and a silence after it."""
    samples, phones = load_samples(store, utterance), list(utterance.phones)
    turn = random.random() < _TURN
    seconds = float(random.uniform(*(_TURN_SECONDS if turn else _PAUSE_SECONDS)))
    return insert_silence(samples, phones, len(samples) / SAMPLE_RATE, seconds)


def _recorded(dataset: MotionFolder, index: int, sentence: Sentence) -> Performed:
    """Return a sound and the motion beside it."""
    samples, _ = dataset.recording(sentence)
    motion = resample(Motion.load(dataset.paths[sentence][0]), FPS)
    features = speech_features(samples, bundled_encoder(), FPS).astype(np.float16)
    frames = min(len(features), motion.frames)
    parts = _side_by_side(motion.between(0, frames))
    known = sentence.subject in dataset.styles
    style = dataset.styles.index(sentence.subject) if known else index % len(dataset.styles)
    return Performed(features[:frames], parts[None], (style,))


def _side_by_side(motion: Motion) -> NDArray[np.float16]:
    """Return all parts of a motion, (T, channels)."""
    found = parts_of(motion)
    return np.concatenate([found[part] for part in PARTS], axis=1).astype(np.float16)


def _write(folder: Path, performed: Iterator[Performed]) -> None:
    """Write the arrays, then the index that marks them as whole."""
    every = list(performed)
    ends = np.cumsum([len(each.features) for each in every]).tolist()
    rows = [
        Clip(end - len(each.features), len(each.features), each.styles)
        for end, each in zip(ends, every, strict=True)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "features.npy", np.concatenate([each.features for each in every]))
    np.save(folder / "parts.npy", np.concatenate([each.parts for each in every], axis=1))
    with atomic_path(folder / _INDEX) as temporary:
        temporary.write_text(json.dumps([asdict(row) for row in rows]), encoding="utf-8")


def _read(folder: Path) -> Clips:
    rows = json.loads((folder / _INDEX).read_text(encoding="utf-8"))
    clips = [Clip(row["first"], row["frames"], tuple(row["styles"])) for row in rows]
    features, parts = (
        np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("features", "parts")
    )
    return Clips(folder.name, clips, features, parts)
