"""A dozen places on a face: guessed from its geometry or picked by the artist."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...base.arrays import Floats
from ...base.errors import UserError
from .alignment import Frame, fit_frame
from .features import Features
from .pose import Pose

NAMES: tuple[str, ...] = (
    "nose_bridge",
    "nose_tip",
    "under_nose",
    "upper_lip",
    "lower_lip",
    "chin",
    "mouth_right",
    "mouth_left",
    "eye_right_outer",
    "eye_right_inner",
    "eye_left_inner",
    "eye_left_outer",
)
"""Left and right are the character's own; the lips' points lie where they meet, in the middle."""
LEAST = ("nose_tip", "chin", "mouth_right", "mouth_left")
"""What an artist has to pick at least: they tell place, size and direction."""

Places = Mapping[str, Floats]


@dataclass(frozen=True)
class Guess:
    """How far guessed landmarks can be trusted, 0 to 1, and why not more, in words."""

    confidence: float
    doubts: tuple[str, ...]


def places(features: Features) -> dict[str, Floats]:
    """Return the landmarks (3) by name that were found of a face."""
    found = {"nose_bridge": features.nose_bridge, "nose_tip": features.nose_tip}
    for name, place in (("under_nose", features.under_nose), ("chin", features.chin)):
        if place is not None:
            found[name] = place
    if features.mouth:
        found["upper_lip"], found["lower_lip"] = features.mouth.middle
        found["mouth_right"], found["mouth_left"] = features.mouth.corners
    right, left = features.eyes
    if right:
        found["eye_right_outer"], found["eye_right_inner"] = right.corners
    if left:
        found["eye_left_inner"], found["eye_left_outer"] = left.corners
    return found


def frame_of(own: Places, other: Places) -> tuple[Frame, float]:
    """Return the similarity from one face's landmarks to another's, and its rms in own units."""
    names = [name for name in NAMES if name in own and name in other]
    source, target = (np.array([face[name] for name in names]) for face in (own, other))
    frame = fit_frame(source, target)
    left = np.linalg.norm(frame.into_flame(target) - source, axis=1)
    return frame, float(np.sqrt(np.mean(left**2)))


def judge(features: Features, fit: float, pose: Pose, *, settled: bool) -> Guess:
    """Judge guessed landmarks.

    Args:
        features: what was found.
        fit: rms in metres of FLAME's landmarks on them, by a similarity.
        pose: what they were looked for from.
        settled: whether they stayed where they were when looked at again.
    """
    right, left = features.eyes
    mouth = features.mouth
    marks = [
        ("several ways round look alike", np.clip((pose.runner_up / pose.error - 1) / 0.4, 0, 1)),
        ("it looks different from every place", 1.0 if settled else 0.3),
        ("its proportions are far from a person's", np.clip((0.022 - fit) / 0.010, 0, 1)),
        ("no line between the lips was found", 1.0 if mouth else 0.2),
        ("the mouth's line is not level or too short", _evenness(features) if mouth else 1.0),
        ("no opening of the eyes was found", 1.0 if right and left else 0.75),
    ]
    confidence = float(np.prod([mark for _, mark in marks]))
    return Guess(confidence, tuple(doubt for doubt, mark in marks if mark < 0.7))


def read_landmarks(path: Path) -> dict[str, Any]:
    """Read picked landmarks from JSON: each name's vertex number or three coordinates.

    Raises:
        UserError: the file is missing or not such an object.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"There is no landmarks file at {path}.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} is not a landmarks file in JSON ({error}).") from error
    if not isinstance(content, dict):
        raise UserError(f"{path} must hold an object of landmarks by name.")
    return content


def picked_places(picked: Mapping[str, Any], points: Floats) -> dict[str, Floats]:
    """Return (3) places in the mesh's units of landmarks given as vertices or as coordinates.

    Raises:
        UserError: a name, a vertex or a place is not known, or too few are given.
    """
    unknown = [name for name in picked if name not in NAMES]
    if unknown:
        raise UserError(f"There is no landmark named {', '.join(unknown)}; use {', '.join(NAMES)}.")
    found = {name: _place(name, value, points) for name, value in picked.items()}
    missing = [name for name in LEAST if name not in found]
    if missing:
        raise UserError(
            f"Landmarks need at least {', '.join(LEAST)}; pick {', '.join(missing)} too."
        )
    return found


def _place(name: str, value: object, points: Floats) -> Floats:
    if isinstance(value, int) and not isinstance(value, bool):
        if 0 <= value < len(points):
            return points[value]
        raise UserError(f"The landmark {name} is vertex {value}; the mesh has {len(points)}.")
    try:
        place = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        place = np.zeros(0)
    if place.shape != (3,) or not np.isfinite(place).all():
        raise UserError(f"The landmark {name} must be a vertex number or three coordinates.")
    return place


def _evenness(features: Features) -> float:
    """Return 1 for a mouth as wide as a mouth, level and beneath the nose, down to 0."""
    assert features.mouth is not None
    right, left = features.mouth.corners
    aside = abs(float(right[0] + left[0]) / 2 - float(features.nose_tip[0]))
    tilt = abs(float(right[1] - left[1]))
    off = max(aside, tilt) / max(features.mouth.width, 1e-9)
    wide = np.clip((features.mouth.width - 0.012) / 0.012, 0, 1)
    return float(np.clip((0.35 - off) / 0.15, 0, 1) * wide)
