"""Several takes of one line: kept, shown, compared and blended; edits stay on top."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from bone_puppet import Puppet
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

FRAMES = 30
JAW, PUCKER = ('key_blocks["jawOpen"].value', 'key_blocks["mouthPucker"].value')
CLOSE = 0.01  # of a weight


@pytest.fixture
def head(scene: bpy.types.Scene, worker: UseWorker, tmp_path: Path) -> bpy.types.Object:
    """A head with the line baked as take 0."""
    rig, settings = load_face_rig(), scene.jambatalk
    settings.mesh = helpers.make_head(rig.neutral, rig.faces)
    settings.source, settings.tolerance_mm = "FILE", 0.01
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    return settings.mesh


@pytest.fixture
def known(addon: Addon, head: bpy.types.Object) -> Callable[[], Any]:
    """Return what is kept of the line's performances."""

    def look() -> Any:
        take = bpy.context.scene.jambatalk.adjusted_take
        return addon("bake.performances").of(head, take)

    return look


def jaw_of(take: float) -> np.ndarray:
    """Return the (T,) weight of the jaw that the worker gives to a take."""
    return fake_worker.weights_at(np.arange(FRAMES) / 30 + 0.4 * take)[:, 0]


def jaw_on(head: bpy.types.Object) -> np.ndarray:
    curve = helpers.value_curves(head)[JAW]
    return np.array([curve.evaluate(frame) for frame in range(1, FRAMES + 1)])


def test_the_next_take_is_another_and_those_before_are_kept(
    head: bpy.types.Object, known: Callable[[], Any]
) -> None:
    np.testing.assert_allclose(jaw_on(head), jaw_of(0), atol=CLOSE)
    for number in (1, 2):
        assert bpy.ops.jambatalk.next_take() == {"FINISHED"}
        assert bpy.context.scene.jambatalk.take == number
        np.testing.assert_allclose(jaw_on(head), jaw_of(number), atol=CLOSE)
    assert [one.called for one in known().packed] == ["Take 0", "Take 1", "Take 2"]
    assert known().shown.called == "Take 2"


def test_takes_are_shown_compared_and_forgotten(
    head: bpy.types.Object, known: Callable[[], Any]
) -> None:
    bpy.ops.jambatalk.next_take()
    bpy.ops.jambatalk.next_take()
    assert bpy.ops.jambatalk.show_performance(called="Take 0") == {"FINISHED"}
    np.testing.assert_allclose(jaw_on(head), jaw_of(0), atol=CLOSE)
    for number in (2, 0, 2):
        assert bpy.ops.jambatalk.compare_performances() == {"FINISHED"}
        np.testing.assert_allclose(jaw_on(head), jaw_of(number), atol=CLOSE)
    with pytest.raises(RuntimeError, match="show another"):
        bpy.ops.jambatalk.forget_performance(called="Take 2")
    assert bpy.ops.jambatalk.forget_performance(called="Take 1") == {"FINISHED"}
    assert [one.called for one in known().packed] == ["Take 0", "Take 2"]
    with pytest.raises(RuntimeError, match="not kept"):
        bpy.ops.jambatalk.show_performance(called="Take 1")


def test_what_was_shown_before_may_be_forgotten_and_compared_with_what_is_left(
    head: bpy.types.Object,
) -> None:
    bpy.ops.jambatalk.next_take()
    bpy.ops.jambatalk.next_take()
    assert bpy.ops.jambatalk.forget_performance(called="Take 1") == {"FINISHED"}
    assert bpy.ops.jambatalk.compare_performances() == {"FINISHED"}
    np.testing.assert_allclose(jaw_on(head), jaw_of(0), atol=CLOSE)


@helpers.needs_sound
def test_takes_made_before_and_after_a_strip_was_moved_lie_where_it_is(
    scene: bpy.types.Scene, strip: bpy.types.Strip, worker: UseWorker
) -> None:
    rig, settings = load_face_rig(), scene.jambatalk
    settings.mesh = head = helpers.make_head(rig.neutral, rig.faces)
    settings.tolerance_mm = 0.01
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    strip.frame_start += 100
    assert bpy.ops.jambatalk.next_take() == {"FINISHED"}
    assert bpy.ops.jambatalk.show_performance(called="Take 0") == {"FINISHED"}
    curve = helpers.value_curves(head)[JAW]
    shown = [curve.evaluate(110 + frame) for frame in range(FRAMES)]
    np.testing.assert_allclose(shown, jaw_of(0), atol=CLOSE)


