"""Where closed lips touch: pairs of points that must move together when the lips are sealed."""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags, vstack

from ...base.arrays import Floats, Ints
from ..transfer.anatomy import FlameHead
from ..transfer.closest import SurfacePoints, closest_points
from ..transfer.registration import Registration, lip_faces
from .ict import IctHead

_CONTACT_RINGS = (2, 6)
_HALF_WIDTH = 0.0235  # metres; beyond lies the corner, where both lips are one
_LIP_REACH = 0.030
_FARTHEST = 0.004  # metres between the lips
_FALL_OFF = 0.002


@dataclass(frozen=True)
class Contact:
    """P pairs across the lips' seam.

    Attributes:
        difference: (P, H) takes offsets to upper minus lower at each pair.
        weights: (P) how closely the two touch, 0..1.
        parting: (K, P, 3) upper minus lower offset of ICT-FaceKit's K shapes, metres.
    """

    difference: csr_matrix
    weights: Floats
    parting: Floats

    @property
    def energy(self) -> csr_matrix:
        """(H, H) matrix C with x' C x the weighted squared parting of offsets x."""
        return (self.difference.T @ diags(self.weights) @ self.difference).tocsr()

    def pull(self, parting: Floats) -> Floats:
        """Return (..., H, 3) the right-hand side that asks for a parting (..., P, 3)."""
        weighted = self.weights[:, None] * parting
        return np.stack([self.difference.T @ p for p in weighted.reshape(-1, *parting.shape[-2:])])


def lip_contact(head: FlameHead, ict: IctHead, registration: Registration) -> Contact:
    """Pair each lip's vertices with the nearest point of the other lip, in ICT-FaceKit's shape.

    That shape is used because its lips just touch; FLAME's mean overlaps by a millimetre.
    """
    upper = _one_way(1, head, ict, registration)
    lower = _one_way(-1, head, ict, registration)
    return Contact(
        difference=vstack([upper.difference, lower.difference]).tocsr(),
        weights=np.concatenate([upper.weights, lower.weights]),
        parting=np.concatenate([upper.parting, lower.parting], axis=1),
    )


def _one_way(side: int, head: FlameHead, ict: IctHead, registration: Registration) -> Contact:
    """Pair the vertices of one lip (``side`` +1 upper, -1 lower) with points of the other."""
    placed, near = registration.vertices, head.lip_distance < _LIP_REACH
    first, last = _CONTACT_RINGS
    chosen = (head.lip_side == side) & (head.mouth_ring >= first) & (head.mouth_ring <= last)
    own = np.flatnonzero(chosen & (np.abs(head.vertices[:, 0]) < _HALF_WIDTH))
    other_faces = lip_faces(head.faces[near[head.faces].all(axis=1)], head.lip_side, -side)
    across = closest_points(placed[own], placed, other_faces)
    distance = np.linalg.norm(across.sample(placed) - placed[own], axis=1)
    touching = distance < _FARTHEST
    own, distance = own[touching], distance[touching]
    across = SurfacePoints(across.corners[touching], across.weights[touching])
    matches = registration.matches
    here = SurfacePoints(matches.corners[own], matches.weights[own])
    ict_other = lip_faces(ict.faces, ict.lip_side, -side)
    there = closest_points(here.sample(ict.vertices), ict.vertices, ict_other)
    return Contact(
        difference=_difference(own, across, len(placed)) * side,
        weights=np.exp(-((distance / _FALL_OFF) ** 2)),
        parting=(here.sample(ict.offsets) - there.sample(ict.offsets)) * side,
    )


def _difference(own: Ints, across: SurfacePoints, count: int) -> csr_matrix:
    """Return (P, count): a vertex's value minus that at the point across from it."""
    rows = np.arange(len(own))
    values = np.concatenate([np.ones(len(own)), -across.weights.ravel()])
    columns = np.concatenate([own, across.corners.ravel()])
    return csr_matrix(
        (values, (np.concatenate([rows, np.repeat(rows, 3)]), columns)), (len(own), count)
    )
