"""What Blender registers, in order, and takes out again in reverse."""

import atexit

import bpy

from .anatomy import operators as mouth_operators
from .bake import followed, report_operator
from .bake import operators as bake_operators
from .bake import status as bake_status
from .bones import kept as bones_kept
from .bones import operators as bones_operators
from .bones import panel as bones_panel
from .demo import operators as demo_operators
from .headless import command
from .installer import operators as runtime_operators
from .lines import follow_operators as lines_follow_operators
from .lines import operators as lines_operators
from .lines import overlay, words_panel
from .lines import panel as lines_panel
from .lines import properties as lines_properties
from .lines import sound_operators as sound_edit_operators
from .live import endings as live_endings
from .live import operators as live_operators
from .live import panel as live_panel
from .machine import operators as preferences_operators
from .machine import properties as preferences_properties
from .panel import (
    adjust_operators,
    adjusting,
    life_panel,
    performances_operators,
    shape_list,
    shape_list_operators,
    shape_list_panel,
    takes_operators,
    takes_panel,
    watch,
)
from .panel import panel as bake_panel
from .panel import properties as bake_properties
from .prepare import operators as prepare_operators
from .prepare import panel as prepare_panel
from .sound import operators as sound_operators
from .translation import hook as translation
from .worker import session

_CLASSES: tuple[type, ...] = (
    preferences_operators.JAMBATALK_OT_test_worker,
    runtime_operators.JAMBATALK_OT_install_runtime,
    runtime_operators.JAMBATALK_OT_cancel_installation,
    runtime_operators.JAMBATALK_OT_remove_runtime,
    preferences_properties.JambaTalkPreferences,
    shape_list.JambaTalkLink,
    shape_list.JambaTalkShapeList,
    bake_properties.JambaTalkSettings,
    bones_kept.JambaTalkPoses,
    lines_properties.JambaTalkLine,
    lines_properties.JambaTalkCharacter,
    lines_properties.JambaTalkMarker,
    lines_properties.JambaTalkLines,
    sound_operators.JAMBATALK_OT_add_sound,
    demo_operators.JAMBATALK_OT_add_demo_head,
    mouth_operators.JAMBATALK_OT_add_mouth,
    mouth_operators.JAMBATALK_OT_remove_mouth,
    bake_operators.JAMBATALK_OT_bake,
    bake_operators.JAMBATALK_OT_bake_selected,
    bake_operators.JAMBATALK_OT_bake_all,
    bake_operators.JAMBATALK_OT_cancel,
    bake_operators.JAMBATALK_OT_clear,
    prepare_operators.JAMBATALK_OT_prepare_head,
    prepare_operators.JAMBATALK_OT_remove_prepared,
    prepare_operators.JAMBATALK_OT_add_landmarks,
    prepare_operators.JAMBATALK_OT_remove_landmarks,
    bake_panel.JAMBATALK_PT_sidebar,
    lines_operators.JAMBATALK_OT_bake_lines,
    lines_operators.JAMBATALK_OT_bake_selected_lines,
    lines_operators.JAMBATALK_OT_match_lines,
    lines_operators.JAMBATALK_OT_cast_channel,
    lines_operators.JAMBATALK_OT_forget_lines,
    lines_operators.JAMBATALK_OT_show_line,
    lines_follow_operators.JAMBATALK_OT_follow_strips,
    lines_follow_operators.JAMBATALK_OT_follow_strip,
    lines_operators.JAMBATALK_OT_import_subtitles,
    sound_edit_operators.JAMBATALK_OT_edit_sound,
    sound_edit_operators.JAMBATALK_OT_go_to_sound,
    sound_edit_operators.JAMBATALK_OT_add_word_markers,
    sound_edit_operators.JAMBATALK_OT_remove_word_markers,
    report_operator.JAMBATALK_OT_bake_report,
    lines_panel.JAMBATALK_UL_lines,
    lines_panel.JAMBATALK_PT_lines,
    lines_panel.JAMBATALK_PT_sequencer,
    words_panel.JAMBATALK_PT_words,
    words_panel.JAMBATALK_PT_last_bake,
    adjust_operators.JAMBATALK_OT_forget_motion,
    prepare_panel.JAMBATALK_PT_prepare,
    takes_operators.JAMBATALK_OT_adjust_take,
    takes_operators.JAMBATALK_OT_show_take,
    takes_operators.JAMBATALK_OT_clear_take,
    performances_operators.JAMBATALK_OT_next_take,
    performances_operators.JAMBATALK_OT_show_performance,
    performances_operators.JAMBATALK_OT_compare_performances,
    performances_operators.JAMBATALK_OT_blend_performance,
    performances_operators.JAMBATALK_OT_forget_performance,
    performances_operators.JAMBATALK_OT_takes_to_nla,
    performances_operators.JAMBATALK_OT_takes_from_nla,
    takes_panel.JAMBATALK_PT_takes,
    bones_operators.JAMBATALK_OT_store_pose,
    bones_operators.JAMBATALK_OT_store_pose_assets,
    bones_operators.JAMBATALK_OT_show_pose,
    bones_operators.JAMBATALK_OT_remove_pose,
    bones_panel.JAMBATALK_MT_more_poses,
    bones_panel.JAMBATALK_PT_bones,
    shape_list_operators.JAMBATALK_OT_edit_shapes,
    shape_list_operators.JAMBATALK_OT_add_shape,
    shape_list_operators.JAMBATALK_OT_remove_shape,
    shape_list_operators.JAMBATALK_OT_reset_shapes,
    shape_list_operators.JAMBATALK_OT_load_shapes,
    shape_list_operators.JAMBATALK_OT_save_shapes,
    shape_list_panel.JAMBATALK_UL_shapes,
    shape_list_panel.JAMBATALK_PT_shapes,
    live_operators.JAMBATALK_OT_live,
    live_panel.JAMBATALK_PT_live,
    bake_panel.JAMBATALK_PT_controls,
    bake_panel.JAMBATALK_PT_capture,
    life_panel.JAMBATALK_PT_life,
    life_panel.JAMBATALK_PT_mood,
    bake_panel.JAMBATALK_PT_output,
)
_registered: list[type] = []


def register() -> None:
    """Register the classes, settings and command line, and arrange a clean exit."""
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
        _registered.append(cls)
    bake_properties.attach()
    lines_properties.attach()
    bones_kept.attach()
    bake_status.attach()
    adjusting.attach()
    demo_operators.attach()
    translation.attach()
    sound_edit_operators.attach()
    overlay.attach()
    live_endings.attach()
    command.register()
    # Ends the worker with Blender; and the bpy wheels hang at exit while a class is registered.
    atexit.register(unregister)


def unregister() -> None:
    """Undo `register` and end the worker; a second call does nothing."""
    if not _registered:
        return
    atexit.unregister(unregister)
    followed.detach()
    live_endings.detach()
    session.shut_down()
    command.unregister()
    translation.detach()
    watch.detach()
    overlay.detach()
    sound_edit_operators.detach()
    demo_operators.detach()
    adjusting.detach()
    bake_status.detach()
    bones_kept.detach()
    lines_properties.detach()
    bake_properties.detach()
    while _registered:
        bpy.utils.unregister_class(_registered.pop())