def test_two_takes_are_blended_by_a_slider(
    head: bpy.types.Object, known: Callable[[], Any]
) -> None:
    settings = bpy.context.scene.jambatalk
    bpy.ops.jambatalk.next_take()
    assert bpy.ops.jambatalk.blend_performance(called="Take 0") == {"FINISHED"}
    assert settings.take_blend == pytest.approx(0.5)
    np.testing.assert_allclose(jaw_on(head), (jaw_of(0) + jaw_of(1)) / 2, atol=CLOSE)
    settings.take_blend = 0.8
    np.testing.assert_allclose(jaw_on(head), 0.8 * jaw_of(0) + 0.2 * jaw_of(1), atol=CLOSE)
    bpy.ops.jambatalk.next_take()  # the blend is no take: the two are there as they were
    bpy.ops.jambatalk.show_performance(called="Take 1")
    np.testing.assert_allclose(jaw_on(head), jaw_of(1), atol=CLOSE)
    assert [one.called for one in known().packed] == ["Take 0", "Take 1", "Take 2"]


def test_controls_and_edits_go_along(head: bpy.types.Object) -> None:
    settings = bpy.context.scene.jambatalk
    bpy.ops.jambatalk.next_take()
    settings.strength = 0.5
    curve = helpers.value_curves(head)[PUCKER]
    before = curve.evaluate(15)
    for point in curve.keyframe_points:
        point.co.y += 0.2
        point.handle_left.y += 0.2
        point.handle_right.y += 0.2
    bpy.ops.jambatalk.show_performance(called="Take 0")
    np.testing.assert_allclose(jaw_on(head), jaw_of(0) / 2, atol=CLOSE)
    pucker = fake_worker.SPEECH_SHAPES.index("mouthPucker")
    plain = fake_worker.weights_at(np.array([14 / 30]))[0, pucker] / 2
    shown = helpers.value_curves(head)[PUCKER].evaluate(15)
    assert shown == pytest.approx(max(0.0, plain) + 0.2, abs=0.03)
    assert abs(shown - before - 0.2) > 0.01  # it is the other take's


def test_they_are_saved_with_the_file_and_cleared_with_the_line(
    addon: Addon, head: bpy.types.Object, tmp_path: Path
) -> None:
    bpy.ops.jambatalk.next_take()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "takes.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "takes.blend"))
    head = bpy.context.scene.jambatalk.mesh
    assert bpy.ops.jambatalk.show_performance(called="Take 0") == {"FINISHED"}
    np.testing.assert_allclose(jaw_on(head), jaw_of(0), atol=CLOSE)
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert head.data.shape_keys is None


def value_shown(head: bpy.types.Object, frame: int) -> float:
    """Return the jaw's weight as Blender plays it, strips and all."""
    bpy.context.scene.frame_set(frame)
    key = head.data.shape_keys.evaluated_get(bpy.context.evaluated_depsgraph_get())
    return float(key.key_blocks["jawOpen"].value)


def shown_jaw(head: bpy.types.Object) -> np.ndarray:
    return np.array([value_shown(head, frame) for frame in range(1, FRAMES + 1, 7)])


def tracks(animated: bpy.types.ID) -> dict[str, bool]:
    """Return which tracks there are, and whether each plays."""
    return {track.name: not track.mute for track in animated.animation_data.nla_tracks}


def test_takes_lie_in_the_nla_where_they_are_switched_and_blended(
    head: bpy.types.Object, known: Callable[[], Any]
) -> None:
    settings, key = bpy.context.scene.jambatalk, head.data.shape_keys
    with pytest.raises(RuntimeError, match="one take of this line"):
        bpy.ops.jambatalk.takes_to_nla()
    bpy.ops.jambatalk.next_take()
    theirs = key.animation_data.nla_tracks.new()
    theirs.name = "mine"
    before, action = set(bpy.data.actions), key.animation_data.action
    assert bpy.ops.jambatalk.takes_to_nla() == {"FINISHED"}
    assert tracks(key) == {"mine": True, "line: Take 0": False, "line: Take 1": True}
    assert len(set(bpy.data.actions) - before) == 2
    assert known().shown.called == "Take 1"
    np.testing.assert_allclose(shown_jaw(head), jaw_of(1)[::7], atol=CLOSE)
    bpy.ops.jambatalk.compare_performances()
    assert tracks(key) == {"mine": True, "line: Take 0": True, "line: Take 1": False}
    np.testing.assert_allclose(shown_jaw(head), jaw_of(0)[::7], atol=CLOSE)
    bpy.ops.jambatalk.blend_performance(called="Take 1")
    settings.take_blend = 0.75
    mixed = 0.25 * jaw_of(0) + 0.75 * jaw_of(1)
    np.testing.assert_allclose(shown_jaw(head), mixed[::7], atol=CLOSE)
    settings.strength = 0.5
    assert bpy.ops.jambatalk.takes_to_nla() == {"FINISHED"}  # anew, as the controls are now
    np.testing.assert_allclose(shown_jaw(head), mixed[::7] / 2, atol=CLOSE)
    assert bpy.ops.jambatalk.takes_from_nla() == {"FINISHED"}
    assert tracks(key) == {"mine": True}
    assert set(bpy.data.actions) == before
    assert key.animation_data.action == action
    assert key.animation_data.action_influence == 1.0
    np.testing.assert_allclose(shown_jaw(head), mixed[::7] / 2, atol=CLOSE)


