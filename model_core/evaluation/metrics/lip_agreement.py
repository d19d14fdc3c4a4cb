"""Do the lips meet when the recorded ones do, and at the same time?

For recordings without phones (VOCASET has none) on FLAME's topology. Opening is that of
`face.lip_geometry`, against the neutral; lips are closed below `CLOSED_MM`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...base.statistics import best_lag, lag_correlations, mean
from ...rig.lip_geometry import opening_per_unit
from ...rig.shapes import CLOSED_MM

_MAX_LAG_SECONDS = 0.25


@dataclass(frozen=True)
class LipAgreement:
    """Scores over all sequences added; NaN where nothing counted.

    Attributes:
        closure_recall: share of the recording's closed frames whose prediction is closed within
            a frame of it.
        closure_precision: the reverse: share of predicted closed frames with a recorded one.
        opening_error_mm: mean absolute error of the opening.
        lag_ms: of best correlation of the openings; positive is late.
    """

    closure_recall: float
    closure_precision: float
    opening_error_mm: float
    lag_ms: float


class LipAgreementAccumulator:
    """Pools sequences of one frame rate: `add` each, then `finish`."""

    def __init__(self, fps: float) -> None:
        self._fps = fps
        self._found: list[NDArray[np.bool_]] = []
        self._true: list[NDArray[np.bool_]] = []
        self._errors: list[NDArray[np.float64]] = []
        self._lags: list[NDArray[np.float64]] = []

    def add(self, predicted: NDArray[np.floating], recorded: NDArray[np.floating]) -> None:
        """Count one sequence of offsets in metres on FLAME's topology, (T, 5023, 3) each."""
        ours, theirs = opening_per_unit(predicted), opening_per_unit(recorded)
        closed, expected = ours < CLOSED_MM, theirs < CLOSED_MM
        self._found.append(_widened(closed)[expected])
        self._true.append(_widened(expected)[closed])
        self._errors.append(np.abs(ours - theirs))
        self._lags.append(lag_correlations(ours, theirs, round(_MAX_LAG_SECONDS * self._fps)))

    def finish(self) -> LipAgreement:
        """Return the scores of everything added so far."""
        return LipAgreement(
            closure_recall=mean(np.concatenate([np.empty(0), *self._found])),
            closure_precision=mean(np.concatenate([np.empty(0), *self._true])),
            opening_error_mm=mean(np.concatenate([np.empty(0), *self._errors])),
            lag_ms=1000 * best_lag(self._lags) / self._fps,
        )


def _widened(frames: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return frames (T,) with the neighbours of each true one true as well."""
    padded = np.pad(frames, 1)
    return padded[:-2] | padded[1:-1] | padded[2:]
