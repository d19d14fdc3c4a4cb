"""Tracked lips as targets: brought to the model's time, scale and rest, speaker by speaker.

A tracker's millimetres are not the face rig's, a speaker's lips are not the next one's, and a
camera's clock is not its microphone's. So each speaker's tracks are moved by the lag at which they
agree best with the teacher's motion, and scaled to have its spread, times amplitudes. Closed lips
stay closed: the 10th percentiles meet (of the width, the medians).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...base.arrays import Floats
from ...base.statistics import pearson
from ...datasets.tracked import MEASURES, TrackedClip
from .data import FPS, Heard

Amplitudes = tuple[float, float, float]
"""Of `MEASURES`."""
Versions = tuple[Heard, ...]
"""A sound as it is, and changed."""

_DELAYS = np.arange(-0.05, 0.1001, 0.01)  # seconds that a picture may be late
_SPEECH_DB, _AROUND_FRAMES = -25.0, 6
_LOW, _HIGH, _MIDDLE = 10.0, 90.0, 50.0
_WIDTH = MEASURES.index("width")


@dataclass(frozen=True, eq=False)
class Followed:
    """A sound and the lips to follow.

    Attributes:
        heard: the sound and the teacher's motion to it.
        lips: (T, 3) `MEASURES` in the face rig's mm.
        seen: (T, 3) whether they count: tracked, in speech, and not in a closure of the teacher's.
        speaks: (T,) whether there is speech, or nearly.
    """

    heard: Heard
    lips: NDArray[np.float32]
    seen: NDArray[np.bool_]
    speaks: NDArray[np.bool_]

    @property
    def measured(self) -> bool:
        """Whether there is an opening in two frames at least, to score one by."""
        return int(self.seen[:, 0].sum()) > 1


def follow(
    clips: Sequence[TrackedClip], versions: Sequence[Versions], lips: Floats, amplitudes: Amplitudes
) -> list[tuple[Followed, ...]]:
    """Targets of each clip's hearings.

    Args:
        clips: in the order of their speakers.
        versions: how each was heard.
        lips: (K, 3) what each shape adds to `MEASURES`.
        amplitudes: spread of each measure against the teacher's.
    """
    followed: list[tuple[Followed, ...]] = []
    together = list(zip(clips, versions, strict=True))
    for _, group in groupby(together, key=lambda item: item[0].speaker):
        own = list(group)
        scale, offset, delay = _affine(own, lips, amplitudes)
        followed += [
            tuple(_followed(clip, heard, scale, offset, delay) for heard in hearings)
            for clip, hearings in own
        ]
    return followed


def speech_frames(heard: Heard) -> NDArray[np.bool_]:
    """Whether there is speech in each frame (T,) or close by."""
    loud = heard.level.astype(np.float32) > _SPEECH_DB
    widened: NDArray[np.bool_] = ndimage.maximum_filter1d(loud, 2 * _AROUND_FRAMES + 1)
    return widened


def _affine(
    own: Sequence[tuple[TrackedClip, Versions]], lips: Floats, amplitudes: Amplitudes
) -> tuple[Floats, Floats, float]:
    """Scale (3,), offset (3,) and delay in seconds of a speaker's tracks."""
    ours = [heard.motion[0].astype(np.float64) @ lips for _, (heard, *_) in own]
    masks = [speech_frames(heard) for _, (heard, *_) in own]

    def tracked(delay: float) -> list[Floats]:
        return [_tracked(clip, len(o), 1.0, delay) for (clip, _), o in zip(own, ours, strict=True)]

    def agreement(delay: float) -> float:
        r = [_r(o[m, 0], t[m, 0]) for o, t, m in zip(ours, tracked(delay), masks, strict=True)]
        return float(np.nanmean(r)) if np.isfinite(r).any() else 0.0

    delay = max(_DELAYS, key=agreement)
    theirs = np.concatenate([t[m] for t, m in zip(tracked(delay), masks, strict=True)])
    mine = np.concatenate([o[m] for o, m in zip(ours, masks, strict=True)])
    low, middle, high = _percentiles(theirs)
    own_low, own_middle, own_high = _percentiles(mine)
    scale = np.array(amplitudes) * (own_high - own_low) / np.maximum(high - low, 1e-6)
    offset = own_low - scale * low
    offset[_WIDTH] = (own_middle - scale * middle)[_WIDTH]
    return scale, offset, float(delay)


def _percentiles(lips: Floats) -> Floats:
    """10th, 50th and 90th percentile (3, M) of each measure (n, M); 0 where none was seen."""
    seen = (column[np.isfinite(column)] for column in lips.T)
    shares = (_LOW, _MIDDLE, _HIGH)
    return np.column_stack([np.percentile(s, shares) if s.size else np.zeros(3) for s in seen])


def _followed(
    clip: TrackedClip, heard: Heard, scale: Floats, offset: Floats, delay: float
) -> Followed:
    track = scale * _tracked(clip, len(heard.features), heard.speed, delay) + offset
    speaks = speech_frames(heard)
    apart = heard.gate[0] < 0.5
    seen = np.isfinite(track) & (speaks & apart)[:, None]
    return Followed(heard, np.where(seen, track, 0.0).astype(np.float32), seen, speaks)


def _tracked(clip: TrackedClip, frames: int, speed: float, delay: float) -> Floats:
    """Tracks (T, 3) at the frames of a hearing, NaN where they were not seen."""
    at = (np.arange(frames) * speed / FPS + delay) * clip.fps
    if not len(clip.lips):
        return np.full((frames, len(MEASURES)), np.nan)
    low = np.floor(at).astype(int)
    inside = (low >= 0) & (low < len(clip.lips) - 1)
    low = low.clip(0, max(0, len(clip.lips) - 2))
    share = (at - low)[:, None]
    high = np.minimum(low + 1, len(clip.lips) - 1)
    between = clip.lips[low] * (1 - share) + clip.lips[high] * share
    between[~inside] = np.nan
    return between


def _r(ours: Floats, theirs: Floats) -> float:
    seen = np.isfinite(theirs)
    return pearson(ours[seen], theirs[seen]) if seen.sum() > 1 else float("nan")
