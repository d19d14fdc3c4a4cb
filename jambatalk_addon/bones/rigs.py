"""What of a rig moves a face: bones by stored poses, or custom properties known by their names."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import bpy
import numpy as np

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.bone_poses import BonePoses
from ...model_core.targets.keys import opener_of
from ...model_core.targets.mouth import find_mouth
from ...model_core.targets.named_shapes import NamedShapes
from ...model_core.targets.naming.detection import Detection, detect
from ...model_core.targets.naming.sources import can_open
from ...model_core.targets.posed_skin import PosedSkin, map_of_poses, on_our_face
from ...model_core.targets.preference import AUTO, RIG
from ...model_core.targets.shape_map import ShapeMap
from ..targets.target import target_of
from ..write import bone_record, ownership
from ..write.bone_channels import BoneMoves
from ..write.head import Face
from ..write.points import rest_geometry
from ..write.property_channels import Slider, SliderMoves, sliders_of
from ..write.rig_channels import Moves
from .calibration import poses_of
from .measuring import armatures_of, is_shown, measured, points_of, posing

_MOVED = 0.05  # of the farthest


@dataclass(frozen=True)
class Rig:
    """What moves a face that is no shape key.

    Attributes:
        moves: the channels.
        shape_map: which pose or property does what.
        kind: what the artist is told it is.
        skin: the mesh that is measured; None if it is yet to be found.
    """

    moves: Moves
    shape_map: ShapeMap
    kind: str
    skin: bpy.types.Object | None = None


def rig_of(obj: bpy.types.Object, wanted: BakeOptions) -> Rig | None:
    """Return the rig that speech goes to if an object is chosen, or None if it is the object's.

    Raises:
        UserError: one is wanted and there is none, or its poses are damaged.
    """
    if obj.type == "ARMATURE":
        return _rig_of_armature(obj)
    if obj.type != "MESH" or wanted.target not in {AUTO, RIG}:
        return None
    found = offered_rig(obj)
    if wanted.target == RIG:
        if found is None:
            raise UserError(
                f"No rig moves '{obj.name}' that speech knows: store poses of the face on its "
                "armature, or choose what else it is moved by."
            )
        return found
    is_baked = ownership.read(obj.data) is not None  # lines baked before go on as they are
    if found is None or is_baked:
        return None
    if isinstance(found.moves, BoneMoves):
        return found
    own = target_of(obj, wanted)  # keys that sliders do not move already
    return None if own.drives_own_keys and own.problem() is None else found


def offered_rig(mesh: bpy.types.Object) -> Rig | None:
    """Return the rig that can move a mesh, or None."""
    for armature in armatures_of(mesh):
        poses = poses_of(armature)
        if poses is not None:
            return _by_poses(BoneMoves(armature, poses), mesh)
    return _by_sliders(_owners(mesh), mesh)


@dataclass(frozen=True)
class Measured:
    """A rig as it was measured.

    Attributes:
        target: what its poses or properties do to its mesh, as keys.
        skin: name of the mesh; empty if our own face stands in for it.
        notes: a sentence on what stands in, or nothing.
    """

    target: NamedShapes
    skin: str
    notes: tuple[str, ...] = ()


def face_of(obj: bpy.types.Object, measured: Measured | None) -> Face:
    """Return what turns with the head of what speaks, by its rig as measured, if that moves it."""
    if measured is None:
        return Face(obj, target_of(obj).axes)
    return Face(bpy.data.objects.get(measured.skin) or obj, measured.target.axes)


_LAST: dict[tuple[object, ...], Measured] = {}
"""What was measured last, as sliders want it many times a second."""


def known_measure(rig: Rig) -> Measured:
    """Return a rig as it was measured last, if its poses are as they were then, or else now."""
    found = _LAST.get(_mark_of(rig))
    return found if found is not None else measure(rig)


def measure(rig: Rig) -> Measured:
    """Return what a rig does to the mesh it moves, measured now.

    Raises:
        UserError: it cannot be measured, and nothing can stand in for it.
    """
    found = _measure(rig)
    _LAST.clear()
    _LAST[_mark_of(rig)] = found
    return found


def _mark_of(rig: Rig) -> tuple[object, ...]:
    """Return by what it can be told whether a rig is another than before."""
    owner, moves = rig.moves.owner, rig.moves
    poses = json.dumps(moves.poses.to_json()) if isinstance(moves, BoneMoves) else moves.names
    skin = rig.skin.session_uid if rig.skin is not None else 0
    return owner.session_uid, skin, poses


def _measure(rig: Rig) -> Measured:
    skin = rig.skin if rig.skin is not None else _skin_of(rig)
    poses = rig.moves.poses if isinstance(rig.moves, BoneMoves) else None
    if skin is None or not is_shown(skin):
        return _stand_in(rig, poses, skin)
    opener = opener_of(rig.shape_map)
    geometry, bends = measured(rig.moves, skin, rig.shape_map.targets, opener)
    if poses is not None:
        target = PosedSkin(geometry, skin.name, poses, bends)
        return Measured(target, skin.name) if target.has_lips else _stand_in(rig, poses, skin)
    return Measured(NamedShapes(geometry, skin.name, rig.shape_map, bends), skin.name)


def _stand_in(rig: Rig, poses: BonePoses | None, skin: bpy.types.Object | None) -> Measured:
    """Return our own face in place of a mesh that is not shown, or is not there."""
    if poses is None:
        name = f"'{skin.name}'" if skin is not None else "the mesh"
        raise UserError(f"Show {name} first: what {rig.moves.called} do is measured on it.")
    owner = rig.moves.owner.name
    why = f"No mesh is shown that opens its mouth with '{owner}'"
    if skin is not None:
        unseen = "is not shown" if not is_shown(skin) else "shows no lips that jawOpen parts"
        why = f"'{skin.name}' {unseen}"
    note = f"{why}: its lips are not measured, and close as ours would; look at its closures."
    return Measured(on_our_face(poses, owner), "", (note,))


def baked_rigs(obj: bpy.types.Object | None) -> list[bpy.types.ID]:
    """Return the data-blocks of an object's rig that have speech on them."""
    if obj is None or obj.type not in {"MESH", "ARMATURE"}:
        return []
    owners = [obj, obj.data] if obj.type == "ARMATURE" else _owners(obj)
    return [owner for owner in owners if bone_record.read(owner) is not None]


