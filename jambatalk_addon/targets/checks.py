"""Whether a mesh can be baked to, in one sentence, and what would surprise the artist."""

from __future__ import annotations

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.named_shapes import NamedShapes
from ...model_core.targets.naming.detection import detect
from ...model_core.targets.preference import OUR_SHAPES
from ...model_core.targets.registry import WANTED, offered
from ...model_core.targets.rig_target import RigTarget
from ..bones.rigs import Rig, offered_rig, rig_of
from ..bones.takes import takes_of
from ..write import driven, fcurves, hindrances, nla, overrides, ownership, rig_curves
from ..write.wording import listed
from .target import geometry_of, target_of

_DEFAULTS = BakeOptions()


def mesh_problem(obj: bpy.types.Object | None, wanted: BakeOptions = _DEFAULTS) -> str | None:
    """Return one sentence on why a mesh cannot be baked to in some way, or None if it can."""
    if obj is None or obj.type not in {"MESH", "ARMATURE"}:
        return f"Choose {WANTED}."
    try:
        rig = rig_of(obj, wanted)
        if rig is not None:
            return rig_problem(obj, rig, wanted)
        if obj.type == "ARMATURE":
            return f"'{obj.name}' has no stored poses of its face: choose {WANTED}, or store some."
        target = target_of(obj, wanted)
    except UserError as error:
        return str(error)
    access = access_problem(obj, own_keys=target.drives_own_keys)
    return access or _target_problem(obj, target) or animation_problem(obj)


def rig_problem(obj: bpy.types.Object, rig: Rig, wanted: BakeOptions) -> str | None:
    """Return why a rig cannot be keyed, or None if it can; `obj` is what was chosen."""
    if wanted.exact:
        return "An exact bake is for shape keys. Bake as curves instead."
    mode = _mode_problem(obj) if obj.type == "MESH" else None
    return mode or rig_curves.problem(rig.moves)


def rig_notes(obj: bpy.types.Object, rig: Rig) -> list[str]:
    """Return what may surprise about an object whose rig speaks."""
    owner = rig.moves.owner
    told = [] if owner in {obj, obj.data} else [f"Keys go to {rig.moves.called}."]
    told += nla.takes_notes(owner, takes_of(obj))
    if obj.type == "MESH" and target_of(obj).problem() is None:
        told.append("It can be moved by shape keys too: choose under Moves.")
    return told


def access_problem(obj: bpy.types.Object, *, own_keys: bool = False) -> str | None:
    """Return why Blender does not let a mesh be given shape keys now, or its own be animated."""
    return _mode_problem(obj) or overrides.problem(obj, own_keys=own_keys)


def has_choice(obj: bpy.types.Object) -> bool:
    """Return whether a mesh can be moved in several ways: by own keys, shapes of ours, a rig."""
    try:
        rig = offered_rig(obj)
    except UserError:
        return True  # of poses that are damaged
    return len(offered(geometry_of(obj), obj.name)) + (rig is not None) > 1


def is_flame_head(obj: bpy.types.Object | None) -> bool:
    """Return whether an object is a mesh that shapes of ours can be added to."""
    ours = BakeOptions(target=OUR_SHAPES)
    return obj is not None and obj.type == "MESH" and target_of(obj, ours).problem() is None


def is_speaker(obj: bpy.types.Object | None) -> bool:
    """Return whether an object is a mesh that can speak somehow, without any list of shapes."""
    return obj is not None and obj.type == "MESH" and target_of(obj).problem() is None


def clear_problem(obj: bpy.types.Object) -> str | None:
    """Return one sentence on why bakes cannot be taken off something now, or None if they can."""
    if obj.type != "MESH" or ownership.read(obj.data) is None:
        return None
    own = not ownership.has_made_shapes(obj.data)
    return access_problem(obj, own_keys=own) or animation_problem(obj)


def mesh_notes(obj: bpy.types.Object, wanted: BakeOptions = _DEFAULTS) -> list[str]:
    """Return what may surprise the artist about a mesh that can be baked to."""
    mesh, target = obj.data, target_of(obj, wanted)
    notes = list(target.notes())
    if mesh.users > 1:
        notes.append(f"{mesh.users} objects share this mesh: all of them will speak.")
    if isinstance(target, NamedShapes):
        return [*notes, *held_notes(obj), *hindrances.notes(obj, target.shape_map.targets)]
    notes += hindrances.notes(obj)
    if ownership.has_others(mesh):
        notes.append("Its other shape keys stay as they are.")
    hidden = [m.name for m in obj.modifiers if m.type in {"DECIMATE", "REMESH", "MULTIRES"}]
    if hidden:
        notes.append(f"The modifier '{hidden[0]}' may hide or blur the motion.")
    return notes


def _target_problem(obj: bpy.types.Object, target: RigTarget) -> str | None:
    """Return why a mesh cannot be spoken with, and what moves its keys if that is why."""
    problem, key = target.problem(), obj.data.shape_keys
    if problem is None or key is None:
        return problem
    moved = driven.held(key)
    known = set(detect(key.key_blocks.keys()).shape_map.targets).intersection(moved)
    names = [name for name in moved if name in known]
    if not names:
        return problem
    what = moved[names[0]]
    return (
        f"{listed(names)} of '{obj.name}' {'are' if len(names) > 1 else 'is'} moved by {what}, "
        f"which a bake leaves alone; remove the {what.split()[0]} to have speech move them."
    )


def held_notes(obj: bpy.types.Object) -> list[str]:
    """Return sentences on own keys that speech would move if nothing of the artist's did."""
    moved = driven.held(obj.data.shape_keys)
    if not moved:
        return []
    known = detect(obj.data.shape_keys.key_blocks.keys()).shape_map.targets
    by = {what: [name for name in known if moved.get(name) == what] for what in moved.values()}
    return [f"Left to {what}: {listed(names)}." for what, names in by.items() if names]


def _mode_problem(obj: bpy.types.Object) -> str | None:
    """Return why Blender does not let the mesh be changed now."""
    if obj.data.is_editmode or obj.mode == "SCULPT":
        return f"Leave {'Edit' if obj.data.is_editmode else 'Sculpt'} mode on '{obj.name}' first."
    return None


def animation_problem(obj: bpy.types.Object) -> str | None:
    """Return why the shape keys' own animation cannot take more curves."""
    key = obj.data.shape_keys
    if key is None:
        return None
    record = ownership.read(obj.data)
    if not key.use_relative and not (record and record.absolute):
        return f"'{obj.name}' has absolute shape keys; turn Relative on in its Shape Keys panel."
    problem = nla.tweak_problem(key) or hindrances.lock_problem(key)
    action = key.animation_data.action if key.animation_data else None
    if problem or action is None:
        return problem
    if action.library is not None:
        return f"The shape keys' action '{action.name}' is linked; make it local first."
    if fcurves.is_shared(key) and not ownership.is_marked(action):
        return f"The action '{action.name}' animates another mesh too; make it single-user first."
    return None
