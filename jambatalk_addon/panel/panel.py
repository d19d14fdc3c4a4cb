"""The sidebar tab, and the progress in the status bar."""

import bpy

from ...model_core.base.errors import UserError
from ...model_core.performance.options import CAPTURE, CONTROLS, MESH, OUTPUT, SPEECH
from ...model_core.targets.preference import AUTO
from ..anatomy.mouth import has_teeth
from ..bake import plan
from ..bake.status import STATUS
from ..bones.rigs import rig_of
from ..bones.takes import takes_of
from ..targets.checks import has_choice, is_flame_head, is_speaker, mesh_notes, rig_notes
from ..targets.target import target_of
from ..translation.hook import shown
from ..ui import draw_sentence
from . import adjusting, options, watch
from .properties import JambaTalkSettings

_CATEGORY = "JambaTalk"
_STATUS_BAR_UNITS = 14.0


class SidebarPanel:
    """Where the panels are."""

    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = _CATEGORY


class JAMBATALK_PT_sidebar(SidebarPanel, bpy.types.Panel):
    """Sound and mesh in, curves out."""

    bl_idname = "JAMBATALK_PT_sidebar"
    bl_label = "Speech to Shape Keys"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the choices, the buttons and how the bake goes."""
        settings, layout = context.scene.jambatalk, self.layout
        layout.use_property_split, layout.use_property_decorate = True, False
        choices = layout.column()
        choices.enabled = not STATUS.running
        _draw_sound(choices, settings, context)
        _draw_mesh(choices, settings, context)
        choices.separator(factor=0.5)
        options.draw(choices.column(align=True), settings, SPEECH)
        layout.separator()
        if STATUS.running:
            draw_progress(layout.column(align=True))
        else:
            _draw_buttons(layout, context)
            _draw_outcome(layout, context)


class SubPanel(SidebarPanel):
    """Where the panels below the first are; closed until they are wanted."""

    bl_parent_id = JAMBATALK_PT_sidebar.bl_idname
    bl_options = {"DEFAULT_CLOSED"}


def begun(
    layout: bpy.types.UILayout, context: bpy.types.Context, *, keyed: bool = False
) -> JambaTalkSettings:
    """Set up how a panel below the first draws settings, and return them.

    Args:
        layout: the panel's.
        context: whose scene has the settings.
        keyed: draw the dots that key them.
    """
    layout.use_property_split, layout.use_property_decorate = True, keyed
    layout.enabled = not STATUS.running
    return context.scene.jambatalk


class JAMBATALK_PT_controls(SubPanel, bpy.types.Panel):
    """What is done to a motion without the model."""

    bl_idname = "JAMBATALK_PT_controls"
    bl_label = "Controls"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the sliders, and which lines they act on."""
        settings, layout = begun(self.layout, context), self.layout
        obj = plan.chosen_mesh(context)
        _draw_scope(layout, settings, obj)
        options.draw(layout.column(align=True), settings, CONTROLS)
        reason = adjusting.reason_against(settings, obj) if settings.live else None
        if reason is not None and takes_of(obj):
            draw_sentence(layout, context, f"For the next bake only: {reason}", "INFO")
        for note in adjusting.notes(settings, obj):
            draw_sentence(layout, context, note, "INFO")
        layout.operator("jambatalk.forget_motion", icon="TRASH")


def _draw_scope(
    layout: bpy.types.UILayout, settings: JambaTalkSettings, obj: bpy.types.Object | None
) -> None:
    """Draw which of the lines on a mesh the sliders act on."""
    takes = takes_of(obj)
    if not takes:
        return
    row = layout.row(align=True)
    row.prop(settings, "live", toggle=True)
    row.prop(settings, "adjust_all", toggle=True)
    meant = takes.get(settings.adjusted_take)
    if settings.live and not settings.adjust_all and meant is not None:
        layout.label(
            text=shown(f"{meant.name}: {meant.heard[0]} to {meant.heard[1]}"), icon="SOUND"
        )


class JAMBATALK_PT_capture(SubPanel, bpy.types.Panel):
    """A recorded face around the speech."""

    bl_idname = "JAMBATALK_PT_capture"
    bl_label = "Recorded Face"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw which recording, from where, and whose the mouth is."""
        settings, layout = begun(self.layout, context), self.layout
        options.draw(layout.column(align=True), settings, CAPTURE)


class JAMBATALK_PT_output(SubPanel, bpy.types.Panel):
    """What is written, and which model makes it."""

    bl_idname = "JAMBATALK_PT_output"
    bl_label = "Output"

    def draw(self, context: bpy.types.Context) -> None:
        """Draw the less common choices."""
        settings, layout = begun(self.layout, context), self.layout
        options.draw(layout, settings, OUTPUT)


def draw_status_bar(header: bpy.types.Header, _context: bpy.types.Context) -> None:
    """Draw the progress of the bake under way in Blender's status bar."""
    row = header.layout.row()
    row.label(text="JambaTalk", icon="SOUND")
    bar = row.row()
    bar.ui_units_x = _STATUS_BAR_UNITS
    bar.progress(factor=STATUS.fraction, text=_progress_text())
    row.label(text="Cancel", icon="EVENT_ESC")


