"""What a transfer gives: a mesh with shapes, and how good they are."""

import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ...base.archives import DAMAGED
from ...base.arrays import Array
from ...base.errors import UserError
from ...base.files import atomic_path
from ..geometry import Geometry
from ..rig import load_face_rig


def shape_names() -> tuple[str, ...]:
    """Return the shapes that are transferred: all but those that turn the eyeballs."""
    return tuple(name for name in load_face_rig().names if not name.startswith("eyeLook"))


@dataclass(frozen=True)
class Quality:
    """How a transfer went.

    Attributes:
        way: "exact" where FLAME's own vertices were found, "registered" otherwise.
        confidence: of guessed landmarks, 0..1; 1 where they were picked or not needed.
        fit_p50_mm: median distance of FLAME's face to the mesh, once laid onto it.
        fit_p95_mm: of 95 of 100 vertices.
        lips_separated: whether upper and lower lip were told apart.
        rest_gap_mm: how far the lips are apart in the mesh as it is.
        flipped: triangles in sight that turn over in any shape alone at full weight, all added up.
        left_out: the loose parts that get no shapes, in words.
        carried: the loose parts that move along, in words.
        warnings: sentences the artist should read.
    """

    way: str
    confidence: float
    fit_p50_mm: float
    fit_p95_mm: float
    lips_separated: bool
    rest_gap_mm: float
    flipped: int
    left_out: tuple[str, ...]
    carried: tuple[str, ...]
    warnings: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the fields as JSON has them."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class TransferredShapes:
    """A mesh and shapes for it.

    Attributes:
        geometry: the mesh, as it came.
        names: (K) shapes in ARKit's spelling.
        offsets: (K, V, 3) at weight 1, in the mesh's own units and axes.
        landmarks: (3) places by name in the mesh's own units; empty where none were needed.
        quality: how good they are.
    """

    geometry: Geometry
    names: tuple[str, ...]
    offsets: Array
    landmarks: dict[str, tuple[float, float, float]]
    quality: Quality

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write an .npz of the mesh and its shapes.

        Raises:
            UserError: the file cannot be written; nothing is left behind.
        """
        about = {"quality": self.quality.to_json(), "landmarks": self.landmarks}
        arrays: dict[str, Any] = {
            "points": np.asarray(self.geometry.points, np.float32),
            "corners": self.geometry.corners,
            "totals": self.geometry.totals,
            "names": np.array(self.names),
            "offsets": self.offsets,
            "about": np.array(json.dumps(about)),
        }
        with atomic_path(path) as temporary, temporary.open("wb") as stream:
            np.savez_compressed(stream, **arrays)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "TransferredShapes":
        """Read what `save` wrote.

        Raises:
            UserError: the file is missing, damaged or holds no shapes.
        """
        try:
            with np.load(Path(path), allow_pickle=False) as stored:
                return _read({name: stored[name] for name in stored.files})
        except FileNotFoundError:
            raise UserError(f"There is no file of shapes at {path}.") from None
        except DAMAGED as error:
            raise UserError(f"{path} holds no transferred shapes ({error}).") from error


def _read(stored: dict[str, Any]) -> TransferredShapes:
    about = json.loads(str(stored["about"]))
    lists = {f.name for f in fields(Quality) if str(f.type).startswith("tuple")}
    quality: dict[str, Any] = {
        name: tuple(value) if name in lists else value for name, value in about["quality"].items()
    }
    offsets = np.asarray(stored["offsets"], np.float32)
    names = tuple(str(name) for name in stored["names"])
    if offsets.shape != (len(names), len(stored["points"]), 3):
        raise ValueError("the offsets are not of its names and points")
    return TransferredShapes(
        geometry=Geometry(stored["points"], stored["corners"], stored["totals"]),
        names=names,
        offsets=offsets,
        landmarks={k: tuple(v) for k, v in about["landmarks"].items()},
        quality=Quality(**quality),
    )
