"""The marks that batch jobs leave in the files they make, so that a file tells what it holds."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.batch.results import Lineage
from ..write.clear import has_bake
from .scene_file import open_scene


def of_open_file() -> Lineage:
    """Return the marks in the open file, oldest first."""
    return tuple(mark for scene in bpy.data.scenes for mark in scene.jambatalk.batch_jobs.split())


def add(mark: str) -> None:
    """Mark the open file, before it is saved, as made by one more job."""
    marks = [*of_open_file(), mark]
    for scene in bpy.data.scenes:
        scene.jambatalk.batch_jobs = " ".join(marks) if scene == bpy.context.scene else ""


def read(path: Path, mesh: str) -> Lineage:
    """Return the marks in a scene's file; none if it is not whole or a mesh of it has no bake."""
    try:
        open_scene(path)
    except UserError:
        return ()
    obj = bpy.data.objects.get(mesh)
    return of_open_file() if obj is not None and has_bake(obj) else ()
