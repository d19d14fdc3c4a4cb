"""What is kept of a bake's motion with its result, so that a report can show it without its files.

A few numbers whatever the length: the mouth's opening, the lips that had to close and did not, and
how surely the sound was heard.
"""

from typing import Any

import numpy as np

from ..hearing.said import Hearing
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from ..rig.shapes import CLOSED_MM
from ..speech.phones import BILABIALS

MOST_POINTS = 400
_NEAR = 0.05  # seconds around a phone in which its closure may lie
_MOST_TOLD = 50  # lips left open


def seen(motion: Motion, seconds: float, hearing: Hearing | None, start: float) -> dict[str, Any]:
    """Return what JSON can hold of a bake.

    Args:
        motion: what was baked.
        seconds: how long its sound lasts.
        hearing: what is said in it, in seconds of the sound file, if that was heard.
        start: second of the file at which the motion begins.

    Returns:
        ``opening``, at most `MOST_POINTS` evenly spread numbers, mm in tenths, the least of what
        each stands for, so that closures show; ``unclosed``, the phones whose lips stay open, each
        ``[symbol, second]``; ``bilabials``, of how many; ``sure``, see `Hearing`.
    """
    opening = lip_opening(motion)
    if opening is None or not motion.frames or seconds <= 0:
        return {}
    found: dict[str, Any] = {"seconds": round(seconds, 3), "opening": _thinned(opening)}
    if hearing is None:
        return found
    lips = [phone for phone in hearing.phones if phone.symbol in BILABIALS]
    rate = motion.frames / seconds
    left = [
        [phone.symbol, round(phone.start - start, 2)]
        for phone in lips
        if _least(opening, (phone.start - start) * rate, (phone.end - start) * rate, rate)
        >= CLOSED_MM
    ]
    found |= {"bilabials": len(lips), "unclosed": left[:_MOST_TOLD]}
    return found | ({} if hearing.sure is None else {"sure": round(hearing.sure, 3)})


def _thinned(opening: np.ndarray) -> list[int]:
    """Return the least of each of at most `MOST_POINTS` even parts of an opening (T,), 0.1 mm."""
    size = -(-len(opening) // MOST_POINTS)
    padded = np.pad(opening, (0, -len(opening) % size), mode="edge")
    return [round(10 * float(each)) for each in padded.reshape(-1, size).min(axis=1)]


def _least(opening: np.ndarray, first: float, end: float, rate: float) -> float:
    """Return the least of an opening (T,) around a phone from one frame to another."""
    low = max(0, int(np.floor(first - _NEAR * rate)))
    high = int(np.ceil(end + _NEAR * rate)) + 1
    return float(opening[low:high].min(initial=np.inf)) if low < len(opening) else 0.0
