"""What is said in the chosen mesh's takes, what is done to single sounds, and the last bake."""

from __future__ import annotations

import bpy

from ...model_core.performance.sounds import AS_HEARD, SILENT
from ..bake import plan
from ..bake.status import STATUS
from ..panel.panel import SubPanel
from ..translation.hook import shown
from ..ui import draw_sentence
from . import sounds, table
from .sounds import Said

_STEPS = (("Silent", SILENT), ("Weaker", 0.5), ("As Heard", AS_HEARD), ("Stronger", 1.75))
_LISTED = 14  # sounds of a word


class JAMBATALK_PT_words(SubPanel, bpy.types.Panel):
    """Words and sounds at the playhead."""

    bl_idname = "JAMBATALK_PT_words"
    bl_label = "Words and Sounds"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the word and the sound at the playhead, and what can be done to that."""
        layout = self.layout
        layout.enabled = not STATUS.running
        layout.prop(table.table_of(context.scene), "show_words", toggle=True)
        row = layout.row(align=True)
        row.operator("jambatalk.add_word_markers", icon="MARKER")
        row.operator("jambatalk.remove_word_markers", text="", icon="TRASH")
        reason = sounds.problem(context)
        if reason is not None:
            draw_sentence(layout, context, reason, "INFO")
            return
        _draw_playhead(layout, context)


class JAMBATALK_PT_last_bake(SubPanel, bpy.types.Panel):
    """What the last bake did, line by line."""

    bl_idname = "JAMBATALK_PT_last_bake"
    bl_label = "Last Bake"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Show it where there is something to tell."""
        return bool(STATUS.report) and STATUS.is_true_in(context.scene)

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the report."""
        for line in STATUS.report:
            draw_sentence(self.layout, context, line, "DOT")
        self.layout.operator("jambatalk.bake_report", icon="TEXT")


def _draw_playhead(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw what is said at the playhead: the word, its sounds, and buttons for one of them."""
    obj, frame = plan.chosen_mesh(context), context.scene.frame_current_final
    assert obj is not None  # or there would be a problem
    every = sounds.sounds_of(obj, context.scene)
    word = sounds.at_frame(sounds.words_of(obj, context.scene), frame)
    sound = sounds.at_frame(every, frame)
    if word is not None:
        layout.label(text=word.text, icon="SPEAKER")
        _draw_sounds(
            layout, [each for each in every if word.first <= each.first < word.last], sound
        )
    if sound is None:
        layout.label(text="Nothing is said at the playhead.", icon="INFO")
        return
    box = layout.column(align=True)
    told = f"{sound.text}: {sound.first:.1f} to {sound.last:.1f}, {sound.gain:.2f} times"
    box.label(text=shown(told))
    row = box.row(align=True)
    row.operator_context = "EXEC_DEFAULT"
    for text, gain in _STEPS:
        pressed = abs(sound.gain - gain) < 1e-6
        row.operator("jambatalk.edit_sound", text=text, depress=pressed).gain = gain


def _draw_sounds(layout: bpy.types.UILayout, said: list[Said], here: Said | None) -> None:
    """Draw the sounds of a word, each a button that goes there."""
    row = layout.row(align=True)
    for each in said[:_LISTED]:
        button = row.operator("jambatalk.go_to_sound", text=each.text, depress=each == here)
        button.frame = each.first
