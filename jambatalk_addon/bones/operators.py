"""Store, show and remove poses of an armature's face."""

from collections.abc import Callable

import bpy

from ...model_core.base.errors import UserError
from ...model_core.rig.spelling import joined
from ...model_core.targets.bone_poses import pose_names
from ...model_core.targets.calibration_poses import WANTED, controls_of
from ..bake.plan import chosen_mesh
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, report_failure, tell
from ..translation.hook import shown
from . import calibration, kept
from .from_actions import pose_at
from .measuring import armatures_of

_ITEMS = [(name, name, "") for name in pose_names()]


def chosen_armature(context: bpy.types.Context) -> bpy.types.Object | None:
    """Return the chosen armature, that of the chosen mesh, or what was chosen if it has none."""
    obj = chosen_mesh(context)
    if obj is None or obj.type != "MESH":
        return obj
    armatures = armatures_of(obj)
    posed = (each for each in armatures if kept.is_kept(each))
    return next(posed, armatures[0] if armatures else obj)


def storing_problem(context: bpy.types.Context) -> str | None:
    """Return why no pose of the chosen object can be stored, or None if one can."""
    return BUSY if STATUS.running else calibration.problem(chosen_armature(context))


class _PoseOperator(ReasonedOperator):
    """Acts on the poses of the chosen armature."""

    bl_options = {"REGISTER", "UNDO"}

    act: Callable[[bpy.types.Object], None]  # each operator's own; raises `UserError`
    pose: bpy.props.EnumProperty(name="Pose", description="Channel of the face", items=_ITEMS)

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no pose to act on."""
        reason = storing_problem(context)
        if reason is not None:
            return reason
        try:
            stored = calibration.names_of(chosen_armature(context))
        except UserError as error:
            return str(error)
        return None if stored else "No pose is stored; pose the bones and store one."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Act on the pose."""
        obj = chosen_armature(context)
        assert obj is not None  # or the button would be grey
        try:
            self.act(obj)
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        return {"FINISHED"}

    def check_stored(self, obj: bpy.types.Object) -> None:
        """Raise `UserError` if the pose is not stored."""
        if self.pose not in calibration.names_of(obj):
            raise UserError(f"No pose is stored for {self.pose}.")


class JAMBATALK_OT_store_pose(_PoseOperator, bpy.types.Operator):
    """Store where the selected bones, or all if none is, are as the look of a channel at 1"""

    bl_idname = "jambatalk.store_pose"
    bl_label = "Store Pose"

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no pose can be stored."""
        return storing_problem(context)

    @classmethod
    def description(
        cls, context: bpy.types.Context, properties: bpy.types.OperatorProperties
    ) -> str:
        """Return how the face is to look, and what moves it so."""
        wanted, obj = WANTED.get(properties.pose), chosen_armature(context)
        if wanted is None:
            return shown(cls.__doc__ or "")
        bones = obj.pose.bones.keys() if obj is not None and obj.type == "ARMATURE" else ()
        by = controls_of(properties.pose, bones)
        return shown(wanted.look) + (f" ({by})" if by else "")

    def act(self, obj: bpy.types.Object) -> None:
        """Store the pose in place of any of its name."""
        count = calibration.store(obj, self.pose, calibration.current(obj))
        tell(self, "INFO", f"Stored {self.pose} of '{obj.name}': {count} bones.")


class JAMBATALK_OT_store_pose_assets(ReasonedOperator, bpy.types.Operator):
    """Store the poses of the pose library that are called as channels are, such as Jaw Open"""

    bl_idname = "jambatalk.store_pose_assets"
    bl_label = "Store Poses of the Library"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there are no poses to store."""
        if not pose_assets():
            return "This file has no pose assets that are called as channels, such as Jaw Open."
        return storing_problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Store them."""
        obj, found = chosen_armature(context), pose_assets()
        assert obj is not None  # or the button would be grey
        try:
            for pose, action in found.items():
                calibration.store(obj, pose, pose_at(obj, action.name, action.frame_range[0]))
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        tell(self, "INFO", f"Stored of '{obj.name}': {', '.join(found)}.")
        return {"FINISHED"}


def pose_assets() -> dict[str, bpy.types.Action]:
    """Return this file's pose assets by the channels they are called as, jawOpen first."""
    called = {joined(each.title): pose for pose, each in WANTED.items()}
    called |= {joined(pose): pose for pose in pose_names()}
    assets = (action for action in bpy.data.actions if action.asset_data is not None)
    found = {called.get(joined(action.name)): action for action in assets}
    order = [*WANTED, *(pose for pose in pose_names() if pose not in WANTED)]
    return {pose: found[pose] for pose in order if pose in found}


class JAMBATALK_OT_show_pose(_PoseOperator, bpy.types.Operator):
    """Bring the bones to a stored pose, to look at it or change it; keys are left alone"""

    bl_idname = "jambatalk.show_pose"
    bl_label = "Show Pose"

    def act(self, obj: bpy.types.Object) -> None:
        """Pose the bones."""
        self.check_stored(obj)
        notes = calibration.show(obj, self.pose)
        if notes:
            tell(self, "WARNING", " ".join(notes))


class JAMBATALK_OT_remove_pose(_PoseOperator, bpy.types.Operator):
    """Forget a stored pose; bones and keys stay as they are"""

    bl_idname = "jambatalk.remove_pose"
    bl_label = "Remove Pose"

    def act(self, obj: bpy.types.Object) -> None:
        """Forget the pose."""
        self.check_stored(obj)
        calibration.remove(obj, self.pose)
