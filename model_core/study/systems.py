"""What a study compares: a folder of motions for each system, and the sounds they speak to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ..base.errors import UserError
from ..base.files import files_by_stem, find_files
from ..datasets.motion_folder import SOUNDS
from ..motion.motion import Motion
from ..motion.resampling import resample
from ..rig.shapes import FLAME_TOPOLOGY
from ..speech.audio import SAMPLE_RATE, Samples, load_audio

FPS = 60.0
"""All systems are shown at this rate: one that moves more often must not be known by it."""
_APART_SECONDS = 0.25  # that a motion may end before or after its sound


@dataclass(frozen=True, eq=False)
class Clip:
    """A sound, and how each system speaks to it.

    Attributes:
        name: of the motions' files, without the suffix.
        samples: (N,) mono at 16 kHz.
        motions: by system, two or more, at `FPS`.
    """

    name: str
    samples: Samples
    motions: Mapping[str, Motion]


def read_clips(folders: Sequence[Path], sounds: Path | None = None) -> list[Clip]:
    """Return the clips that at least two systems have, in the order of their names.

    Args:
        folders: one a system, named after it, with motions ``NAME.npz``.
        sounds: where ``NAME.wav`` (or flac, ogg, mp3) are; None for beside the motions, in any of
            the folders.

    Raises:
        UserError: there are fewer than two systems, none has a clip of another's, or a motion or a
            sound is missing, damaged or unfit.
    """
    systems = _systems(folders)
    recordings = _recordings([sounds] if sounds else folders)
    names = sorted({name for files in systems.values() for name in files})
    shared = [name for name in names if sum(name in files for files in systems.values()) > 1]
    if not shared:
        raise UserError(
            "No two folders have a motion of the same name; name them alike: A/x.npz, B/x.npz."
        )
    return [_clip(name, systems, recordings) for name in shared]


def _systems(folders: Sequence[Path]) -> dict[str, dict[str, Path]]:
    """Return each system's motion files by clip."""
    if len({folder.resolve().name for folder in folders}) < max(2, len(folders)):
        raise UserError("Give two or more folders of different names, one for each system.")
    found = {folder.resolve().name: files_by_stem(folder, ".npz") for folder in folders}
    empty = [str(folder) for folder in folders if not found[folder.resolve().name]]
    if empty:
        raise UserError(f"There is no motion (NAME.npz) in {', '.join(empty)}.")
    return found


def _recordings(folders: Sequence[Path]) -> dict[str, list[Path]]:
    """Return the sound files there are of each clip."""
    found: dict[str, list[Path]] = {}
    for folder in folders:
        for path in find_files(folder, *SOUNDS):
            found.setdefault(path.stem, []).append(path)
    return found


def _clip(
    name: str, systems: Mapping[str, Mapping[str, Path]], recordings: Mapping[str, list[Path]]
) -> Clip:
    samples = _samples(name, recordings.get(name, []))
    seconds = len(samples) / SAMPLE_RATE
    motions = {
        system: _motion(files[name], seconds) for system, files in systems.items() if name in files
    }
    return Clip(name, samples, motions)


def _samples(name: str, paths: Sequence[Path]) -> Samples:
    """Return the sound of a clip, which all systems must share."""
    if not paths:
        kinds = f"{name}{f', {name}'.join(SOUNDS)}"
        raise UserError(f"There is no sound of {name} ({kinds}); put it beside a motion.")
    first, *others = (load_audio(path) for path in paths)
    if any(len(each) != len(first) or np.abs(each - first).max() > 1e-2 for each in others):
        raise UserError(
            f"{' and '.join(map(str, paths))} are different sounds; keep the right one."
        )
    return first


def _motion(path: Path, seconds: float) -> Motion:
    motion = Motion.load(path)
    if motion.topology != FLAME_TOPOLOGY:
        raise UserError(f"{path} moves a mesh that is not FLAME's, which a study cannot show.")
    if abs(motion.duration - seconds) > _APART_SECONDS:
        raise UserError(
            f"{path} lasts {motion.duration:.2f} s and its sound {seconds:.2f} s; predict it again."
        )
    return resample(motion, FPS)