def test_a_bake_and_clear_find_their_way_past_takes_in_the_nla(
    head: bpy.types.Object, addon: Addon
) -> None:
    bpy.ops.jambatalk.next_take()
    bpy.ops.jambatalk.takes_to_nla()
    key = head.data.shape_keys
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert key.animation_data.action_blend_type == "REPLACE"
    assert any("press Update There" in note for note in addon("targets.checks").mesh_notes(head))
    strip = key.animation_data.nla_tracks[0].strips[0]
    curve = next(iter(addon("write.nla").played_curves(strip)))
    curve.keyframe_points[3].co.y += 0.3
    changed = strip.action
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert head.data.shape_keys is None
    assert changed.use_fake_user
    assert list(bpy.data.actions) == [changed]


def test_takes_of_bones_lie_in_the_nla(puppet: Puppet, addon: Addon) -> None:
    rig = puppet.armature
    rig.pose.bones["still"].keyframe_insert("location", frame=7)

    def jaw() -> list[float]:
        turns = []
        for frame in (9, 17, 25):
            bpy.context.scene.frame_set(frame)
            turns += rig.pose.bones["jaw"].rotation_euler[:]
        return turns

    shown = []
    for make in (bpy.ops.jambatalk.bake, bpy.ops.jambatalk.next_take):
        assert make() == {"FINISHED"}
        shown.append(jaw())
    assert shown[0] != pytest.approx(shown[1], abs=0.02)
    assert bpy.ops.jambatalk.takes_to_nla() == {"FINISHED"}
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert any("play from the NLA" in note for note in addon("bake.status").STATUS.notes)
    assert jaw() == pytest.approx(shown[1], abs=1e-3)
    bpy.ops.jambatalk.compare_performances()
    assert jaw() == pytest.approx(shown[0], abs=1e-3)
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert not len(rig.animation_data.nla_tracks)
    assert rig.animation_data.action_influence == 1.0


def test_a_head_that_turns_goes_along_into_the_nla(head: bpy.types.Object) -> None:
    settings, neck = bpy.context.scene.jambatalk, bpy.data.objects.new("Neck", None)
    bpy.context.collection.objects.link(neck)
    settings.head_object, settings.life = neck, 1.0

    def turns() -> list[float]:
        found = []
        for frame in (5, 14, 23):
            bpy.context.scene.frame_set(frame)
            shown = neck.evaluated_get(bpy.context.evaluated_depsgraph_get())
            found += shown.matrix_world.to_quaternion()[:]
        return found

    made = []
    for make in (bpy.ops.jambatalk.bake, bpy.ops.jambatalk.next_take):
        assert make() == {"FINISHED"}
        made.append(turns())
    assert made[0] != pytest.approx(made[1], abs=0.05)
    assert bpy.ops.jambatalk.takes_to_nla() == {"FINISHED"}
    assert tracks(neck) == {"line: Take 0": False, "line: Take 1": True}
    assert turns() == pytest.approx(made[1], abs=2e-3)
    bpy.ops.jambatalk.compare_performances()
    assert turns() == pytest.approx(made[0], abs=2e-3)
    bpy.ops.jambatalk.takes_from_nla()
    assert tracks(neck) == {}
    assert turns() == pytest.approx(made[0], abs=2e-3)


def lay_two(settings: bpy.types.PropertyGroup) -> None:
    """Lay the line that was baked and another take of it in the NLA."""
    assert bpy.ops.jambatalk.next_take() == {"FINISHED"}
    assert bpy.ops.jambatalk.takes_to_nla() == {"FINISHED"}
    settings.take = 0


def test_another_sound_on_the_same_frames_takes_the_line_out_of_the_nla(
    head: bpy.types.Object, addon: Addon, tmp_path: Path
) -> None:
    settings, key = bpy.context.scene.jambatalk, head.data.shape_keys
    lay_two(settings)
    settings.sound_file = str(helpers.write_wav(tmp_path / "other.wav", FRAMES / 30))
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert tracks(key) == {}
    assert key.animation_data.action_influence == 1.0
    assert "jambatalk_influence" not in key
    np.testing.assert_allclose(shown_jaw(head), jaw_of(0)[::7], atol=CLOSE)
    assert not any("NLA" in note for note in addon("targets.checks").mesh_notes(head))


