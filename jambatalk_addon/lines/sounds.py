"""What is said in the takes of a mesh, on the timeline, and what is done to single sounds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.sounds import AS_HEARD, SoundEdit
from ..bake import again, plan
from ..bones.takes import keeper_of, takes_of
from ..panel import options, shape_list
from ..sound import strips
from ..write import heard
from ..write.ownership import Take

_SAME = 1e-3  # s
_VOWELLESS = 0.5  # frames a sound counts beyond its ends, to be found under the playhead


@dataclass(frozen=True)
class Said:
    """A word or a sound of a take on the timeline.

    Attributes:
        take: id of the take.
        text: the word, or the sound in X-SAMPA.
        first: scene frame at which it begins, between frames if it does.
        last: scene frame at which it ends.
        start: second of the file at which it begins.
        end: second of the file at which it ends.
        gain: how much of it there is, as a factor.
    """

    take: str
    text: str
    first: float
    last: float
    start: float
    end: float
    gain: float = AS_HEARD

    def __contains__(self, frame: float) -> bool:
        return self.first <= frame < self.last


def words_of(obj: bpy.types.Object, scene: bpy.types.Scene) -> list[Said]:
    """Return the words of an object's takes in order of time, as far as they are known."""
    return sorted(_every(obj, scene, words=True), key=lambda said: said.first)


def sounds_of(obj: bpy.types.Object, scene: bpy.types.Scene) -> list[Said]:
    """Return the sounds heard in an object's takes in order of time."""
    return sorted(_every(obj, scene, words=False), key=lambda said: said.first)


def _every(obj: bpy.types.Object, scene: bpy.types.Scene, *, words: bool) -> Iterator[Said]:
    for take, made in takes_of(obj).items():
        keeper = keeper_of(obj, take)
        hearing = heard.load(keeper, take) if keeper is not None else None
        if hearing is None:
            continue
        edits = heard.load_edits(keeper, take)
        told = hearing.words if words else hearing.phones
        for text, start, end, *_ in told:
            said = _placed(take, made, scene, (str(text), float(start), float(end)), edits)
            if said is not None:
                yield said


def _placed(
    take: str,
    made: Take,
    scene: bpy.types.Scene,
    told: tuple[str, float, float],
    edits: list[SoundEdit],
) -> Said | None:
    """Return a word or a sound on the timeline, or None where its take is not heard."""
    text, start, end = told
    rate = made.rate or strips.frames_per_second(scene)
    first, last = made.origin + start * rate, made.origin + end * rate
    if last <= made.heard[0] or first >= made.heard[1] + 1:
        return None
    done = (edit.gain for edit in edits if _is_same(edit, start, end))
    return Said(take, text, first, last, start, end, next(done, AS_HEARD))


def _is_same(edit: SoundEdit, start: float, end: float) -> bool:
    return abs(edit.start - start) < _SAME and abs(edit.end - end) < _SAME


def at_frame(said: list[Said], frame: float) -> Said | None:
    """Return what is said at a frame, or nearest to it within half a frame."""
    inside = [each for each in said if frame in each]
    if inside:
        return inside[0]
    near = [(min(abs(each.first - frame), abs(each.last - frame)), each) for each in said]
    distance, nearest = min(near, key=lambda pair: pair[0], default=(1.0, None))
    return nearest if distance <= _VOWELLESS else None


def set_gain(context: bpy.types.Context, obj: bpy.types.Object, sound: Said, gain: float) -> None:
    """Have a sound be as strong as a factor says, and pose its line again; no model runs.

    Raises:
        UserError: the line cannot be posed again; nothing is changed.
    """
    known = heard.load_edits(keeper_of(obj, sound.take), sound.take)
    kept = [edit for edit in known if not _is_same(edit, sound.start, sound.end)]
    if gain != AS_HEARD:
        kept.append(SoundEdit(sound.start, sound.end, gain))
    settings = context.scene.jambatalk
    chosen = replace(options.read(settings), shape_map=shape_list.text_of(settings, obj))
    again.edit_sounds(obj, sound.take, sorted(kept), chosen)


def problem(context: bpy.types.Context) -> str | None:
    """Return why no single sound can be changed, or None if one can."""
    obj = plan.chosen_mesh(context)
    if obj is None or not takes_of(obj):
        return "The mesh has no bake."
    if not any(True for _ in _every(obj, context.scene, words=False)):
        return "What is said in its takes is not known: bake them again to hear it."
    return None


def sound_at(context: bpy.types.Context, frame: float) -> tuple[bpy.types.Object, Said]:
    """Return the chosen mesh and the sound of it at a frame.

    Raises:
        UserError: nothing is said there.
    """
    reason = problem(context)
    obj = plan.chosen_mesh(context)
    if reason is not None or obj is None:
        raise UserError(reason or "Choose a mesh.")
    found = at_frame(sounds_of(obj, context.scene), frame)
    if found is None:
        raise UserError(f"Nothing is said at frame {frame:.0f}.")
    return obj, found
