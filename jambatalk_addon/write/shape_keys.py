"""Relative shape keys on a mesh: ours made, refreshed and removed, the artist's left alone."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from .ownership import Record

SLIDER_LIMIT = 10.0  # Blender's hard limit on a shape key's range, either way
_SAME_SHAPE = 1e-5  # of the mesh's unit


def reference_points(obj: bpy.types.Object) -> NDArray[np.float32]:
    """Return the (V, 3) points offsets are added to: the reference key's, else the mesh's."""
    mesh = obj.data
    return points(mesh.shape_keys.reference_key) if mesh.shape_keys else mesh_points(mesh)


def mesh_points(mesh: bpy.types.Mesh) -> NDArray[np.float32]:
    """Return a mesh's own (V, 3) points."""
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def points(key: bpy.types.ShapeKey) -> NDArray[np.float32]:
    """Return a shape key's (V, 3) points."""
    flat = np.empty(len(key.points) * 3, np.float32)
    key.points.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def write_shapes(
    obj: bpy.types.Object,
    names: tuple[str, ...],
    offsets: NDArray[np.float32],
    record: Record,
    take: str,
    title: str,
) -> list[str]:
    """Bring shapes onto a mesh as relative keys at value 0, making those that are missing.

    Args:
        obj: mesh object; its reference key exists.
        names: K names the shapes would like.
        offsets: (K, V, 3) in the mesh's units.
        record: which keys are ours.
        take: id of the bake they are for.
        title: what the artist calls it.

    Returns:
        The K names the keys really have.
    """
    reference = reference_points(obj)
    return [
        _write_shape(obj, name, reference + offset, record, take, title)
        for name, offset in zip(names, offsets, strict=True)
    ]


def _write_shape(
    obj: bpy.types.Object,
    wish: str,
    shape: NDArray[np.float32],
    record: Record,
    take: str,
    title: str,
) -> str:
    blocks = obj.data.shape_keys.key_blocks
    name = _free_name(blocks, wish, shape, record, take, title)
    key = blocks.get(name)
    if key is None:
        key = obj.shape_key_add(name=name, from_mix=False)
        key.relative_key = obj.data.shape_keys.reference_key
    key.value = 0.0  # 5.0 and later start at 1
    key.points.foreach_set("co", shape.ravel())
    return key.name


def _free_name(
    blocks: bpy.types.bpy_prop_collection,
    wish: str,
    shape: NDArray[np.float32],
    record: Record,
    take: str,
    title: str,
) -> str:
    """Return a name that is free or ours to overwrite: never the artist's, nor another take's.

    Takes share a key whose shape is the same; a shape of the same name that differs (components
    of two dense predictions) gets the take's name behind it.
    """
    ours, shared = set(record.shapes), record.other_shapes(take)
    for name in (wish, f"{wish} (JambaTalk)", f"{wish} ({title})"):
        key = blocks.get(name)
        if key is None or (name in ours and name not in shared):
            return name
        if name in ours and np.abs(points(key) - shape).max() < _SAME_SHAPE:
            return name
    return f"{wish} ({title}) (JambaTalk)"


def remove_shapes(obj: bpy.types.Object, names: list[str]) -> list[str]:
    """Remove keys by name, but those that the artist uses; it does not matter if some are gone.

    Returns:
        Sentences on what stays, and why.
    """
    staying = kept(obj, names)
    for name in names:
        block = obj.data.shape_keys.key_blocks.get(name)
        if block is not None and name not in staying:
            obj.shape_key_remove(block)
    return [f"The shape key '{name}' is left: {reason}." for name, reason in staying.items()]


def kept(obj: bpy.types.Object, names: list[str]) -> dict[str, str]:
    """Return which of some keys the artist uses, and for what."""
    key = obj.data.shape_keys
    blocks = [key.key_blocks[name] for name in names if name in key.key_blocks]
    reasons = {block.name: _use_of(key, block, names) for block in blocks}
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _use_of(key: bpy.types.Key, block: bpy.types.ShapeKey, leaving: list[str]) -> str | None:
    """Return what the artist uses a shape key of ours for, or None."""
    path = block.path_from_id()
    if key.animation_data and any(d.data_path.startswith(path) for d in key.animation_data.drivers):
        return "it has a driver"
    below = [b.name for b in key.key_blocks if b.relative_key == block and b.name not in leaving]
    return f"'{below[0]}' is relative to it" if below else None


def set_range(key: bpy.types.ShapeKey, low: float, high: float) -> None:
    """Widen a key's slider to 0..1 and to low..high, so that no animated value is clamped."""
    key.slider_max = min(SLIDER_LIMIT, max(1.0, np.ceil(high * 20) / 20))
    key.slider_min = max(-SLIDER_LIMIT, min(0.0, np.floor(low * 20) / 20))
