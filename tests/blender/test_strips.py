"""What is heard of a strip, and when, decides the curves: trims, offsets, speed, metas, packing."""

from __future__ import annotations

import math
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker, needs_sound

from model_core.rig.rig import load_face_rig


def assert_heard(head: bpy.types.Object, first: int, seconds: float, step: float) -> None:
    """Assert that frame ``first`` hears a second of the file, and each next one ``step`` more."""
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    jaw = helpers.value_curves(head)['key_blocks["jawOpen"].value']
    frames = np.arange(0, 40, 3)
    expected = fake_worker.weights_at(seconds + frames * step)[:, 0]
    found = [jaw.evaluate(first + frame) for frame in frames]
    assert np.abs(found - expected).max() < 0.005
    starts = [c.keyframe_points[0].co.x for c in helpers.value_curves(head).values()]
    assert first - 3 <= min(starts) <= first


def left_offset(strip: bpy.types.Strip, frames: int) -> None:
    name = "left_handle_offset" if hasattr(strip, "left_handle_offset") else "frame_offset_start"
    setattr(strip, name, frames)


@needs_sound
def test_plain_strip(strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker) -> None:
    assert_heard(head, 10, 0.0, 1 / 30)


@needs_sound
def test_trim(strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker) -> None:
    left_offset(strip, 25)
    assert_heard(head, 35, 25 / 30, 1 / 30)


@needs_sound
def test_right_trim_ends_the_curves(
    strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker
) -> None:
    strip.frame_final_end = 60
    bpy.ops.jambatalk.bake()
    ends = [c.keyframe_points[-1].co.x for c in helpers.value_curves(head).values()]
    assert max(ends) <= 59 + 3


@needs_sound
def test_content_cut_off_for_good(
    strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker
) -> None:
    left_offset(strip, 5)
    strip.animation_offset_start = 12
    first = strip.frame_final_start
    assert_heard(head, first, (5 + 12) / 30, 1 / 30)


@needs_sound
@pytest.mark.parametrize("delay", [0.5, -0.5])
def test_sound_offset(
    strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker, delay: float
) -> None:
    if not hasattr(strip, "sound_offset"):
        pytest.skip("this Blender has no sound offset")
    strip.sound_offset = delay
    first = 10 + max(0, round(delay * 30))
    assert_heard(head, first, max(0.0, -delay), 1 / 30)


@needs_sound
def test_fractional_frame_rate(
    scene: bpy.types.Scene, tmp_path: Path, head: bpy.types.Object, worker: UseWorker
) -> None:
    scene.render.fps_base = 1.001
    sound = helpers.write_wav(tmp_path / "ntsc.wav", helpers.STRIP_SECONDS)
    helpers.strip_collection(scene).new_sound("Line", str(sound), 1, 10)
    assert_heard(head, 10, 0.0, 1.001 / 30)


@needs_sound
@pytest.mark.parametrize("percent", [200.0, 80.0])
def test_speed(
    strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker, percent: float
) -> None:
    helpers.retime(strip, percent)
    assert_heard(head, 10, 0.0, percent / 100 / 30)


@needs_sound
def test_changing_speed_is_refused(
    strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker
) -> None:
    helpers.retime(strip, 200.0)
    strip.retiming_keys.add(timeline_frame=50)
    with pytest.raises(RuntimeError, match="speed of the strip 'Line' changes"):
        bpy.ops.jambatalk.bake()


@needs_sound
def test_inside_meta_strips(
    scene: bpy.types.Scene, strip: bpy.types.Strip, head: bpy.types.Object, worker: UseWorker
) -> None:
    meta = helpers.strip_collection(scene).new_meta("Meta", 2, 1)
    strip.move_to_meta(meta)
    meta.frame_final_end = 200
    meta.frame_final_start = 40
    assert_heard(head, 40, 30 / 30, 1 / 30)


