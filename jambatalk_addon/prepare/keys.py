"""The shapes of a transfer as shape keys: made, known again, and removed where untouched."""

from __future__ import annotations

import json
from collections.abc import Sequence

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.base.errors import UserError
from ..write.points import points, reference_points

_PROPERTY = "jambatalk_prepared"  # on the shape keys: the sum of each key's offsets, by name
_MADE_REFERENCE = "made_reference"
_SAME = 1e-4


def add_keys(obj: bpy.types.Object, names: Sequence[str], offsets: NDArray[np.float32]) -> None:
    """Give a mesh a shape key for each of K shapes, at value 0.

    Args:
        obj: the head; it has none of these keys.
        names: of the K shapes.
        offsets: (K, V, 3) in the mesh's units.

    Raises:
        UserError: the mesh has changed since it was read; nothing is made.
    """
    reference = reference_points(obj)
    if offsets.shape[1:] != reference.shape:
        raise UserError(f"'{obj.name}' has other vertices now than when it was read; try again.")
    taken = taken_names(obj, names)
    if taken:
        raise UserError(f"'{obj.name}' has got a shape key '{taken[0]}' meanwhile; rename it.")
    made_reference = obj.data.shape_keys is None
    if made_reference:
        obj.shape_key_add(name="Basis", from_mix=False)
    key = obj.data.shape_keys
    for name, offset in zip(names, offsets, strict=True):
        block = obj.shape_key_add(name=name, from_mix=False)
        block.relative_key = key.reference_key
        block.points.foreach_set("co", (reference + offset).ravel())
        block.value = 0.0  # 5.0 and later start at 1
    prints = {name: _print_of(obj, name) for name in names}
    key[_PROPERTY] = json.dumps({"prints": prints, _MADE_REFERENCE: made_reference})


def taken_names(obj: bpy.types.Object, names: Sequence[str]) -> list[str]:
    """Return which of some names the mesh has keys of already."""
    key = obj.data.shape_keys
    return [] if key is None else [name for name in names if name in key.key_blocks]


def is_prepared(obj: bpy.types.Object) -> bool:
    """Return whether keys that `add_keys` made are on a mesh."""
    key = obj.data.shape_keys
    return key is not None and any(name in key.key_blocks for name in _prints(key))


def remove_keys(obj: bpy.types.Object) -> list[str]:
    """Remove what `add_keys` made, but keys that the artist sculpted or animated since.

    Returns:
        The names of those that stay.
    """
    key = obj.data.shape_keys
    stored = json.loads(key[_PROPERTY])
    staying = [name for name in _prints(key) if name in key.key_blocks and _is_used(obj, name)]
    for name in _prints(key):
        if name in key.key_blocks and name not in staying:
            obj.shape_key_remove(key.key_blocks[name])
    if stored[_MADE_REFERENCE] and len(key.key_blocks) == 1:
        obj.shape_key_clear()
    else:
        del key[_PROPERTY]
    return staying


def _prints(key: bpy.types.Key) -> dict[str, list[float]]:
    prints: dict[str, list[float]] = json.loads(key.get(_PROPERTY, "{}")).get("prints", {})
    return prints


def _print_of(obj: bpy.types.Object, name: str) -> list[float]:
    """Return a few numbers that tell whether a key's offsets are still the same."""
    key = obj.data.shape_keys
    offsets = points(key.key_blocks[name]) - points(key.reference_key)
    weights = np.cos(np.arange(len(offsets)))
    return [float(value) for value in (*(weights @ offsets), np.abs(offsets).sum())]


def _is_used(obj: bpy.types.Object, name: str) -> bool:
    """Return whether a key was sculpted, or is animated or driven."""
    key = obj.data.shape_keys
    before, now = np.array(_prints(key)[name]), np.array(_print_of(obj, name))
    if np.abs(before - now).max() > _SAME * max(float(before[-1]), 1e-9):
        return True
    path, data = key.key_blocks[name].path_from_id(), key.animation_data
    if data is None:
        return False
    return data.action is not None or any(d.data_path.startswith(path) for d in data.drivers)
