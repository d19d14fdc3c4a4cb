"""Edit, load and save the list of which shape key does what."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from ...model_core.base.errors import UserError
from ...model_core.targets.naming.detection import detect
from ...model_core.targets.shape_map import ShapeMap, read_map, write_map
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, report_failure, tell
from ..targets.own_keys import OwnKeys
from ..targets.target import map_of
from . import options, shape_list

_NO_KEYS = "Choose a mesh with shape keys."
_NO_LIST = "The names of the keys tell what each does; press Edit first."


def mesh_with_keys(context: bpy.types.Context) -> Any:
    """Return the chosen mesh if it has shape keys, or else None."""
    obj = shape_list.mesh_of(context.scene.jambatalk)
    fit = obj is not None and obj.type == "MESH" and obj.data.shape_keys is not None
    return obj if fit else None


def _list(context: bpy.types.Context) -> Any:
    """Return the list that is being edited; `disabled_reason` tells where there is none."""
    return shape_list.list_of(context.scene.jambatalk)


def told_by_names(obj: bpy.types.Object) -> ShapeMap:
    """Return the map that the names of a mesh's keys tell."""
    return detect(OwnKeys(obj)).shape_map


class _ListOperator(ReasonedOperator):
    """An operator on the list of the chosen mesh."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the mesh has no list."""
        if STATUS.running:
            return BUSY
        return _NO_KEYS if mesh_with_keys(context) is None else None


class _LineOperator(_ListOperator):
    """An operator on the lines of a list that is being edited."""

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no list to change."""
        reason = super().disabled_reason(context)
        return reason or (_NO_LIST if _list(context) is None else None)


class JAMBATALK_OT_edit_shapes(_ListOperator, bpy.types.Operator):
    """Edit the list of which shape key does what, beginning with what their names tell"""

    bl_idname = "jambatalk.edit_shapes"
    bl_label = "Edit"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Fill the list."""
        shape_list.put(context.scene.jambatalk, told_by_names(mesh_with_keys(context)))
        return {"FINISHED"}


class JAMBATALK_OT_add_shape(_LineOperator, bpy.types.Operator):
    """Add a line for the mesh's active shape key"""

    bl_idname = "jambatalk.add_shape"
    bl_label = "Add Line"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add it and make it the active one."""
        shown = _list(context)
        obj = mesh_with_keys(context)
        key, line = obj.active_shape_key, shown.lines.add()
        line.target = key.name if key is not None and obj.active_shape_key_index else ""
        shown.active = len(shown.lines) - 1
        return {"FINISHED"}


class JAMBATALK_OT_remove_shape(_LineOperator, bpy.types.Operator):
    """Remove the active line; its shape key stays"""

    bl_idname = "jambatalk.remove_shape"
    bl_label = "Remove Line"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no line to remove."""
        shown = _list(context)
        some = shown is None or 0 <= shown.active < len(shown.lines)
        return super().disabled_reason(context) or (None if some else "Choose a line.")

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove it."""
        shown = _list(context)
        shown.lines.remove(shown.active)
        shown.active = max(0, min(shown.active, len(shown.lines) - 1))
        return {"FINISHED"}


class JAMBATALK_OT_reset_shapes(_LineOperator, bpy.types.Operator):
    """Drop the list: the names of the shape keys tell again what each does"""

    bl_idname = "jambatalk.reset_shapes"
    bl_label = "Reset"

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Drop it."""
        shape_list.drop(context.scene.jambatalk)
        return {"FINISHED"}


class JAMBATALK_OT_load_shapes(_ListOperator, ImportHelper, bpy.types.Operator):
    """Read the list of which shape key does what from a JSON file"""

    bl_idname = "jambatalk.load_shapes"
    bl_label = "Load List"
    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Read it; the list stays as it is if that fails."""
        try:
            shape_list.put(context.scene.jambatalk, read_map(self.filepath))
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        return {"FINISHED"}


class JAMBATALK_OT_save_shapes(_ListOperator, ExportHelper, bpy.types.Operator):
    """Write the list of which shape key does what to a JSON file, for other scenes and batches"""

    bl_idname = "jambatalk.save_shapes"
    bl_label = "Save List"
    filename_ext = ".json"
    filter_glob: bpy.props.StringProperty(default="*.json", options={"HIDDEN"})
    report: Any  # Blender's own

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Write it: the edited one, or what the names tell."""
        try:
            wanted = map_of(options.read(context.scene.jambatalk))
            write_map(wanted or told_by_names(mesh_with_keys(context)), self.filepath)
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        tell(self, "INFO", f"Wrote {Path(self.filepath).name}.")
        return {"FINISHED"}
