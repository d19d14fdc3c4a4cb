"""Bakes beside NLA strips play at the right time and leave each other alone, or are refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon

from model_core.rig.rig import FaceRig

FRAMES = 60
CLOSE_MM = 0.15


@pytest.fixture
def bake(scene: bpy.types.Scene, tmp_path: Path) -> Callable[[str, int], None]:
    def bake(name: str, start: int) -> None:
        settings = scene.jambatalk
        settings.source = "FILE"
        settings.sound_file = str(helpers.write_wav(tmp_path / f"{name}.wav", FRAMES / 30))
        settings.start_frame = start
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}

    return bake


def worst(head: bpy.types.Object, rig: FaceRig, first: int) -> float:
    weights = fake_worker.weights_at(np.arange(FRAMES) / 30)
    offsets = np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)
    return helpers.worst_mm(head, rig.neutral, offsets, first, step=3)


def push_down(head: bpy.types.Object) -> bpy.types.NlaStrip:
    """Do what the button does."""
    data = head.data.shape_keys.animation_data
    action, slot = data.action, getattr(data, "action_slot", None)
    start = int(action.frame_range[0])
    strip = data.nla_tracks.new().strips.new("pushed", start, action)
    if slot is not None:
        strip.action_slot = slot
    strip.blend_type = data.action_blend_type
    data.action = None
    return strip


def test_pushed_down_lines_and_new_ones_all_play(
    head: bpy.types.Object, rig: FaceRig, bake: Callable
) -> None:
    bake("a", 101)
    push_down(head)
    bake("b", 301)
    bake("c", 11)
    push_down(head)
    bake("d", 201)
    for first in (101, 301, 11, 201):
        assert worst(head, rig, first) < CLOSE_MM


def test_clear_gives_the_blending_back(head: bpy.types.Object, bake: Callable) -> None:
    bake("a", 101)
    push_down(head)
    assert head.data.shape_keys.animation_data.action_blend_type == "REPLACE"
    bake("b", 301)
    assert head.data.shape_keys.animation_data.action_blend_type == "ADD"
    bpy.ops.jambatalk.clear()
    assert head.data.shape_keys.animation_data.action_blend_type == "REPLACE"


def assert_refused_unchanged(head: bpy.types.Object, words: str, bake: Callable, at: int) -> None:
    helpers.evaluated_points(head, 1)
    before = helpers.snapshot(head)
    with pytest.raises(RuntimeError, match=words):
        bake("refused", at)
    assert helpers.snapshot(head) == before


@pytest.mark.parametrize("shift", [0, 30])
def test_frames_that_a_strip_moves_are_refused(
    head: bpy.types.Object, bake: Callable, shift: int
) -> None:
    bake("a", 101)
    strip = push_down(head)
    strip.frame_start += shift
    strip.frame_end += shift
    assert_refused_unchanged(head, "The NLA strip 'pushed' moves the same", bake, 151 + shift)
    strip.mute = True
    bake("b", 151 + shift)


def test_a_stretched_strip_is_seen_where_it_plays(
    head: bpy.types.Object, rig: FaceRig, bake: Callable
) -> None:
    bake("a", 1)
    strip = push_down(head)
    strip.scale = 3.0
    bpy.context.scene.frame_set(2)  # has the keys take their values anew
    assert_refused_unchanged(head, "moves the same shape keys", bake, 101)
    bake("b", 301)
    assert worst(head, rig, 301) < CLOSE_MM


def test_an_action_of_the_artists_above_a_strip_is_not_turned_to_adding(
    head: bpy.types.Object, bake: Callable
) -> None:
    head.shape_key_add(name="Basis")
    smirk = head.shape_key_add(name="Smirk")
    bake("a", 101)
    push_down(head)
    smirk.keyframe_insert("value", frame=1)
    assert_refused_unchanged(head, "has curves of yours", bake, 301)
    assert head.data.shape_keys.animation_data.action_blend_type == "REPLACE"


def test_tweak_mode_is_refused_before_the_model_runs(
    head: bpy.types.Object, addon: Addon, bake: Callable
) -> None:
    bake("a", 101)
    strip = push_down(head)
    data = head.data.shape_keys.animation_data
    strip.select = data.nla_tracks[0].select = True
    data.use_tweak_mode = True
    reason = addon("bake.operators").JAMBATALK_OT_bake.disabled_reason(bpy.context)
    assert "tweak mode" in reason
    assert not bpy.ops.jambatalk.clear.poll()


def solo(head: bpy.types.Object) -> None:
    head.data.shape_keys.animation_data.nla_tracks.new().is_solo = True


def influence(head: bpy.types.Object) -> None:
    data = head.data.shape_keys.animation_data
    data.nla_tracks.new()
    data.action_influence = 0.5


def driver(head: bpy.types.Object) -> None:
    head.data.shape_keys.key_blocks["jawOpen"].driver_add("value").driver.expression = "0.1"


def muted_key(head: bpy.types.Object) -> None:
    head.data.shape_keys.key_blocks["jawOpen"].mute = True


def pinned(head: bpy.types.Object) -> None:
    head.show_only_shape_key = True


def muted_curve(head: bpy.types.Object) -> None:
    helpers.value_curves(head)['key_blocks["jawOpen"].value'].mute = True


def noise(head: bpy.types.Object) -> None:
    helpers.value_curves(head)['key_blocks["jawOpen"].value'].modifiers.new("NOISE")


@pytest.mark.parametrize(
    ("hinder", "words"),
    [
        (solo, "plays solo"),
        (influence, "influence is 0.50"),
        (driver, "Drivers override the baked curves of 'jawOpen'"),
        (muted_key, "do not show: 'jawOpen'"),
        (pinned, "Shape Key Lock is on"),
        (muted_curve, "The curves of 'jawOpen' are muted"),
        (noise, "Modifiers in the Graph Editor change the curves of 'jawOpen'"),
    ],
)
def test_what_keeps_a_bake_from_showing_is_said_before_and_after(
    head: bpy.types.Object, addon: Addon, bake: Callable, hinder: Callable, words: str
) -> None:
    bake("a", 1)
    hinder(head)
    assert any(words in note for note in addon("targets.checks").mesh_notes(head))
    bake("a", 1)
    assert any(words in note for note in addon("bake.status").STATUS.notes)


def test_a_locked_curve_is_not_changed(head: bpy.types.Object, bake: Callable) -> None:
    bake("a", 1)
    helpers.value_curves(head)['key_blocks["jawOpen"].value'].lock = True
    with pytest.raises(RuntimeError, match="Unlock the curve of 'jawOpen'"):
        bake("b", 201)


def test_a_silent_bake_says_that_nothing_moves(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, addon: Addon, bake: Callable
) -> None:
    bake("a", 1)
    scene.jambatalk.strength = 0.0
    bake("a", 1)
    assert "Nothing moves" in " ".join(addon("bake.status").STATUS.notes)
    moved = [np.abs(helpers.evaluated_points(head, f) - rig.neutral).max() for f in range(1, 61)]
    assert max(moved) < 1e-6
