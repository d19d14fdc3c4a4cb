"""Teeth, gums and tongue fitted to a FLAME head of any identity.

The affine map that brings the demo head's mouth to a head's brings what is in it; then it goes
back, and in at the sides, until nothing comes through lips or cheeks in the poses that press them
hardest against the teeth.
"""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats, Ints
from .parts import MOUTH_CENTRE, MouthPart, load_mouth_face, load_mouth_parts
from .room import Room

CLEARANCE = 0.0025
"""Metres between teeth and the outer skin."""

_REACH = 0.045  # metres from a mouth's middle, where a face tells how large it is
_AXIS = np.array([0.0, -0.048, -0.020])  # metres, behind the demo head's teeth
_AHEAD = 0.6  # of an outward direction: what lacks room there goes back, else the arch is narrowed
_HALF_WIDTH = 0.034
_TURN, _RISE = 8.0, 0.004  # degrees and metres: of those vertices the outermost is tried
_BESIDE = 0.015  # metres before the axis where vertices are tried
_ROUNDS = 4


@dataclass(frozen=True, eq=False)
class FittedMouth:
    """What is in the mouth of a head at rest, in its space.

    Attributes:
        upper: follows the skull.
        lower: follows the jaw.
        matrix: (3, 3), and
        shift: (3) that brought the demo head's there.
        room: that the head leaves for it.
    """

    upper: MouthPart
    lower: MouthPart
    matrix: Floats
    shift: Floats
    room: Room


def fit_mouth(head: Floats) -> FittedMouth:
    """Fit the parts of a mouth to a FLAME head (V, 3), in metres and with the rig's axes."""
    upper, lower = load_mouth_parts()
    tried = ((upper.points[_outermost(upper)], False), (lower.points[_outermost(lower)], True))
    matrix, shift = _affine(head)
    room = Room(head, matrix @ _AXIS + shift)
    for _ in range(_ROUNDS):
        lacking = [_lacking(room, points @ matrix.T + shift, jaw) for points, jaw in tried]
        back, aside = np.max(lacking, axis=0)
        if back == aside == 0.0:
            break
        squeeze, middle = (
            np.diag([1 - aside / _HALF_WIDTH, 1.0, 1.0]),
            matrix @ MOUTH_CENTRE + shift,
        )
        matrix, shift = squeeze @ matrix, squeeze @ (shift - middle) + middle - (0.0, 0.0, back)
    return FittedMouth(upper.moved(matrix, shift), lower.moved(matrix, shift), matrix, shift, room)


def _lacking(room: Room, points: Floats, jaw: bool) -> tuple[float, float]:
    """Return how many metres points (N, 3) lack at the front and at the sides."""
    lacking = np.maximum(CLEARANCE - room.depth(points, jaw), 0.0)
    ahead = room.outward(points)[:, 2] > _AHEAD
    return lacking[ahead].max(initial=0.0), lacking[~ahead].max(initial=0.0)


def _outermost(part: MouthPart) -> Ints:
    """Return the vertices of a part that are farthest out, by height and direction."""
    away = (part.points - _AXIS)[:, [0, 2]]
    turn = np.round(np.degrees(np.arctan2(*away.T)) / _TURN)
    bins = np.stack([turn, np.round(part.points[:, 1] / _RISE)], axis=1)
    order = np.argsort(-np.linalg.norm(away, axis=1), kind="stable")
    _, first = np.unique(bins[order], axis=0, return_index=True)
    found = order[first]
    return found[away[found, 1] > _BESIDE]


def _affine(head: Floats) -> tuple[Floats, Floats]:
    """Return the map, (3, 3) and (3), from the face round the demo head's mouth to a head's."""
    face, source = load_mouth_face()
    distance = np.linalg.norm(source - MOUTH_CENTRE, axis=1)
    root = np.exp(-np.square(distance / _REACH) / 2)[:, None]
    full = np.concatenate([source, np.ones((len(source), 1))], axis=1)
    solved = np.linalg.lstsq(full * root, head[face] * root, rcond=None)[0]
    return solved[:3].T, solved[3]
