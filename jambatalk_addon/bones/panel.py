"""The stored poses of an armature's face, in the sidebar."""

import bpy

from ...model_core.base.errors import UserError
from ...model_core.targets.bone_poses import pose_names
from ...model_core.targets.calibration_poses import WANTED, rig_named
from ..panel.panel import SubPanel
from ..translation.hook import shown
from ..ui import draw_sentence
from . import calibration
from .operators import chosen_armature, pose_assets, storing_problem

_STORE, _SHOW, _REMOVE = "jambatalk.store_pose", "jambatalk.show_pose", "jambatalk.remove_pose"


class JAMBATALK_MT_more_poses(bpy.types.Menu):
    """Poses besides those that speech needs most"""

    bl_idname = "JAMBATALK_MT_more_poses"
    bl_label = "More Poses"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a line for each that is not stored."""
        names = calibration.names_of(chosen_armature(context))
        for pose in (each for each in pose_names() if each not in {*WANTED, *names}):
            self.layout.operator(_STORE, text=pose, translate=False).pose = pose


class JAMBATALK_PT_bones(SubPanel, bpy.types.Panel):
    """Poses of the bones, by the channel of the face that each shows."""

    bl_idname = "JAMBATALK_PT_bones"
    bl_label = "Face of Bones"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it for armatures, and for meshes that have one."""
        obj = chosen_armature(context)
        return obj is not None and obj.type == "ARMATURE"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw a row for each pose that speech needs, stored or not, and for others stored."""
        layout, obj = self.layout, chosen_armature(context)
        problem = storing_problem(context)
        if problem is not None:
            draw_sentence(layout, context, problem, "INFO")
        try:
            names, gone = calibration.names_of(obj), calibration.missing(obj)
        except UserError as error:
            draw_sentence(layout, context, str(error), "ERROR")
            return
        stored = sum(pose in names for pose in WANTED)
        told = f"{stored} of {len(WANTED)} poses stored."
        whose = rig_named(obj.pose.bones.keys()) if obj is not None else ""
        draw_sentence(layout, context, f"{whose}: {told}" if whose else told, "ARMATURE_DATA")
        for note in gone:
            draw_sentence(layout, context, note, "ERROR")
        column = layout.column(align=True)
        for pose in [*WANTED, *(name for name in names if name not in WANTED)]:
            _draw_pose(column.row(align=True), pose, is_stored=pose in names)
        layout.menu(JAMBATALK_MT_more_poses.bl_idname, icon="ADD")
        if pose_assets():
            layout.operator("jambatalk.store_pose_assets", icon="ASSET_MANAGER")


def _draw_pose(row: bpy.types.UILayout, pose: str, *, is_stored: bool) -> None:
    """Draw a pose with what can be done with it."""
    title = shown(WANTED[pose].title) if pose in WANTED else pose
    icon = "CHECKMARK" if is_stored else "ADD"
    text = title if is_stored else shown(f"Store {title}")
    row.operator(_STORE, text=text, icon=icon, translate=False).pose = pose
    if is_stored:
        row.operator(_SHOW, text="", icon="HIDE_OFF").pose = pose
        row.operator(_REMOVE, text="", icon="X").pose = pose
