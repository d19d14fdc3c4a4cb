"""Training clips: utterances of one speaker strung together, degraded, encoded and articulated.

The encoder is frozen, so a clip's features and targets are computed once and kept in a cache:
one folder a corpus, with ``features.npy`` (N, C) f16, ``loudness.npy`` (N,)
f16, ``clips.json`` and ``targets-DIGEST.npy`` (styles, N, K) f16. N counts the frames of all clips,
end to end. The digest is of the articulation rules and the rig, so changed rules make new targets.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import cycle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ... import articulation as articulation_package
from ... import speech as speech_package
from ...articulation.rules import articulate
from ...articulation.styles import STYLES
from ...base.assets import FACE_RIG
from ...base.errors import UserError
from ...base.files import atomic_path
from ...base.processes import worker_pool
from ...corpus.augmentation import Spoken, vary_acoustics, vary_timing
from ...corpus.store import INDEX as STORE_INDEX
from ...corpus.store import Utterance, load_samples, read_store
from ...encoding.features import speech_features
from ...encoding.registry import bundled_encoder
from ...speech.audio import SAMPLE_RATE
from ...speech.loudness import loudness_envelope
from ...speech.phones import Phone, merge_pauses

CLIP_SECONDS = 22.0
INDEX = "clips.json"


@dataclass(frozen=True)
class Clip:
    """Where a clip lies in the cached arrays, whose voice it is and what is said when."""

    first: int
    frames: int
    speaker: str
    source: str
    phones: tuple[Phone, ...]


@dataclass(frozen=True)
class ClipRecipe:
    """How clips are made from a store.

    With `augment`, utterances of one speaker are varied, strung together and degraded, as training
    wants; without, each is a clip as it was recorded, as evaluation wants.
    """

    store: Path
    fps: float
    augment: bool
    seed: int


@dataclass(frozen=True)
class EncodedClip:
    """A clip before it has a place: features (T, C), loudness (T,) and phones."""

    speaker: str
    source: str
    phones: list[Phone]
    features: NDArray[np.float16]
    loudness: NDArray[np.float16]


def cache_clips(recipe: ClipRecipe, folder: Path, workers: int) -> Path:
    """Make the clips of a corpus, or find them made.

    Args:
        recipe: the corpus and how to treat it.
        folder: the cache; clips already there, made of the same corpus, are kept.
        workers: processes.

    Returns:
        The clips' folder.

    Raises:
        UserError: the corpus is missing.
    """
    clips = folder / f"clips-{_recipe_digest(recipe)}"
    if not (clips / INDEX).exists():
        _write_clips(clips, _encode_groups(recipe, workers))
    if not targets_path(clips).exists():
        _write_targets(clips, recipe.fps, workers)
    return clips


def targets_path(folder: Path) -> Path:
    """Return where the targets of clips lie under today's rules and rig."""
    return folder / f"targets-{rules_digest()}.npy"


def read_clips(folder: Path) -> list[Clip]:
    """Read the index of clips.

    Raises:
        UserError: the folder holds no clips.
    """
    try:
        rows = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{folder} holds no training clips; build the corpus first.") from None
    return [Clip(**{**row, "phones": tuple(Phone(*p) for p in row["phones"])}) for row in rows]


def _recipe_digest(recipe: ClipRecipe) -> str:
    """Digest a corpus's index and how it is treated."""
    read_store(recipe.store)  # says in a sentence what is wrong with it
    treated = f"{recipe.fps} {recipe.augment} {recipe.seed}".encode()
    index = (recipe.store / STORE_INDEX).read_bytes()
    return hashlib.sha256(treated + index).hexdigest()[:12]


@cache
def rules_digest() -> str:
    """Digest everything that turns phones into targets."""
    rules, speech = (Path(each.__path__[0]) for each in (articulation_package, speech_package))
    files = [*sorted(rules.glob("*.py")), speech / "loudness.py", speech / "phones.py", FACE_RIG]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def _encode_groups(recipe: ClipRecipe, workers: int) -> Iterator[EncodedClip]:
    """Yield the encoded clips, in an order that does not depend on `workers`."""
    utterances = read_store(recipe.store)
    order = np.random.default_rng(recipe.seed)
    groups = group_utterances(utterances, order) if recipe.augment else [[u] for u in utterances]
    jobs = [(recipe, index, group) for index, group in enumerate(groups)]
    with worker_pool(workers) as pool:
        yield from pool.imap(_encode_group, jobs, chunksize=4)


