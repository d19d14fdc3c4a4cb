"""Meshes that move along with a head: teeth, tongue, brows, lashes, beard.

They are its children, at any depth, and what else its armature moves; and, where a head has no
armature but a parent, that parent's other children, unless they could speak for themselves and so
may be another character. Those whose shape keys are called as what moves on the head get the same
curves, on shape keys of their own, as a take of the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

import bpy
import numpy as np

from ...model_core.base.arrays import Array
from ...model_core.base.errors import UserError
from ...model_core.motion.curves import Curve
from ...model_core.motion.motion import Motion
from ..targets.checks import access_problem, animation_problem, is_speaker
from . import driven, fcurves, layers, nla, overrides, ownership, relative
from .layers import Layered, NewBake
from .wording import listed

MOUTH = "jambatalk_mouth"
"""Custom property of the parts of a mouth that Add Mouth made: which it is."""


def move_along(
    obj: bpy.types.Object, new: NewBake, layered: Layered, *, replace_edits: bool
) -> list[str]:
    """Give the companions of a head its curves.

    Args:
        obj: the head.
        new: what is baked onto it.
        layered: the curves it has got, by the names of what is baked.
        replace_edits: leave out what the artist changed on the companions' curves.

    Returns:
        Sentences on which move along, and which do not.
    """
    moving, notes = [], []
    for companion in companions_of(obj):
        bake = _part_of(new, layered, companion)
        if not bake.curves and new.take not in ownership.takes_of(companion):
            continue
        reason = _problem(companion, bake)
        if reason is not None:
            notes.append(f"'{companion.name}' does not move along: {reason}")
            continue
        notes += overrides.make_editable(companion)
        its_own = layers.lay(companion, bake, replace_edits=replace_edits)
        _, told = relative.write(companion, bake, its_own)
        notes += [*its_own.notes, *told]
        if MOUTH not in companion:  # else it is nothing to be surprised by
            moving.append(companion.name)
    return ([f"Along with it moves {listed(moving)}."] if moving else []) + notes


def companions_of(obj: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the meshes with shape keys that belong to a head, one for each mesh."""
    found = {obj.data: obj}
    for other in _relatives(obj):
        if other.type == "MESH" and other.data.shape_keys is not None:
            found.setdefault(other.data, other)
    return [other for other in found.values() if other != obj]


def with_takes(
    obj: bpy.types.Object, takes: Iterable[str]
) -> Iterator[tuple[bpy.types.Object, str]]:
    """Yield the companions of a head that have some takes of it, with each."""
    for companion in companions_of(obj):
        for take in set(takes).intersection(ownership.takes_of(companion)):
            yield companion, take


def _relatives(obj: bpy.types.Object) -> Iterator[bpy.types.Object]:
    """Yield objects that belong to a head."""
    yield from obj.children_recursive
    armature = _armature(obj)
    if armature is not None:
        yield from (other for other in bpy.data.objects if _armature(other) == armature)
    elif obj.parent is not None:
        yield from (other for other in obj.parent.children if not is_speaker(other))


def _armature(obj: bpy.types.Object) -> bpy.types.Object | None:
    """Return the armature that moves an object, whole or by its bones."""
    parent = obj.parent
    by_parent = parent if parent is not None and parent.type == "ARMATURE" else None
    return obj.find_armature() or by_parent


def _part_of(new: NewBake, layered: Layered, companion: bpy.types.Object) -> NewBake:
    """Return what of a bake a companion does: the head's own curves, its edits and all.

    And the tongue's, where the companion has one and the head has none.
    """
    blocks = companion.data.shape_keys.key_blocks
    names = [name for name in new.placed.names if name in layered.curves and name in blocks]
    tongue = [name for name in new.tongue_curves if name in blocks and name not in names]
    curves = {name: layered.curves[name] for name in names}
    curves |= {name: new.tongue_curves[name] for name in tongue}
    return replace(
        new,
        motion=_of_curves(new, new.motion, tongue, curves),
        placed=_of_curves(new, new.placed, tongue, curves),
        curves=curves,
        own=True,
    )


def _of_curves(new: NewBake, motion: Motion, tongue: list[str], curves: dict[str, Curve]) -> Motion:
    """Return a motion of the shapes that some curves move, the tongue's last, as those have it."""
    frames, own = np.arange(motion.frames), [name for name in curves if name not in tongue]
    values = [curve.at(frames) for curve in curves.values()]
    weights = np.reshape(values, (len(curves), -1)).T if curves else np.empty((len(frames), 0))
    basis = [motion.basis[[motion.names.index(name) for name in own]]]
    if tongue and new.tongue is not None:
        rows = [new.tongue.names.index(name) for name in tongue]
        basis.append(_as_many(new.tongue.basis[rows], motion.vertices))
    return replace(
        motion,
        names=tuple(curves),
        basis=np.concatenate(basis),
        weights=weights.astype(np.float32),
    )


def _as_many(basis: Array, vertices: int) -> Array:
    """Return a basis (K, V, 3) of another number of vertices, of which the first ones move."""
    resized = np.zeros((len(basis), vertices, 3), np.float32)
    few = min(vertices, basis.shape[1])
    resized[:, :few] = basis[:, :few]
    return resized


def _problem(companion: bpy.types.Object, bake: NewBake) -> str | None:
    """Return why a companion does not take part in a bake, or None if it does."""
    key = companion.data.shape_keys
    reason = access_problem(companion, own_keys=True) or animation_problem(companion)
    if reason is not None:
        return reason
    moved = driven.held(key)
    names = [name for name in bake.curves if name in moved]
    if names:
        return f"{listed(names)} there {'have' if len(names) > 1 else 'has'} {moved[names[0]]}."
    try:
        nla.check(key, list(map(fcurves.value_path, bake.curves)), *bake.heard)
    except UserError as error:
        return str(error)
    return None
