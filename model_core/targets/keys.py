"""The keys of a mesh that a map drives, and what each does to the lips there."""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from ..base.arrays import Array, Floats, Ints
from ..base.units import MM_PER_M
from ..rig.rig import load_face_rig
from .mouth import Mouth, find_mouth
from .naming.pose_sets import POSES
from .naming.postures import POSTURES
from .shape_map import ShapeMap

JAW, CLOSE = "jawOpen", "mouthClose"
_NOTHING = 1e-6


@dataclass(frozen=True)
class Bend:
    """What two keys part the lips by beyond what each does alone, as turning bones do.

    It counts as the product of their values; of a key with itself as what the product is beyond the
    value, so that a key at 0 or 1 does what was measured of it there.

    Attributes:
        first: name of a key.
        second: of another, or the same.
        opening: in the mesh's units at value 1 of both.
    """

    first: str
    second: str
    opening: float


@lru_cache(maxsize=1)
def flame_mouth() -> Mouth:
    """Return the mouth of our own rig, found as on any mesh, in metres."""
    rig = load_face_rig()
    faces = rig.faces.ravel().astype(np.int64)
    found = find_mouth(rig.neutral, faces, np.full(len(rig.faces), 3), rig.select((JAW,))[0])
    assert found is not None
    return found


@dataclass(frozen=True, eq=False)
class Group:
    """Keys that do one channel together.

    Attributes:
        places: (G) which they are.
        gains: (G) of each, the largest 1.
        effect: by how many mm they part the lips at weight 1.
        highest: weight.
    """

    places: Ints
    gains: Floats
    effect: float
    highest: float

    def put(self, weights: Floats, value: Floats) -> Floats:
        """Return weights (T, K) with its keys at a value (T,)."""
        moved = weights.copy()
        moved[:, self.places] = value[:, None] * self.gains
        return moved


@dataclass(frozen=True, eq=False)
class Keys:
    """The keys of a mesh that a map drives, and what they do to its lips.

    Attributes:
        shape_map: which key does what.
        basis: (K, V, 3) offsets of the keys, in the order of the map's targets.
        lowest: (K) least value of each.
        highest: (K) greatest value of each.
        mouth: where the lips are, or None if they were not found.
        bends: where the keys' effects on the lips do not add up; none of shape keys.
    """

    shape_map: ShapeMap
    basis: Array
    lowest: Floats
    highest: Floats
    mouth: Mouth | None
    bends: tuple[Bend, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The keys, in order."""
        return self.shape_map.targets

    @cached_property
    def units_per_metre(self) -> float:
        """The mesh's units in a metre of a face whose mouth is as wide as ours."""
        return self.mouth.width / flame_mouth().width if self.mouth is not None else 1.0

    @cached_property
    def features(self) -> Floats:
        """(K, 3) by how many mm of a face like ours each parts, widens and pushes out the lips."""
        if self.mouth is None:
            return np.zeros((len(self.basis), 3))
        found = [
            (self.mouth.opening(key), self.mouth.widening(key), self.mouth.protrusion(key))
            for key in self.basis
        ]
        return np.reshape(found, (-1, 3)) * (MM_PER_M / self.units_per_metre)

    @property
    def opening(self) -> Floats:
        """(K) by how many mm each parts the lips."""
        return self.features[:, 0]

    def bend(self, weights: Floats) -> Floats:
        """Return by how many mm (T,) values (T, K) part the lips beyond the sum over the keys."""
        bent = np.zeros(len(weights))
        for each in self.bends:
            first, second = (weights[:, self.names.index(n)] for n in (each.first, each.second))
            product = first * second - (first if each.first == each.second else 0.0)
            bent += each.opening * product
        return bent * (MM_PER_M / self.units_per_metre)

    def parted(self, weights: Floats) -> Floats:
        """Return by how many mm (T,) values (T, K) part the lips."""
        parted: Floats = weights @ self.opening + self.bend(weights)
        return parted

    @cached_property
    def effort(self) -> Floats:
        """(K) how much of the mesh each moves: what moving it costs."""
        squares = np.einsum("kvc,kvc->k", self.basis, self.basis, dtype=np.float64)
        return np.maximum(squares, _NOTHING * squares.max(initial=0.0) + np.finfo(float).tiny)

    def group(self, source: str) -> Group | None:
        """Return the keys that one source drives, as one; None if none, or they part nothing."""
        links = [link for link in self.shape_map.links if link.source == source and link.gain > 0]
        places = np.array([self.names.index(link.target) for link in links], np.int64)
        gains = np.array([link.gain for link in links])
        gains = gains / gains.max(initial=_NOTHING)
        effect = float(gains @ self.opening[places])
        if abs(effect) <= _NOTHING:
            return None
        return Group(places, gains, effect, float((self.highest[places] / gains).min()))


def opener_of(shape_map: ShapeMap) -> str | None:
    """Return the key that opens the mouth most, as the map says; None if none does."""
    opening = {link.target: opens(link.source) * link.gain for link in shape_map.links}
    best = max(opening, key=lambda key: opening[key], default=None)
    return best if best is not None and opening[best] > 0 else None


def opens(source: str) -> float:
    """Return how far a source opens the jaw, from 0 to 1."""
    if source in POSES:
        return POSTURES[POSES[source].posture].get(JAW, 0.0)
    return float(source == JAW)
