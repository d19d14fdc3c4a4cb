"""Timecodes ``HH:MM:SS:FF.mmm`` as seconds and back; ``mmm`` is thousandths of a frame.

Frames are counted to a base that a file does not name: it is seen where the seconds turn over. A
semicolon before the frames marks drop-frame counting (SMPTE ST 12-1), which leaves numbers out at
most minutes so that 29.97 or 59.94 frames a second keep the clock's time. NeuroSync's files, whose
``mmm`` is milliseconds of the second, are told by that.
"""

import re
from collections.abc import Sequence

import numpy as np

from ..base.arrays import Floats

BASE = 60
_BASES = (24, 25, 30, 48, 50, 60, 100, 120)
_DAY = 24 * 3600.0
_FRAMES = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2})([:;])(\d{1,3})(?:\.(\d{1,9}))?$", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{1,2}):(\d{1,2}(?:\.\d{1,9})?)$", re.ASCII)


def timecode(seconds: float) -> str:
    """Return the timecode of a time from 0 s, to a thousandth of a frame of a sixtieth second."""
    thousandths = round(seconds * BASE * 1000)
    frames, thousandth = divmod(thousandths, 1000)
    whole, frame = divmod(frames, BASE)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour % 24:02}:{minute:02}:{second:02}:{frame:02}.{thousandth:03}"


def seconds_of(codes: Sequence[str]) -> Floats:
    """Return the times (N,) of timecodes in seconds, NaN for what is none; midnight goes on.

    Plain seconds and ``HH:MM:SS.mmm`` are taken too.
    """
    found = [_FRAMES.match(code.strip()) for code in codes]
    if any(found):
        times = _by_frames(found)
    else:
        times = np.array([_clock(code.strip()) for code in codes], np.float64)
    return _through_midnight(times)


def _by_frames(found: Sequence[re.Match[str] | None]) -> Floats:
    """Return the times (N,) of timecodes that count frames, NaN where there is none."""
    parts = np.full((len(found), 5), np.nan)
    for row, match in enumerate(found):
        if match:
            hour, minute, second, _, frame, thousandths = match.groups()
            parts[row] = hour, minute, second, frame, f"0.{thousandths or 0}"
    known = parts[~np.isnan(parts[:, 0])]
    base = _base_of(known)
    minutes, whole = parts[:, 0] * 60 + parts[:, 1], parts[:, 2]
    if any(match and match[4] == ";" for match in found):
        left_out = round(base / 15) * (minutes - minutes // 10)
        counted = (minutes * 60 + whole) * base + parts[:, 3] + parts[:, 4] - left_out
        return counted * 1.001 / base
    part = parts[:, 4] if _milliseconds(known, base) else (parts[:, 3] + parts[:, 4]) / base
    return minutes * 60 + whole + part


def _base_of(parts: Floats) -> int:
    """Return how many frames (N, 5: hour, minute, second, frame, part) are counted a second."""
    clock = parts[:, :3] @ [3600.0, 60.0, 1.0]
    frames = parts[:, 3] + parts[:, 4]
    steps, turns = np.diff(frames), np.diff(clock)
    possible = [base for base in _BASES if base > parts[:, 3].max()] or [_BASES[-1]]
    if not ((turns == 0).any() and (turns == 1).any()):
        return BASE if BASE in possible else possible[0]
    seen = np.median(steps[turns == 0]) - np.median(steps[turns == 1])
    return min(possible, key=lambda base: abs(base - seen))


def _milliseconds(parts: Floats, base: int) -> bool:
    """Tell whether the part after the point says again where in its second a frame is."""
    apart = np.abs(parts[:, 4] - parts[:, 3] / base)
    return bool(parts[:, 3].max() >= 5 and apart.max() <= 1.5 / base)


def _clock(code: str) -> float:
    match = _CLOCK.match(code)
    if match:
        return float(match[1]) * 3600 + float(match[2]) * 60 + float(match[3])
    try:
        return float(code)
    except ValueError:
        return np.nan


def _through_midnight(times: Floats) -> Floats:
    """Return times that go on where a day's count starts anew."""
    known = np.flatnonzero(np.isfinite(times))
    days = np.cumsum(np.diff(times[known], prepend=times[known][:1]) < -_DAY / 2)
    times[known] += days * _DAY
    return times
