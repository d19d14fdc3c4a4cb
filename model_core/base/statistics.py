"""Small statistics that the scores share; all return NaN where there is nothing to measure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .arrays import Floats

_SHORTEST_OVERLAP = 8


def mean(values: NDArray[np.generic]) -> float:
    """Mean of (N,) values."""
    return float(values.mean()) if values.size else float("nan")


def finite_mean(values: Sequence[float]) -> float:
    """Mean of those of the values that are finite."""
    array: Floats = np.array(values, np.float64)
    return mean(array[np.isfinite(array)])


def percentile(values: Floats, share: float) -> float:
    """Percentile `share` (0 to 100) of (N,) values."""
    return float(np.percentile(values, share)) if values.size else float("nan")


def auc(higher: Floats, lower: Floats) -> float:
    """Probability that a value of `higher` (N,) exceeds one of `lower` (M,), ties by half.

    The area under the ROC curve (Mann and Whitney, 1947).
    """
    if not (higher.size and lower.size):
        return float("nan")
    ordered = np.sort(lower)
    below = np.searchsorted(ordered, higher, "left") + np.searchsorted(ordered, higher, "right")
    return float(below.mean() / (2 * lower.size))


def pearson(x: Floats, y: Floats) -> float:
    """Pearson correlation of (N,) pairs."""
    x, y = x - mean(x), y - mean(y)
    norm = float(np.sqrt((x @ x) * (y @ y)))
    return float(x @ y) / norm if norm > 0.0 else float("nan")


def lag_correlations(values: Floats, reference: Floats, max_lag: int) -> Floats:
    """Correlation (2 * max_lag + 1,) of `values` (T,), moved back by each lag, with `reference`.

    Lags run from -max_lag to max_lag frames; a positive lag means that `values` comes late.
    """
    frames = min(len(values), len(reference))
    found = np.full(2 * max_lag + 1, np.nan)
    for lag in range(-max_lag, max_lag + 1):
        first, last = max(0, -lag), min(frames, frames - lag)
        if last - first >= _SHORTEST_OVERLAP:
            moved = values[first + lag : last + lag]
            found[lag + max_lag] = pearson(moved, reference[first:last])
    return found


def best_lag(correlations: Sequence[Floats]) -> float:
    """Lag in frames at the peak of the mean of several `lag_correlations`, by a parabola."""
    usable = [row for row in correlations if np.isfinite(row).all()]
    if not usable:
        return float("nan")
    curve = np.mean(usable, axis=0)
    peak = int(np.clip(curve.argmax(), 1, len(curve) - 2))
    before, at, after = curve[peak - 1 : peak + 2]
    bend = before - 2 * at + after
    shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
    return float(peak + np.clip(shift, -1.0, 1.0) - len(curve) // 2)
