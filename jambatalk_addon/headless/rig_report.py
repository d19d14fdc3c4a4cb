"""``rig-report``: which of a character's keys, poses or sliders speech moves, and what it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.options import BakeOptions
from ...model_core.targets.bone_poses import channels_of
from ...model_core.targets.calibration_poses import WANTED
from ...model_core.targets.naming.detection import detect
from ...model_core.targets.shape_map import write_map
from ..bones.rigs import Rig, measure, rig_of
from ..targets.checks import mesh_notes, mesh_problem, rig_notes
from ..targets.own_keys import OwnKeys
from ..targets.target import target_of
from ..write.bone_channels import BoneMoves
from . import console, job
from .scene_file import open_scene


def run(scene: Path | None, mesh: str, map_file: Path | None) -> None:
    """Print the report on a mesh, and write the list that its names tell.

    Args:
        scene: file to open; else the open one.
        mesh: name of the object.
        map_file: where to write the list, as JSON.

    Raises:
        UserError: there is no such scene or mesh, or it cannot speak; then the report is printed.
    """
    if scene is not None:
        open_scene(scene)
    obj = job.named_mesh(mesh)
    problem = mesh_problem(obj)
    for line in _lines(obj):
        console.say(line)
    if problem is not None:
        raise UserError(problem)
    if map_file is not None:
        if obj.type != "MESH" or rig_of(obj, BakeOptions()) is not None:
            raise UserError(f"'{mesh}' is spoken with by a rig; it has no list of shapes.")
        write_map(detect(OwnKeys(obj)).shape_map, map_file)


def _lines(obj: bpy.types.Object) -> list[str]:
    """Return the report, a sentence a line."""
    if obj.type not in {"MESH", "ARMATURE"}:
        return []
    rig = rig_of(obj, BakeOptions())
    if rig is not None:
        return list(_rig_lines(obj, rig))
    if obj.type != "MESH":
        return []
    told = detect(OwnKeys(obj)).lines() if len(OwnKeys(obj)) else []
    kind = f"Spoken with: {target_of(obj).kind}."
    notes = [note for note in mesh_notes(obj) if note not in told]
    return [*told, *([kind, *notes] if mesh_problem(obj) is None else [])]


def _rig_lines(obj: bpy.types.Object, rig: Rig) -> Iterator[str]:
    """Yield the report on a rig: its poses or sliders, and on which mesh they are measured."""
    moves = rig.moves
    if isinstance(moves, BoneMoves):
        done = {channel for pose in moves.names for channel in channels_of(pose)}
        missing = [pose for pose in WANTED if not done.issuperset(channels_of(pose))]
        yield f"Poses: {', '.join(moves.names)}."
        if missing:
            yield f"Missing: {', '.join(missing)}."
    else:
        yield from detect(moves.names).lines()
    yield f"Spoken with: {rig.kind}."
    yield from rig_notes(obj, rig)
    yield from moves.missing()
    if mesh_problem(obj) is None:
        measured = measure(rig)
        yield from [f"Lips are measured on '{measured.skin}'."] if measured.skin else measured.notes
