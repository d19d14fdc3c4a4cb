"""Recordings of people beside what a face tracker saw of their lips.

A speaker is a folder with

- `tracks.npz`: `fps`; `clip` (N,), names; `lips` (N, T, M), what was measured at frame t / fps;
  `lips_names` (M,), `MEASURE/UNIT` each; and, if you like, `ok` (N, T), false where the tracker was
  wrong. MEASURE is one of `inner_open` (upper to lower inner lip), `width` (corner to corner) and
  `outer_height` (upper to lower edge of the lips); others are passed over, and all but `inner_open`
  may be missing. UNIT is `mm`, or `io` for a share of the distance between the outer eye corners,
  taken as 90 mm. Clips shorter than T end in NaN.
- `audio/CLIP.flac` (or wav, ogg, mp3), which begins with the clip's first frame.
- if you like, `words.json`: {CLIP: {"text": what is said in English}}, from which the articulation
  rules can be calibrated.

A folder of such folders holds several speakers, each called as his folder.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.archives import DAMAGED
from ..base.arrays import Floats
from ..base.errors import UserError
from ..base.files import files_by_stem
from ..speech.audio import Samples, load_audio
from .motion_folder import SOUNDS

TRACKS, WORDS = "tracks.npz", "words.json"
MEASURES = ("inner_open", "width", "outer_height")
"""Columns of `TrackedClip.lips`."""
_UNITS_MM = {"mm": 1.0, "io": 90.0}
_FASTEST_FPS = 1000.0


@dataclass(frozen=True, eq=False)
class TrackedClip:
    """One recording and what was seen of the lips.

    Attributes:
        speaker: whose.
        name: unlike those of his other clips.
        sound: the recording.
        fps: frames a second of `lips`; frame t is at t / fps seconds of the recording.
        lips: (T, 3) `MEASURES` in mm, as measured, not against a neutral; NaN where not seen.
        text: what is said, if that is known.
    """

    speaker: str
    name: str
    sound: Path
    fps: float
    lips: Floats
    text: str = ""

    def samples(self) -> Samples:
        """Read the recording: (N,) at 16 kHz. Raises `UserError` if it is not to be read."""
        return load_audio(self.sound)


def read_tracked(folder: Path) -> list[TrackedClip]:
    """Read the clips of one speaker or of several, in the order of their folders and files.

    Raises:
        UserError: there are none, or a file is missing or not as described above.
    """
    if (folder / TRACKS).is_file():
        return _speaker_clips(folder)
    found = sorted(path.parent for path in folder.glob(f"*/{TRACKS}"))
    if not found:
        raise UserError(
            f"{folder} has no tracked lips: neither it nor a folder in it holds {TRACKS}; "
            "docs/research.md describes the format."
        )
    return [clip for speaker in found for clip in _speaker_clips(speaker)]


def _speaker_clips(folder: Path) -> list[TrackedClip]:
    """Clips of one speaker."""
    path = folder / TRACKS
    stored = _arrays(path)
    try:
        names = [str(name) for name in stored["clip"]]
        fps, lips = float(stored["fps"]), _measures_mm(stored, path)
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(f"{path} is not complete ({error}); see docs/research.md.") from error
    if len(set(names)) != len(names) or len(names) != len(lips):
        raise UserError(f"{path} names {len(set(names))} different clips for {len(lips)} tracks.")
    if not 0 < fps <= _FASTEST_FPS:
        raise UserError(f"{path} says {fps} frames a second; give the video's rate.")
    speaker, sounds = folder.resolve().name, files_by_stem(folder / "audio", *SOUNDS)
    texts = _texts(folder / WORDS)
    return [
        TrackedClip(
            speaker, name, _sound(folder, name, sounds), fps, _seen(track), texts.get(name, "")
        )
        for name, track in zip(names, lips, strict=True)
    ]


def _texts(path: Path) -> dict[str, str]:
    """What is said in each clip, if the file is there."""
    if not path.is_file():
        return {}
    try:
        words = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(said["text"]) for name, said in words.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise UserError(
            f'{path} is not {{"CLIP": {{"text": "what is said"}}}} ({error}); mend it or delete it.'
        ) from error


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """The arrays that are needed, without unpickling anything."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            wanted = ("fps", "clip", "lips", "lips_names", "ok")
            return {name: stored[name] for name in wanted if name in stored.files}
    except DAMAGED as error:
        raise UserError(f"{path} is not a file of tracks ({error}); write it again.") from error


def _measures_mm(stored: Mapping[str, NDArray[Any]], path: Path) -> Floats:
    """Tracks (N, T, 3) in mm, NaN where the tracker was wrong or did not measure."""
    lips = np.asarray(stored["lips"], np.float64)
    columns = [str(name).partition("/") for name in stored["lips_names"]]
    if lips.ndim != 3 or lips.shape[2] != len(columns):
        raise ValueError(f"lips {lips.shape} do not have the {len(columns)} measures named")
    chosen = np.full((*lips.shape[:2], len(MEASURES)), np.nan)
    for index, (measure, _, unit) in enumerate(columns):
        if measure in MEASURES:
            if unit not in _UNITS_MM:
                raise ValueError(f"{measure} is in {unit!r}, not in {' or '.join(_UNITS_MM)}")
            chosen[..., MEASURES.index(measure)] = _UNITS_MM[unit] * lips[..., index]
    if not np.isfinite(chosen[..., 0]).any():
        raise UserError(f"{path} has no {MEASURES[0]} that was seen; it is what must be there.")
    right = np.asarray(stored.get("ok", np.True_), bool)
    return np.where(np.isfinite(chosen) & _per_frame(right, lips), chosen, np.nan)


def _per_frame(right: NDArray[np.bool_], lips: Floats) -> NDArray[np.bool_]:
    """Where the tracker was right, (N, T, 1), or () for always; `ValueError` if it does not fit."""
    if right.ndim and right.shape != lips.shape[:2]:
        raise ValueError(f"ok {right.shape} is not for lips {lips.shape}")
    return right[..., None] if right.ndim else right


def _seen(track: Floats) -> Floats:
    """A track (T, 3) up to the last frame in which something was seen."""
    seen = np.flatnonzero(np.isfinite(track).any(axis=1))
    return track[: seen[-1] + 1 if len(seen) else 0]


def _sound(folder: Path, name: str, sounds: Mapping[str, Path]) -> Path:
    """The recording of a clip, of those in a folder."""
    if Path(name).name != name:
        raise UserError(f"{folder / TRACKS} names a clip {name!r}, which is not a file's name.")
    if name not in sounds:
        raise UserError(
            f"{folder / 'audio'} lacks the recording of clip {name!r} ({', '.join(SOUNDS)})."
        )
    return sounds[name]
