"""The audible span of a strip or a sound file: what to hear, and which frames to key for it."""

from __future__ import annotations  # `bpy.types.Strip` is `Sequence` before 4.4

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import ModuleType

import bpy

from ...model_core.base.errors import UserError
from . import audibility, scene_range, shots, strips
from .identity import StripReference
from .library import find_aud
from .timing import StripTiming


@dataclass(frozen=True)
class AudibleSpan:
    """A part of a sound and the whole scene frames during which it is heard.

    Attributes:
        name: what the artist calls it: the strip's or the file's name.
        path: the sound file; where the sound is packed, what it was made from.
        packed: returns the file's bytes if it lives inside the .blend, else None.
        start: first second of the file that is heard.
        end: second of the file at which it stops, or None for its end.
        first_frame: scene frame of ``start``.
        frames: number of scene frames, or None for as many as the file lasts.
        fps: scene frames per second.
        motion_fps: motion frames per second of sound that fall on whole scene frames.
        notes: sentences on what may surprise, such as frames that are never rendered.
        strip: the strip it is on, or None for a file.
    """

    name: str
    path: Path
    packed: Callable[[], bytes] | None
    start: float
    end: float | None
    first_frame: int
    frames: int | None
    fps: float
    motion_fps: float
    notes: tuple[str, ...] = ()
    strip: StripReference | None = None


@dataclass(frozen=True)
class StripPlace:
    """Where a strip lies in the frames of the scene that is animated.

    Attributes:
        strip: it.
        path: its sound file.
        first: first scene frame at which it is heard.
        last: last scene frame at which it is heard.
        origin: scene frame at which the file's first sample is or would be heard.
        rate: motion frames a second of sound.
    """

    strip: StripReference
    path: Path
    first: int
    last: int
    origin: int
    rate: float

    @property
    def frames(self) -> int:
        """How many scene frames it is heard."""
        return self.last - self.first + 1


def place_of(
    edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene
) -> StripPlace:
    """Return where a strip lies now; whether its file is there or it is muted does not matter.

    Args:
        edited: the scene that has the strip.
        strip: a sound strip.
        animated: the scene whose frames are meant.

    Raises:
        UserError: nothing of it is heard, or its time and the scene's differ in a way that has no
            answer.
    """
    timing = strip_timing(edited, strip)
    if timing.frames <= 0:
        raise UserError(_nothing_heard(strip))
    first = timing.first + shots.frame_shift(edited, strip, animated)
    start = max(0.0, timing.seconds_at(timing.first))
    sound = strip.sound
    path = bpy.path.abspath(sound.filepath, library=sound.library) if sound else ""
    return StripPlace(
        strip=StripReference.of(edited, strip),
        path=Path(path),
        first=first,
        last=first + timing.frames - 1,
        origin=first - round(start * timing.motion_fps),
        rate=timing.motion_fps,
    )


def from_file(path: str, scene: bpy.types.Scene, first_frame: int) -> AudibleSpan:
    """Return the span of a whole sound file placed at a scene frame.

    Raises:
        UserError: no file is named, it does not exist, or the scene stretches time.
    """
    if not path:
        raise UserError("Choose a sound file.")
    file = Path(bpy.path.abspath(path))
    if not file.is_file():
        raise UserError(f"There is no sound file at {file}; choose another.")
    shots.check_time(scene)
    fps = strips.frames_per_second(scene)
    notes = scene_range.notes(scene, first_frame, None)
    return AudibleSpan(file.stem, file, None, 0.0, None, first_frame, None, fps, fps, notes)


def from_strip(
    edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene
) -> AudibleSpan:
    """Return the part of a strip's sound that is heard, at its place on the timeline.

    Args:
        edited: the scene that has the strip.
        strip: a sound strip.
        animated: the scene whose frames are keyed.

    Raises:
        UserError: its file is missing, nothing of it is heard, or its time and the scene's differ
            in a way that has no answer.
    """
    shots.check_time(animated)
    path, packed = _file(strip)
    timing = _heard_timing(edited, strip)
    first = timing.first + shots.frame_shift(edited, strip, animated)
    return AudibleSpan(
        name=strip.name,
        path=path,
        packed=packed,
        start=max(0.0, timing.seconds_at(timing.first)),
        end=timing.seconds_at(timing.right),
        first_frame=first,
        frames=timing.frames,
        fps=timing.fps,
        motion_fps=timing.motion_fps,
        notes=(
            *shots.notes(edited, strip, animated),
            *audibility.notes(edited, strip),
            *scene_range.notes(animated, first, timing.frames),
        ),
        strip=StripReference.of(edited, strip),
    )


