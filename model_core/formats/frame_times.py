"""Rows at the times a recorder took them, as frames at an even rate.

Phones leave frames out when they are busy, and count by a clock that is not quite the camera's.
Rows that come evenly, to half a frame, are the frames; others are read between.
"""

from typing import NamedTuple

import numpy as np

from ..base.arrays import Flags, Floats
from ..base.errors import UserError

_COMMON = (23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0, 100.0, 120.0)
_NEAR = 1e-3  # share by which a clock may be off a common rate
_LONGEST_GAP = 60.0  # s
_SLOWEST, _FASTEST = 0.5, 1000.0  # frames per second
ONLY_FRAME_RATE = 60.0


class Frames(NamedTuple):
    """Where the frames of rows are.

    Attributes:
        fps: frames per second.
        at: (T,) rows, fractional, that the frames lie at.
        notes: sentences on what is missing or uneven.
    """

    fps: float
    at: Floats
    notes: tuple[str, ...] = ()


def rising(times: Floats) -> Flags:
    """Return which rows (N,) are later than all before them; those without a time are not."""
    before = np.fmax.accumulate(np.concatenate([[-np.inf], times[:-1]]))
    return times > before


def even_frames(times: Floats) -> Frames:
    """Return frames at an even rate for rows at rising times (N,) in seconds.

    Raises:
        UserError: the times are no frames: too far apart, or too near.
    """
    if len(times) == 1:
        return Frames(ONLY_FRAME_RATE, np.zeros(1), ("It holds a single frame.",))
    steps = np.diff(times)
    usual = float(np.median(steps))
    if not 1 / _FASTEST <= usual <= 1 / _SLOWEST:
        raise UserError(f"Its frames are {usual:g} s apart, which is no motion.")
    if steps.max() > _LONGEST_GAP:
        raise UserError(
            f"There is a gap of {steps.max():.0f} s in its times; save what lies before and after "
            "it as files of their own."
        )
    counts = np.concatenate([[0], np.cumsum(np.rint(steps / usual))])
    fps = _frame_rate(counts[-1], times[-1] - times[0])
    since = (times - times[0]) * fps
    if (np.diff(counts) == 1).all() and np.abs(since - counts).max() < 0.5:
        return Frames(fps, np.arange(len(times), dtype=np.float64))
    frames = np.arange(int(since[-1] + 0.5) + 1)
    return Frames(fps, np.interp(frames, since, np.arange(len(times))), (_uneven(steps, usual),))


def _frame_rate(frames: float, seconds: float) -> float:
    """Return frames over seconds, or the common rate that a clock took for it."""
    measured = frames / seconds
    common = min(_COMMON, key=lambda rate: abs(rate - measured))
    near = [common] if abs(measured / common - 1) < _NEAR else []
    drifts = {rate: abs(frames - seconds * rate) for rate in (*near, round(measured, 3))}
    return next((rate for rate, drift in drifts.items() if drift < 0.5), measured)


def _uneven(steps: Floats, usual: float) -> str:
    missing = np.maximum(np.rint(steps / usual) - 1, 0)
    if not missing.any():
        return "Its frames come at uneven times; they were read anew at an even rate."
    count, places = int(missing.sum()), np.count_nonzero(missing)
    return (
        f"{count} frame{'s are' if count > 1 else ' is'} missing in {places} "
        f"place{'s' if places > 1 else ''}, the longest gap {steps.max():.2f} s; the face moves "
        "evenly through them."
    )
