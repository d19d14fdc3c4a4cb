"""Store, show and remove poses of an armature's face."""

from collections.abc import Callable

import bpy

from ...model_core.base.errors import UserError
from ...model_core.targets.bone_poses import pose_names
from ..bake.plan import chosen_mesh
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, report_failure
from . import calibration

_ITEMS = [(name, name, "") for name in pose_names()]


def storing_problem(context: bpy.types.Context) -> str | None:
    """Return why no pose of the chosen object can be stored, or None if one can."""
    return BUSY if STATUS.running else calibration.problem(chosen_mesh(context))


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
            stored = calibration.names_of(chosen_mesh(context))
        except UserError as error:
            return str(error)
        return None if stored else "No pose is stored; pose the bones and store one."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Act on the pose."""
        obj = chosen_mesh(context)
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

    def act(self, obj: bpy.types.Object) -> None:
        """Store the pose in place of any of its name."""
        count = calibration.store(obj, self.pose, calibration.current(obj))
        self.report({"INFO"}, f"Stored {self.pose} of '{obj.name}': {count} bones.")


class JAMBATALK_OT_show_pose(_PoseOperator, bpy.types.Operator):
    """Bring the bones to a stored pose, to look at it or change it; keys are left alone"""

    bl_idname = "jambatalk.show_pose"
    bl_label = "Show Pose"

    def act(self, obj: bpy.types.Object) -> None:
        """Pose the bones."""
        self.check_stored(obj)
        notes = calibration.show(obj, self.pose)
        if notes:
            self.report({"WARNING"}, " ".join(notes))


class JAMBATALK_OT_remove_pose(_PoseOperator, bpy.types.Operator):
    """Forget a stored pose; bones and keys stay as they are"""

    bl_idname = "jambatalk.remove_pose"
    bl_label = "Remove Pose"

    def act(self, obj: bpy.types.Object) -> None:
        """Forget the pose."""
        self.check_stored(obj)
        calibration.remove(obj, self.pose)
