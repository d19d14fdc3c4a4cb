"""Where a sound of one scene's sequencer lies in the frames of the scene that is animated."""

from __future__ import annotations  # `bpy.types.Strip` is `Sequence` before 4.4

from collections.abc import Iterator

import bpy

from ...model_core.base.errors import UserError
from . import strips

_SAME_RATE = 1e-6


def check_time(animated: bpy.types.Scene) -> None:
    """Refuse a scene whose curves run at another speed than its sound.

    Raises:
        UserError: it uses Time Stretching, which moves curves and leaves sound where it is.
    """
    old, new = animated.render.frame_map_old, animated.render.frame_map_new
    if old != new:
        raise UserError(
            f"The scene '{animated.name}' stretches time ({old} to {new}), which moves curves away "
            "from their sound; make both numbers equal in Output > Frame Range > Time Stretching."
        )


def frame_shift(edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene) -> int:
    """Return what to add to a frame of the edited scene to get the animated scene's.

    Where the sequencer shows the animated scene by a scene strip under the sound, that strip
    places it, frame by frame at the edited scene's rate; otherwise both count the same frames.

    Raises:
        UserError: scene strips disagree or change speed, or no strip shows the animated scene
            and the two have different frame rates.
    """
    if edited == animated:
        return 0
    shots = list(_shots(edited, strip, animated))
    if not shots:
        _check_rates(edited, strip, animated)
        return 0
    shifts = {_shift(edited, shot, animated) for shot in shots}
    if len(shifts) > 1:
        raise UserError(
            f"'{strip.name}' is heard over {len(shots)} strips that show different frames of the "
            f"scene '{animated.name}'; cut the sound where they change, and bake each part."
        )
    return shifts.pop()


def notes(
    edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene
) -> Iterator[str]:
    """Yield sentences on a sound that does not lie in the animated scene itself."""
    if edited == animated:
        return
    shot = next(_shots(edited, strip, animated), None)
    if shot is None:
        yield f"It lies in the scene '{edited.name}', whose frames are taken for those of this one."
    elif _differ(edited, animated):
        yield (
            f"Timed for the strip '{shot.name}' in '{edited.name}' at {_rate(edited)} fps; on its "
            f"own, '{animated.name}' plays at {_rate(animated)}."
        )


def _shots(
    edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene
) -> Iterator[bpy.types.Strip]:
    """Yield the scene strips that show the animated scene while a strip is heard."""
    for shot in strips.every(edited):
        shown = shot.type == "SCENE" and shot.scene == animated and not shot.mute
        if shown and strips.overlap(shot, strip):
            yield shot


def _shift(edited: bpy.types.Scene, shot: bpy.types.Strip, animated: bpy.types.Scene) -> int:
    sped = (s for s in strips.every(edited) if s.type == "SPEED" and s.input_1 == shot)
    if shot.use_reverse_frames or len(getattr(shot, "retiming_keys", ())) > 1 or any(sped):
        raise UserError(
            f"The strip '{shot.name}' plays the scene '{animated.name}' at another speed or "
            "backwards; reset that, or put the sound into the scene itself."
        )
    return animated.frame_start + strips.content_trim(shot)[0] - round(strips.content_start(shot))


def _check_rates(
    edited: bpy.types.Scene, strip: bpy.types.Strip, animated: bpy.types.Scene
) -> None:
    if _differ(edited, animated):
        raise UserError(
            f"'{strip.name}' lies in the scene '{edited.name}' at {_rate(edited)} fps, and "
            f"'{animated.name}' runs at {_rate(animated)}; give both the same frame rate."
        )


def _differ(edited: bpy.types.Scene, animated: bpy.types.Scene) -> bool:
    ratio = strips.frames_per_second(edited) / strips.frames_per_second(animated)
    return abs(ratio - 1) > _SAME_RATE


def _rate(scene: bpy.types.Scene) -> str:
    return f"{strips.frames_per_second(scene):.5g}"
