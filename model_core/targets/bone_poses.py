"""An armature's face by calibration: poses of its bones, mixed to do what our channels do.

A pose is how far each bone is moved, turned and scaled from rest when its channel is at 1. Moves
and logarithms of scales add up, and so do the rotations' vectors (their logarithms), so that half a
weight is half the angle, and order does not matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ..base.arrays import Array, Floats
from ..base.errors import UserError
from ..base.units import MM_PER_M
from ..motion.motion import Motion
from ..rig.arkit import SPEECH_TONGUE
from ..rig.rig import load_face_rig
from ..rig.shapes import SPEECH_SHAPES
from .bounded import bounded_least_squares
from .pose_mix import speech_features

_SIDES = ("Left", "Right")
_SPARING = 1e-3  # of the mean pose's own square: no poses that undo each other
_LEAST = 0.02  # of a weight: what a channel may do unseen
_TINY = 1e-9
_OPEN, _STILL = 0.1, 1e-5  # share of an open jaw that is meant; offsets that are none
Offset = Mapping[str, Sequence[float]]


@lru_cache(maxsize=1)
def pose_names() -> tuple[str, ...]:
    """Return what a pose may be called: a channel of the face, or the two of a side as one."""
    channels = load_face_rig().names
    both = (name.removesuffix("Left") for name in channels if name.endswith("Left"))
    return tuple(sorted({*channels, *(name for name in both if f"{name}Right" in channels)}))


def channels_of(pose: str) -> tuple[str, ...]:
    """Return the channels that a pose does at once."""
    names = load_face_rig().names
    return (pose,) if pose in names else tuple(f"{pose}{side}" for side in _SIDES)


@dataclass(frozen=True, eq=False)
class BonePoses:
    """A calibration.

    Attributes:
        poses: P names, of `pose_names`.
        bones: B names.
        offsets: (P, B, 9) from rest: location, rotation vector in radians, logarithm of scale.
    """

    poses: tuple[str, ...]
    bones: tuple[str, ...]
    offsets: Floats

    @classmethod
    def from_json(cls, stored: Any) -> BonePoses:
        """Return what `to_json` wrote.

        Raises:
            UserError: it is no such thing.
        """
        try:
            bones = tuple(sorted({bone for moved in stored.values() for bone in moved}))
            found = [[_offset(moved.get(bone)) for bone in bones] for moved in stored.values()]
            offsets = np.reshape(np.array(found, np.float64), (len(stored), len(bones), 9))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(
                f"The stored poses cannot be read ({error}); store them anew."
            ) from None
        unknown = [name for name in stored if name not in pose_names()]
        if unknown:
            raise UserError(
                f"There is no channel '{unknown[0]}'; a pose is called as one of the face's, such "
                "as jawOpen, mouthClose, mouthPucker, mouthSmile or eyeBlink."
            )
        twice = [name for name in stored if set(channels_of(name)) & (set(stored) - {name})]
        if twice:
            raise UserError(
                f"{twice[0]} is stored for both sides at once and for one; remove the one or the "
                "other, or it would be done twice."
            )
        if not np.isfinite(offsets).all():
            raise UserError("The stored poses hold numbers that are not finite; store them anew.")
        return cls(tuple(stored), bones, offsets)

    def to_json(self) -> dict[str, dict[str, dict[str, list[float]]]]:
        """Return locations, quaternions and scales of each pose's bones that are not at rest."""
        quaternions = quaternions_of(self.offsets[..., 3:6])
        stored: dict[str, dict[str, dict[str, list[float]]]] = {}
        for p, pose in enumerate(self.poses):
            stored[pose] = {
                bone: {
                    "location": self.offsets[p, b, :3].tolist(),
                    "rotation": quaternions[p, b].tolist(),
                    "scale": np.exp(self.offsets[p, b, 6:]).tolist(),
                }
                for b, bone in enumerate(self.bones)
                if np.abs(self.offsets[p, b]).max() > _TINY
            }
        return stored

    def weigh(self, motion: Motion) -> tuple[Motion, list[str]]:
        """Return a motion whose shapes are the poses, and sentences on what they do not do.

        A channel that has a pose goes to it; the others of speech go to the poses that do nearest,
        by how they move our face and part, widen and push out its lips.
        """
        wanted = dict(zip(motion.names, motion.weights.T.astype(np.float64), strict=True))
        weights = np.zeros((motion.frames, len(self.poses)))
        direct = {name for pose in self.poses for name in channels_of(pose)}
        for column, pose in enumerate(self.poses):
            parts = [wanted.get(name, 0.0) for name in channels_of(pose)]
            weights[:, column] = sum(parts) / len(parts)
        used = {name for name, values in wanted.items() if np.abs(values).max(initial=0) > _LEAST}
        left = [name for name in motion.names if name in used - direct - set(SPEECH_TONGUE)]
        replaced = [name for name in left if name in SPEECH_SHAPES]
        if replaced:
            weights = self._nearest(wanted, weights, motion.frames)
        basis = np.array([face_shape(pose) for pose in self.poses], np.float32)
        posed = replace(motion, names=self.poses, basis=basis, weights=weights.astype(np.float32))
        return posed, _told(replaced, [name for name in left if name not in replaced])

    def _nearest(self, wanted: Mapping[str, Array], weights: Floats, frames: int) -> Floats:
        """Return (T, P) weights, those of speech as near to all that is wanted as poses can be."""
        speech = [
            column
            for column, pose in enumerate(self.poses)
            if set(channels_of(pose)) <= set(SPEECH_SHAPES)
        ]
        if not speech:
            return weights
        rig = load_face_rig()
        every = _flat(rig.select(SPEECH_SHAPES)[:, rig.regions["mouth"]])
        every = np.hstack([every, 2 * speech_features()])  # the opening of lips counts most
        index = {name: row for row, name in enumerate(SPEECH_SHAPES)}
        poses = np.array(
            [sum(every[index[n]] for n in channels_of(self.poses[column])) for column in speech]
        )
        asked = np.stack([wanted.get(name, np.zeros(frames)) for name in SPEECH_SHAPES], axis=1)
        square = poses @ poses.T
        square += _SPARING * np.trace(square) / len(square) * np.eye(len(square))
        found = bounded_least_squares(square, asked @ (every @ poses.T), np.ones(len(speech)))
        nearest = weights.copy()
        nearest[:, speech] = found
        return nearest

    def mixed(self, weights: Array | Floats) -> tuple[Floats, Floats, Floats]:
        """Return how bones are at weights (T, P) of the poses.

        Returns:
            Locations (T, B, 3), quaternions (T, B, 4) w first, scales (T, B, 3), all from rest.
        """
        summed = np.tensordot(weights.astype(np.float64), self.offsets, axes=1)  # (T, B, 9)
        return summed[..., :3], quaternions_of(summed[..., 3:6]), np.exp(summed[..., 6:])


