"""What time means in a scene: its range, its rate, its stretching, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker, needs_sound

from model_core.rig.rig import load_face_rig


def refusal(addon: Addon) -> str:
    """Return why the chosen sound cannot be baked, and that the panel says so too."""
    plan = addon("bake.plan")
    with pytest.raises(plan.UserError) as refused:
        plan.chosen_span(bpy.context)
    assert plan.disabled_reason(bpy.context) == str(refused.value)
    return str(refused.value)


def worst_mm(
    addon: Addon, first: int, rate: float, frames: int = 60, strength: float = 1.0
) -> float:
    """Return how far the baked mesh is from what the fake worker gives to the file's start.

    Args:
        addon: imports modules of the add-on.
        first: scene frame at which the file starts.
        rate: scene frames that go by in a second of sound.
        frames: how many to look at.
        strength: factor on the weights.
    """
    head = bpy.context.scene.jambatalk.mesh
    rig = load_face_rig()
    weights = fake_worker.weights_at(np.arange(frames) / rate) * strength
    offsets = np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)
    return helpers.worst_mm(head, rig.neutral, offsets, first)


def notes(addon: Addon) -> str:
    """Return what is said of the chosen sound, in one text."""
    return " ".join(addon("bake.plan").chosen_span(bpy.context).notes)


@needs_sound
@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (1, 250, ""),
        (10, 189, ""),
        (10, 188, "The scene ends at frame 188: the rest, to 189, is not rendered."),
        (50, 250, "The scene starts at frame 50: what is baked before is not rendered."),
        (190, 250, "outside the scene's frames, 190 to 250: none of it is rendered."),
        (1, 9, "outside the scene's frames, 1 to 9: none of it is rendered."),
    ],
)
def test_frames_that_are_never_rendered(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon, start: int, end: int, said: str
) -> None:
    scene.frame_start, scene.frame_end = start, end
    assert said in notes(addon)
    assert bool(said) == bool(notes(addon))


@needs_sound
def test_a_preview_range_that_plays_a_part(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon
) -> None:
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 5, 200
    assert notes(addon) == ""
    scene.frame_preview_end = 100
    assert notes(addon) == "The preview range, 5 to 100, does not play all of it."


def test_a_file_that_starts_after_the_scene(
    scene: bpy.types.Scene, addon: Addon, tmp_path: Path
) -> None:
    scene.jambatalk.source = "FILE"
    scene.jambatalk.sound_file = str(
        helpers.write_wav(tmp_path / "line.wav", helpers.STRIP_SECONDS)
    )
    assert notes(addon) == ""
    scene.jambatalk.start_frame = 251
    assert "outside the scene's frames, 1 to 250" in notes(addon)


@pytest.mark.parametrize("source", ["STRIP", "FILE"])
@pytest.mark.parametrize(("old", "new"), [(100, 200), (100, 50), (90, 100)])
def test_time_stretching_is_refused(
    strip_or_file: Callable[[str], None],
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    addon: Addon,
    source: str,
    old: int,
    new: int,
) -> None:
    strip_or_file(source)
    scene.render.frame_map_old, scene.render.frame_map_new = old, new
    assert f"stretches time ({old} to {new})" in refusal(addon)
    with pytest.raises(RuntimeError, match="Time Stretching"):
        bpy.ops.jambatalk.bake()
    assert head.data.shape_keys is None


def test_equal_numbers_stretch_nothing(
    strip_or_file: Callable[[str], None],
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    addon: Addon,
    worker: UseWorker,
) -> None:
    strip_or_file("FILE")
    scene.render.frame_map_old = scene.render.frame_map_new = 50
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert worst_mm(addon, 10, 30) < 0.2


@pytest.fixture
def strip_or_file(scene: bpy.types.Scene, tmp_path: Path) -> Callable[[str], None]:
    """Choose a strip or a file of 6 s from frame 10 on."""

    def choose(source: str) -> None:
        sound = str(helpers.write_wav(tmp_path / "line.wav", helpers.STRIP_SECONDS))
        scene.jambatalk.source = source
        if source == "FILE":
            scene.jambatalk.sound_file, scene.jambatalk.start_frame = sound, 10
        elif not bpy.app.build_options.audaspace:
            pytest.skip("this Blender is built without sound")
        else:
            helpers.strip_collection(scene).new_sound("Line", sound, 1, 10)

    return choose


@pytest.mark.parametrize(("fps", "base"), [(24, 1.001), (30, 1.001), (60, 1.0), (25, 1.0)])
def test_any_frame_rate(
    strip_or_file: Callable[[str], None],
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    addon: Addon,
    worker: UseWorker,
    fps: int,
    base: float,
) -> None:
    scene.render.fps, scene.render.fps_base = fps, base
    strip_or_file("STRIP")
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert worst_mm(addon, 10, fps / base) < 0.2


def mute_strip(strip: bpy.types.Strip) -> None:
    strip.mute = True


def mute_channel(strip: bpy.types.Strip) -> None:
    bpy.context.scene.sequence_editor.channels[strip.channel].mute = True


def into_meta(strip: bpy.types.Strip) -> bpy.types.Strip:
    """Put a strip into a meta strip on channel 5 and return that."""
    meta = helpers.strip_collection(bpy.context.scene).new_meta("Meta", 5, 1)
    strip.move_to_meta(meta)
    helpers.set_end(meta, 200)
    return meta


def mute_meta(strip: bpy.types.Strip) -> None:
    into_meta(strip).mute = True


def mute_outer_meta(strip: bpy.types.Strip) -> None:
    outer = helpers.strip_collection(bpy.context.scene).new_meta("Outer", 6, 1)
    into_meta(strip).move_to_meta(outer)
    outer.mute = True


def mute_channel_of_meta(strip: bpy.types.Strip) -> None:
    into_meta(strip)
    bpy.context.scene.sequence_editor.channels[5].mute = True


def mute_channel_in_meta(strip: bpy.types.Strip) -> None:
    into_meta(strip).channels[strip.channel].mute = True


def no_volume(strip: bpy.types.Strip) -> None:
    strip.volume = 0.0


def keyed_to_no_volume(strip: bpy.types.Strip) -> None:
    key_volume(strip, {10: 0.0, 100: 0.0})


def key_volume(strip: bpy.types.Strip, volumes: dict[int, float]) -> None:
    """Animate a strip's volume by frame."""
    for frame, volume in volumes.items():
        strip.volume = volume
        strip.keyframe_insert("volume", frame=frame)


