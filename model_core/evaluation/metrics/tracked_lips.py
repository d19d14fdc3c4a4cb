"""Do predicted lips move as those that a tracker saw in video, clip by clip?

Opening, width and outer height (`face.lip_geometry`) are compared with the tracked ones at the
times of the video's frames. A camera and a microphone seldom agree on time, so all clips that are
scored together are moved by one lag, the one at which their openings agree best.

- r: Pearson correlation within a clip, the mean over clips (so nobody's rest and size count).
- range: 90th less 10th percentile within a clip, predicted over tracked; the median over clips.
- lag: positive if the prediction is late.

Frames in which the tracker saw nothing do not count, nor clips with less than 0.4 s of seen lips or
with lips that never move.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...base.arrays import Floats
from ...base.statistics import pearson
from ...datasets.tracked import MEASURES, TrackedClip
from ...motion.motion import Motion
from ...rig.lip_geometry import lip_curves, outer_height_per_unit

LAGS = np.arange(-25, 26) * 0.01
"""Seconds that a prediction may be late."""
_SHORTEST_SECONDS = 0.4
_STILL_MM = 1e-6
_LOW, _HIGH = 10.0, 90.0


@dataclass(frozen=True)
class TrackedScores:
    """Scores of some clips; NaN where nothing counted.

    Attributes:
        clips: how many counted.
        seconds: of seen lips.
        lag_ms: common to all clips.
        r: correlation, of each of `MEASURES`.
        range: predicted over tracked, of each of `MEASURES`.
    """

    clips: int
    seconds: float
    lag_ms: float
    r: tuple[float, ...]
    range: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Scores by name; those that nothing counted towards are None, since JSON has no NaN."""
        named = {"clips": self.clips, "seconds": self.seconds, "lag_ms": self.lag_ms}
        for measure, r, share in zip(MEASURES, self.r, self.range, strict=True):
            named |= {f"{measure}_r": r, f"{measure}_range": share}
        return {name: None if np.isnan(value) else value for name, value in named.items()}


@dataclass(frozen=True, eq=False)
class _Compared:
    """A clip: r at every lag (L, 3) and the range (3,)."""

    speaker: str
    seconds: float
    r: Floats
    range: Floats


class TrackedAccumulator:
    """Collects clips: `add` each, then ask for the scores of a speaker or of all."""

    def __init__(self) -> None:
        self._compared: list[_Compared] = []

    @property
    def speakers(self) -> list[str]:
        """Speakers of the clips that counted, in the order they came."""
        return list(dict.fromkeys(clip.speaker for clip in self._compared))

    def add(self, motion: Motion, clip: TrackedClip) -> None:
        """Count what was predicted for a clip's sound."""
        seen = np.isfinite(clip.lips[:, 0])
        seconds = float(seen.sum() / clip.fps)
        if seconds < _SHORTEST_SECONDS or np.ptp(clip.lips[seen, 0]) < _STILL_MM:
            return
        ours, times = lip_measures(motion), np.arange(len(clip.lips)) / clip.fps
        moved = [at_times(ours, motion.fps, times + lag) for lag in LAGS]
        r = np.array([_correlations(lips, clip.lips) for lips in moved])
        share = _spread(moved[len(LAGS) // 2][seen]) / _spread(clip.lips[seen])
        self._compared.append(_Compared(clip.speaker, seconds, r, share))

    def scores(self, speaker: str | None = None) -> TrackedScores:
        """Scores of a speaker's clips, or of all clips."""
        chosen = [clip for clip in self._compared if speaker in (None, clip.speaker)]
        if not chosen:
            nothing = (float("nan"),) * len(MEASURES)
            return TrackedScores(0, 0.0, float("nan"), nothing, nothing)
        r = _column_means([clip.r for clip in chosen])  # (L, 3)
        best = int(np.argmax(np.nan_to_num(r[:, 0], nan=-1.0)))
        shares = np.array([clip.range for clip in chosen])
        return TrackedScores(
            clips=len(chosen),
            seconds=sum(clip.seconds for clip in chosen),
            lag_ms=1000.0 * float(LAGS[best]),
            r=tuple(r[best].tolist()),
            range=tuple(_finite_median(column) for column in shares.T),
        )

    def to_markdown(self) -> str:
        """A Markdown table, a row a speaker and one for all."""
        head = ["speaker", "clips", "lag, ms"]
        head += [f"{name.replace('_', ' ')} {kind}" for name in MEASURES for kind in ("r", "range")]
        rows = [f"| {' | '.join(head)} |", f"|---|{'---:|' * (len(head) - 1)}"]
        named = [(name, self.scores(name)) for name in self.speakers]
        for name, scores in [*named, ("all", self.scores())]:
            pairs = zip(scores.r, scores.range, strict=True)
            figures = [f"{value:.2f}" for pair in pairs for value in pair]
            cells = [name, str(scores.clips), f"{scores.lag_ms:.0f}", *figures]
            rows.append(f"| {' | '.join(cells)} |")
        return "\n".join(rows)

    def to_json(self) -> dict[str, Any]:
        """Scores of all and of each speaker."""
        speakers = {name: self.scores(name).to_json() for name in self.speakers}
        return {"all": self.scores().to_json(), "speakers": speakers}


def lip_measures(motion: Motion) -> Floats:
    """`MEASURES` (T, 3) of a motion on FLAME's topology, in mm against the neutral face."""
    curves = lip_curves(motion.weights, motion.basis)
    height = motion.weights @ outer_height_per_unit(motion.basis)
    return np.column_stack([curves.opening, curves.width, height])


def at_times(values: Floats, fps: float, times: Floats) -> Floats:
    """Values (T, 3) at times (n,) in seconds, held beyond the ends."""
    own = np.arange(len(values)) / fps
    return np.column_stack([np.interp(times, own, column) for column in values.T])


def _correlations(ours: Floats, theirs: Floats) -> list[float]:
    """r of each measure (T, 3) over the frames in which it was seen."""
    seen = np.isfinite(theirs)
    columns = zip(ours.T, theirs.T, seen.T, strict=True)
    return [pearson(o[s], t[s]) if s.sum() > 1 else float("nan") for o, t, s in columns]


def _spread(lips: Floats) -> Floats:
    """90th less 10th percentile (3,) of lips (T, 3), NaN where there is none."""
    spread = np.full(lips.shape[1], np.nan)
    for index, column in enumerate(lips.T):
        seen = column[np.isfinite(column)]
        if seen.size and np.ptp(seen) > _STILL_MM:
            spread[index] = np.ptp(np.percentile(seen, [_LOW, _HIGH]))
    return spread


def _column_means(tables: Sequence[Floats]) -> Floats:
    """Mean (L, 3) of tables, leaving out what is NaN."""
    stacked = np.stack(tables)
    counted = np.isfinite(stacked)
    total = np.where(counted, stacked, 0.0).sum(axis=0)
    return np.where(counted.any(axis=0), total / np.maximum(counted.sum(axis=0), 1), np.nan)


def _finite_median(values: Floats) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if finite.size else float("nan")
