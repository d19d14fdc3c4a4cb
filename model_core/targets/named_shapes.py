"""A mesh with shape keys of its own that do what ours do, known by their names."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..base.arrays import Array, Floats
from ..base.errors import UserError
from ..motion.channels import weights_by_name
from ..motion.closures import lip_opening
from ..motion.curves import Curve
from ..motion.motion import Motion
from ..motion.reduction import Reduction
from ..rig.arkit import SPEECH_TONGUE
from ..rig.shapes import SPEECH_SHAPES
from .dense import is_named, to_channels
from .keys import Bend, Keys, opener_of
from .mouth import find_mouth
from .naming.detection import detect
from .naming.pose_sets import POSES
from .naming.sources import can_open, problem_of
from .own_blinks import close_own_lids
from .preference import PREPARE
from .rig_target import Geometry, RigTarget
from .shape_map import ShapeMap
from .solving import shortfalls, solve
from .sparse import farthest_mm, spread_vertices

_SPARE_MM = 0.3
_NEAR = 0.97  # of a tolerance, for the vertices that stand for those around them
_SEEN, _SHOWN = 0.03, 6  # least weight that is missed; names in a sentence
TOPOLOGY = "named shapes"
"""Of a placed motion: the vertices are the mesh's own."""


class NamedShapes(RigTarget):
    """A mesh whose own keys are driven.

    Args:
        geometry: of the mesh, at rest.
        name: what the artist calls it.
        shape_map: which key does what; the names tell if None.
        bends: where the keys' effects on the lips do not add up, as of what moves bones.
    """

    wanted = "a mesh with ARKit, viseme or VRM shape keys"
    drives_own_keys = True

    def __init__(
        self,
        geometry: Geometry,
        name: str,
        shape_map: ShapeMap | None = None,
        bends: tuple[Bend, ...] = (),
    ) -> None:
        self.geometry, self.name, self.bends = geometry, name, bends
        self.detection = detect(geometry.keys)
        self.shape_map = self.detection.shape_map if shape_map is None else shape_map
        self.kind = f"Own shape keys: {self.detection.title}"
        self._last: tuple[Motion, _Solved] | None = None
        self.is_full = self.detection.is_full if shape_map is None else True

    def problem(self) -> str | None:
        """Return why its keys cannot speak, or None if they can."""
        if not self.geometry.keys:
            return f"'{self.name}' has no shape keys of its own to drive."
        wrong = self._wrong_line()
        if wrong is not None:
            return f"The map of '{self.name}' does not fit: {wrong}; change or remove the line."
        if not any(can_open(source) for source in self.shape_map.sources):
            return (
                f"None of the {len(self.geometry.keys)} shape keys of '{self.name}' is known to "
                f"open the mouth; say in the list of shapes which does, or use {PREPARE}."
            )
        return None

    def _wrong_line(self) -> str | None:
        """Return what is wrong with a line of the map, or None if nothing is."""
        for link in self.shape_map.links:
            problem = problem_of(link.source)
            if problem is not None:
                return problem
            if link.gain < 0 and link.source in POSES:
                return f"the gain of the pose '{link.source}' is below 0"
        absent = [f"'{name}'" for name in self.shape_map.absent(self.geometry.keys)]
        if not absent:
            return None
        more = f" and {len(absent) - _SHOWN} more" if len(absent) > _SHOWN else ""
        return f"there is no shape key {', '.join(absent[:_SHOWN])}{more}"

    def notes(self) -> tuple[str, ...]:
        """Return what about the names of its keys is not clear."""
        return self.detection.doubts

    def channels(self) -> tuple[str, ...]:
        """Return the channels of ours that its keys can do."""
        return self.shape_map.sources

    def place(self, motion: Motion) -> Motion:
        """Return the motion of the mesh's own keys that does what a motion of ours does.

        Raises:
            UserError: the motion is of another mesh than ours.
        """
        keys, solved = self._keys, self._solved(motion)
        weights = solved.weights.astype(np.float32)
        return replace(
            motion, names=keys.names, basis=keys.basis, weights=weights, topology=TOPOLOGY
        )

    @property
    def axes(self) -> Floats:
        """The (3, 3) axes of the face in the mesh's space, by how its mouth opens where it can."""
        mouth = self._keys.mouth if self.problem() is None else None
        if mouth is None:
            return super().axes
        return np.stack([mouth.axes.left, mouth.axes.up, mouth.axes.forward], axis=1)

    def lip_opening(self, motion: Motion) -> Array | None:
        """Return the (T,) opening of the inner lips in mm of a placed motion.

        Millimetres are those of a face whose mouth is as wide as ours.
        """
        if self._keys.mouth is None:
            return None
        columns = dict(zip(motion.names, motion.weights.T.astype(np.float64), strict=True))
        still = np.zeros(motion.frames)
        weights = np.stack([columns.get(name, still) for name in self._keys.names], axis=1)
        return self._keys.parted(weights).astype(np.float32)

    def shortfalls(self, motion: Motion) -> tuple[str, ...]:
        """Return sentences on what of a motion the mesh cannot do."""
        return self._solved(motion).shortfalls

    def reduce(
        self, motion: Motion, how: Reduction, told: Callable[[], None] = lambda: None
    ) -> tuple[dict[str, Curve], float]:
        """Return light curves of the mesh's own keys, and their error in mm.

        Millimetres are those of a face whose mouth is as wide as ours.
        """
        metres, scale = self.in_metres(self.place(motion)), np.float32(self._keys.units_per_metre)
        few = spread_vertices(np.asarray(self.geometry.points, np.float64) / scale, metres)
        sparse = replace(metres, basis=metres.basis[:, few])
        tighter = replace(how, tolerance_mm=_NEAR * how.tolerance_mm)
        curves, error_mm = tighter.curves(sparse, told, self._guarded_opening)
        return curves, farthest_mm(metres, curves, error_mm, told)

    def values(self, motion: Motion) -> Mapping[str, Array]:
        """Return the (T,) values of the mesh's own keys that do what a motion of ours does."""
        weights = self._solved(motion).weights.astype(np.float32)
        return dict(zip(self._keys.names, weights.T, strict=True))

    def in_metres(self, placed: Motion) -> Motion:
        """Return a placed motion in metres of a face whose mouth is as wide as ours."""
        return replace(placed, basis=placed.basis / np.float32(self._keys.units_per_metre))

    def _guarded_opening(self, motion: Motion) -> Array | None:
        """Return an opening a little wider than measured, so that closures have it to spare."""
        opening = self.lip_opening(motion)
        return None if opening is None else opening + np.float32(_SPARE_MM)

    def _solved(self, motion: Motion) -> "_Solved":
        """Return what the keys do in a motion; the last one is remembered."""
        if self._last is None or self._last[0] is not motion:
            self._last = motion, self._solve(motion)
        return self._last[1]

    def _solve(self, motion: Motion) -> "_Solved":
        opening, told = lip_opening(motion), []
        if not is_named(motion):
            motion, loss = to_channels(motion)
            told.append(loss)
        if opening is None:
            raise UserError(
                f"The model moves another mesh than FLAME's; choose another one for '{self.name}'."
            )
        channels, lacking = self._asked(motion)
        weights = solve(self._keys, channels, opening)
        names = self._keys.names
        weights, open_lids = close_own_lids(self.geometry, self.shape_map, names, weights)
        told += open_lids
        told += shortfalls(self._keys, weights, opening, self.name)
        return _Solved(weights, (*told, *lacking))

    def _asked(self, motion: Motion) -> tuple[Mapping[str, Array], list[str]]:
        """Return what a motion asks of its channels, and sentences on those that nothing does."""
        return weights_by_name(motion), self._left_out(motion)

    def _left_out(self, motion: Motion) -> list[str]:
        """Return a sentence on the channels that a motion moves and no key does."""
        peaks = np.abs(motion.weights).max(axis=0, initial=0.0)
        moved = {n for n, peak in zip(motion.names, peaks, strict=True) if peak > _SEEN}
        mixed = set(SPEECH_SHAPES) if POSES.keys() & set(self.shape_map.sources) else set()
        done = {
            link.source
            for link in self.shape_map.links
            if link.gain > 0 or self._limits(link.target)[0] < 0
        }
        lacking = sorted(moved - mixed - done - set(SPEECH_TONGUE))  # few meshes have a tongue
        names = ", ".join(lacking[:_SHOWN]) + ("" if len(lacking) <= _SHOWN else " and others")
        return [f"No key of '{self.name}' does {names}: that is left out."] if lacking else []

    @cached_property
    def _keys(self) -> Keys:
        geometry, shape_map = self.geometry, self.shape_map
        basis = np.stack([np.asarray(geometry.keys[key], np.float32) for key in shape_map.targets])
        opener = basis[shape_map.targets.index(opener_of(shape_map) or shape_map.targets[0])]
        mouth = find_mouth(
            np.asarray(geometry.points),
            np.asarray(geometry.corners, np.int64),
            np.asarray(geometry.totals, np.int64),
            opener,
        )
        limits = [self._limits(key) for key in shape_map.targets]
        lowest, highest = np.reshape(limits, (-1, 2)).T
        return Keys(shape_map, basis, lowest, highest, mouth, self.bends)

    def _limits(self, key: str) -> tuple[float, float]:
        """Return the least and greatest value a key may get: 0 and 1 unless its map says more."""
        gains = [link.gain for link in self.shape_map.links if link.target == key]
        offset = sum(link.offset for link in self.shape_map.links if link.target == key)
        least, most = self.geometry.ranges.get(key, (0.0, 1.0))
        low = least if min(gains) < 0 or offset < 0 else max(least, 0.0)
        high = most if max(gains) + max(offset, 0.0) > 1 else min(most, 1.0)
        return low, max(low, high)


class _Solved(NamedTuple):
    """What a mesh's keys do in a motion.

    Attributes:
        weights: (T, K).
        shortfalls: sentences on what they cannot do.
    """

    weights: Floats
    shortfalls: tuple[str, ...]