@needs_sound
@pytest.mark.parametrize("channels", [1, 2])
def test_packed_sound(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    worker: UseWorker,
    tmp_path: Path,
    channels: int,
) -> None:
    sound = helpers.write_wav(tmp_path / "packed.wav", helpers.STRIP_SECONDS, channels)
    strip = helpers.strip_collection(scene).new_sound("Line", str(sound), 1, 10)
    strip.sound.pack()
    sound.unlink()
    assert_heard(head, 10, 0.0, 1 / 30)


@needs_sound
def test_relative_and_library_paths(
    scene: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, tmp_path: Path
) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    helpers.write_wav(folder / "line.wav", helpers.STRIP_SECONDS)
    bpy.data.sounds.load(str(folder / "line.wav")).use_fake_user = True
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "sounds.blend"), copy=True)
    shot = tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    with bpy.data.libraries.load(str(folder / "sounds.blend"), link=True) as (source, target):
        target.sounds = source.sounds[-1:]
    other = helpers.write_wav(tmp_path / "other.wav", 1.0)
    strip = helpers.strip_collection(bpy.context.scene).new_sound("Line", str(other), 1, 10)
    strip.sound = target.sounds[0]
    strip.sound.filepath = "//line.wav"
    bpy.context.scene.jambatalk.mesh = head = bpy.data.objects["Head"]
    strip.frame_final_end = 100
    assert_heard(head, 10, 0.0, 1 / 30)


def test_strip_from_another_blender(strip_scene: Path, addon: Addon, worker: UseWorker) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(strip_scene))
    rig = load_face_rig()
    head = helpers.make_head(rig.neutral, rig.faces)
    bpy.context.scene.jambatalk.mesh = head
    assert_heard(head, 17, 6 / 30, 1 / 30)


def test_settings_name_the_strip_and_survive_saving(
    strip_scene: Path, addon: Addon, worker: UseWorker, tmp_path: Path
) -> None:
    bpy.ops.wm.open_mainfile(filepath=str(strip_scene))
    settings = bpy.context.scene.jambatalk
    settings.strip = "Line"
    settings.style_name = "neutral"
    settings.strength = 1.25
    saved = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=saved)
    bpy.ops.wm.open_mainfile(filepath=saved)
    settings = bpy.context.scene.jambatalk
    assert (settings.strip, settings.strip_name) == ("Line", "Line")
    assert math.isclose(settings.strength, 1.25)


needs_sequencer_scene = pytest.mark.skipif(
    bpy.app.version < (5, 0, 0), reason="the sequencer has no scene of its own before 5.0"
)


@needs_sequencer_scene
@pytest.mark.parametrize("shot_start", [None, 101], ids=["same frames", "through a scene strip"])
def test_strip_of_the_sequencers_own_scene(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    worker: UseWorker,
    tmp_path: Path,
    shot_start: int | None,
) -> None:
    edit = bpy.data.scenes.new("Edit")
    edit.render.fps = 30
    bpy.context.workspace.sequencer_scene = edit
    sound = helpers.write_wav(tmp_path / "line.wav", helpers.STRIP_SECONDS)
    helpers.strip_collection(edit).new_sound("Line", str(sound), 1, 120)
    shift = 0
    if shot_start is not None:
        helpers.strip_collection(edit).new_scene("Shot", scene, 2, shot_start)
        shift = scene.frame_start - shot_start
    assert_heard(head, 120 + shift, 0.0, 1 / 30)


