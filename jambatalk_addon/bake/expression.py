"""What a bake adds to speech, as the scene has it: keyed moods, and the head that turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import bpy
import numpy as np

from ...model_core.motion.motion import Motion
from ...model_core.performance.mood.moods import MOODS
from ...model_core.performance.options import BakeOptions
from ..sound.source import AudibleSpan
from ..write import fcurves, head
from ..write.head import Face
from ..write.head_target import HeadTarget, head_problem


@dataclass(frozen=True)
class PlannedExpression:
    """What is decided before the model runs.

    Attributes:
        moods: amounts of keyed moods, a number a scene frame.
        head: what turns; None if nothing does.
        notes: a sentence if a head was wanted and none turns.
        unturned: a sentence for a recording that turns out to have a head, if none turns.
    """

    moods: Mapping[str, list[float]] = field(default_factory=dict)
    head: HeadTarget | None = None
    notes: tuple[str, ...] = ()
    unturned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expressing:
    """Whose expression is planned.

    Attributes:
        owner: settings or a character, which name what turns as the head.
        keyed: whether the moods that are keyed on the scene count.
    """

    owner: Any
    keyed: bool = True


NOTHING_PLANNED = PlannedExpression()


def plan_expression(
    scene: bpy.types.Scene, options: BakeOptions, span: AudibleSpan, expressing: Expressing
) -> tuple[BakeOptions, PlannedExpression]:
    """Return the options of a bake and what else is decided on its life and moods.

    Without a head that can be turned the options have none: eyes would make up for its turns.
    """
    moods = _keyed_moods(scene, span) if expressing.keyed else {}
    lively = options.life > 0.0 and (options.head or options.breathing)
    if not lively and not options.capture:
        return options, PlannedExpression(moods)
    problem = head_problem(expressing.owner)
    if problem is None:
        return options, PlannedExpression(moods, HeadTarget.of(expressing.owner))
    if lively:
        return options.without_head(), PlannedExpression(moods, notes=(problem,))
    return options, PlannedExpression(moods, unturned=(problem,))


def write_head(
    planned: PlannedExpression, face: Face, take: str | None, motion: Motion, first: int
) -> tuple[str, ...]:
    """Key a head's turns of a line that has just been baked, in place of what it keyed before.

    Args:
        planned: what turns.
        face: what speaks.
        take: id of the line, or None if it is on nothing.
        motion: on scene frames.
        first: scene frame of its first.

    Returns:
        Sentences on what else happened.
    """
    if take is None:
        return planned.notes
    if motion.head is None:
        return (*planned.notes, *head.take_off([take]))
    if planned.head is None:
        return (*planned.notes, *planned.unturned, *head.take_off([take]))
    problem = planned.head.problem()  # much may have happened while the model ran
    if problem:
        return (*head.take_off([take]), f"The head was not turned: {problem}")
    return (*head.write(planned.head, face, motion.head, first, take), *planned.notes)


def _keyed_moods(scene: bpy.types.Scene, span: AudibleSpan) -> dict[str, list[float]]:
    """Return the amounts of the moods that have keys, from a span's first frame to the last key."""
    holder = fcurves.find_holder(scene)
    moods: dict[str, list[float]] = {}
    if holder is None:
        return moods
    for mood in MOODS:
        fcurve = holder.fcurves.find(f"jambatalk.mood_{mood}")
        if fcurve is not None and len(fcurve.keyframe_points):
            last = max(span.first_frame, int(np.ceil(fcurve.range()[1])))
            frames = np.arange(span.first_frame, last + 1)
            values = [fcurve.evaluate(frame) for frame in frames]
            moods[mood] = np.clip(values, 0.0, 1.5).round(6).tolist()
    return moods