@needs_sound
@pytest.mark.parametrize(
    ("silence", "said"),
    [
        (mute_strip, "is muted; unmute it"),
        (mute_channel, "lies on a muted channel (1)"),
        (mute_meta, "inside the muted strip 'Meta'"),
        (mute_outer_meta, "inside the muted strip 'Outer'"),
        (mute_channel_of_meta, "inside the muted strip 'Meta'"),
        (mute_channel_in_meta, "lies on a muted channel (1)"),
        (no_volume, "has no volume"),
        (keyed_to_no_volume, "has no volume"),
    ],
)
def test_what_nobody_hears_is_refused(
    strip: bpy.types.Strip,
    head: bpy.types.Object,
    addon: Addon,
    silence: Callable[[bpy.types.Strip], None],
    said: str,
) -> None:
    silence(strip)
    assert said in refusal(addon)
    with pytest.raises(RuntimeError, match="The strip 'Line'"):
        bpy.ops.jambatalk.bake()
    assert head.data.shape_keys is None


@needs_sound
def test_channels_of_the_timeline_do_not_mute_inside_a_meta(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon
) -> None:
    into_meta(strip)
    scene.sequence_editor.channels[strip.channel].mute = True
    assert notes(addon) == ""


@needs_sound
@pytest.mark.parametrize(
    ("volumes", "said"),
    [
        ({10: 1.0, 100: 0.0}, "falls to 0 on the way: the lips move on."),
        ({10: 0.5, 100: 1.0}, "is animated: the lips follow it as recorded."),
        ({10: 0.5, 100: 0.5}, ""),
        ({-40: 0.0, 5: 1.0}, ""),
    ],
)
def test_animated_volume_is_said(
    strip: bpy.types.Strip, addon: Addon, volumes: dict[int, float], said: str
) -> None:
    key_volume(strip, volumes)
    assert said in notes(addon)
    assert bool(said) == bool(notes(addon))