def closed_over_jaw(
    closed: Mapping[str, Offset], jaw: Mapping[str, Offset]
) -> tuple[dict[str, dict[str, list[float]]], float]:
    """Return what lips closed over an open jaw do besides the jaw, and how open that is.

    mouthClose counts on top of jawOpen, but artists pose the two at once. What is left is brought
    to a jaw that is wide open. A jaw that is hardly open is no such pose: 0, and all is left as is.

    Args:
        closed: location, quaternion and scale of the bones of the pose.
        jaw: of those of jawOpen.
    """
    poses = BonePoses.from_json({"mouthClose": closed, "jawOpen": jaw})
    both, opened = poses.offsets
    share = float((both * opened).sum() / max((opened * opened).sum(), _TINY))
    if share < _OPEN:
        return {bone: {k: list(v) for k, v in each.items()} for bone, each in closed.items()}, 0.0
    left = (both - share * opened) / share
    left[np.abs(left) < _STILL] = 0.0
    alone = replace(poses, poses=("mouthClose",), offsets=left[None])
    return alone.to_json()["mouthClose"], share


def quaternions_of(vectors: Floats) -> Floats:
    """Return (..., 4) quaternions, w first, of rotation vectors (..., 3) in radians.

    They go on evenly where vectors do: no sign jumps.
    """
    half = np.linalg.norm(vectors, axis=-1, keepdims=True) / 2
    return np.concatenate([np.cos(half), vectors / 2 * np.sinc(half / np.pi)], axis=-1)


def vector_of(quaternion: Sequence[float]) -> Floats:
    """Return the (3,) rotation vector in radians of a quaternion, by the shorter way round."""
    whole = np.asarray(quaternion, np.float64)
    length = np.linalg.norm(whole)
    if whole.shape != (4,) or length < _TINY:
        raise ValueError("a rotation is no quaternion")
    whole = whole / length * (1.0 if whole[0] >= 0 else -1.0)
    sine = np.linalg.norm(whole[1:])
    turned: Floats = whole[1:] * (2 * np.arctan2(sine, whole[0]) / sine if sine > _TINY else 2.0)
    return turned


def _offset(stored: Offset | None) -> Floats:
    """Return (9,): location, rotation vector and logarithm of scale; noughts of a bone at rest."""
    if stored is None:
        return np.zeros(9)
    scale = np.asarray(stored.get("scale", (1, 1, 1)), np.float64)
    if (scale <= 0).any():
        raise ValueError("a scale is not above 0")
    location = np.asarray(stored.get("location", (0, 0, 0)), np.float64)
    turned = vector_of(stored.get("rotation", (1, 0, 0, 0)))
    return np.concatenate([location, turned, np.log(scale)])


def face_shape(pose: str) -> Array:
    """Return the (V, 3) offsets of our face in metres when a pose is at 1."""
    summed: Array = load_face_rig().select(channels_of(pose)).sum(axis=0)
    return summed


def _flat(shapes: Array) -> Floats:
    """Return (K, N) whose products are mean square mm."""
    flat = shapes.reshape(len(shapes), -1).astype(np.float64) * MM_PER_M
    scaled: Floats = flat / np.sqrt(shapes.shape[1])
    return scaled


def _told(replaced: list[str], left: list[str]) -> list[str]:
    """Return sentences on channels without a pose."""
    notes = []
    if replaced:
        notes.append(f"No pose is stored for {', '.join(replaced)}: the nearest poses do it.")
    if left:
        notes.append(f"No pose is stored for {', '.join(left)}, which lies still.")
    return notes
