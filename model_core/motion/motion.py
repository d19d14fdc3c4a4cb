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
