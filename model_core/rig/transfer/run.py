"""The rig's named shapes on any head mesh."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ...base.arrays import Array, Floats, Ints
from ...base.units import MM_PER_M
from ..geometry import Geometry
from ..mesh import flipped
from ..rig import load_face_rig
from .alignment import thin_plate_warp
from .anatomy import HEAD_VERTICES
from .carry import carry, match, reached
from .closest import SurfaceSearch
from .exact import exact_offsets
from .flame_vertices import find_flame
from .head_mesh import HeadMesh, read_head
from .landmarks import places
from .parts import (
    BOTH_JAWS,
    JAW_SHAPES,
    LOWER_MOUTH,
    OTHER,
    SKIN,
    WORN,
    Part,
    describe_parts,
    jaw_motion,
    lower_share,
)
from .placed_head import EYES, PlacedHead, flame, place_head
from .registration import Registration, Skin, lip_faces, register
from .result import Quality, TransferredShapes, shape_names
from .seal import seal, seam_of
from .sides import shared_share, shares, tell_sides

Told = Callable[[float, str], None]

_LIP_REACH, _LID_REACH = 0.09, 0.035  # metres over the skin within which sides are told
_LIP_FADE, _LID_FADE = 0.010, 0.014  # metres over which a correction of lips or lids fades
_UPPER_LIP_SHARE, _UPPER_LID_SHARE = 0.5, 0.9
_CARRIED = (LOWER_MOUTH, BOTH_JAWS, WORN)
_SEALED = ("mouthClose", "mouthPucker")
_LID_OVERLAP = np.array([0.0, -0.0008, 0.0003])  # upper past lower, metres
_WORN_REACH = 0.012
_BLINKS = ("eyeBlinkRight", "eyeBlinkLeft")
_SHOWN = 0.2  # trust in a vertex's match: less is within the mouth or behind the lids
_VISIBLE_GAP_MM = 2.0
_LOOSE_FIT_MM = 4.0
_MUCH_SHARED = 0.2  # of the vertices at the lips' line: more are of both lips only in coarse meshes


def transfer_shapes(
    geometry: Geometry,
    landmarks: Mapping[str, Any] | None = None,
    told: Told = lambda fraction, message: None,
) -> TransferredShapes:
    """Return the rig's shapes as offsets on a head mesh.

    Args:
        geometry: any head, alone or on a body, in any units and axes.
        landmarks: picked places by name (`landmarks.NAMES`): vertices or coordinates; or None.
        told: called with the share done and what is under way; what it raises ends the work.

    Raises:
        UserError: the mesh is no head, or its landmarks must be picked.
    """
    looking = "Looking for the face"
    told(0.0, looking)
    mesh = read_head(geometry)
    found = find_flame(mesh.faces, len(mesh.vertices))
    if found is not None:
        return _exactly(geometry, mesh, found, told)
    picked = None if landmarks is None else _picked(landmarks, mesh)
    placed = place_head(mesh, picked, lambda share: told(0.25 * share, looking))
    work = _Transfer(placed, told)
    offsets = placed.frame.offsets_out(work.shapes().astype(np.float64)).astype(np.float32)
    return TransferredShapes(
        geometry=geometry,
        names=shape_names(),
        offsets=offsets[:, mesh.origin],
        landmarks=_outward(placed),
        quality=work.quality(offsets),
    )


def _exactly(geometry: Geometry, mesh: HeadMesh, found: Ints, told: Told) -> TransferredShapes:
    """Return the shapes of a mesh that holds FLAME's own vertices (N, -1 where it is not)."""
    told(0.5, "Carrying the shapes over")
    names = shape_names()
    offsets = exact_offsets(mesh, found, names)
    told(0.97, "Checking the shapes")
    own = np.unique(mesh.part[found >= 0])
    counts = np.bincount(mesh.part)
    others = [Part(n, OTHER, int(c)) for n, c in enumerate(counts) if n not in own]
    faces = mesh.faces[(found >= 0)[mesh.faces].all(axis=1)]
    quality = Quality(
        way="exact",
        confidence=1.0,
        fit_p50_mm=0.0,
        fit_p95_mm=0.0,
        lips_separated=True,
        rest_gap_mm=0.0,
        flipped=count_flipped(mesh.vertices, faces, names, offsets),
        left_out=_in_words(others),
        carried=(),
        warnings=(),
    )
    return TransferredShapes(geometry, names, offsets[:, mesh.origin], {}, quality)


