"""Bringing one head near another by landmarks: a similarity, then a thin-plate warp."""

import numpy as np
from scipy.interpolate import RBFInterpolator

from ...base.arrays import Floats


def similarity(source: Floats, target: Floats) -> tuple[float, Floats, Floats]:
    """Return scale, rotation (3, 3) and shift (3) that best carry (N, 3) points to ``target``.

    Least squares (Umeyama 1991): target = scale * source @ rotation.T + shift.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    a, b = source - source_mean, target - target_mean
    left, singular, right = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, 1.0, np.sign(np.linalg.det(left @ right))])
    rotation = (left * sign) @ right
    scale = float((singular * sign).sum() / (a * a).sum())
    return scale, rotation, target_mean - scale * rotation @ source_mean


def thin_plate_warp(source: Floats, target: Floats, points: Floats) -> Floats:
    """Carry (P, 3) points by the smoothest map of space that takes ``source`` to ``target``.

    The thin plate's kernel in three dimensions is the distance itself (Duchon 1977).
    """
    offset = RBFInterpolator(source, target - source, kernel="linear", degree=1)
    return points + offset(points)
