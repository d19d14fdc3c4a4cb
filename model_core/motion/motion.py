"""Motion: the one value that flows through prediction, files, metrics, streaming and baking.

A motion is a frame rate, K named basis shapes and a (T, K) weight curve for each. Dense vertex
offsets are their product, so a prediction from any head, a file and a bake are the same thing.
How head and eyeballs turn may come with it, as angles.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..base.archives import DAMAGED
from ..base.arrays import Array
from ..base.errors import UserError
from ..base.files import atomic_path
from ..rig.shapes import FLAME_TOPOLOGY, UPPER_FACE

TRACKS: Mapping[str, tuple[int, ...]] = {
    "head": (3,),
    "eyes": (2, 3),
    "loudness": (),
    "breath": (),
}
"""What may be there for each frame beside the weights, and the shape of it."""


@dataclass(frozen=True, eq=False)
class Motion:
    """Weighted expression shapes over time.

    Attributes:
        fps: frames per second; frame t is at t / fps seconds from the start of the sound.
        names: K shape names.
        basis: (K, V, 3) offsets from the neutral face at weight 1, in metres.
        weights: (T, K) weight of each shape at each frame.
        topology: which mesh the V vertices belong to.
        head: (T, 3) yaw, pitch and roll of the head in radians, or None if nothing turns it.
            Right-handed about +Y, +X and +Z (`rig.FaceRig`'s axes), as the matrix
            ``Ry(yaw) @ Rx(pitch) @ Rz(roll)``: positive turns it to the character's left, nods
            it down, and tilts it to the character's right shoulder. No vertex moves with it.
        eyes: (T, 2, 3) the same of the left and the right eyeball within the head, or None; for
            rigs whose eyes are bones. Where `names` hold eyeLook shapes, both say the same.
        loudness: (T,) dB of the sound at each frame against its loud parts, from -60 to about 5,
            or None where it is not known.
        breath: (T,) how full the lungs are, 0 to 1 or above where breathing is exaggerated, or None
            if nothing breathes; for what lifts with a breath, as a chest does.

    Raises:
        UserError: the parts disagree in size, or a number is not finite.
    """

    fps: float
    names: tuple[str, ...]
    basis: Array
    weights: Array
    topology: str = FLAME_TOPOLOGY
    head: Array | None = None
    eyes: Array | None = None
    loudness: Array | None = None
    breath: Array | None = None

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
        for name, shape in TRACKS.items():
            turns = getattr(self, name)
            if turns is not None and turns.shape != (self.frames, *shape):
                wanted = ", ".join(map(str, (self.frames, *shape)))
                raise UserError(f"A motion of {self.frames} frames needs {name} of ({wanted}).")
            if turns is not None and not np.isfinite(turns).all():
                raise UserError(f"The motion's {name} holds numbers that are not finite.")

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
        """Return its first frames (all if None), every weight times a strength.

        A strength is of speech: eyes, lids, brows and the head move as they did.
        """
        factors = [1.0 if name.startswith(UPPER_FACE) else strength for name in self.names]
        part = self.between(0, frames)
        return replace(part, weights=part.weights * np.array(factors, np.float32))

    def between(self, first: int, end: int | None) -> "Motion":
        """Return its frames from first up to end, without it (None is its own end)."""
        tracks: dict[str, Any] = {name: track[first:end] for name, track in self.tracks().items()}
        return replace(self, weights=self.weights[first:end], **tracks)

    def posed(self, weights: Array) -> "Motion":
        """Return a motion of the same shapes with other weights, and nothing else over time."""
        nothing: dict[str, Any] = dict.fromkeys(TRACKS)
        return replace(self, weights=weights, **nothing)

    def tracks(self) -> dict[str, Array]:
        """Return what there is for each frame beside the weights, by name."""
        every = {name: getattr(self, name) for name in TRACKS}
        return {name: track for name, track in every.items() if track is not None}

    def turns(self) -> dict[str, Array]:
        """Return those of ``head`` and ``eyes`` that there are, by name."""
        both = {"head": self.head, "eyes": self.eyes}
        return {name: turned for name, turned in both.items() if turned is not None}

    def save(self, path: str | os.PathLike[str], *, dense: bool = False) -> None:
        """Write an .npz of ``fps names weights basis topology``, and what is known of `TRACKS`.

        With ``dense`` it also holds the (T, V, 3) ``offsets``.

        Raises:
            UserError: the file cannot be written; nothing is left behind.
        """
        arrays: dict[str, Any] = {
            "fps": np.float64(self.fps),
            "names": np.array(self.names),
            "weights": self.weights,
            "basis": self.basis,
            "topology": np.array(self.topology),
            **self.tracks(),
        }
        if dense:
            arrays["offsets"] = self.offsets()
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    @staticmethod
    def _known_tracks(arrays: Any) -> dict[str, Any]:
        return {n: np.asarray(arrays[n], np.float32) for n in TRACKS if n in arrays}

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
                    **cls._known_tracks(arrays),
                )
        except FileNotFoundError:
            raise UserError(f"There is no motion file at {path}.") from None
        except DAMAGED as error:
            raise UserError(f"{path} is not a motion file ({error}); predict it again.") from error