@needs_sound
@pytest.mark.parametrize("setting", [("use_audio", False), ("audio_volume", 0.0)])
def test_a_muted_scene_is_said(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon, setting: tuple[str, float]
) -> None:
    assert notes(addon) == ""
    setattr(scene, *setting)
    assert "audio of the scene 'Scene' is muted" in notes(addon)


@needs_sound
def test_other_sound_at_the_same_time_is_said(
    scene: bpy.types.Scene, strip: bpy.types.Strip, addon: Addon, tmp_path: Path
) -> None:
    scene.jambatalk.strip_name = "Line"
    path = str(helpers.write_wav(tmp_path / "music.wav", 2.0))
    add = helpers.strip_collection(scene).new_sound
    music, _before, _after = (
        add(n, path, 2, f) for n, f in (("Music", 60), ("B", -60), ("A", 300))
    )
    assert notes(addon) == "'Music' is heard at the same time; the lips follow 'Line' alone."
    add("Steps", path, 3, 20)
    add("Wind", path, 4, 20)
    assert "and 1 more are heard at the same time" in notes(addon)
    scene.sequence_editor.channels[3].mute = scene.sequence_editor.channels[4].mute = True
    music.mute = True
    assert notes(addon) == ""


@needs_sound
def test_modifiers_are_said(strip: bpy.types.Strip, addon: Addon) -> None:
    window = bpy.context.window
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = bpy.context.scene
    bpy.context.scene.sequence_editor.active_strip = strip
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.sequencer.strip_modifier_add(type="SOUND_EQUALIZER")
    (modifier,) = strip.modifiers
    assert notes(addon) == f"The lips follow 'Line' without its modifiers ({modifier.name})."
    modifier.mute = True
    assert notes(addon) == ""


@pytest.fixture
def edit(scene: bpy.types.Scene, head: bpy.types.Object, tmp_path: Path) -> bpy.types.Scene:
    """A scene at 24 frames per second whose sequencer has 6 s of sound from frame 120 on."""
    edited = bpy.data.scenes.new("Edit")
    edited.render.fps = 24
    sound = helpers.write_wav(tmp_path / "line.wav", helpers.STRIP_SECONDS)
    helpers.strip_collection(edited).new_sound("Line", str(sound), 1, 120)
    scene.jambatalk.strip_name, scene.jambatalk.strip_scene = "Line", "Edit"
    return edited


@needs_sound
def test_a_scene_at_another_rate_is_refused(
    scene: bpy.types.Scene, edit: bpy.types.Scene, addon: Addon
) -> None:
    assert "in the scene 'Edit' at 24 fps, and 'Scene' runs at 30;" in refusal(addon)
    edit.render.fps, edit.render.fps_base = 30, 1.001
    assert "at 29.97 fps, and 'Scene' runs at 30;" in refusal(addon)
    scene.render.fps_base = 1.001
    assert "the scene 'Edit', whose frames are taken for those of this one" in notes(addon)


@needs_sound
def test_a_shot_at_the_edits_rate_is_timed_for_the_edit(
    scene: bpy.types.Scene, edit: bpy.types.Scene, addon: Addon, worker: UseWorker
) -> None:
    helpers.strip_collection(edit).new_scene("Shot", scene, 2, 101)
    assert notes(addon).startswith(
        "Timed for the strip 'Shot' in 'Edit' at 24 fps; on its own, 'Scene' plays at 30."
    )
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert worst_mm(addon, 120 - 101 + scene.frame_start, 24) < 0.2