class _Transfer:
    """FLAME's shapes carried onto one head, in FLAME's frame.

    Args:
        placed: the head.
        told: as `transfer_shapes` has it.
    """

    def __init__(self, placed: PlacedHead, told: Told) -> None:
        self._placed, self._told = placed, told
        self._head, self._names = flame()[0], shape_names()
        mouth = placed.features.mouth
        self._lips = tell_sides(mouth, placed.vertices, placed.skin_faces, _LIP_REACH)
        self._skin = Skin(placed.vertices, placed.skin_faces, self._lips.side)
        self._channels = _channels(self._names)
        self._parts = describe_parts(
            placed.mesh, placed.vertices, placed.skin, mouth, _eyes(placed)
        )
        self._registration = self._registered()
        self._shown = np.zeros(len(placed.vertices), bool)

    def shapes(self) -> Array:
        """Return (K, N, 3) offsets in metres of FLAME's frame at the read mesh's vertices."""
        carrying = "Carrying the shapes over"
        self._told(0.65, carrying)
        found = match(self._skin, self._lips.distance, self._head, self._registration.vertices)
        self._shown = found.trust > _SHOWN
        area = reached(self._skin, found, self._lips.distance)
        told = self._told
        moved = carry(self._skin, found, self._channels, area, lambda: told(0.75, carrying))
        told(0.9, "Closing lips and lids")
        moved = self._closed_lips(moved)
        moved = self._closed_lids(moved)
        moved[self._at("mouthClose")] -= moved[self._at("jawOpen")]
        for part in self._parts:
            self._take_along(part, moved)
        return moved

    def quality(self, offsets: Array) -> Quality:
        """Return how good (K, N, 3) offsets in the mesh's units are."""
        self._told(0.97, "Checking the shapes")
        fit = self._fit()
        mouth, apart = self._placed.features.mouth, bool((self._lips.side != 0).any())
        gap = 0.0 if mouth is None else float(np.median(mouth.upper[:, 1] - mouth.lower[:, 1]))
        seen = self._skin.faces[self._shown[self._skin.faces].all(axis=1)]
        turned = count_flipped(self._placed.mesh.vertices, seen, self._names, offsets)
        left_out = [p for p in self._parts if p.kind not in (SKIN, *_CARRIED)]
        carried = [p for p in self._parts if p.kind in _CARRIED]
        return Quality(
            way="registered",
            confidence=round(self._placed.guess.confidence, 3),
            fit_p50_mm=round(float(fit[0]), 3),
            fit_p95_mm=round(float(fit[1]), 3),
            lips_separated=apart,
            rest_gap_mm=round(max(gap, 0.0) * MM_PER_M, 2),
            flipped=turned,
            left_out=_in_words(left_out),
            carried=_in_words(carried),
            warnings=tuple(self._warnings(apart, gap * MM_PER_M, float(fit[1]))),
        )

    def _fit(self) -> Floats:
        """Return how far FLAME's face is from the mesh: the median and the 95th of 100, mm."""
        head = self._head
        hidden = (head.mouth_ring <= 2) & (head.lip_distance < _LIP_REACH / 3)
        hidden |= (head.eye_rings <= 3).any(axis=0)
        face = ~hidden & (head.vertices[:, 2] > 0) & (head.neck_distance > 0.045)
        return np.quantile(self._registration.distances[face], [0.5, 0.95]) * MM_PER_M

    def _registered(self) -> Registration:
        laying = "Laying the face onto the mesh"
        self._told(0.25, laying)
        own, other = places(flame()[1]), self._placed.landmarks
        both = [name for name in own if name in other]
        start = thin_plate_warp(
            np.array([own[name] for name in both]),
            np.array([other[name] for name in both]),
            self._head.vertices,
        )
        return register(
            self._head, self._skin, start, lambda share: self._told(0.25 + 0.4 * share, laying)
        )

    def _at(self, name: str) -> int:
        return self._names.index(name)

    def _closed_lips(self, moved: Array) -> Array:
        """Return offsets that part the lips as FLAME's are parted, and seal them where sealed."""
        mouth = self._placed.features.mouth
        if mouth is None:
            return moved
        seam = seam_of(mouth, self._placed.vertices)
        wanted = self._on_lip(mouth.upper, 1) - self._on_lip(mouth.lower, -1)
        for name in _SEALED:
            wanted[self._at(name)] = 0.0
        part = shares(self._lips, _LIP_FADE, _UPPER_LIP_SHARE)
        return seal(moved, wanted, seam, self._placed.vertices, part)

    def _on_lip(self, points: Floats, side: int) -> Floats:
        """Return (K, P, 3) offsets of FLAME's upper (+1) or lower lip at points (P, 3)."""
        head, placed = self._head, self._registration.vertices
        lip = lip_faces(head.faces, head.lip_side, side)
        lip = lip[(head.lip_distance < _LIP_REACH / 2)[lip].all(axis=1)]
        return SurfaceSearch(placed, lip).closest(points).sample(self._channels.astype(np.float64))

    def _closed_lids(self, moved: Array) -> Array:
        """Return offsets in which each blink brings the lids together."""
        vertices = self._placed.vertices
        for name, eye in zip(_BLINKS, self._placed.features.eyes, strict=True):
            if eye is None:
                continue
            sides = tell_sides(eye, vertices, self._placed.skin_faces, _LID_REACH)
            seam = seam_of(eye, vertices)
            wanted = (_LID_OVERLAP - seam.gap)[None]
            part = shares(sides, _LID_FADE, _UPPER_LID_SHARE)
            k = [self._at(name)]
            moved[k] = seal(moved[k], wanted, seam, vertices, part)
        return moved

    def _take_along(self, part: Part, moved: Array) -> None:
        """Move lower teeth and tongue with the jaw, and what is worn with the skin under it."""
        members = np.flatnonzero(self._placed.mesh.part == part.number)
        points = self._placed.vertices[members]
        if part.kind in (LOWER_MOUTH, BOTH_JAWS):
            share = 1.0 if part.kind == LOWER_MOUTH else lower_share(points)[:, None]
            jaw = load_face_rig().regions["jaw"]
            jaw = jaw[(jaw < HEAD_VERTICES)]
            jaw = jaw[self._head.lip_distance[jaw] > 0.02]
            for name in JAW_SHAPES:
                k = self._at(name)
                places_on_jaw = self._registration.vertices[jaw]
                turned = jaw_motion(places_on_jaw, self._channels[k, jaw], points)
                moved[k, members] = share * turned
        elif part.kind == WORN:
            under = SurfaceSearch(self._placed.vertices, self._skin.faces).closest(points)
            moved[:, members] = under.sample(moved)

    def _warnings(self, apart: bool, gap: float, fit: float) -> list[str]:
        found = []
        if not apart:
            found.append(
                "No line between the lips was found, so they open as one: cut the mesh between "
                "them, or pick the landmarks upper_lip and lower_lip."
            )
        mouth = self._placed.features.mouth
        if apart and mouth is not None and shared_share(mouth) > _MUCH_SHARED:
            found.append(
                "The lips are made of too few vertices to part as they should: cut the mesh finer "
                "around the mouth, or look at its closures."
            )
        if gap > _VISIBLE_GAP_MM:
            found.append(
                f"The lips are {gap:.1f} mm apart at rest; a closed mouth comes back to that, so "
                "close them in the mesh if they are to touch."
            )
        if fit > _LOOSE_FIT_MM:
            found.append(
                f"The face lies up to {fit:.1f} mm off the mesh; look at the shapes, and pick the "
                "landmarks if they sit wrong."
            )
        missing = [e is None for e in self._placed.features.eyes]
        if any(missing):
            found.append("The eyes' openings were not found, so a blink may not close them.")
        if self._placed.guess.doubts:
            found.append(f"The landmarks are a guess: {'; '.join(self._placed.guess.doubts)}.")
        return found


