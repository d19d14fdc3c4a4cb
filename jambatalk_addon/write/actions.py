"""Actions that bakes made, taken off shape keys without what the artist has in them or uses.

Since 4.4 an action has a slot for each thing it animates, and Blender puts an object's own keys
into the action that its shape keys have: our curves in it are never all there is.
"""

from __future__ import annotations

import bpy

from . import fcurves, nla, ownership


def take_off(key: bpy.types.Key, paths: list[str], *, made_animation: bool) -> list[str]:
    """Remove our f-curves from shape keys, and what we made for them if nothing else is in it.

    Args:
        key: the shape keys.
        paths: data paths of our f-curves.
        made_animation: the animation data is ours.

    Returns:
        Sentences on what stays.
    """
    data = key.animation_data
    action = data.action if data is not None else None
    notes = []
    if action is not None and ownership.is_marked(action) and (reason := _in_use(key)):
        data.action = None
        ownership.unmark(action)
        notes.append(f"The action '{action.name}' is left whole: {reason}.")
    elif action is not None:
        notes += _remove_curves(key, paths)
    if data is not None and made_animation:
        _remove_animation_data(key)
    return notes


def _in_use(key: bpy.types.Key) -> str | None:
    """Return why the action of shape keys is to be left as it is, or None."""
    action = key.animation_data.action
    if action.use_fake_user:
        return "it has a fake user"
    if action.asset_data is not None:
        return "it is an asset"
    strips = [strip for other in bpy.data.shape_keys for strip in nla.strips_of(other)]
    playing = [strip.name for strip in strips if nla.plays_action_of(strip, key)]
    return f"the NLA strip '{playing[0]}' plays it" if playing else None


def _remove_curves(key: bpy.types.Key, paths: list[str]) -> list[str]:
    """Remove our f-curves, and an action of ours that is left with nothing."""
    holder = fcurves.find_holder(key)
    left = 0
    if holder is not None:
        for fcurve in filter(None, map(holder.fcurves.find, paths)):
            holder.fcurves.remove(fcurve)
        fcurves.remove_empty_group(holder)
        left = len(holder.fcurves)
    action = key.animation_data.action
    if not ownership.is_marked(action):
        return []
    if left or len(action.pose_markers) or set(action.keys()).difference(ownership.OURS_ON_ACTIONS):
        ownership.unmark(action)
        return [f"The action '{action.name}' is left with what you added to it."]
    return _leave_action(key)


def _leave_action(key: bpy.types.Key) -> list[str]:
    """Take our empty slot off shape keys, and remove the action unless others are in it."""
    data = key.animation_data
    action, slot = data.action, getattr(data, "action_slot", None)
    data.action = None
    if slot is not None and not slot.users():
        action.slots.remove(slot)
    if action.users or len(getattr(action, "slots", ())):
        ownership.unmark(action)
        return [f"The action '{action.name}' is left with what else is in it."]
    bpy.data.actions.remove(action)
    return []


def _remove_animation_data(key: bpy.types.Key) -> None:
    data = key.animation_data
    if not (data.action or data.drivers or data.nla_tracks):
        key.animation_data_clear()
