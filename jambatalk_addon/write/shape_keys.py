"""Relative shape keys on a mesh: ours made, refreshed and removed, the artist's left alone."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from . import ownership, prints
from .ownership import Record, Take
from .points import points, reference_points

SLIDER_LIMIT = 10.0  # Blender's hard limit on a shape key's range, either way
_SAME_SHAPE = 1e-5  # of the mesh's unit


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
    key = obj.data.shape_keys
    blocks, made = key.key_blocks, prints.print_of(shape, points(key.reference_key))
    known = [take_.called.get(wish, "") for take_ in _own_first(record, take)]
    for name in known:
        if name in blocks and prints.is_same(record.prints.get(name, []), made):
            blocks[name].value = 0.0
            return name  # as it is: the artist may have sculpted it
    name = _free_name(blocks, wish, shape, record, take, title)
    block = blocks.get(name)
    if block is None:
        block = obj.shape_key_add(name=name, from_mix=False)
        block.relative_key = key.reference_key
    block.value = 0.0  # 5.0 and later start at 1
    block.points.foreach_set("co", shape.ravel())
    record.prints[block.name] = made
    return block.name


def _own_first(record: Record, take: str) -> list[Take]:
    """Return the takes of a record, a given one first."""
    return sorted(record.takes.values(), key=lambda made: made is not record.takes.get(take))


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
    reference = points(blocks.id_data.reference_key)
    for name in (wish, f"{wish} (JambaTalk)", f"{wish} ({title})"):
        key = blocks.get(name)
        if key is None:
            return name
        mine = prints.print_of(points(key), reference)
        untouched = prints.is_same(record.prints.get(name, mine), mine)
        if name in ours and untouched and name not in shared:
            return name
        if name in ours and np.abs(points(key) - shape).max() < _SAME_SHAPE:
            return name
    return f"{wish} ({title}) (JambaTalk)"


def set_aside(obj: bpy.types.Object, names: list[str], record: Record) -> list[str]:
    """Give keys that the artist sculpted back to be overwritten, with a copy of each kept.

    Returns:
        Sentences on the copies.
    """
    notes = []
    for name in names:
        block = obj.data.shape_keys.key_blocks[name]
        copied = obj.shape_key_add(name=f"{name} (edited)", from_mix=False)
        copied.relative_key, copied.value = block.relative_key, 0.0
        copied.points.foreach_set("co", points(block).ravel())
        record.prints[name] = prints.print_of(points(block), reference_points(obj))
        notes.append(f"Your shape of '{name}' is kept as '{copied.name}'.")
    ownership.write(obj.data.shape_keys, record)
    return notes


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
    record = ownership.read_key(key)
    sculpted = prints.sculpted(key, record) if record is not None else []
    reasons = {
        block.name: "you changed its shape"
        if block.name in sculpted
        else _use_of(key, block, names)
        for block in blocks
    }
    return {name: reason for name, reason in reasons.items() if reason is not None}


def _use_of(key: bpy.types.Key, block: bpy.types.ShapeKey, leaving: list[str]) -> str | None:
    """Return what the artist uses a shape key of ours for, or None."""
    path = block.path_from_id()
    if key.animation_data and any(d.data_path.startswith(path) for d in key.animation_data.drivers):
        return "it has a driver"
    below = [b.name for b in key.key_blocks if b.relative_key == block and b.name not in leaving]
    return f"'{below[0]}' is relative to it" if below else None


def set_range(key: bpy.types.ShapeKey, low: float, high: float, record: Record) -> None:
    """Widen a key's slider to 0..1 and to low..high, so that no animated value is clamped.

    A range that the artist has set since is left as it is.
    """
    now = [round(key.slider_min, 4), round(key.slider_max, 4)]
    if record.ranges.get(key.name, now) != now:
        return
    key.slider_max = min(SLIDER_LIMIT, max(1.0, np.ceil(high * 20) / 20))
    key.slider_min = max(-SLIDER_LIMIT, min(0.0, np.floor(low * 20) / 20))
    record.ranges[key.name] = [round(key.slider_min, 4), round(key.slider_max, 4)]