@needs_sound
def test_shots_that_show_different_frames_are_refused(
    scene: bpy.types.Scene, edit: bpy.types.Scene, addon: Addon
) -> None:
    shots = helpers.strip_collection(edit)
    shots.new_scene("Shot", scene, 2, 101)
    muted = shots.new_scene("Shot again", scene, 3, 130)
    assert "heard over 2 strips that show different frames of the scene 'Scene'" in refusal(addon)
    muted.mute = True
    assert "Timed for the strip 'Shot'" in notes(addon)


@needs_sound
def test_a_shot_played_backwards_is_refused(
    scene: bpy.types.Scene, edit: bpy.types.Scene, addon: Addon
) -> None:
    shot = helpers.strip_collection(edit).new_scene("Shot", scene, 2, 101)
    shot.use_reverse_frames = True
    assert "at another speed or backwards" in refusal(addon)


@needs_sound
def test_a_shot_under_a_speed_effect_is_refused(
    scene: bpy.types.Scene, edit: bpy.types.Scene, addon: Addon
) -> None:
    shots = helpers.strip_collection(edit)
    shot = shots.new_scene("Shot", scene, 2, 101)
    wanted = shots.bl_rna.functions["new_effect"].parameters.keys()
    which = {"input1": shot} if "input1" in wanted else {"seq1": shot}
    shots.new_effect("Speed", "SPEED", 3, 101, **which)
    assert "at another speed or backwards" in refusal(addon)


@needs_sound
def test_stretching_of_the_edit_alone_moves_nothing(
    scene: bpy.types.Scene, edit: bpy.types.Scene, addon: Addon
) -> None:
    helpers.strip_collection(edit).new_scene("Shot", scene, 2, 101)
    edit.render.frame_map_new = 200
    assert "Timed for" in notes(addon)
    scene.render.frame_map_new = 200
    assert "'Scene' stretches time" in refusal(addon)


@pytest.mark.parametrize("strength", [0.0, 0.5, 2.0])
def test_curves_made_by_the_worker_are_those_written(
    strip_or_file: Callable[[str], None],
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    addon: Addon,
    worker: UseWorker,
    strength: float,
) -> None:
    strip_or_file("FILE")
    scene.jambatalk.strength = strength
    run, plan = addon("bake.run"), addon("bake.plan")
    bake = run.Bake(plan.make_plan(bpy.context))
    while not bake.poll(0.2):
        pass
    curves, error_mm = bake.prediction.curves
    report = bake.write().report
    bake.close()
    assert report.error_mm == error_mm
    written = helpers.value_curves(head) if curves else {}
    assert len(written) == len(curves) == (20 if strength else 0)
    for name, curve in curves.items():
        points = written[f'key_blocks["{name}"].value'].keyframe_points
        values = {point.co.x: point.co.y for point in points}
        found = [values[10 + frame] for frame in curve.frames]
        assert found == pytest.approx(curve.values, abs=1e-6)
    assert worst_mm(addon, 10, 30, strength=strength) < 0.2


@needs_sound
def test_a_strip_outside_its_meta_is_refused(
    strip: bpy.types.Strip, head: bpy.types.Object, addon: Addon
) -> None:
    meta = into_meta(strip)
    start = "left_handle" if hasattr(meta, "left_handle") else "frame_final_start"
    helpers.set_end(meta, 400)
    setattr(meta, start, 195)
    assert "Nothing of the strip 'Line' is heard" in refusal(addon)


@needs_sound
def test_retimed_sound_that_is_none_any_more_is_refused(
    strip: bpy.types.Strip, head: bpy.types.Object, addon: Addon
) -> None:
    helpers.retime(strip, 150.0)
    Path(strip.sound.filepath).write_text("no sound")
    assert "line.wav cannot be read" in refusal(addon)
