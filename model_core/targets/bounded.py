"""Least squares within bounds, for all frames of a motion at once."""

import numpy as np

from ..base.arrays import Floats

_BLOCK = 2048  # frames at a time: what stays in a core's cache
_ENOUGH = 2e-4  # of a weight
_STEPS = 400
_FARTHEST = 100.0  # in steps of the readiest weight
_HALVINGS = 40


def bounded_least_squares(square: Floats, wanted: Floats, upper: Floats) -> Floats:
    """Return the (T, N) weights w from 0 to ``upper`` that make w H w / 2 - g w least.

    Accelerated projected gradient (Beck and Teboulle 2009), begun anew in each frame whose momentum
    leads uphill (O'Donoghue and Candes 2015), in units in which H has ones on its diagonal. Where H
    is positive definite the answer is one, and moves evenly with what is wanted.

    Args:
        square: (N, N), H.
        wanted: (T, N), g of each frame.
        upper: (N) highest weights.
    """
    unit = np.sqrt(np.diag(square))
    even, limit = square / np.outer(unit, unit), upper * unit
    step = 1.0 / float(np.linalg.eigvalsh(even)[-1])
    found = np.empty_like(wanted)
    for start in range(0, len(wanted), _BLOCK):
        block = slice(start, start + _BLOCK)
        found[block] = _descend(even, wanted[block] / unit, limit, step, _ENOUGH * unit) / unit
    return found


def _descend(square: Floats, wanted: Floats, upper: Floats, step: float, enough: Floats) -> Floats:
    """Solve one block of (T, N)."""
    weights = np.clip(np.linalg.solve(square, wanted.T).T, 0.0, upper)
    ahead, momentum = weights, np.ones((len(weights), 1))
    for _ in range(_STEPS):
        slope = ahead @ square - wanted
        moved = np.clip(ahead - step * slope, 0.0, upper)
        change = moved - weights
        if (np.abs(change) < enough).all() and (np.abs(moved - ahead) < enough).all():
            return moved
        uphill = np.einsum("tn,tn->t", ahead - moved, change)[:, None] > 0
        momentum = np.where(uphill, 1.0, momentum)
        following = (1.0 + np.sqrt(1.0 + 4.0 * momentum**2)) / 2.0
        ahead = moved + np.where(uphill, 0.0, (momentum - 1.0) / following) * change
        weights, momentum = moved, following
    return weights


def shift_to(
    weights: Floats, effect: Floats, ease: Floats, wanted: Floats, upper: Floats
) -> Floats:
    """Return weights (T, N) moved the least so that ``weights @ effect`` is as wanted.

    Each moves by a common factor times effect * ease, within 0 and ``upper``; the factor is found
    by halving, since what all do together rises with it. Where bounds forbid, it comes as near as
    they let it.

    Args:
        weights: (T, N) within their bounds.
        effect: (N) what each adds at weight 1.
        ease: (T, N) how readily each moves, 0 or more.
        wanted: (T) what they are to add up to.
        upper: (T, N) or (N) highest weights.
    """
    away = wanted - weights @ effect
    direction = effect * ease
    span = np.abs(direction).max(axis=1)
    free = span > 0
    low, high = np.zeros(len(weights)), np.zeros(len(weights))
    high[free] = _FARTHEST / span[free] * np.sign(away[free])
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        moved = np.clip(weights + middle[:, None] * direction, 0.0, upper)
        short = np.abs(moved @ effect - weights @ effect) < np.abs(away)
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.clip(weights + high[:, None] * direction, 0.0, upper)
