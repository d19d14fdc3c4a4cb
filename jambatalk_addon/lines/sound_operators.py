"""Strengthen or silence one sound of a line, from the panel or by a click into the dope sheet."""

from __future__ import annotations

import math

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.sounds import AS_HEARD, SILENT, STRONGEST
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, report_failure, tell
from . import markers, sounds

_STRONGER = 1.75


class JAMBATALK_OT_edit_sound(ReasonedOperator, bpy.types.Operator):
    """Make the sound at a frame stronger, weaker or silent; it stays so when its line is baked"""

    bl_idname = "jambatalk.edit_sound"
    bl_label = "Change Sound"
    bl_options = {"REGISTER", "UNDO"}

    gain: bpy.props.FloatProperty(
        name="Strength",
        description="How much of the sound there is, as a factor: 0 is silent, 1 as it is heard",
        default=_STRONGER,
        min=SILENT,
        max=STRONGEST,
    )
    frame: bpy.props.FloatProperty(
        name="Frame",
        description="Scene frame at which the sound is; the playhead's if at_playhead is set",
        options={"SKIP_SAVE"},
    )
    at_playhead: bpy.props.BoolProperty(
        name="At the Playhead",
        description="Change the sound under the playhead, not at the frame that is told",
        default=True,
        options={"SKIP_SAVE"},
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no sound can be changed."""
        return BUSY if STATUS.running else sounds.problem(context)

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> set[str]:
        """Take the frame under the mouse, where that is over a timeline."""
        region = context.region
        if context.area is not None and context.area.type == "DOPESHEET_EDITOR":
            place = region.view2d.region_to_view(event.mouse_region_x, event.mouse_region_y)
            self.frame, self.at_playhead = place[0], False
        return self.execute(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Change it."""
        frame = context.scene.frame_current_final if self.at_playhead else self.frame
        try:
            obj, sound = sounds.sound_at(context, frame)
            sounds.set_gain(context, obj, sound, round(self.gain, 3))
        except UserError as error:
            report_failure(self, error)
            return {"CANCELLED"}
        what = {SILENT: "silent", AS_HEARD: "as it is heard"}.get(
            self.gain, f"{self.gain:.2f} times as strong"
        )
        tell(self, "INFO", f"'{sound.text}' at frame {sound.first:.0f} is {what} now.")
        return {"FINISHED"}


class JAMBATALK_OT_go_to_sound(ReasonedOperator, bpy.types.Operator):
    """Go to this sound"""

    bl_idname = "jambatalk.go_to_sound"
    bl_label = "Go to Sound"
    bl_options = {"REGISTER", "UNDO"}

    frame: bpy.props.FloatProperty(
        name="Frame", description="Scene frame at which it begins", options={"SKIP_SAVE"}
    )

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there is no sound to go to."""
        return sounds.problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Set the scene's frame: the first whole one in the sound."""
        context.scene.frame_set(math.ceil(self.frame - 1e-6))
        return {"FINISHED"}


class JAMBATALK_OT_add_word_markers(ReasonedOperator, bpy.types.Operator):
    """Put a marker where each word begins, or each sound where the words are not known"""

    bl_idname = "jambatalk.add_word_markers"
    bl_label = "Words as Markers"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there are no words."""
        return BUSY if STATUS.running else sounds.problem(context)

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Put them, in place of those put before."""
        count = markers.put(context)
        tell(self, "INFO", f"{count} markers added.")
        return {"FINISHED"}


class JAMBATALK_OT_remove_word_markers(ReasonedOperator, bpy.types.Operator):
    """Remove the markers of words; yours, and those you moved or renamed, stay"""

    bl_idname = "jambatalk.remove_word_markers"
    bl_label = "Remove Word Markers"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why there are none."""
        return None if markers.count(context.scene) else "There are no markers of words."

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Remove them."""
        tell(self, "INFO", f"{markers.remove(context.scene)} markers removed.")
        return {"FINISHED"}


def draw_menu(menu: bpy.types.Menu, _context: bpy.types.Context) -> None:
    """Draw what a click into the dope sheet can do to a sound."""
    layout = menu.layout
    layout.separator()
    layout.operator_context = "INVOKE_DEFAULT"
    name = JAMBATALK_OT_edit_sound.bl_idname
    for text, gain in (
        ("Strengthen Sound", _STRONGER),
        ("Silence Sound", SILENT),
        ("Sound as Heard", AS_HEARD),
    ):
        layout.operator(name, text=text).gain = gain


def attach() -> None:
    """Add the clicks to the dope sheet's menu."""
    bpy.types.DOPESHEET_MT_context_menu.append(draw_menu)


def detach() -> None:
    """Undo `attach`."""
    bpy.types.DOPESHEET_MT_context_menu.remove(draw_menu)
