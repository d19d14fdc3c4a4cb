"""Strips that move after their bake: the sign, and curves that go along without the model."""

from __future__ import annotations

from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import load_face_rig

pytestmark = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender is built without sound"
)
JAW = 'key_blocks["jawOpen"].value'


@pytest.fixture
def line(scene: bpy.types.Scene, worker: UseWorker, tmp_path: Path) -> bpy.types.Strip:
    """Anna's line, four seconds from frame 1 on, of which the middle two are heard, baked."""
    rig = load_face_rig()
    helpers.make_head(rig.neutral, rig.faces, "Anna")
    scene.frame_end = 500
    sound = helpers.write_wav(tmp_path / "anna_1.wav", 4.0)
    strip = helpers.strip_collection(scene).new_sound("anna_1", str(sound), 1, 1)
    helpers.set_start(strip, 31)
    helpers.set_end(strip, 91)
    bpy.ops.jambatalk.bake_lines()
    return strip


def shift(strip: bpy.types.Strip, frames: int) -> None:
    """Move a strip, as the artist does."""
    name = "content_start" if hasattr(strip, "content_start") else "frame_start"
    setattr(strip, name, getattr(strip, name) + frames)


def jaw(first: int, frames: int, name: str = "Anna") -> np.ndarray:
    curve = helpers.value_curves(bpy.data.objects[name])[JAW]
    return np.array([curve.evaluate(first + frame) for frame in range(frames)])


def heard(addon: Addon) -> dict[str, tuple[int, int]]:
    takes = addon("write.ownership").takes_of(bpy.data.objects["Anna"])
    return {take.name: take.heard for take in takes.values()}


def state(addon: Addon, row: int = 0) -> tuple[str, str]:
    bpy.ops.jambatalk.match_lines()
    found = addon("lines.states").cached(bpy.context)[row]
    return found.kind.name, found.text


