"""Shape keys of the artist's own that bakes only animate: never made, reshaped or removed.

What a record remembers of them is their value before the first bake, which they get back.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy

from . import fcurves, prints
from .ownership import Record
from .points import points
from .wording import listed

_AT_REST = 1e-4


def take_up(key: bpy.types.Key, names: Iterable[str], record: Record) -> list[str]:
    """Note in a record which keys are to be animated and how they are now.

    Returns:
        Sentences on what changes about them.
    """
    reference, new = points(key.reference_key), []
    for name in names:
        block = key.key_blocks[name]
        if name not in record.driven:
            new.append(block)
            record.driven[name] = block.value
        record.prints[name] = prints.print_of(points(block), reference)
    set_before = [block.name for block in new if abs(block.value) > _AT_REST]
    if not set_before:
        return []
    return [f"The sliders of {listed(set_before)} were not at 0; baked curves move them now."]


def give_back(key: bpy.types.Key, names: Iterable[str], record: Record) -> None:
    """Set keys to the value they had before the first bake, and forget them."""
    for name in names:
        value = record.driven.pop(name, None)
        if value is not None and name in key.key_blocks:
            key.key_blocks[name].value = value


def held(key: bpy.types.Key, record: Record | None = None) -> dict[str, str]:
    """Return which of the artist's own keys something of theirs moves, and what.

    Args:
        key: shape keys.
        record: of the bakes on them, if it has been read already.
    """
    record = record or prints.known_now(key)
    data, holder = key.animation_data, fcurves.find_holder(key)
    if data is None:
        return {}
    drivers = {driver.data_path for driver in data.drivers}
    curves = {curve.data_path for curve in holder.fcurves} if holder is not None else set()
    ours, found = set(record.shapes), {}
    for block in key.key_blocks:
        name, path = block.name, fcurves.value_path(block.name)
        if path in drivers:
            found[name] = "drivers"
        elif path in curves and name not in ours:
            found[name] = "curves of yours"
    return found
