"""Bringing one head near another by landmarks: a similarity, then a thin-plate warp."""

from dataclasses import dataclass

import numpy as np

from ...base.arrays import Floats

_HEAD_RADIUS = 0.1  # metres


@dataclass(frozen=True, eq=False)
class Frame:
    """Where FLAME's space (metres, +Y up, +Z forward) lies in a mesh's own coordinates.

    Attributes:
        scale: mesh units per metre of FLAME.
        rotation: (3, 3), columns are FLAME's axes in the mesh.
        shift: (3) FLAME's origin in the mesh.
    """

    scale: float
    rotation: Floats
    shift: Floats

    def into_flame(self, points: Floats) -> Floats:
        """Return (..., 3) points of the mesh in FLAME's space."""
        return (points - self.shift) @ self.rotation / self.scale

    def offsets_out(self, offsets: Floats) -> Floats:
        """Return (..., 3) offsets in FLAME's metres as offsets of the mesh."""
        return offsets @ (self.scale * self.rotation.T)

    def is_slight(self, scaled: float, moved: float) -> bool:
        """Return whether this, as a motion of a head, changes next to nothing.

        Args:
            scaled: share of the size.
            moved: metres, at a head's width from its middle.
        """
        turned = float(np.linalg.norm(self.rotation - np.eye(3))) * _HEAD_RADIUS
        far = float(np.linalg.norm(self.shift))
        return abs(self.scale - 1.0) < scaled and max(turned, far) < moved

    def after(self, inner: "Frame") -> "Frame":
        """Return the frame that applies ``inner``, a motion within FLAME's space, first."""
        return Frame(
            self.scale * inner.scale,
            self.rotation @ inner.rotation,
            self.scale * self.rotation @ inner.shift + self.shift,
        )


def fit_frame(source: Floats, target: Floats, weights: Floats | None = None) -> Frame:
    """Return the similarity that best carries (N, 3) points to ``target``, by least squares.

    Umeyama (1991), with (N) weights: target = scale * source @ rotation.T + shift.
    """
    share = np.full(len(source), 1.0) if weights is None else weights
    share = share[:, None] / share.sum()
    source_mean, target_mean = (share * source).sum(axis=0), (share * target).sum(axis=0)
    a, b = source - source_mean, target - target_mean
    left, singular, right = np.linalg.svd((share * b).T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * sign) @ right
    scale = float((singular * sign).sum() / (share * a * a).sum())
    return Frame(scale, rotation, target_mean - scale * rotation @ source_mean)


def thin_plate_warp(source: Floats, target: Floats, points: Floats) -> Floats:
    """Carry (P, 3) points by the smoothest map of space that takes ``source`` to ``target``.

    The thin plate's kernel in three dimensions is the distance itself (Duchon 1977); an affine part
    goes beside it.
    """
    count = len(source)
    affine = np.column_stack([np.ones(count), source])
    system = np.zeros((count + 4, count + 4))
    system[:count, :count] = -_distances(source, source)
    system[:count, count:], system[count:, :count] = affine, affine.T
    wanted = np.concatenate([target - source, np.zeros((4, 3))])
    bent = np.linalg.lstsq(system, wanted, rcond=None)[0]
    basis = np.column_stack([-_distances(points, source), np.ones(len(points)), points])
    return points + basis @ bent


def _distances(a: Floats, b: Floats) -> Floats:
    """Return (A, B) distances between two sets of points."""
    return np.linalg.norm(a[:, None] - b[None], axis=2)