def count_flipped(vertices: Floats, faces: Ints, names: Sequence[str], offsets: Array) -> int:
    """Return how many triangles turn over in any of K shapes alone, mouthClose beside jawOpen."""
    total = 0
    for k, name in enumerate(names):
        beside = offsets[names.index("jawOpen")] if name == "mouthClose" else 0.0
        total += int(flipped(vertices, vertices + offsets[k] + beside, faces).sum())
    return total


def _picked(landmarks: Mapping[str, Any], mesh: HeadMesh) -> dict[str, Any]:
    """Return landmarks with vertices numbered as the read mesh has them."""
    count = len(mesh.origin)
    return {
        name: int(mesh.origin[value])
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < count
        else value
        for name, value in landmarks.items()
    }


def _channels(names: Sequence[str]) -> Array:
    """Return (K, H, 3) offsets of FLAME's head; mouthClose's place holds jawOpen + mouthClose."""
    channels = load_face_rig().select(names)[:, :HEAD_VERTICES].copy()
    channels[names.index("mouthClose")] += channels[names.index("jawOpen")]
    return channels


def _eyes(placed: PlacedHead) -> list[Floats]:
    """Return about where the eyes' middles (3) are."""
    return [
        place if eye is None else (eye.corners[0] + eye.corners[1]) / 2
        for eye, place in zip(placed.features.eyes, EYES, strict=True)
    ]


def _outward(placed: PlacedHead) -> dict[str, tuple[float, float, float]]:
    """Return the landmarks in the mesh's own units."""
    frame = placed.frame
    found = {}
    for name, place in placed.landmarks.items():
        x, y, z = frame.scale * frame.rotation @ place + frame.shift
        found[name] = (float(x), float(y), float(z))
    return found


def _in_words(parts: Sequence[Part]) -> tuple[str, ...]:
    return tuple(f"{part.kind}, {part.vertices} vertices" for part in parts)
