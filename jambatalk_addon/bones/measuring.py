"""What each pose or slider of a rig does to the mesh that it moves: measured on it, pose by pose.

Bones turn, so that what two poses do is not the sum of what each does; how far that goes for the
lips is measured too, where one of the two opens or closes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TypeAlias

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.rig.geometry import Geometry
from ...model_core.targets.keys import Bend
from ...model_core.targets.mouth import Mouth, find_mouth
from ..write.points import rest_geometry
from ..write.rig_channels import Moves

_HINGES = 3  # poses that move the lips most, which are measured together with every other
_MOVES = 0.02  # of what parts the lips most: less is not worth a measurement
_DEFORMING = {
    *("ARMATURE", "CAST", "CORRECTIVE_SMOOTH", "CURVE", "DISPLACE", "HOOK", "LAPLACIANDEFORM"),
    *("LAPLACIANSMOOTH", "LATTICE", "MESH_DEFORM", "SHRINKWRAP", "SIMPLE_DEFORM", "SMOOTH"),
    *("SURFACE_DEFORM", "WARP", "WAVE"),
}
_CHANNELS = ("location", "rotation_quaternion", "rotation_euler", "rotation_axis_angle", "scale")
_RESTS = ((0, 0, 0), (1, 0, 0, 0), (0, 0, 0), (0, 0, 1, 0), (1, 1, 1))
Points: TypeAlias = "NDArray[np.float32]"
Shown: TypeAlias = Callable[[Mapping[str, float]], Points]


def armatures_of(mesh: bpy.types.Object) -> list[bpy.types.Object]:
    """Return the armatures that move a mesh, by its modifiers or as its parent."""
    found = [each.object for each in mesh.modifiers if each.type == "ARMATURE" and each.object]
    parent = mesh.parent
    found += [parent] if parent is not None and parent.type == "ARMATURE" else []
    return list(dict.fromkeys(found))


def is_shown(mesh: bpy.types.Object) -> bool:
    """Return whether Blender works out what a mesh looks like in the current view layer."""
    return bpy.context.view_layer.objects.get(mesh.name) == mesh and mesh.visible_get()


@contextmanager
def posing(skins: Iterable[bpy.types.Object], moves: Moves) -> Iterator[None]:
    """Have a rig at rest, to be posed as one likes; all is as it was in the end."""
    skins = list(skins)
    armatures = {each for skin in skins for each in armatures_of(skin)}
    armatures |= {moves.owner} if getattr(moves.owner, "pose", None) else set()
    with ExitStack() as stack:
        for armature in armatures:
            stack.enter_context(_bones_at_rest(armature))
        for skin in skins:
            stack.enter_context(_deforming_alone(skin))
        stack.callback(_given_back, moves, [channel.value for channel in moves.channels()])
        yield
    bpy.context.view_layer.update()


def points_of(skin: bpy.types.Object) -> Points:
    """Return the (V, 3) points that Blender shows now, in the mesh's own space."""
    mesh = skin.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def measured(
    moves: Moves, skin: bpy.types.Object, names: Iterable[str], opener: str | None
) -> tuple[Geometry, tuple[Bend, ...]]:
    """Return a mesh at rest with what each pose does to it as its keys, and what bends.

    Args:
        moves: the rig's.
        skin: a mesh that is shown.
        names: of the poses to measure.
        opener: that which opens the mouth, or None.
    """
    with posing([skin], moves):

        def shown(weights: Mapping[str, float]) -> Points:
            moves.show(weights)
            return points_of(skin)

        rest = shown({})
        keys = {name: shown({name: 1.0}) - rest for name in names}
        geometry = replace(rest_geometry(skin), points=rest, keys=keys)
        return geometry, _bends(geometry, opener, shown)


def _bends(geometry: Geometry, opener: str | None, shown: Shown) -> tuple[Bend, ...]:
    """Return by how much the effects on the lips of poses do not add up."""
    keys, corners, totals = geometry.keys, geometry.corners, geometry.totals
    if opener is None or opener not in keys:
        return ()
    points = np.asarray(geometry.points)
    faces = corners.astype(np.int64), totals.astype(np.int64)
    mouth = find_mouth(points, *faces, np.asarray(keys[opener]))
    if mouth is None:
        return ()
    alone = {name: mouth.opening(np.asarray(key)) for name, key in keys.items()}
    least = _MOVES * max(map(abs, alone.values()))
    moving = [name for name in keys if _moves_lips(mouth, np.asarray(keys[name]), least)]

    def opened(weights: Mapping[str, float]) -> float:
        return mouth.opening(shown(weights) - points)

    strong = sorted((n for n in moving if abs(alone[n]) > least), key=lambda n: -abs(alone[n]))
    bends = [Bend(n, n, 2 * alone[n] - 4 * opened({n: 0.5})) for n in strong]
    hinges = strong[:_HINGES]
    for index, name in enumerate(hinges):
        for other in (each for each in moving if each not in hinges[: index + 1]):
            both = opened({name: 1.0, other: 1.0})
            bends.append(Bend(name, other, both - alone[name] - alone[other]))
    return tuple(bends)


def _moves_lips(mouth: Mouth, offsets: Points, least: float) -> bool:
    lips = np.concatenate([mouth.upper.sample(offsets), mouth.lower.sample(offsets)])
    return bool(np.linalg.norm(lips, axis=1).max() > least)


@contextmanager
def _bones_at_rest(armature: bpy.types.Object) -> Iterator[None]:
    """Have an armature's bones at rest for a while."""
    bones = armature.pose.bones
    kept = [[list(getattr(bone, channel)) for channel in _CHANNELS] for bone in bones]
    try:
        _set_bones(armature, [_RESTS] * len(bones))
        yield
    finally:
        _set_bones(armature, kept)


def _set_bones(armature: bpy.types.Object, values: list) -> None:
    for bone, numbers in zip(armature.pose.bones, values, strict=True):
        for channel, each in zip(_CHANNELS, numbers, strict=True):
            setattr(bone, channel, each)


@contextmanager
def _deforming_alone(skin: bpy.types.Object) -> Iterator[None]:
    """Have a mesh shown with its own vertices, moved: what adds or removes some is off."""
    kept = [(each, each.show_viewport) for each in skin.modifiers]
    try:
        for modifier, shown in kept:
            wanted = modifier.type == "ARMATURE" or (shown and modifier.type in _DEFORMING)
            if wanted != shown:
                modifier.show_viewport = wanted
        yield
    finally:
        for modifier, shown in kept:
            if modifier.show_viewport != shown:
                modifier.show_viewport = shown


def _given_back(moves: Moves, values: list[list[float]]) -> None:
    """Set a rig's channels to what they were."""
    for channel, numbers in zip(moves.channels(), values, strict=True):
        channel.bring(numbers)
    moves.owner.update_tag()