def test_a_moved_line_is_stale_and_moves_with_its_strip(
    line: bpy.types.Strip, addon: Addon, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert state(addon) == ("BAKED", "It is baked where its strip lies.")
    before = jaw(31, 60)
    shift(line, 40)
    assert state(addon) == ("STALE", "Its strip was moved by +40 frames: Move with Strip.")
    monkeypatch.setattr(addon("worker.session"), "warm_worker", None)
    assert bpy.ops.jambatalk.follow_strips() == {"FINISHED"}
    assert heard(addon) == {"anna_1": (71, 130)}
    np.testing.assert_allclose(jaw(71, 60), before, atol=2e-3)
    assert np.abs(jaw(31, 30)).max() < 1e-6
    assert state(addon)[0] == "BAKED"
    reason = addon("lines.follow_operators").JAMBATALK_OT_follow_strips.disabled_reason
    assert reason(bpy.context) == "Every baked line lies where its strip does."


def test_a_line_goes_before_frame_0_and_back(line: bpy.types.Strip, addon: Addon) -> None:
    before = jaw(31, 60)
    for frames, first in ((-80, -49), (80, 31)):
        shift(line, frames)
        bpy.ops.jambatalk.follow_strips()
        assert heard(addon) == {"anna_1": (first, first + 59)}
        np.testing.assert_allclose(jaw(first, 60), before, atol=2e-3)


def test_what_the_artist_changed_goes_along(line: bpy.types.Strip, addon: Addon) -> None:
    curve = helpers.value_curves(bpy.data.objects["Anna"])[JAW]
    for point in curve.keyframe_points:
        if 40 <= point.co.x <= 60:
            point.co.y += 0.3
    curve.update()
    before = jaw(31, 60)
    shift(line, 25)
    bpy.ops.jambatalk.follow_strips()
    np.testing.assert_allclose(jaw(56, 60), before, atol=5e-3)


def test_a_trimmed_line_is_cut_and_comes_back_from_what_is_kept(
    line: bpy.types.Strip, addon: Addon
) -> None:
    before = jaw(31, 60)
    helpers.set_end(line, 71)
    assert state(addon) == ("STALE", "Its strip was trimmed, to frames 31 to 70: Move with Strip.")
    bpy.ops.jambatalk.follow_strips()
    assert heard(addon) == {"anna_1": (31, 70)}
    np.testing.assert_allclose(jaw(31, 40), before[:40], atol=5e-3)
    assert np.abs(jaw(80, 20)).max() < 1e-6
    helpers.set_start(line, 41)
    helpers.set_end(line, 91)
    bpy.ops.jambatalk.follow_strips()
    assert heard(addon) == {"anna_1": (41, 90)}
    np.testing.assert_allclose(jaw(41, 50), before[10:], atol=5e-3)
    helpers.set_start(line, 11)
    kind, text = state(addon)
    assert (kind, text) == ("OUTDATED", "Its strip was trimmed, to frames 11 to 90: bake it again.")
    reason = addon("lines.follow_operators").JAMBATALK_OT_follow_strips.disabled_reason
    assert "bake them again" in reason(bpy.context)


def test_a_strip_cut_in_two_has_both_halves_without_the_model_and_without_a_pop(
    line: bpy.types.Strip, addon: Addon
) -> None:
    before = jaw(31, 60)
    line.split(frame=56, split_method="SOFT")
    assert state(addon)[0] == "STALE"
    assert state(addon, 1) == (
        "STALE",
        "It was cut or copied from 'anna_1', whose motion it can have.",
    )
    assert bpy.ops.jambatalk.follow_strips() == {"FINISHED"}
    assert heard(addon) == {"anna_1": (31, 55), "anna_1.001": (56, 90)}
    np.testing.assert_allclose(jaw(31, 60), before, atol=5e-3)
    assert [state(addon, row)[0] for row in (0, 1)] == ["BAKED", "BAKED"]
    bpy.context.scene.jambatalk_lines.active = 1
    shift(helpers.strip_collection(bpy.context.scene)["anna_1.001"], 100)
    assert bpy.ops.jambatalk.follow_strip() == {"FINISHED"}
    assert heard(addon) == {"anna_1": (31, 55), "anna_1.001": (156, 190)}
    np.testing.assert_allclose(jaw(156, 35), before[25:], atol=5e-3)


def test_a_line_that_had_given_way_comes_back_when_the_other_goes(
    line: bpy.types.Strip, addon: Addon, tmp_path: Path
) -> None:
    before = jaw(31, 60)
    sound = helpers.write_wav(tmp_path / "anna_2.wav", 0.5)
    inside = helpers.strip_collection(bpy.context.scene).new_sound("anna_2", str(sound), 2, 51)
    bpy.ops.jambatalk.bake_lines()
    assert sorted(take for take in heard(addon).values()) == [(51, 65), (66, 90)]
    assert state(addon)[0] == "BAKED"  # it was baked for all its frames, and gave some away
    shift(inside, 100)
    bpy.ops.jambatalk.follow_strips()
    assert heard(addon) == {"anna_1": (31, 90), "anna_2": (151, 165)}
    np.testing.assert_allclose(jaw(31, 60), before, atol=5e-3)


def test_two_lines_that_change_places_keep_what_the_artist_changed(
    line: bpy.types.Strip, addon: Addon, tmp_path: Path
) -> None:
    sound = helpers.write_wav(tmp_path / "anna_2.wav", 2.0)
    other = helpers.strip_collection(bpy.context.scene).new_sound("anna_2", str(sound), 1, 91)
    bpy.ops.jambatalk.bake_lines()
    curve = helpers.value_curves(bpy.data.objects["Anna"])[JAW]
    for point in curve.keyframe_points:
        if 45 <= point.co.x <= 60 or 110 <= point.co.x <= 120:
            point.co.y += 0.3
    curve.update()
    first, second = jaw(31, 60), jaw(91, 60)
    line.channel = 3
    shift(other, -60)
    shift(line, 60)
    assert bpy.ops.jambatalk.follow_strips() == {"FINISHED"}
    assert heard(addon) == {"anna_2": (31, 90), "anna_1": (91, 150)}
    np.testing.assert_allclose(jaw(31, 60), second, atol=6e-3)
    np.testing.assert_allclose(jaw(91, 60), first, atol=6e-3)
    assert len(bpy.data.actions) == 1  # nothing had to be kept in a copy


def test_what_cannot_follow_says_so(
    line: bpy.types.Strip, addon: Addon, scene: bpy.types.Scene, tmp_path: Path
) -> None:
    scene.render.fps = 24
    kind, text = state(addon)
    assert kind == "OUTDATED"
    assert text.startswith("Its speed or the scene's frame rate has changed")
    scene.render.fps = 30
    line.sound.filepath = str(helpers.write_wav(tmp_path / "other.wav", 4.0))
    assert state(addon)[1] == "Its strip plays another file: bake it again."


def test_motions_let_go_of_cannot_follow(
    line: bpy.types.Strip, addon: Addon, scene: bpy.types.Scene
) -> None:
    scene.jambatalk.mesh = bpy.data.objects["Anna"]
    bpy.ops.jambatalk.forget_motion()
    shift(line, 5)
    assert state(addon) == ("OUTDATED", "Its strip was moved by +5 frames: bake it again.")


def test_bones_follow_their_strip_and_silence_a_sound(
    scene: bpy.types.Scene, worker: UseWorker, addon: Addon, tmp_path: Path
) -> None:
    rig = helpers.add_jaw_rig(addon).id_data
    sound = helpers.write_wav(tmp_path / "bob_1.wav", 2.0)
    strip = helpers.strip_collection(scene).new_sound("bob_1", str(sound), 1, 11)
    assert bpy.ops.jambatalk.bake_lines() == {"FINISHED"}

    def turned(first: int) -> np.ndarray:
        holder = addon("write.fcurves").find_holder(rig)
        curve = holder.fcurves.find('pose.bones["jaw"].rotation_euler', index=0)
        return np.array([curve.evaluate(frame) for frame in range(first, first + 60)])

    before = turned(11)
    assert before.max() > 0.05
    shift(strip, 100)
    assert state(addon) == ("STALE", "Its strip was moved by +100 frames: Move with Strip.")
    assert bpy.ops.jambatalk.follow_strips() == {"FINISHED"}
    np.testing.assert_allclose(turned(111), before, atol=5e-3)
    assert np.abs(turned(11)).max() < 1e-6
    scene.jambatalk.mesh = rig
    assert bpy.ops.jambatalk.edit_sound(gain=0.0, frame=140.0, at_playhead=False) == {"FINISHED"}
    changed = np.flatnonzero(np.abs(turned(111) - before) > 5e-3)
    assert len(changed)
    assert changed.min() > 20
    assert changed.max() < 45