@pytest.fixture
def edit(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Scene:
    """Another scene, with a strip that has the name of one in the open scene, and another."""
    edit = bpy.data.scenes.new("Edit")
    edit.render.fps = 30
    for place, names in ((scene, ("Line",)), (edit, ("Line", "Far"))):
        for channel, name in enumerate(names, 1):
            sound = helpers.write_wav(tmp_path / f"{place.name}{name}.wav", helpers.STRIP_SECONDS)
            start = 10 if place == scene else 200
            helpers.strip_collection(place).new_sound(name, str(sound), channel, start)
    return edit


def bake_first_frame(head: bpy.types.Object) -> float:
    """Bake, and return the frame at which the curves start."""
    bpy.ops.jambatalk.bake()
    return min(c.keyframe_points[0].co.x for c in helpers.value_curves(head).values())


@needs_sound
def test_strips_of_every_scene_are_on_offer(
    edit: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, addon: Addon
) -> None:
    settings = bpy.context.scene.jambatalk
    items = addon("panel.properties")._strip_items(settings, bpy.context)
    assert [name for name, *_ in items] == ["Line", "Far", "Line (Edit)"]
    places = ["scene Scene", "scene Edit", "scene Edit"]
    assert all(place in item[1] for place, item in zip(places, items, strict=True))
    settings.strip = "Line (Edit)"
    assert settings.strip == "Line (Edit)"
    assert 196 <= bake_first_frame(head) <= 200
    settings.strip = "Line"
    assert (settings.strip, settings.strip_scene) == ("Line", "")
    assert bake_first_frame(head) <= 10


@needs_sound
def test_a_chosen_strip_is_found_again_by_other_names(
    edit: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, tmp_path: Path
) -> None:
    bpy.context.scene.jambatalk.strip = "Line (Edit)"
    edit.name = "Cut"
    strips = helpers.strip_collection(edit)
    strips["Line"].name = "Take 7"
    strips["Far"].name = "Line"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    settings = bpy.context.scene.jambatalk
    assert settings.strip == "Take 7"
    copy = bpy.data.scenes["Cut"].copy()  # has strips with the same ids
    assert settings.strip == "Take 7"
    assert copy.name != "Cut"


@needs_sound
def test_a_strip_that_is_gone_is_not_replaced_by_its_namesake(
    edit: bpy.types.Scene, head: bpy.types.Object, addon: Addon
) -> None:
    settings = bpy.context.scene.jambatalk
    settings.strip = "Line (Edit)"
    bpy.data.scenes.remove(edit)
    assert settings.strip == "Line (gone)"
    reason = addon("bake.operators").JAMBATALK_OT_bake.disabled_reason(bpy.context)
    assert reason == "There is no sound strip 'Line'; choose another."


@needs_sound
def test_a_name_alone_finds_its_strip_in_any_scene(
    edit: bpy.types.Scene, head: bpy.types.Object, addon: Addon
) -> None:
    settings, plan = bpy.context.scene.jambatalk, addon("bake.plan")
    settings.strip_name = "Far"  # as saved by older versions, or set by a script
    assert plan.chosen_strip(bpy.context)[0] == edit
    settings.strip_name = "Line"  # the open scene's comes first
    assert plan.chosen_strip(bpy.context)[0] == bpy.context.scene
    copy = edit.copy()
    settings.strip_name = "Far"
    with pytest.raises(plan.UserError, match=f"The scenes Edit, {copy.name} each have"):
        plan.chosen_strip(bpy.context)


@needs_sound
def test_following_the_sequencer_bakes_its_active_strip(
    strip: bpy.types.Strip, scene: bpy.types.Scene, head: bpy.types.Object, addon: Addon
) -> None:
    settings, plan = scene.jambatalk, addon("bake.plan")
    second = helpers.strip_collection(scene).new_sound("B", strip.sound.filepath, 2, 300)
    settings.strip, settings.follow_sequencer = "Line", True
    for active in (second, strip):
        scene.sequence_editor.active_strip = active
        assert plan.chosen_strip(bpy.context)[1] == active
    scene.sequence_editor.active_strip = None
    with pytest.raises(plan.UserError, match="Select a sound strip in the sequencer"):
        plan.chosen_strip(bpy.context)


@needs_sequencer_scene
def test_another_workspace_does_not_hide_the_chosen_strip(
    edit: bpy.types.Scene, head: bpy.types.Object, addon: Addon
) -> None:
    bpy.context.workspace.sequencer_scene = edit
    settings = bpy.context.scene.jambatalk
    settings.strip = "Far"
    bpy.context.workspace.sequencer_scene = None
    assert settings.strip == "Far"
    assert addon("bake.plan").chosen_strip(bpy.context)[0] == edit
