"""The turns of head, eyeballs and chest that a bake keys beside speech."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import bpy
import numpy as np

from ...model_core.motion.motion import Motion
from ..bones.eyes import eyes_of
from ..panel.turning import AUTO, NEVER
from ..write import head
from ..write.head import Face, Turn, angles_of
from ..write.head_record import HEAD
from ..write.head_target import HeadTarget
from .expression import PlannedExpression

_LOOKS = "eyeLook"


def write_turns(
    planned: PlannedExpression,
    speaker: bpy.types.Object,
    face: Face,
    take: str | None,
    motion: Motion,
    first: int,
    moved: Iterable[str],
) -> tuple[str, ...]:
    """Key how parts turn in a line that has just been baked, in place of what it keyed before.

    Args:
        planned: what turns.
        speaker: what was chosen to speak.
        face: what turns with the head.
        take: id of the line, or None if it is on nothing.
        motion: on scene frames.
        first: scene frame of its first.
        moved: names of the shapes or poses that speech can move there.

    Returns:
        Sentences on what else happened.
    """
    if take is None:
        return planned.notes
    wanted = {**planned.turned, **_eyes(planned, speaker, motion, moved)}
    unturned = planned.unturned if motion.head is not None and HEAD not in wanted else ()
    turned = turn(wanted, face, motion, first, take)
    return (*planned.notes, *unturned, *turned)


def turn(
    wanted: Mapping[str, HeadTarget],
    face: Face,
    motion: Motion,
    first: int,
    take: str,
    *,
    at_rest: bool = False,
) -> list[str]:
    """Key how parts turn in a motion, as far as they still can; see `write_turns`.

    With `at_rest` those that it does not turn are keyed at rest: another performance turns them.
    """
    turns, notes = [], []
    for part, target in wanted.items():
        angles, problem = angles_of(part, motion), target.problem(part)
        if angles is None and at_rest:
            angles = np.zeros((motion.frames, 3), np.float32)
        if angles is not None and problem is None:
            turns.append(Turn(part, target, angles))
        elif angles is not None:  # much may have happened while the model ran
            notes.append(f"The {part} was not turned: {problem}")
    return [*head.write(turns, face, first, take), *notes]


def _eyes(
    planned: PlannedExpression, speaker: bpy.types.Object, motion: Motion, moved: Iterable[str]
) -> dict[str, HeadTarget]:
    """Return the eyeballs that are to turn, by part."""
    if motion.eyes is None or planned.eyes == NEVER:
        return {}
    if planned.eyes == AUTO and any(name.startswith(_LOOKS) for name in moved):
        return {}
    return eyes_of(speaker)
