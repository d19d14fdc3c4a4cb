"""A target as a file of arrays, so that another process can place motions on the same mesh.

``points corners totals name prefer map`` and, of each key that the map drives, ``keys`` (K, V, 3),
``key_names`` and ``ranges`` (K, 2); ``bends``, and the ``poses`` of bones, as JSON.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..base.archives import DAMAGED
from ..base.errors import UserError
from ..base.files import atomic_path
from .bone_poses import BonePoses
from .keys import Bend
from .named_shapes import NamedShapes
from .posed_skin import PosedSkin
from .registry import AUTO, OWN_KEYS, find_target
from .rig_target import Geometry, RigTarget
from .shape_map import ShapeMap


def write_target(target: NamedShapes, path: str | os.PathLike[str]) -> None:
    """Write what drives a mesh. Raises `UserError` if it cannot; nothing is left behind."""
    keys = target.shape_map.targets
    arrays = _geometry_arrays(target.geometry, keys)
    arrays["bends"] = np.array(json.dumps([asdict(bend) for bend in target.bends]))
    if isinstance(target, PosedSkin):
        arrays["poses"] = np.array(json.dumps(target.poses.to_json()))
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            name=np.array(target.name),
            prefer=np.array(OWN_KEYS),
            map=np.array(json.dumps(target.shape_map.to_json())),
            **arrays,
        )


def write_geometry(geometry: Geometry, name: str, path: str | os.PathLike[str]) -> None:
    """Write a mesh with all its keys. Raises `UserError` if it cannot."""
    arrays = _geometry_arrays(geometry, tuple(geometry.keys))
    with atomic_path(path) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(stream, name=np.array(name), **arrays)


def read_target(path: str | os.PathLike[str]) -> RigTarget:
    """Return the target that a file holds.

    Raises:
        UserError: the file is missing, damaged or holds none.
    """
    with _arrays(path) as stored:
        text = str(stored["map"]) if "map" in stored else ""
        shape_map = ShapeMap.from_json(json.loads(text)) if text else None
        prefer, name = str(stored.get("prefer", AUTO)), str(stored["name"])
        geometry, bends = _geometry_of(stored), _bends_of(stored)
        if "poses" in stored:
            poses = BonePoses.from_json(json.loads(str(stored["poses"])))
            return PosedSkin(geometry, name, poses, bends)
        if bends:
            return NamedShapes(geometry, name, shape_map, bends)
    return find_target(geometry, name, prefer, shape_map)


def read_geometry(path: str | os.PathLike[str]) -> Geometry:
    """Return the mesh that a file holds. Raises `UserError` as `read_target` does."""
    with _arrays(path) as stored:
        return _geometry_of(stored)


def _bends_of(stored: dict[str, Any]) -> tuple[Bend, ...]:
    """Return the bends that arrays hold."""
    told = json.loads(str(stored.get("bends", "[]")))
    return tuple(Bend(str(b["first"]), str(b["second"]), float(b["opening"])) for b in told)


@contextmanager
def _arrays(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Give a file's arrays; what goes wrong with them becomes a sentence on the file."""
    try:
        with np.load(Path(path), allow_pickle=False) as arrays:
            yield {name: arrays[name] for name in arrays.files}
    except FileNotFoundError:
        raise UserError(f"There is no file of a mesh at {path}.") from None
    except DAMAGED as error:
        raise UserError(f"{path} is not the file of a mesh ({error}); write it again.") from error


def _geometry_arrays(geometry: Geometry, keys: tuple[str, ...]) -> dict[str, Any]:
    """Return a mesh and some of its keys as arrays."""
    offsets = [np.asarray(geometry.keys[key], np.float32) for key in keys]
    ranges = [geometry.ranges.get(key, (0.0, 1.0)) for key in keys]
    return {
        "points": np.asarray(geometry.points, np.float32),
        "corners": np.asarray(geometry.corners, np.int32),
        "totals": np.asarray(geometry.totals, np.int32),
        "keys": np.reshape(offsets, (len(keys), -1, 3)) if keys else np.empty((0, 0, 3)),
        "key_names": np.array(keys, np.str_),
        "ranges": np.reshape(ranges, (-1, 2)),
    }


def _geometry_of(arrays: dict[str, Any]) -> Geometry:
    """Return the mesh that arrays hold; raise `ValueError` where they do not fit together."""
    points = np.asarray(arrays["points"], np.float32).reshape(-1, 3)
    corners, totals = (np.asarray(arrays[each], np.int64).ravel() for each in ("corners", "totals"))
    names, keys = [str(name) for name in arrays["key_names"]], arrays["keys"]
    if len(names) != len(keys) or (names and keys.shape[1:] != points.shape):
        raise ValueError("its keys do not fit its points")
    if not (np.isfinite(points).all() and np.isfinite(keys).all()):
        raise ValueError("it holds numbers that are not finite")
    known = len(corners) == 0 or 0 <= corners.min() <= corners.max() < len(points)
    if not known or (totals < 0).any() or totals.sum() != len(corners):
        raise ValueError("its polygons do not fit its points")
    limits = zip(names, np.asarray(arrays["ranges"], np.float64), strict=True)
    ranges = {name: (float(low), float(high)) for name, (low, high) in limits}
    offsets = {name: np.asarray(key, np.float32) for name, key in zip(names, keys, strict=True)}
    return Geometry(points, corners, totals, offsets, ranges)
