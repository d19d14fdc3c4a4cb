"""Dense offsets as the smallest motion that keeps every vertex within a tolerance."""

import numpy as np

from ..base.arrays import Array
from ..base.units import MM_PER_M
from ..rig.shapes import FLAME_TOPOLOGY
from .motion import Motion


def factorise(
    offsets: Array,
    fps: float,
    *,
    tolerance_mm: float = 0.05,
    topology: str = FLAME_TOPOLOGY,
) -> tuple[Motion, float]:
    """Turn dense offsets into the smallest Motion that keeps every vertex within a tolerance.

    Truncated SVD (Eckart-Young), by the randomised range finder of Halko, Martinsson and Tropp
    (2011), whose rank doubles until the error fits. Each shape is scaled so that its weight peaks
    at 1, which makes the curves readable as sliders.

    Args:
        offsets: (T, V, 3) in metres.
        fps: frame rate.
        tolerance_mm: largest distance any vertex may move in any frame.
        topology: which mesh the vertices belong to.

    Returns:
        The motion and the largest vertex distance in mm that it really has.
    """
    frames, vertices, _ = offsets.shape
    rows = np.ascontiguousarray(offsets.reshape(frames, -1), dtype=np.float32)
    weights, shapes = _sufficient_svd(rows, tolerance_mm)
    count = _smallest_count(rows, weights, shapes, tolerance_mm)
    peaks = np.abs(weights[:, :count]).max(axis=0)
    peaks[peaks == 0] = 1
    motion = Motion(
        fps=fps,
        names=tuple(f"component{index + 1:03d}" for index in range(count)),
        basis=(shapes[:count] * peaks[:, None]).reshape(count, vertices, 3),
        weights=weights[:, :count] / peaks,
        topology=topology,
    )
    return motion, _worst_mm(rows, weights[:, :count], shapes[:count])


def _sufficient_svd(rows: Array, tolerance_mm: float) -> tuple[Array, Array]:
    """Return weights and shapes as `_truncated_svd`, of a rank that keeps the tolerance."""
    rank, limit = 16, min(rows.shape)
    while True:
        weights, shapes = _truncated_svd(rows, min(rank, limit))
        if rank >= limit or _worst_mm(rows, weights, shapes) <= tolerance_mm:
            return weights, shapes
        rank *= 2


def _truncated_svd(rows: Array, rank: int) -> tuple[Array, Array]:
    """Return weights (T, rank) and orthonormal shapes (rank, V*3), strongest first."""
    sketch = rows @ np.random.default_rng(0).standard_normal((rows.shape[1], rank), np.float32)
    for _ in range(2):  # power iterations sharpen a slowly falling spectrum
        sketch = rows @ (rows.T @ np.linalg.qr(sketch)[0])
    span = np.linalg.qr(sketch)[0]
    left, values, right = np.linalg.svd(span.T @ rows, full_matrices=False)
    return (span @ left) * values, right


def _worst_mm(rows: Array, weights: Array, shapes: Array) -> float:
    """Return the largest vertex distance in mm between rows (T, V*3) and weights @ shapes."""
    worst = 0.0
    for start in range(0, len(rows), 256):  # blocks keep the memory of long clips bounded
        part = slice(start, start + 256)
        error = (rows[part] - weights[part] @ shapes).reshape(-1, 3)
        worst = max(worst, float(np.einsum("ij,ij->i", error, error).max()))
    return float(np.sqrt(worst)) * MM_PER_M


def _smallest_count(rows: Array, weights: Array, shapes: Array, tolerance_mm: float) -> int:
    """Return by bisection how many leading components keep the tolerance (at least one)."""
    low, high = 1, len(shapes)
    while low < high:
        middle = (low + high) // 2
        if _worst_mm(rows, weights[:, :middle], shapes[:middle]) <= tolerance_mm:
            high = middle
        else:
            low = middle + 1
    return low
