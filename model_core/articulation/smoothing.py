"""Smoothing of gesture curves, as the mass of jaw and lips smooths what muscles ask of them.

Curves are computed at a fixed control rate and read off at the frames asked for, so that they are
the same motion at every frame rate.
"""

import numpy as np

from ..base.arrays import Floats

CONTROL_RATE = 120.0
WINDOW_SECONDS = 0.070
_HALF = round(WINDOW_SECONDS * CONTROL_RATE / 2)


def control_times(time: Floats) -> Floats:
    """Times (S,) in seconds at the control rate that `smooth` needs to give curves at `time`."""
    first, last = np.floor(time[0] * CONTROL_RATE), np.ceil(time[-1] * CONTROL_RATE) + 1
    times: Floats = np.arange(first - _HALF, last + _HALF + 1) / CONTROL_RATE
    return times


def smooth(curves: Floats, time: Floats) -> Floats:
    """Curves (T, G) at `time` of `curves` (S, G) at its `control_times`, under a Hann window."""
    hann = np.hanning(2 * _HALF + 3)[1:-1]
    inner = control_times(time)[_HALF:-_HALF]
    rows = [np.convolve(row, hann / hann.sum(), "valid") for row in curves.T]
    return np.column_stack([np.interp(time, inner, row) for row in rows])
