"""The demo head, the mouth for any head, and the scene that the demo saves."""

from __future__ import annotations

from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from bpy_extras.object_utils import world_to_camera_view
from helpers import Addon, UseWorker

from model_core.rig.mouth.cavity import rim
from model_core.rig.rig import FaceRig

UPRIGHT = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]])


def opened_head(rig: FaceRig, vertices: np.ndarray, turn: np.ndarray, scale: float) -> object:
    """Return a head in other axes and units with a shape key that opens its jaw by 2 cm."""
    head = helpers.make_head((scale * vertices @ turn.T).astype(np.float32), rig.faces)
    head.shape_key_add(name="Basis")
    key = head.shape_key_add(name="jawOpen")
    moved = scale * (vertices + rig.select(("jawOpen",))[0]) @ turn.T
    key.data.foreach_set("co", moved.astype(np.float32).ravel())
    key.value = 0.0
    return head


def narrowed(rig: FaceRig) -> np.ndarray:
    """Return the points of a narrower, longer face."""
    return rig.neutral * np.array([0.85, 1.1, 1.0])


@pytest.mark.parametrize(("turn", "scale"), [(np.eye(3), 1.0), (UPRIGHT, 100.0)])
def test_a_mouth_hangs_on_the_lips_of_any_head_and_follows_them(
    scene: bpy.types.Scene, addon: Addon, rig: FaceRig, turn: np.ndarray, scale: float
) -> None:
    head = opened_head(rig, narrowed(rig), turn, scale)
    scene.jambatalk.mesh = head
    head.data.shape_keys.key_blocks["jawOpen"].value = 0.5  # bound at rest all the same
    assert bpy.ops.jambatalk.add_mouth() == {"FINISHED"}
    mouth = addon("anatomy.mouth").find_mouth(head)
    edge = rim()
    gaps = []
    for value in (0.0, 1.0):
        head.data.shape_keys.key_blocks["jawOpen"].value = value
        ends = (
            helpers.evaluated_points(mouth, 1)[: len(edge)]
            - helpers.evaluated_points(head, 1)[edge]
        )
        gaps.append(np.abs(ends).max() / scale)
    assert max(gaps) < 1e-4
    inside = helpers.evaluated_points(mouth, 1).mean(axis=0) - helpers.evaluated_points(head, 1)[
        edge
    ].mean(axis=0)
    assert inside @ turn[:, 2] < -0.005 * scale  # behind the lips


def test_a_head_has_one_mouth_and_clear_leaves_it(
    scene: bpy.types.Scene, rig: FaceRig, addon: Addon, worker: UseWorker, tmp_path: Path
) -> None:
    settings = scene.jambatalk
    settings.mesh = head = helpers.make_head(rig.neutral, rig.faces)
    settings.source, settings.sound_file = "FILE", str(helpers.write_wav(tmp_path / "a.wav", 1.0))
    bpy.ops.jambatalk.add_mouth()
    reason = addon("anatomy.operators").JAMBATALK_OT_add_mouth.disabled_reason(bpy.context)
    assert reason == "'Head' has the mouth 'Head Mouth' already."
    bpy.ops.jambatalk.bake()
    bpy.ops.jambatalk.clear()
    names = ["Head Lower Teeth", "Head Mouth", "Head Upper Teeth"]
    assert sorted(child.name for child in head.children) == names
    assert head.data.shape_keys is None


def test_a_mouth_needs_a_flame_head_in_object_mode(scene: bpy.types.Scene, addon: Addon) -> None:
    operator = addon("anatomy.operators").JAMBATALK_OT_add_mouth
    reason = operator.disabled_reason(bpy.context)
    assert reason.startswith("Choose a mesh with FLAME's 5023 vertices")
    bpy.ops.mesh.primitive_cube_add()
    assert "8 vertices" in operator.disabled_reason(bpy.context)
    bpy.ops.object.mode_set(mode="EDIT")
    assert operator.disabled_reason(bpy.context) == "Switch to Object mode first."
    assert not bpy.ops.jambatalk.add_demo_head.poll()


def test_a_mouth_that_cannot_follow_says_so(
    scene: bpy.types.Scene, rig: FaceRig, addon: Addon, capfd: pytest.CaptureFixture[str]
) -> None:
    scene.jambatalk.mesh = head = helpers.make_head(rig.neutral, rig.faces)
    hidden = bpy.data.collections.new("Hidden")
    scene.collection.children.link(hidden)
    hidden.objects.link(head)
    scene.collection.objects.unlink(head)
    bpy.context.view_layer.layer_collection.children["Hidden"].exclude = True
    assert bpy.ops.jambatalk.add_mouth() == {"FINISHED"}
    assert "'Head Mouth' does not follow the lips" in capfd.readouterr().out


def test_the_demo_head_is_added_at_the_cursor_and_chosen_if_nothing_else_can_be(
    scene: bpy.types.Scene, rig: FaceRig, addon: Addon
) -> None:
    scene.cursor.location = (1.0, 2.0, 3.0)
    assert bpy.ops.jambatalk.add_demo_head() == {"FINISHED"}
    head = bpy.context.object
    assert tuple(head.location) == (1.0, 2.0, 3.0)
    assert (head.select_get(), scene.jambatalk.mesh) == (True, head)
    assert addon("targets.checks").mesh_problem(head) is None
    assert addon("anatomy.mouth").follows(addon("anatomy.mouth").find_mouth(head))
    bpy.ops.jambatalk.add_demo_head()
    assert bpy.context.object != head
    assert scene.jambatalk.mesh == head


@pytest.mark.skipif(not bpy.app.build_options.audaspace, reason="this Blender has no sound")
def test_the_saved_demo_opens_on_the_head(
    addon: Addon, worker: UseWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = addon("headless.demo")
    monkeypatch.setattr(demo.film, "render_film", lambda scene, path: None)
    monkeypatch.setattr(demo.film, "render_sheet", lambda scene, path: None)
    monkeypatch.setattr(demo, "check_whole", lambda path, ending: None)
    monkeypatch.setattr(addon("demo.scene"), "DEMO_SPEECH", wav_speech(tmp_path))
    demo.run(tmp_path)
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / demo.SCENE_FILE))
    scene, head = bpy.context.scene, bpy.context.object
    assert (head.name, head.select_get(), scene.jambatalk.mesh) == ("Demo Head", True, head)
    assert (scene.sync_mode, scene.frame_current) == ("AUDIO_SYNC", scene.frame_start)
    assert (
        len(scene.objects) == 5
    )  # head, three parts of a mouth, camera: nothing of Blender's startup file
    views = {
        screen.name: [area.spaces.active for area in screen.areas if area.type == "VIEW_3D"]
        for screen in bpy.data.screens
    }
    assert views["Layout"][0].show_region_ui
    for spaces in views.values():
        assert all(space.region_3d.view_perspective == "CAMERA" for space in spaces)
        assert sum(space.show_region_ui for space in spaces) == bool(spaces)
    bpy.context.view_layer.update()
    for vertex in list(head.data.vertices)[::7]:
        seen = world_to_camera_view(scene, scene.camera, head.matrix_world @ vertex.co)
        assert 0 < seen.x < 1
        assert 0 < seen.y < 1


def wav_speech(folder: Path) -> Path:
    """Return a wav under the speech's name: the fake worker reads nothing else."""
    return helpers.write_wav(folder / "speech.wav", 2.0).rename(folder / "demo_speech.flac")
