"""FLAME brought near another head: by its pose, then by features found or picked."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from ...base.arrays import Floats, Ints
from ...base.errors import UserError
from ..rig import load_face_rig
from .alignment import Frame
from .anatomy import FLAME_LANDMARKS, FlameHead, describe_flame
from .features import Features, find_features
from .head_mesh import HeadMesh
from .landmarks import Guess, Places, frame_of, judge, picked_places, places
from .parts import skin_parts
from .pose import find_pose

_LEAST_CONFIDENCE = 0.35
_MOST_LOOKS = 6
_SETTLED = (0.01, 0.0015)  # share of the size, and metres, that do not matter
_NEARLY = (0.02, 0.003)  # as far as large triangles have the same features lie here and there
_REACH = 0.22  # metres about FLAME's origin within which a face lies


EYES = (np.array([-0.032, 0.021, 0.030]), np.array([0.032, 0.021, 0.030]))
"""About where FLAME's right and left eye are, metres."""


@dataclass(frozen=True, eq=False)
class PlacedHead:
    """A head with FLAME's frame in it.

    Attributes:
        mesh: as read.
        frame: FLAME's space in it.
        vertices: (N, 3) of the mesh in FLAME's frame, metres.
        skin: numbers of the parts that are its skin.
        features: what was found of its face.
        landmarks: places in FLAME's frame.
        guess: how sure of them; 1 if picked.
    """

    mesh: HeadMesh
    frame: Frame
    vertices: Floats
    skin: Ints
    features: Features
    landmarks: dict[str, Floats]
    guess: Guess

    @property
    def skin_faces(self) -> Ints:
        """The skin's triangles about the face."""
        return _near_faces(self.mesh, self.vertices, self.skin)


@lru_cache(maxsize=1)
def flame() -> tuple[FlameHead, Features]:
    """Return FLAME's head and its features, as `find_features` sees them."""
    rig = load_face_rig()
    head = describe_flame(
        rig.neutral.astype(np.float64), rig.faces.astype(np.int64), rig.mirror.astype(np.int64)
    )
    return head, find_features(head.vertices, head.faces, head.vertices[FLAME_LANDMARKS[30]], EYES)


def flame_landmarks() -> dict[str, Floats]:
    """Return FLAME's landmarks (3) by name, metres."""
    return places(flame()[1])


def place_head(
    mesh: HeadMesh,
    picked: Mapping[str, Any] | None,
    told: Callable[[float], None] = lambda share: None,
) -> PlacedHead:
    """Return how FLAME lies in a mesh.

    Args:
        mesh: the head.
        picked: landmarks by name, as vertices of it or places in it; None to guess them.
        told: called with the share done.

    Raises:
        UserError: they cannot be guessed well enough, or are not enough.
    """
    if picked:
        return _by_picks(mesh, picked_places(picked, mesh.vertices))
    head, own = flame()
    pose = find_pose(mesh, head, told)
    frame, settled = pose.frame, False
    for _ in range(_MOST_LOOKS):
        placed = _looked_at(mesh, frame, {})
        motion, fit = frame_of(places(own), placed.landmarks)
        settled = motion.is_slight(*_SETTLED)
        if settled:
            break
        frame = frame.after(motion)
    guess = judge(placed.features, fit, pose, settled=settled or motion.is_slight(*_NEARLY))
    if guess.confidence < _LEAST_CONFIDENCE:
        raise UserError(
            f"The face was not found by itself ({'; '.join(guess.doubts)}): pick its landmarks, at "
            "least the tip of the nose, the chin and both corners of the mouth."
        )
    return _with_guess(placed, guess)


def _by_picks(mesh: HeadMesh, picked: Places) -> PlacedHead:
    frame = frame_of(places(flame()[1]), picked)[0]
    return _looked_at(mesh, frame, picked)


def _looked_at(mesh: HeadMesh, frame: Frame, picked: Places) -> PlacedHead:
    """Return a head with the features that are seen from a frame; picked landmarks go first."""
    head, own = flame()
    vertices = frame.into_flame(mesh.vertices)
    skin = skin_parts(mesh, vertices, head.vertices[head.neck_distance > 0.05][::7])
    given = {name: frame.into_flame(place) for name, place in picked.items()}
    nose = given.get("nose_tip", own.nose_tip)
    found = find_features(
        vertices,
        _near_faces(mesh, vertices, skin),
        nose,
        (_eye(given, "right", EYES[0]), _eye(given, "left", EYES[1])),
    )
    landmarks = {**places(found), **given}
    return PlacedHead(mesh, frame, vertices, skin, found, landmarks, Guess(1.0, ()))


def _eye(given: Places, side: str, default: Floats) -> Floats:
    ends = [given.get(f"eye_{side}_{end}") for end in ("inner", "outer")]
    if ends[0] is None or ends[1] is None:
        return default
    return (ends[0] + ends[1]) / 2


def _with_guess(head: PlacedHead, guess: Guess) -> PlacedHead:
    return PlacedHead(
        head.mesh, head.frame, head.vertices, head.skin, head.features, head.landmarks, guess
    )


def _near_faces(mesh: HeadMesh, vertices: Floats, skin: Ints) -> Ints:
    inside = np.isin(mesh.part, skin) & (np.linalg.norm(vertices, axis=1) < _REACH)
    return mesh.faces[inside[mesh.faces].all(axis=1)]
