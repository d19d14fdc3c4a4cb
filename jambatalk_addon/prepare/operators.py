"""Prepare a head, take its keys off again, and put landmarks on it."""

from __future__ import annotations

import bpy

from ...model_core.rig.transfer.result import shape_names
from ..bake.followed import FollowedOperator
from ..bake.plan import chosen_mesh
from ..bake.status import STATUS, Kind
from ..operator_base import ReasonedOperator, tell
from ..panel import panel
from ..targets.checks import access_problem
from ..write.wording import listed
from . import keys, landmarks
from .preparation import Preparation, prepare_and_wait


def head_problem(context: bpy.types.Context) -> str | None:
    """Return why there is no head to work on."""
    if STATUS.running:
        return "Something is under way; wait for it or cancel it."
    head = chosen_mesh(context)
    if head is None or head.type != "MESH":
        return "Choose the head's mesh."
    return access_problem(head)


def preparing_problem(context: bpy.types.Context) -> str | None:
    """Return why the chosen head cannot be prepared."""
    head, problem = chosen_mesh(context), head_problem(context)
    if head is None or problem is not None:
        return problem
    key = head.data.shape_keys
    if key is not None and not key.use_relative:
        return f"'{head.name}' has absolute shape keys; turn Relative on in its Shape Keys panel."
    taken = keys.taken_names(head, shape_names())
    if taken:
        return f"'{head.name}' has shape keys of these names already, such as '{taken[0]}'."
    return None


class JAMBATALK_OT_prepare_head(FollowedOperator, bpy.types.Operator):
    """Give a head of any topology the shapes of speech, blinks and brows as shape keys"""

    bl_idname = "jambatalk.prepare_head"
    bl_label = "Prepare This Head"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why the head cannot be prepared."""
        return preparing_problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Prepare and wait: for scripts and Blender without a window."""
        try:
            return self._tell(prepare_and_wait(chosen_mesh(context)))
        except Exception as error:
            return self.fail(error)

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Start while Blender stays alive."""
        if bpy.app.background:
            return self.execute(context)
        try:
            self._preparation = Preparation(chosen_mesh(context))
        except Exception as error:
            return self.fail(error)
        return self.follow(context, self._preparation, "Preparing the head")

    def step(self, context: bpy.types.Context) -> set[str]:
        """Take in what the worker said and make the keys once they are there."""
        request = self._preparation.request
        over = self._preparation.poll() and not bpy.app.is_job_running("RENDER")
        STATUS.fraction, STATUS.message = request.fraction, request.message or STATUS.message
        panel.redraw(context)
        return self._tell(self._preparation.write()) if over else {"PASS_THROUGH"}

    def _tell(self, written: tuple[str, tuple[str, ...]] | None) -> set[str]:
        if written is None:
            STATUS.finish("The head was not prepared: cancelled.", Kind.CANCELLED)
            return {"CANCELLED"}
        sentence, notes = written
        STATUS.finish(sentence, Kind.WARNED if notes else Kind.DONE, notes)
        tell(self, "WARNING" if notes else "INFO", " ".join([sentence, *notes]))
        return {"FINISHED"}


class JAMBATALK_OT_remove_prepared(ReasonedOperator, bpy.types.Operator):
    """Remove the shape keys that Prepare This Head made; keys you changed or animated stay"""

    bl_idname = "jambatalk.remove_prepared"
    bl_label = "Remove Prepared Keys"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is nothing to remove."""
        head, problem = chosen_mesh(context), head_problem(context)
        if problem is None and head is not None and not keys.is_prepared(head):
            return f"'{head.name}' has no keys of Prepare This Head."
        return problem

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them; tell what stays."""
        staying = keys.remove_keys(chosen_mesh(context))
        if staying:
            tell(self, "WARNING", f"Sculpted or animated since, so left: {listed(staying)}.")
        return {"FINISHED"}


class JAMBATALK_OT_add_landmarks(ReasonedOperator, bpy.types.Operator):
    """Put a dozen empties on the head; move each to its place before Prepare This Head"""

    bl_idname = "jambatalk.add_landmarks"
    bl_label = "Pick Landmarks"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no landmarks can be put there."""
        return head_problem(context) or _mode_problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add those that are missing."""
        made = landmarks.add_landmarks(chosen_mesh(context))
        tell(self, "INFO", f"{len(made)} landmarks: move each to its place on the face.")
        return {"FINISHED"}


class JAMBATALK_OT_remove_landmarks(ReasonedOperator, bpy.types.Operator):
    """Remove the head's landmarks, so that they are guessed again"""

    bl_idname = "jambatalk.remove_landmarks"
    bl_label = "Remove Landmarks"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there are none to remove."""
        head, problem = chosen_mesh(context), head_problem(context) or _mode_problem(context)
        if problem is None and head is not None and landmarks.landmarks_of(head) is None:
            return f"'{head.name}' has no landmarks."
        return problem

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        landmarks.remove_landmarks(chosen_mesh(context))
        return {"FINISHED"}


def _mode_problem(context: bpy.types.Context) -> str | None:
    return None if context.mode == "OBJECT" else "Switch to Object mode first."
