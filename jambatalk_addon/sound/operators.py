"""Bring sounds into the sequencer from where the bake is."""

from __future__ import annotations

from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ..bake.status import BUSY, STATUS
from ..operator_base import ReasonedOperator, tell
from ..panel.properties import choose_strip
from . import strips


class JAMBATALK_OT_add_sound(ReasonedOperator, bpy.types.Operator):
    """Put sound files on strips, in a row from the current frame on, and choose the first"""

    bl_idname = "jambatalk.add_sound"
    bl_label = "Add Sound"
    bl_options = {"REGISTER", "UNDO"}

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"HIDDEN", "SKIP_SAVE"})
    files: bpy.props.CollectionProperty(
        type=bpy.types.OperatorFileListElement, options={"HIDDEN", "SKIP_SAVE"}
    )
    filter_sound: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_movie: bpy.props.BoolProperty(default=True, options={"HIDDEN"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN"})

    @classmethod
    def disabled_reason(cls, context: bpy.types.Context) -> str | None:
        """Return why no strip can be added."""
        if STATUS.running:
            return BUSY
        if context.scene.library is not None:
            return f"The scene '{context.scene.name}' is linked; add the sound in its own file."
        return None

    def invoke(self, context: bpy.types.Context, _event: bpy.types.Event) -> set[str]:
        """Let the artist choose files."""
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context: bpy.types.Context) -> set[str]:
        """Add the files that can be played, and say which cannot."""
        paths = [Path(self.directory) / each.name for each in self.files if each.name]
        if not paths:
            tell(self, "ERROR", "Choose a sound file.")
            return {"CANCELLED"}
        added, refused = add_in_a_row(context.scene, paths)
        if added:
            _show(context, added)
            tell(self, "INFO", _told(context.scene, added))
        for sentence in refused:
            tell(self, "ERROR", sentence)
        return {"FINISHED"} if added else {"CANCELLED"}


def add_in_a_row(
    scene: bpy.types.Scene, paths: list[Path]
) -> tuple[list[bpy.types.Strip], list[str]]:
    """Add files as strips from the current frame on; return those, and why others were not."""
    added: list[bpy.types.Strip] = []
    refused = []
    for path in paths:
        first = strips.right_handle(added[-1]) if added else scene.frame_current
        try:
            added.append(strips.add(scene, path, first))
        except UserError as error:
            refused.append(str(error))
    return added, refused


def _show(context: bpy.types.Context, added: list[bpy.types.Strip]) -> None:
    """Select the strips, choose the first to be baked, and have the sequencer show them."""
    scene, settings = context.scene, context.scene.jambatalk
    for strip in strips.sound_strips(scene):
        strip.select = strip in added
    scene.sequence_editor.active_strip = added[0]
    settings.source = "STRIP"
    choose_strip(settings, (scene, added[0]))
    workspace = context.workspace
    if workspace is not None and getattr(workspace, "sequencer_scene", scene) is None:
        workspace.sequencer_scene = scene  # since 5.0, where the sequencer would stay empty
    if strips.editing_scene(context) != scene:
        settings.follow_sequencer = False


def _told(scene: bpy.types.Scene, added: list[bpy.types.Strip]) -> str:
    names = ", ".join(f"'{strip.name}'" for strip in added)
    first, last = strips.left_handle(added[0]), strips.right_handle(added[-1]) - 1
    return f"Added {names} to the sequencer of '{scene.name}', frames {first} to {last}."