def redraw(context: bpy.types.Context) -> None:
    """Have every window and the status bar show the progress."""
    if STATUS.running:
        context.workspace.status_text_set(draw_status_bar)
    for sidebar in watch.sidebars(context.window_manager):
        sidebar.tag_redraw()


def _draw_sound(
    layout: bpy.types.UILayout, settings: JambaTalkSettings, context: bpy.types.Context
) -> None:
    column = layout.column(align=True)
    column.row().prop(settings, "source", expand=True)
    if settings.source == "STRIP":
        watch.start()
        _draw_strip_menu(column, settings, context)
    else:
        column.prop(settings, "sound_file")
        column.prop(settings, "start_frame")
    on_baking = layout.column(heading="On Baking", align=True)
    on_baking.prop(settings, "extend_scene")
    if settings.source == "FILE":
        on_baking.prop(settings, "add_strip")


def _draw_strip_menu(
    layout: bpy.types.UILayout, settings: JambaTalkSettings, context: bpy.types.Context
) -> None:
    """Draw the strip's name on a button that lists strips, and what chooses for it."""
    split = layout.split(factor=0.4, align=True)
    label = split.row()
    label.alignment = "RIGHT"
    label.label(text="Strip")
    row = split.row(align=True)
    menu = row.row(align=True)
    menu.enabled = not settings.follow_sequencer
    menu.prop_menu_enum(settings, "strip", text=_strip_text(settings, context), icon="SOUND")
    row.prop(settings, "follow_sequencer", text="", icon="RESTRICT_SELECT_OFF")
    row.operator("jambatalk.add_sound", text="", icon="ADD")


def _strip_text(settings: JambaTalkSettings, context: bpy.types.Context) -> str:
    """Return the chosen strip's name, and its scene's where that is another."""
    try:
        scene, strip = plan.chosen_strip(context)
    except UserError:
        return settings.strip_name or "No sound strip"
    return strip.name if scene == context.scene else f"{strip.name} ({scene.name})"


def _draw_mesh(
    layout: bpy.types.UILayout, settings: JambaTalkSettings, context: bpy.types.Context
) -> None:
    """Draw the mesh picker with what it is and what may surprise."""
    obj = plan.chosen_mesh(context)
    layout.separator(factor=0.5)
    column = layout.column(align=True)
    column.prop(settings, "mesh", placeholder=obj.name if obj else "")
    problem = plan.chosen_mesh_problem(context)
    is_mesh = obj is not None and obj.type == "MESH"
    if is_mesh and (settings.target != AUTO or has_choice(obj)):
        options.draw(layout, settings, MESH)
    if problem:
        draw_sentence(column, context, problem, "ERROR")
        if not is_speaker(obj):
            column.operator("jambatalk.add_demo_head", icon="USER")
        return
    wanted = options.read(settings)
    rig = rig_of(obj, wanted) if obj is not None else None
    if rig is not None:
        draw_sentence(column, context, rig.kind, "CHECKMARK")
        for note in rig_notes(obj, rig):
            draw_sentence(column, context, note, "INFO")
        return
    draw_sentence(column, context, target_of(obj, wanted).kind, "CHECKMARK")
    for note in mesh_notes(obj, wanted):
        draw_sentence(column, context, note, "INFO")
    if is_flame_head(obj) and not has_teeth(obj):
        column.operator("jambatalk.add_mouth", icon="MESH_CAPSULE")


def _draw_buttons(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw Bake and Clear, what may surprise about the sound, and why Bake is greyed out."""
    row = layout.row(align=True)
    row.scale_y = 1.5
    row.operator("jambatalk.bake", icon="SOUND")
    row.operator("jambatalk.clear", text="", icon="TRASH")
    layout.operator("jambatalk.next_take", icon="FILE_REFRESH")
    if context.scene.jambatalk.source == "STRIP":
        _draw_queue_buttons(layout, context)
    try:
        notes = plan.make_plan(context).span.notes
    except UserError as error:
        if str(error) != plan.chosen_mesh_problem(context):  # told beside the mesh
            draw_sentence(layout, context, str(error), "INFO")
    else:
        for note in notes:
            draw_sentence(layout, context, note, "INFO")


def _draw_queue_buttons(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw the buttons that bake several strips, with how many those are."""
    every = plan.all_strips(context)
    if len(every) < 2:
        return
    row = layout.row(align=True)
    count = len(plan.selected_strips(context))
    row.operator("jambatalk.bake_selected", text=shown(f"Bake Selected ({count})"))
    row.operator("jambatalk.bake_all", text=shown(f"Bake All ({len(every)})"))


def draw_progress(layout: bpy.types.UILayout) -> None:
    """Draw how far the bake under way is, and the cross that cancels it."""
    row = layout.row(align=True)
    row.scale_y = 1.5
    row.progress(factor=STATUS.fraction, text=_progress_text())
    row.operator("jambatalk.cancel", text="", icon="CANCEL")


def _draw_outcome(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Draw how the last bake of this scene ended, as long as that is still so."""
    if not STATUS.is_true_in(context.scene):
        return
    box = layout.box()
    draw_sentence(box, context, STATUS.outcome, STATUS.kind.value)
    for note in STATUS.notes:
        draw_sentence(box, context, note, "INFO")


def _progress_text() -> str:
    return f"{STATUS.message}  {STATUS.fraction:.0%}" if STATUS.fraction else STATUS.message
