"""What a bake adds to speech, as the scene has it: keyed moods, and what of a character turns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import bpy
import numpy as np

from ...model_core.performance.mood.moods import MOODS
from ...model_core.performance.options import BakeOptions
from ..panel.turning import AUTO
from ..sound.source import AudibleSpan
from ..write import fcurves
from ..write.head_record import CHEST, HEAD
from ..write.head_target import HeadTarget, chest_problem, head_problem

SCENE_MOODS: Mapping[str, str] = {mood: f"jambatalk.mood_{mood}" for mood in MOODS}
"""Data paths, from the scene, of what is keyed of each mood."""


@dataclass(frozen=True)
class PlannedExpression:
    """What is decided before the model runs.

    Attributes:
        moods: amounts of keyed moods, a number a scene frame.
        turned: what turns as the head and as the chest, by part.
        eyes: whether eyeballs that are bones or objects turn, as settings have it.
        look_at: session id of what the eyes rest on; 0 is straight ahead.
        notes: sentences on what was wanted and does not turn.
        unturned: a sentence for a recording that turns out to have a head, if none turns.
    """

    moods: Mapping[str, list[float]] = field(default_factory=dict)
    turned: Mapping[str, HeadTarget] = field(default_factory=dict)
    eyes: str = AUTO
    look_at: int = 0
    notes: tuple[str, ...] = ()
    unturned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expressing:
    """Whose expression is planned.

    Attributes:
        owner: settings or a character, which name what turns.
        keyed: data paths, from the scene, of the moods whose keys count.
    """

    owner: Any
    keyed: Mapping[str, str] = field(default_factory=lambda: SCENE_MOODS)


NOTHING_PLANNED = PlannedExpression()


def plan_expression(
    scene: bpy.types.Scene, options: BakeOptions, span: AudibleSpan, expressing: Expressing
) -> tuple[BakeOptions, PlannedExpression]:
    """Return the options of a bake and what else is decided on its life and moods.

    Without a head that can be turned the options have none: eyes would make up for its turns.
    """
    owner, moods = expressing.owner, _keyed_moods(scene, span, expressing.keyed)
    target = owner.look_at
    looks = target.session_uid if target is not None else 0
    planned = PlannedExpression(moods, eyes=owner.turned_eyes, look_at=looks)
    lively = options.life > 0.0 and (options.head or options.breathing)
    if not lively and not options.capture:
        return options, planned
    chest, notes = _chest(owner, options)
    problem, head = head_problem(owner), HeadTarget.of(owner)
    if problem is None and head is not None:
        return options, replace(planned, turned={HEAD: head, **chest}, notes=notes)
    if not lively:
        return options, replace(planned, turned=chest, notes=notes, unturned=(str(problem),))
    still = replace(options, head=False) if chest else options.without_head()
    if options.head or not chest:
        notes = (*notes, str(problem))
    return still, replace(planned, turned=chest, notes=notes)


def _chest(owner: Any, options: BakeOptions) -> tuple[dict[str, HeadTarget], tuple[str, ...]]:
    """Return what breathes as the chest, if anything, and why it does not if it cannot."""
    chest = HeadTarget.of(owner, CHEST)
    if chest is None or not (options.life > 0.0 and options.breathing):
        return {}, ()
    problem = chest_problem(owner)
    return ({CHEST: chest}, ()) if problem is None else ({}, (problem,))


def _keyed_moods(
    scene: bpy.types.Scene, span: AudibleSpan, paths: Mapping[str, str]
) -> dict[str, list[float]]:
    """Return the amounts of the moods that have keys, from a span's first frame to the last key."""
    holder = fcurves.find_holder(scene)
    moods: dict[str, list[float]] = {}
    if holder is None:
        return moods
    for mood, path in paths.items():
        fcurve = holder.fcurves.find(path)
        if fcurve is not None and len(fcurve.keyframe_points):
            last = max(span.first_frame, int(np.ceil(fcurve.range()[1])))
            frames = np.arange(span.first_frame, last + 1)
            values = [fcurve.evaluate(frame) for frame in frames]
            moods[mood] = np.clip(values, 0.0, 1.5).round(6).tolist()
    return moods
