"""Motion: the one value that flows through prediction, files, metrics, streaming and baking.

A motion is a frame rate, K named basis shapes and a (T, K) weight curve for each. Dense vertex
offsets are their product, so a prediction from any head, a file and a bake are the same thing.
"""

import os
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import Array
from ..base.errors import UserError
from ..base.files import atomic_path
from ..base.units import MM_PER_M
from ..rig.shapes import FLAME_TOPOLOGY


@dataclass(frozen=True, eq=False)
class Motion:
    """Weighted expression shapes over time.

    Attributes:
        fps: frames per second; frame t is at t / fps seconds from the start of the sound.
        names: K shape names.
        basis: (K, V, 3) offsets from the neutral face at weight 1, in metres.
        weights: (T, K) weight of each shape at each frame.
        topology: which mesh the V vertices belong to.

    Raises:
        UserError: the parts disagree in size, or a number is not finite.
    """

    fps: float
    names: tuple[str, ...]
    basis: Array
    weights: Array
    topology: str = FLAME_TOPOLOGY

    def __post_init__(self) -> None:
        shapes = len(self.names)
        if self.basis.ndim != 3 or self.basis.shape[::2] != (shapes, 3):
            raise UserError(f"A motion of {shapes} shapes needs a basis of ({shapes}, V, 3).")
        if self.weights.ndim != 2 or self.weights.shape[1] != shapes:
            raise UserError(f"A motion of {shapes} shapes needs weights of (T, {shapes}).")
        if not (np.isfinite(self.fps) and self.fps > 0):
            raise UserError(f"A motion needs a frame rate above zero, not {self.fps}.")
        if not (np.isfinite(self.weights).all() and np.isfinite(self.basis).all()):
            raise UserError("The motion holds numbers that are not finite.")

    @property
    def frames(self) -> int:
        """Number of frames T."""
        return len(self.weights)

    @property
    def vertices(self) -> int:
        """Number of vertices V."""
        return self.basis.shape[1]

    @property
    def duration(self) -> float:
        """Length in seconds; every frame lasts 1 / fps."""
        return self.frames / self.fps

    def offsets(self) -> Array:
        """Return the dense (T, V, 3) offsets from the neutral, in metres."""
        flat = self.weights @ self.basis.reshape(len(self.names), -1)
        return flat.reshape(self.frames, self.vertices, 3)

    def portion(self, frames: int | None, strength: float) -> "Motion":
        """Return its first frames (all if None), every weight times a strength."""
        return replace(self, weights=self.weights[:frames] * np.float32(strength))

    def save(self, path: str | os.PathLike[str], *, dense: bool = False) -> None:
        """Write an .npz of ``fps names weights basis topology`` and, if ``dense``, ``offsets``.

        Raises:
            UserError: the file cannot be written; nothing is left behind.
        """
        arrays: dict[str, Any] = {
            "fps": np.float64(self.fps),
            "names": np.array(self.names),
            "weights": self.weights,
            "basis": self.basis,
            "topology": np.array(self.topology),
        }
        if dense:
            arrays["offsets"] = self.offsets()
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Motion":
        """Read what `save` wrote.

        Raises:
            UserError: the file is missing, damaged or not a motion.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as arrays:
                return cls(
                    fps=float(arrays["fps"]),
                    names=tuple(str(name) for name in arrays["names"]),
                    basis=np.asarray(arrays["basis"], np.float32),
                    weights=np.asarray(arrays["weights"], np.float32),
                    topology=str(arrays["topology"]),
                )
        except FileNotFoundError:
            raise UserError(f"There is no motion file at {path}.") from None
        except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(f"{path} is not a motion file ({error}); predict it again.") from error


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
    rank, limit = 16, min(rows.shape)
    while True:
        weights, shapes = _truncated_svd(rows, min(rank, limit))
        if rank >= limit or _worst_mm(rows, weights, shapes) <= tolerance_mm:
            break
        rank *= 2
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
