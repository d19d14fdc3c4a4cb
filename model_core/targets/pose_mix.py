"""The poses of a set, mixed so that together they do what our channels do.

By least squares: in our own shapes, by what each pose is made of, and on the mesh, by how far it
parts, widens and pushes out the lips there.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

import numpy as np

from ..base.arrays import Array, Floats, Ints
from ..base.units import MM_PER_M
from ..rig.rig import load_face_rig
from ..rig.shapes import SPEECH_SHAPES
from .bounded import bounded_least_squares
from .keys import JAW, Keys, flame_mouth
from .naming.pose_sets import POSES
from .naming.postures import POSTURES

_FEATURES = np.array([4.0, 1.0, 1.0])  # weight of opening, width and protrusion against the shapes
_SPARING = 0.05  # of the mean pose's own square: no poses that undo each other


def mix_poses(keys: Keys, channels: Mapping[str, Array], frames: int) -> Floats:
    """Return (T, K): the mix of poses that does what no key does directly.

    Args:
        keys: of the mesh.
        channels: (T) weights by the channel's name.
        frames: T.
    """
    weights = np.zeros((frames, len(keys.names)))
    links = [link for link in keys.shape_map.links if link.source in POSES and link.gain > 0]
    if not links:
        return weights
    places = np.array([keys.names.index(link.target) for link in links])
    recipe = _recipe(keys, places, [link.source for link in links])
    direct = keys.shape_map.sources
    asked = np.zeros((frames, len(SPEECH_SHAPES)))
    for column, name in enumerate(SPEECH_SHAPES):
        if name in channels and name not in direct:
            asked[:, column] = channels[name]
    gram, seen = _speech_gram(), speech_features()
    features = np.sqrt(_FEATURES) * keys.features[places]
    square = recipe @ gram @ recipe.T + features @ features.T
    square += _SPARING * np.trace(square) / len(square) * np.eye(len(square))
    wanted = asked @ gram @ recipe.T + (asked @ seen * np.sqrt(_FEATURES)) @ features.T
    mixed = bounded_least_squares(square, wanted, keys.highest[places])
    np.add.at(weights.T, places, mixed.T)
    return weights


def pose_gains(keys: Keys) -> Floats:
    """Return (K) by what the artist has each key's pose multiplied, 1 where it is none."""
    gains = np.ones(len(keys.names))
    for link in keys.shape_map.links:
        if link.source in POSES:
            gains[keys.names.index(link.target)] = link.gain
    return gains


def _recipe(keys: Keys, places: Ints, sources: Sequence[str]) -> Floats:
    """Return (N, 21) what each pose is made of, its jaw as open as the mesh's lips really are."""
    recipe = np.array(
        [[POSTURES[POSES[s].posture].get(name, 0.0) for name in SPEECH_SHAPES] for s in sources]
    )
    if keys.mouth is not None:
        jaw, parting = SPEECH_SHAPES.index(JAW), speech_features()[:, 0]
        more = (keys.opening[places] - recipe @ parting) / parting[jaw]
        recipe[:, jaw] = np.clip(recipe[:, jaw] + more, 0.0, 1.0)
    return recipe


@lru_cache(maxsize=1)
def _speech_gram() -> Floats:
    """Return (21, 21) mean products of our shapes' offsets around the mouth, square mm."""
    rig = load_face_rig()
    shapes = rig.select(SPEECH_SHAPES)[:, rig.regions["mouth"]].astype(np.float64) * MM_PER_M
    flat = shapes.reshape(len(shapes), -1)
    gram: Floats = flat @ flat.T / shapes.shape[1]
    return gram


@lru_cache(maxsize=1)
def speech_features() -> Floats:
    """Return (21, 3) by how many mm our shapes part, widen and push out our lips."""
    mouth, shapes = flame_mouth(), load_face_rig().select(SPEECH_SHAPES)
    found = [(mouth.opening(s), mouth.widening(s), mouth.protrusion(s)) for s in shapes]
    return np.array(found) * MM_PER_M
