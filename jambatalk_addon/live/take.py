"""What was recorded live as a take, by the way a bake goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.hearing.said import Hearing
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ...model_core.motion.resampling import resample
from ..bake.outcome import Outcome
from ..bake.plan import BakePlan, SceneChanges
from ..bake.run import Bake
from ..bones.takes import takes_of
from ..sound import strips
from ..sound.source import AudibleSpan
from ..write.lasting import with_uid
from ..write.raw import NO_STYLES
from .plan import LivePlan
from .session import Recorded

_NAME = "Live"


@dataclass
class Streamed:
    """A motion that is there already, in place of a prediction."""

    motion: Motion | None
    styles: Mapping[str, Motion] = field(default_factory=lambda: NO_STYLES)
    notes: tuple[str, ...] = ()
    curves: tuple[dict[str, Curve], float] | None = None
    heard: Hearing | None = None
    own_keys: bool = False
    fraction: float = 1.0
    message: str = ""

    def poll(self, wait: float = 0.0) -> bool:
        """Return that it is there."""
        del wait
        return True

    def cancel(self) -> None:
        """Do nothing: it is there."""

    abandon = close = cancel


def write_take(context: bpy.types.Context, plan: LivePlan, recorded: Recorded) -> Outcome:
    """Write what was recorded as a take, where the sound lies, or where recording began.

    Raises:
        UserError: the character is gone or no longer fit; nothing is written.
    """
    scene = with_uid(bpy.data.scenes, plan.scene)
    if scene is None:
        raise UserError("The scene was deleted; nothing was written.")
    span = _span(scene, plan, recorded)
    motion = resample(recorded.motion, span.motion_fps)
    settings = scene.jambatalk
    changes = SceneChanges(scene.session_uid, extend=settings.extend_scene, add_strip=False)
    planned = BakePlan(span, plan.speaker, plan.options, changes)
    return Bake(planned, Streamed(motion)).write()


def _span(scene: bpy.types.Scene, plan: LivePlan, recorded: Recorded) -> AudibleSpan:
    """Return what was recorded as a part of a sound on whole scene frames."""
    if plan.span is None:
        fps, name = strips.frames_per_second(scene), _free_name(plan)
        first = recorded.scene_frame
        return AudibleSpan(name, Path(), None, 0.0, None, first, None, fps, fps)
    span = plan.span
    passed = round(recorded.second * span.motion_fps)
    start = span.start + passed / span.motion_fps
    frames = None if span.frames is None else max(1, span.frames - passed)
    return replace(span, start=start, first_frame=span.first_frame + passed, frames=frames)


def _free_name(plan: LivePlan) -> str:
    """Return a name that no take of the character has."""
    obj = with_uid(bpy.data.objects, plan.speaker.session_uid)
    taken = {made.name for made in takes_of(obj).values()}
    numbered = (f"{_NAME} {number}" for number in range(2, len(taken) + 3))
    return next(name for name in (_NAME, *numbered) if name not in taken)
