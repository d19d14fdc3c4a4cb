"""Meshes in files of other programs: Wavefront OBJ, Stanford PLY, and this product's own .npz."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..base.archives import DAMAGED
from ..base.errors import UserError
from .geometry import Geometry

_PLY_TYPES = {
    "char": "i1", "int8": "i1", "uchar": "u1", "uint8": "u1", "short": "i2", "int16": "i2",
    "ushort": "u2", "uint16": "u2", "int": "i4", "int32": "i4", "uint": "u4", "uint32": "u4",
    "float": "f4", "float32": "f4", "double": "f8", "float64": "f8",
}  # fmt: skip
_PLY_ORDERS = {"ascii": "=", "binary_little_endian": "<", "binary_big_endian": ">"}


def read_geometry(path: Path) -> Geometry:
    """Read a mesh's points and polygons.

    Raises:
        UserError: there is no such file, or it is not a mesh of a kind known by its suffix.
    """
    readers = {".obj": _read_obj, ".ply": _read_ply, ".npz": _read_npz}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UserError(f"{path} is not a mesh in a format that is read: {', '.join(readers)}.")
    try:
        geometry = reader(path)
    except FileNotFoundError:
        raise UserError(f"There is no mesh file at {path}.") from None
    except DAMAGED as error:
        raise UserError(f"{path} is damaged or not a mesh ({error}).") from error
    if not len(geometry.points):
        raise UserError(f"{path} holds no vertices.")
    return geometry


def _read_npz(path: Path) -> Geometry:
    """Read ``points`` (V, 3), ``corners`` (L) and ``totals`` (P)."""
    with np.load(path, allow_pickle=False) as stored:
        points = np.asarray(stored["points"], np.float32)
        return Geometry(points.reshape(-1, 3), stored["corners"], stored["totals"])


def _read_obj(path: Path) -> Geometry:
    points, polygons = [], []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            words = line.split()
            if words[:1] == ["v"]:
                points.append([float(word) for word in words[1:4]])
            elif words[:1] == ["f"]:
                numbers = [int(word.split("/")[0]) for word in words[1:]]
                polygons.append([n - 1 if n > 0 else n + len(points) for n in numbers])
    return _geometry(points, polygons)


def _read_ply(path: Path) -> Geometry:
    content = path.read_bytes()
    head, mark, body = content.partition(b"end_header")
    lines = [line.split() for line in head.decode("ascii", "replace").splitlines()]
    if lines[:1] != [["ply"]] or not mark:
        raise ValueError("it has no PLY header")
    body = body[body.index(b"\n") + 1 :]
    layout = next(line[1] for line in lines if line[:1] == ["format"])
    rows = _ply_rows(_ply_elements(lines), layout, body)
    points = [[row["x"], row["y"], row["z"]] for row in rows["vertex"]]
    corners = ("vertex_indices", "vertex_index")
    polygons = [next(row[name] for name in corners if name in row) for row in rows["face"]]
    return _geometry(points, polygons)


def _ply_elements(lines: Iterable[list[str]]) -> list[tuple[str, int, list[list[str]]]]:
    """Return the name, count and properties of every element, in order."""
    elements: list[tuple[str, int, list[list[str]]]] = []
    for line in lines:
        if line[:1] == ["element"]:
            elements.append((line[1], int(line[2]), []))
        elif line[:1] == ["property"]:
            elements[-1][2].append(line[1:])
    return elements


def _ply_rows(
    elements: list[tuple[str, int, list[list[str]]]], layout: str, body: bytes
) -> Mapping[str, list[dict[str, Any]]]:
    """Return every element's rows of values by property."""
    order, words, at = _PLY_ORDERS[layout], iter(body.split()), 0

    def take(kind: str, count: int) -> list[Any]:
        nonlocal at
        if layout == "ascii":
            return [float(next(words)) for _ in range(count)]
        values = np.frombuffer(body, np.dtype(order + _PLY_TYPES[kind]), count, at)
        at += values.nbytes
        return values.tolist()

    rows: dict[str, list[dict[str, Any]]] = {"vertex": [], "face": []}
    try:
        for name, count, properties in elements:
            rows[name] = [
                {
                    p[-1]: take(p[2], int(take(p[1], 1)[0])) if p[0] == "list" else take(p[0], 1)[0]
                    for p in properties
                }
                for _ in range(count)
            ]
    except (StopIteration, RuntimeError) as error:
        raise ValueError("it ends early") from error
    return rows


def _geometry(points: list[list[float]], polygons: list[list[Any]]) -> Geometry:
    corners = [int(corner) for polygon in polygons for corner in polygon]
    return Geometry(
        np.array(points, np.float32).reshape(-1, 3),
        np.array(corners, np.int64),
        np.array([len(polygon) for polygon in polygons], np.int64),
    )