def test_a_neck_that_no_longer_turns_leaves_the_nla(head: bpy.types.Object) -> None:
    settings, neck = bpy.context.scene.jambatalk, bpy.data.objects.new("Neck", None)
    bpy.context.collection.objects.link(neck)
    settings.head_object, settings.life = neck, 1.0
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    lay_two(settings)
    assert tracks(neck)
    settings.head_object, settings.life = None, 0.0
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert tracks(neck) == {}
    assert neck.animation_data.action_influence == 1.0
    assert tracks(head.data.shape_keys)


def test_a_take_that_does_not_lie_in_the_nla_shows_nevertheless(head: bpy.types.Object) -> None:
    settings, key = bpy.context.scene.jambatalk, head.data.shape_keys
    lay_two(settings)
    assert bpy.ops.jambatalk.next_take() == {"FINISHED"}
    bpy.ops.jambatalk.show_performance(called="Take 0")
    np.testing.assert_allclose(shown_jaw(head), jaw_of(0)[::7], atol=CLOSE)
    bpy.ops.jambatalk.show_performance(called="Take 2")
    assert tracks(key) == {"line: Take 0": False, "line: Take 1": False}
    np.testing.assert_allclose(shown_jaw(head), jaw_of(2)[::7], atol=CLOSE)
    bpy.ops.jambatalk.show_performance(called="Take 1")
    assert key.animation_data.action_influence == 0.0
    np.testing.assert_allclose(shown_jaw(head), jaw_of(1)[::7], atol=CLOSE)


def test_takes_that_are_added_to_the_strips_of_the_artist_are_mixed_by_their_shares(
    head: bpy.types.Object,
) -> None:
    settings, key = bpy.context.scene.jambatalk, head.data.shape_keys
    bpy.ops.jambatalk.next_take()
    theirs = bpy.data.actions.new("theirs")
    mine, key.animation_data.action = key.animation_data.action, theirs
    head.shape_key_add(name="mine", from_mix=False).value = 0.3
    key.key_blocks["mine"].keyframe_insert("value", frame=1)
    track = key.animation_data.nla_tracks.new()
    track.strips.new("theirs", 1, theirs)
    key.animation_data.action = mine
    key.animation_data.action_blend_type = "ADD"
    assert bpy.ops.jambatalk.takes_to_nla() == {"FINISHED"}
    bpy.ops.jambatalk.blend_performance(called="Take 0")
    settings.take_blend = 0.25
    mixed = 0.25 * jaw_of(0) + 0.75 * jaw_of(1)
    np.testing.assert_allclose(shown_jaw(head), mixed[::7], atol=CLOSE)
    assert key.key_blocks["mine"].value == pytest.approx(0.3)
    assert bpy.ops.jambatalk.takes_from_nla() == {"FINISHED"}
    np.testing.assert_allclose(shown_jaw(head), mixed[::7], atol=CLOSE)
    assert key.key_blocks["mine"].value == pytest.approx(0.3)


def test_tracks_that_the_artist_deletes_leave_the_action_playing(head: bpy.types.Object) -> None:
    key = head.data.shape_keys
    key.animation_data.action_influence = 0.9
    lay_two(bpy.context.scene.jambatalk)
    for track in list(key.animation_data.nla_tracks):
        key.animation_data.nla_tracks.remove(track)
    assert key.animation_data.action_influence == 0.0
    bpy.ops.jambatalk.compare_performances()
    assert key.animation_data.action_influence == pytest.approx(0.9)


def test_a_take_that_is_forgotten_leaves_the_nla_and_the_last_one_can_be_taken_out(
    head: bpy.types.Object,
) -> None:
    key = head.data.shape_keys
    lay_two(bpy.context.scene.jambatalk)
    bpy.ops.jambatalk.forget_performance(called="Take 0")
    assert tracks(key) == {"line: Take 1": True}
    bpy.ops.jambatalk.forget_motion()
    assert bpy.ops.jambatalk.takes_from_nla() == {"FINISHED"}
    assert tracks(key) == {}
    assert key.animation_data.action_influence == 1.0
    np.testing.assert_allclose(shown_jaw(head), jaw_of(1)[::7], atol=CLOSE)


def test_what_was_changed_by_hand_on_a_head_is_told_when_takes_are_laid(
    head: bpy.types.Object, addon: Addon
) -> None:
    settings, neck = bpy.context.scene.jambatalk, bpy.data.objects.new("Neck", None)
    bpy.context.collection.objects.link(neck)
    settings.head_object, settings.life = neck, 1.0
    for make in (bpy.ops.jambatalk.bake, bpy.ops.jambatalk.next_take):
        assert make() == {"FINISHED"}
    addon("write.fcurves").find_holder(neck).fcurves[0].keyframe_points[1].co.y += 0.3
    chosen = addon("panel.options").read(settings)
    notes = addon("bake.performances").lay_in_nla(head, settings.adjusted_take, chosen)
    assert any("changes to how 'Neck' turns are kept" in note for note in notes)
    assert not any("Update There" in note for note in notes)
