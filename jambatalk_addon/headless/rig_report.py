"""``rig-report``: which of a mesh's shape keys speech can move, and through what it would speak."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.targets.naming.detection import detect
from ...model_core.targets.shape_map import write_map
from ..bones.calibration import names_of
from ..targets.checks import mesh_notes, mesh_problem
from ..targets.own_keys import OwnKeys
from ..targets.target import target_of
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
        if obj.type != "MESH":
            raise UserError(f"'{mesh}' is spoken with by its bones; it has no list of shapes.")
        write_map(detect(OwnKeys(obj)).shape_map, map_file)


def _lines(obj: bpy.types.Object) -> list[str]:
    """Return the report, a sentence a line."""
    poses = names_of(obj)
    if poses:
        return [f"Spoken with: bones, by the poses stored for {', '.join(poses)}."]
    if obj.type != "MESH":
        return []
    told = detect(OwnKeys(obj)).lines() if len(OwnKeys(obj)) else []
    kind = f"Spoken with: {target_of(obj).kind}."
    notes = [note for note in mesh_notes(obj) if note not in told]
    return [*told, *([kind, *notes] if mesh_problem(obj) is None else [])]