def group_utterances(
    utterances: Sequence[Utterance], rng: np.random.Generator
) -> Iterator[list[Utterance]]:
    """Yield shuffled groups of one speaker's utterances, about `CLIP_SECONDS` long each.

    A speaker's last group is filled up with some already used, so that who said little counts too.
    """
    by_speaker: dict[str, list[Utterance]] = defaultdict(list)
    for index in rng.permutation(len(utterances)):
        by_speaker[utterances[index].speaker].append(utterances[index])
    for speaker in sorted(by_speaker):
        own = by_speaker[speaker]
        group: list[Utterance] = []
        for used, utterance in enumerate(cycle(own), 1):
            group.append(utterance)
            if sum(member.duration for member in group) > CLIP_SECONDS:
                yield group
                group = []
                if used >= len(own):
                    break


def join(recordings: Sequence[Spoken]) -> Spoken:
    """String recordings together; return the samples and the phones at their new times."""
    phones: list[Phone] = []
    first = 0
    for samples, own in recordings:
        start = first / SAMPLE_RATE
        phones += [p._replace(start=p.start + start, end=p.end + start) for p in own]
        first += len(samples)
    return np.concatenate([samples for samples, _ in recordings]), merge_pauses(phones)


def _encode_group(job: tuple[ClipRecipe, int, list[Utterance]]) -> EncodedClip:
    """Make one clip: vary its timing, join, degrade, encode."""
    recipe, index, group = job
    rng = np.random.default_rng([recipe.seed, index])
    spoken = [(load_samples(recipe.store, one), list(one.phones)) for one in group]
    if recipe.augment:
        spoken = [vary_timing(samples, phones, rng) for samples, phones in spoken]
    clean, phones = join(spoken)
    varied = vary_acoustics(clean, phones, rng) if recipe.augment else clean
    features = speech_features(varied, bundled_encoder(), recipe.fps).astype(np.float16)
    level = loudness_envelope(clean, len(features), recipe.fps).astype(np.float16)
    return EncodedClip(group[0].speaker, group[0].source, phones, features, level)


def _write_clips(folder: Path, encoded: Iterator[EncodedClip]) -> None:
    """Write the arrays, then the index that marks them as whole."""
    parts = list(encoded)
    ends = np.cumsum([len(part.features) for part in parts])
    clips = [
        Clip(int(end) - len(part.features), len(part.features), part.speaker, part.source, phones)
        for part, end in zip(parts, ends, strict=True)
        for phones in [tuple(part.phones)]
    ]
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "features.npy", np.concatenate([part.features for part in parts]))
    np.save(folder / "loudness.npy", np.concatenate([part.loudness for part in parts]))
    with atomic_path(folder / INDEX) as temporary:
        temporary.write_text(json.dumps([asdict(clip) for clip in clips]), encoding="utf-8")


def _write_targets(folder: Path, fps: float, workers: int) -> None:
    """Articulate every clip in every style."""
    loudness = np.load(folder / "loudness.npy")
    jobs = [(c, loudness[c.first : c.first + c.frames], fps) for c in read_clips(folder)]
    with worker_pool(workers) as pool:
        targets = np.concatenate(pool.map(_articulate_clip, jobs, chunksize=16), axis=1)
    with atomic_path(targets_path(folder)) as temporary:
        np.save(temporary, targets)


def _articulate_clip(job: tuple[Clip, NDArray[np.float16], float]) -> NDArray[np.float16]:
    """Return the rules' weights (styles, T, K) of a clip."""
    clip, loudness, fps = job
    level, seconds = loudness.astype(np.float64), clip.frames / fps
    curves = [articulate(clip.phones, seconds, fps, style, level) for style in STYLES]
    return np.stack(curves).astype(np.float16)
