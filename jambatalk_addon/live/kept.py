"""What a character was like before live speech moved it, so that it is so again afterwards.

It is remembered on what is moved, as a custom property: then it goes along when the artist undoes,
and a file that Blender saved by itself meanwhile is put right when it is opened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import bpy

from ..write.rig_channels import Channel
from ..write.rig_curves import bring
from . import light_view

MARK = "jambatalk_live"
_RETRY_SECONDS = 0.5


def keep_keys(
    key: bpy.types.Key, names: Iterable[str], made: Sequence[str] = (), *, reference: bool = False
) -> None:
    """Remember the values of shape keys.

    Args:
        key: what has them.
        names: of those that are going to be moved.
        made: of those that live speech made, and that are to go again.
        reference: so is the reference key, since there was none.
    """
    known = key.key_blocks
    values = {name: known[name].value for name in names if name in known and name not in made}
    kept = {"values": values, "made": list(made), "reference": reference}
    key[MARK] = json.dumps(kept)


def keep_channels(owner: bpy.types.ID, channels: Iterable[Channel]) -> None:
    """Remember the numbers of a rig's channels."""
    owner[MARK] = json.dumps({channel.path: channel.value for channel in channels})


def give_back() -> bool:
    """Have all that live speech moved as it was; return whether nothing is left to be done.

    Shape keys are not removed from a mesh in Edit mode; `give_back_later` waits for its end.
    """
    light_view.give_back()
    done = True
    for key in [key for key in bpy.data.shape_keys if MARK in key]:
        done = _give_keys_back(key) and done
    for owner in list(_owners()):
        kept = json.loads(owner[MARK])
        del owner[MARK]
        for path, numbers in kept.items():
            bring(owner, path, numbers)
        owner.update_tag()
    return done


def give_back_later() -> None:
    """Try again until all is as it was."""
    if not bpy.app.timers.is_registered(_again):
        bpy.app.timers.register(_again, first_interval=_RETRY_SECONDS)


def detach() -> None:
    """Stop trying."""
    if bpy.app.timers.is_registered(_again):
        bpy.app.timers.unregister(_again)


def _again() -> float | None:
    return None if give_back() else _RETRY_SECONDS


def _owners() -> Iterator[bpy.types.ID]:
    """Yield the objects, armatures and meshes whose channels are remembered."""
    for blocks in (bpy.data.objects, bpy.data.armatures, bpy.data.meshes):
        yield from (owner for owner in blocks if MARK in owner)


def _give_keys_back(key: bpy.types.Key) -> bool:
    """Give shape keys their values and take those off that were made; False in Edit mode."""
    kept: dict[str, Any] = json.loads(key[MARK])
    for name, value in kept["values"].items():
        if name in key.key_blocks:
            key.key_blocks[name].value = value
    obj = next((obj for obj in bpy.data.objects if obj.data == key.user), None)
    if kept["made"] and (obj is None or obj.data.is_editmode):
        return obj is None
    del key[MARK]
    if kept["made"]:
        assert obj is not None  # or it would have been left above
        _remove(obj, kept["made"], reference=kept["reference"])
    return True


def _remove(obj: bpy.types.Object, made: Iterable[str], *, reference: bool) -> None:
    """Remove shape keys, and what holds them if it was made for them alone."""
    blocks, active = obj.data.shape_keys.key_blocks, obj.active_shape_key_index
    for block in [blocks[name] for name in made if name in blocks]:
        obj.shape_key_remove(block)
    key = obj.data.shape_keys
    if reference and len(key.key_blocks) == 1 and key.animation_data is None:
        obj.shape_key_clear()
    else:
        obj.active_shape_key_index = min(active, len(key.key_blocks) - 1)