def _heard_timing(scene: bpy.types.Scene, strip: bpy.types.Strip) -> StripTiming:
    """Return how a strip lies on the timeline; UserError if nothing of it is heard there."""
    timing = strip_timing(scene, strip)
    silent = audibility.why_silent(scene, strip)
    if silent is None and timing.frames <= 0:
        silent = _nothing_heard(strip)
    if silent is not None:
        raise UserError(silent)
    return timing


def _nothing_heard(strip: bpy.types.Strip) -> str:
    return f"Nothing of the strip '{strip.name}' is heard; lengthen it or choose another."


def strip_timing(scene: bpy.types.Scene, strip: bpy.types.Strip) -> StripTiming:
    """Return how a strip lies on the timeline, clipped by the meta strips it is inside.

    Raises:
        UserError: its speed changes on the way.
    """
    left, right = strips.left_handle(strip), strips.right_handle(strip)
    for meta in strips.parents(strip):
        left = max(left, strips.left_handle(meta))
        right = min(right, strips.right_handle(meta))
    return StripTiming(
        fps=strips.frames_per_second(scene),
        content_start=strips.content_start(strip),
        left=left,
        right=right,
        trim=strips.content_trim(strip)[0],
        delay=getattr(strip, "sound_offset", 0.0),
        speed=_speed(scene, strip),
    )


def _speed(scene: bpy.types.Scene, strip: bpy.types.Strip) -> float:
    """Return how much faster than natural a retimed strip plays: its length against its file's."""
    keys = getattr(strip, "retiming_keys", [])
    if len(keys) < 2:
        return 1.0
    if len(keys) > 2:
        raise UserError(
            f"The speed of the strip '{strip.name}' changes on the way; reset its retiming, "
            "split it where the speed changes, or give it one speed."
        )
    shown = keys[1].timeline_frame - keys[0].timeline_frame
    natural = _seconds(strip) * strips.frames_per_second(scene) - sum(strips.content_trim(strip))
    return natural / shown


def _seconds(strip: bpy.types.Strip) -> float:
    """Return the length of a strip's whole sound file."""
    aud = find_aud()
    if aud is None:
        raise UserError(
            f"The strip '{strip.name}' is retimed, and this Blender has no sound library to "
            "measure its file with; reset its retiming."
        )
    path, packed = _file(strip)
    if packed is not None:
        raise UserError(
            f"The strip '{strip.name}' is retimed and its sound packed; unpack the sound."
        )
    return _file_seconds(aud, path, path.stat().st_mtime)


@lru_cache(maxsize=64)
def _file_seconds(aud: ModuleType, path: Path, _changed: float) -> float:
    try:
        sound = aud.Sound.file(str(path))
        return sound.length / sound.specs[0]
    except aud.error as error:
        raise UserError(
            f"{path.name} cannot be read ({error}), so its speed is unknown; reset its retiming."
        ) from error


def _file(strip: bpy.types.Strip) -> tuple[Path, Callable[[], bytes] | None]:
    """Return where a strip's sound is, and how to get its bytes if it is packed into the .blend."""
    sound = strip.sound
    if sound is None:
        raise UserError(f"The strip '{strip.name}' has no sound; choose another.")
    path = Path(bpy.path.abspath(sound.filepath, library=sound.library))
    if sound.packed_file is not None:
        return path, lambda: bytes(sound.packed_file.data)
    if not path.is_file():
        raise UserError(
            f"The file of the strip '{strip.name}' is missing: {path}; "
            "find it with File > External Data > Find Missing Files."
        )
    return path, None