def _rig_of_armature(obj: bpy.types.Object) -> Rig | None:
    poses = poses_of(obj)
    if poses is not None:
        return _by_poses(BoneMoves(obj, poses), None)
    return _by_sliders([obj, obj.data], None)


def _by_poses(moves: BoneMoves, skin: bpy.types.Object | None) -> Rig:
    count = len(moves.poses.poses)
    kind = f"Bones of '{moves.owner.name}', by {count} stored pose{'s' if count > 1 else ''}"
    return Rig(moves, map_of_poses(moves.names), kind, skin)


def _by_sliders(owners: Iterable[bpy.types.ID], skin: bpy.types.Object | None) -> Rig | None:
    """Return the rig of the owner whose properties do most of a face, or None if none opens it."""
    best: tuple[bpy.types.ID, list[Slider], Detection] | None = None
    for owner in owners:
        sliders = sliders_of(owner)
        found = detect(slider.name for slider in sliders)
        opens = any(can_open(source) for source in found.shape_map.sources)
        if opens and (best is None or len(found.shape_map.links) > len(best[2].shape_map.links)):
            best = owner, sliders, found
    if best is None:
        return None
    owner, sliders, found = best
    by_name = {slider.name: slider for slider in sliders}
    chosen = [by_name[name] for name in found.shape_map.targets]
    numbered = tuple(
        Slider(owner, each.name, each.bone, each.unit, index) for index, each in enumerate(chosen)
    )
    kind = f"Properties of '{owner.name}': {found.title}"
    return Rig(SliderMoves(owner, numbered), found.shape_map, kind, skin)


def _owners(mesh: bpy.types.Object) -> list[bpy.types.ID]:
    """Return the data-blocks whose bones or properties may move a mesh."""
    found: list[bpy.types.ID] = [mesh, mesh.data]
    for armature in armatures_of(mesh):
        found += [armature, armature.data]
    found += [mesh.parent] if mesh.parent is not None else []
    return list(dict.fromkeys([*found, *_drivers_of(mesh)]))


def _drivers_of(mesh: bpy.types.Object) -> Iterator[bpy.types.ID]:
    """Yield what the drivers of a mesh's shape keys look at."""
    key = mesh.data.shape_keys
    data = key.animation_data if key is not None else None
    for curve in data.drivers if data is not None else ():
        for variable in curve.driver.variables:
            targets = (target.id for target in variable.targets)
            yield from (each for each in targets if isinstance(each, _OWNERS))


_OWNERS = (bpy.types.Object, bpy.types.Armature, bpy.types.Mesh)


def _skin_of(rig: Rig) -> bpy.types.Object | None:
    """Return the mesh that has the mouth: of those a rig moves the one it opens most of."""
    owner, opener = rig.moves.owner, opener_of(rig.shape_map)
    skins = [each for each in bpy.context.view_layer.objects if each.type == "MESH"]
    skins = [each for each in skins if owner in _owners(each) and is_shown(each)]
    if not skins or opener is None:
        return skins[0] if len(skins) == 1 else None
    with posing(skins, rig.moves):
        rig.moves.show({})
        rests = [points_of(skin) for skin in skins]
        rig.moves.show({opener: 1.0})
        opened = [points_of(skin) - rest for skin, rest in zip(skins, rests, strict=True)]
    sizes = [_mouth_size(*each) for each in zip(skins, rests, opened, strict=True)]
    best = int(np.argmax(sizes))
    return skins[best] if sizes[best] > 0 else None


def _mouth_size(skin: bpy.types.Object, rest: np.ndarray, opened: np.ndarray) -> float:
    """Return how large, in the world, what opens on a mesh is; 0 if it has no mouth."""
    geometry = rest_geometry(skin)
    corners, totals = geometry.corners.astype(np.int64), geometry.totals.astype(np.int64)
    if len(rest) == 0 or find_mouth(rest, corners, totals, opened) is None:
        return 0.0
    far = np.linalg.norm(opened, axis=1)
    moved = rest[far > _MOVED * far.max()]
    return float(np.ptp(moved, axis=0).max() * max(skin.matrix_world.to_scale()))
