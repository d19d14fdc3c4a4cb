"""Curves of what follows from other curves, as a bone's rotation does from the weights of poses.

Keys stand where those of the others stand, and slopes follow by the chain rule, so that between
keys the one is as near to the other as cubics allow.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from .curves import Curve

_STEP = 0.01  # frames beside a key at which its slopes are taken


def mapped(
    curves: Mapping[str, Curve], names: Sequence[str], of: Callable[[Floats], Floats]
) -> list[Curve]:
    """Return a curve for each number that follows from weights.

    Args:
        curves: of the weights, by name; what has none is at 0.
        names: K names of the weights, in the order that `of` takes.
        of: from weights (N, K), rows in order of time, to numbers (N, C), each row near the one
            before.
    """
    frames = np.unique(np.concatenate([curve.frames for curve in curves.values()]))
    shape = len(frames), len(names)
    at, arriving, leaving = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for column, name in enumerate(names):
        if name in curves:
            whole = with_keys_at(curves[name], frames)
            at[:, column], arriving[:, column] = whole.values, whole.arriving
            leaving[:, column] = whole.leaving
    beside = np.stack([at - _STEP * arriving, at, at + _STEP * leaving], axis=1)
    numbers = of(beside.reshape(-1, len(names))).reshape(len(frames), 3, -1)
    before, after = (np.diff(numbers, axis=1) / _STEP).swapaxes(0, 1)
    even = (arriving == leaving).all(axis=1)[:, None]
    mean = (before + after) / 2
    before, after = np.where(even, mean, before), np.where(even, mean, after)
    columns = zip(numbers[:, 1].T, before.T, after.T, strict=True)
    return [Curve(frames, *each) for each in columns]


def with_keys_at(curve: Curve, frames: NDArray) -> Curve:
    """Return a spline with keys at given frames, its own among them, that goes as it did."""
    own = {int(frame): row for row, frame in enumerate(curve.frames)}
    slopes = _slopes(curve, frames)
    arriving, leaving = slopes.copy(), slopes.copy()
    for row, frame in enumerate(frames):
        if int(frame) in own:
            arriving[row] = curve.arriving[own[int(frame)]]
            leaving[row] = curve.leaving[own[int(frame)]]
    return Curve(np.asarray(frames, np.int64), curve.at(frames), arriving, leaving)


def _slopes(curve: Curve, frames: NDArray) -> Floats:
    """Return (N,) how steep a spline is, level outside of its keys."""
    steep: Floats = (curve.at(frames + _STEP) - curve.at(frames - _STEP)) / (2 * _STEP)
    outside = (frames < curve.frames[0]) | (frames > curve.frames[-1])
    return np.where(outside, 0.0, steep)
