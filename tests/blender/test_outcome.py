"""What the artist is told after a bake: where it went, and only as long as that is true."""

from pathlib import Path

import bpy
import helpers
import pytest
from helpers import Addon, UseWorker, needs_sound

from model_core.rig.rig import load_face_rig

FIRST, FRAMES = 11, 60


@pytest.fixture
def head(scene: bpy.types.Scene, addon: Addon, tmp_path: Path) -> bpy.types.Object:
    """A FLAME head, and settings that bake a 2 s file onto it."""
    rig = load_face_rig()
    head = helpers.make_head(rig.neutral, rig.faces)
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.start_frame = head, "FILE", FIRST
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    return head


@pytest.fixture
def status(addon: Addon) -> object:
    status = addon("bake.status").STATUS
    status.forget()
    return status


def test_it_says_where_the_motion_went(
    scene: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    bpy.ops.jambatalk.bake()
    action = head.data.shape_keys.animation_data.action.name
    place = f"Baked 60 frames of 'line', 11 to 70, onto 'Head', action '{action}': "
    assert status.outcome.startswith(place)
    assert (status.kind.name, status.notes) == ("DONE", ())
    scene.frame_end = 40
    bpy.ops.jambatalk.bake()
    assert status.kind.name == "WARNED"
    assert any("ends at frame 40" in note for note in status.notes)


def test_what_the_model_notes_of_the_sound_is_shown_and_reported(
    head: bpy.types.Object,
    worker: UseWorker,
    status: object,
    capfd: pytest.CaptureFixture[str],
) -> None:
    worker("notes")
    bpy.ops.jambatalk.bake()
    assert (status.notes, status.kind.name) == (("It hums.",), "WARNED")
    assert "It hums." in capfd.readouterr().out


def test_undo_takes_back_what_was_told(
    head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.jambatalk.bake()
    bpy.ops.ed.undo_push(message="Bake")
    bpy.data.objects["Head"].location.x = 1.0
    bpy.ops.ed.undo_push(message="Move")
    bpy.ops.ed.undo()  # of the move: the bake is still there
    assert status.outcome.startswith("Baked")
    assert status.is_true_in(bpy.context.scene)
    bpy.ops.ed.undo()
    assert status.outcome == ""
    bpy.ops.ed.redo()
    assert bpy.data.objects["Head"].data.shape_keys is not None
    assert status.outcome == ""


def test_another_file_and_another_scene_know_nothing_of_it(
    head: bpy.types.Object, worker: UseWorker, status: object, tmp_path: Path
) -> None:
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "saved.blend"))
    bpy.ops.jambatalk.bake()
    assert status.is_true_in(bpy.context.scene)
    assert not status.is_true_in(bpy.data.scenes.new("Other"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "saved.blend"))
    assert status.outcome == ""


def test_what_is_cleared_by_hand_is_no_longer_told(
    head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    bpy.ops.jambatalk.bake()
    head.shape_key_clear()
    assert not status.is_true_in(bpy.context.scene)


def test_a_failure_goes_with_the_next_undo(
    head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.data.objects["Head"].location.x = 1.0
    bpy.ops.ed.undo_push(message="Move")
    worker("user_error")
    with pytest.raises(RuntimeError, match="The sound is silent"):
        bpy.ops.jambatalk.bake()
    assert (status.outcome, status.kind.name) == ("The sound is silent.", "FAILED")
    bpy.ops.ed.undo()
    assert status.outcome == ""


def test_every_end_has_an_icon_of_its_own(addon: Addon) -> None:
    kinds = list(addon("bake.status").Kind)
    icons = bpy.types.UILayout.bl_rna.functions["prop"].parameters["icon"].enum_items.keys()
    assert len({kind.value for kind in kinds}) == len(kinds) == 4
    assert all(kind.value in icons for kind in kinds)


def test_a_file_leaves_the_scene_alone_unless_asked(
    scene: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    scene.frame_end = 40
    bpy.ops.jambatalk.bake()
    assert scene.frame_end == 40
    assert not len(helpers.strip_collection(scene))
    scene.jambatalk.extend_scene = True
    bpy.ops.jambatalk.bake()
    assert scene.frame_end == FIRST + FRAMES - 1
    assert status.notes == ("The scene now ends at frame 70; it ended at 40.",)
    scene.frame_end = 500
    bpy.ops.jambatalk.bake()
    assert scene.frame_end == 500


@needs_sound
def test_a_strip_is_added_once_where_it_is_asked_for(
    scene: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    strips = helpers.strip_collection(scene)
    strips.new_sound("Music", scene.jambatalk.sound_file, 1, 40)
    scene.jambatalk.add_strip = True
    bpy.ops.jambatalk.bake()
    (strip,) = (each for each in strips if each.name != "Music")
    assert (strip.name, strip.channel, strip.frame_final_start) == ("line", 2, FIRST)
    assert status.notes == (f"The strip 'line' was added to channel 2 of '{scene.name}'.",)
    bpy.ops.jambatalk.bake()
    assert len(strips) == 2
    assert status.notes == ("The strip 'line' has the sound already.",)


@pytest.mark.skipif(bpy.app.build_options.audaspace, reason="needs a Blender without sound")
def test_a_strip_that_cannot_be_added_is_told_and_the_bake_stays(
    scene: bpy.types.Scene, head: bpy.types.Object, worker: UseWorker, status: object
) -> None:
    scene.jambatalk.add_strip = True
    bpy.ops.jambatalk.bake()
    assert status.notes[0].startswith("No strip was added: No strip can be made of line.wav (")
    assert head.data.shape_keys is not None
