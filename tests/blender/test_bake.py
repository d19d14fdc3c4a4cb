"""A known motion becomes shape keys that move every vertex where the motion says."""

from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker

from model_core.rig.rig import FaceRig

FRAMES = 120  # 4 s at 30 frames per second
FIRST = 11


@pytest.fixture
def head(scene: bpy.types.Scene, rig: FaceRig, tmp_path: Path) -> bpy.types.Object:
    """A FLAME head, and settings that bake a 4 s file onto it."""
    head = helpers.make_head(rig.neutral, rig.faces)
    settings = scene.jambatalk
    settings.mesh = head
    settings.source = "FILE"
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    settings.start_frame = FIRST
    return head


def known_offsets(rig: FaceRig) -> np.ndarray:
    weights = fake_worker.weights_at(np.arange(FRAMES) / 30)
    return np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)


def test_vertices_follow_the_motion_also_after_reload(
    head: bpy.types.Object, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    offsets = known_offsets(rig)
    assert helpers.worst_mm(head, rig.neutral, offsets, FIRST) < 0.15
    saved = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=saved)
    bpy.ops.wm.open_mainfile(filepath=saved)
    reloaded = bpy.data.objects["Head"]
    assert helpers.worst_mm(reloaded, rig.neutral, offsets, FIRST) < 0.15
    assert bpy.context.scene.jambatalk.mesh == reloaded


def test_keys_are_on_whole_frames_and_only_shapes_that_move_have_curves(
    head: bpy.types.Object, worker: UseWorker
) -> None:
    bpy.ops.jambatalk.bake()
    blocks = head.data.shape_keys.key_blocks
    assert blocks.keys() == ["Basis", *fake_worker.SPEECH_SHAPES]
    curves = helpers.value_curves(head)
    assert 'key_blocks["jawOpen"].value' in curves
    assert 'key_blocks["mouthUpperUpRight"].value' not in curves
    frames = [point.co.x for curve in curves.values() for point in curve.keyframe_points]
    assert all(frame == round(frame) for frame in frames)
    assert len(frames) < len(curves) * FRAMES / 2


def test_no_weight_is_clamped_by_a_slider(head: bpy.types.Object, worker: UseWorker) -> None:
    bpy.ops.jambatalk.bake()
    for path, curve in helpers.value_curves(head).items():
        block = head.data.shape_keys.path_resolve(path.removesuffix(".value"))
        values = [curve.evaluate(FIRST + t / 4) for t in range(FRAMES * 4)]
        assert block.slider_min <= min(values) and max(values) <= block.slider_max
    assert any(block.slider_min < 0 for block in head.data.shape_keys.key_blocks)


def test_face_rests_before_and_after_the_sound(
    head: bpy.types.Object, rig: FaceRig, worker: UseWorker
) -> None:
    bpy.ops.jambatalk.bake()
    for frame in (FIRST - 10, FIRST + FRAMES + 10):
        moved = np.abs(helpers.evaluated_points(head, frame) - rig.neutral).max()
        assert moved < 1e-5


@pytest.mark.parametrize(
    ("scale", "turn"),
    [(100.0, np.eye(3)), (1.0, np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]))],
    ids=["centimetres", "z-up"],
)
def test_motion_follows_the_mesh_axes_and_unit(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    rig: FaceRig,
    worker: UseWorker,
    scale: float,
    turn: np.ndarray,
) -> None:
    vertices = scale * rig.neutral @ turn.T
    head.data.vertices.foreach_set("co", vertices.astype(np.float32).ravel())
    bpy.ops.jambatalk.bake()
    offsets = scale * known_offsets(rig) @ turn.T
    assert helpers.worst_mm(head, vertices, offsets, FIRST, step=40) < 0.15 * scale


def test_undo_restores_the_scene(head: bpy.types.Object, worker: UseWorker) -> None:
    bpy.ops.ed.undo_push(message="before")
    before = helpers.snapshot(head)
    bpy.ops.jambatalk.bake()
    bpy.ops.ed.undo_push(message="Bake")
    bpy.ops.ed.undo()
    assert helpers.snapshot(bpy.data.objects["Head"]) == before


def test_clear_removes_exactly_what_the_bake_made(
    head: bpy.types.Object, worker: UseWorker
) -> None:
    before = helpers.snapshot(head)
    bpy.ops.jambatalk.bake()
    assert bpy.ops.jambatalk.clear() == {"FINISHED"}
    assert helpers.snapshot(head) == before
    assert not bpy.ops.jambatalk.clear.poll()


def add_artists_work(head: bpy.types.Object) -> None:
    """Give a head its own keys (one named like ours), an animated one and a driven one."""
    head.shape_key_add(name="Basis")
    for name in ("Smirk", "jawOpen", "Driven"):
        key = head.shape_key_add(name=name)
        key.data[100].co.x += 0.01
        key.value = 0.25
    blocks = head.data.shape_keys.key_blocks
    for frame, value in ((1, 0.0), (50, 1.0)):
        blocks["Smirk"].value = value
        blocks["Smirk"].keyframe_insert("value", frame=frame)
    driver = blocks["Driven"].driver_add("value").driver
    driver.expression = "0.5"
    head.active_shape_key_index = 2
    bpy.context.scene.frame_set(20)
    bpy.context.view_layer.update()


def test_artists_keys_curves_and_drivers_stay(head: bpy.types.Object, worker: UseWorker) -> None:
    add_artists_work(head)
    before = helpers.snapshot(head)
    bpy.ops.jambatalk.bake()
    after = helpers.snapshot(head)
    assert after["blocks"][1:4] == before["blocks"][1:4]
    assert after["points"][:4] == before["points"][:4]
    smirk = 'key_blocks["Smirk"].value'
    assert after["curves"][smirk] == before["curves"][smirk]
    assert after["action"] == before["action"]
    assert after["drivers"] == before["drivers"]
    assert 'key_blocks["jawOpen (JambaTalk)"].value' in after["curves"]
    bpy.ops.jambatalk.clear()
    assert helpers.snapshot(head) == before


def test_baking_again_replaces_only_its_own_keys(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    bpy.ops.jambatalk.bake()
    first = helpers.snapshot(head)
    bpy.ops.jambatalk.bake()
    assert helpers.snapshot(head) == first
    scene.jambatalk.start_frame = FIRST + 60
    bpy.ops.jambatalk.bake()
    frames = [
        point.co.x
        for curve in helpers.value_curves(head).values()
        for point in curve.keyframe_points
    ]
    assert min(frames) > FIRST + 50
    scene.jambatalk.start_frame = 211
    bpy.ops.jambatalk.bake()
    scene.jambatalk.sound_file = str(helpers.write_wav(tmp_path / "second.wav", FRAMES / 30))
    scene.jambatalk.start_frame = FIRST
    bpy.ops.jambatalk.bake()
    offsets = known_offsets(rig)
    assert helpers.worst_mm(head, rig.neutral, offsets, FIRST) < 0.15
    assert helpers.worst_mm(head, rig.neutral, offsets, 211) < 0.15


def test_masks_on_our_keys_outlive_baking_again(head: bpy.types.Object, worker: UseWorker) -> None:
    bpy.ops.jambatalk.bake()
    head.vertex_groups.new(name="Left half")
    head.data.shape_keys.key_blocks["jawOpen"].vertex_group = "Left half"
    bpy.ops.jambatalk.bake()
    assert head.data.shape_keys.key_blocks["jawOpen"].vertex_group == "Left half"


def test_an_overlapping_take_wins_where_it_is(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    bpy.ops.jambatalk.bake()
    scene.jambatalk.sound_file = str(helpers.write_wav(tmp_path / "second.wav", FRAMES / 30))
    scene.jambatalk.start_frame = FIRST + 60
    bpy.ops.jambatalk.bake()
    offsets = known_offsets(rig)
    assert helpers.worst_mm(head, rig.neutral, offsets[:30], FIRST) < 0.15
    assert helpers.worst_mm(head, rig.neutral, offsets, FIRST + 60) < 0.15


def test_strength_scales_the_motion(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, worker: UseWorker
) -> None:
    scene.jambatalk.strength = 0.5
    bpy.ops.jambatalk.bake()
    assert helpers.worst_mm(head, rig.neutral, 0.5 * known_offsets(rig), FIRST) < 0.15


def test_components_of_a_dense_prediction_bake_and_two_takes_keep_their_own(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, worker: UseWorker, tmp_path: Path
) -> None:
    worker("dense")
    bpy.ops.jambatalk.bake()
    assert helpers.worst_mm(head, rig.neutral, known_offsets(rig), FIRST) < 0.2
    scene.jambatalk.sound_file = str(helpers.write_wav(tmp_path / "short.wav", 1.0))
    scene.jambatalk.start_frame = 300
    bpy.ops.jambatalk.bake()
    assert helpers.worst_mm(head, rig.neutral, known_offsets(rig), FIRST) < 0.2
    assert helpers.worst_mm(head, rig.neutral, known_offsets(rig)[:30], 300) < 0.2


def test_exact_bake_is_exact_and_clears(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, worker: UseWorker
) -> None:
    before = helpers.snapshot(head)
    scene.jambatalk.output = "EXACT"
    bpy.ops.jambatalk.bake()
    assert helpers.worst_mm(head, rig.neutral, known_offsets(rig), FIRST) < 0.001
    scene.jambatalk.output = "CURVES"
    bpy.ops.jambatalk.bake()
    assert helpers.worst_mm(head, rig.neutral, known_offsets(rig), FIRST) < 0.15
    bpy.ops.jambatalk.clear()
    assert helpers.snapshot(head) == before


def test_a_duplicated_head_gets_an_action_of_its_own(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, worker: UseWorker
) -> None:
    bpy.ops.jambatalk.bake()
    twin = head.copy()
    twin.data = head.data.copy()
    bpy.context.collection.objects.link(twin)
    scene.jambatalk.mesh = twin
    scene.jambatalk.start_frame = 301
    bpy.ops.jambatalk.bake()
    offsets = known_offsets(rig)
    assert helpers.worst_mm(head, rig.neutral, offsets, FIRST, step=30) < 0.15
    assert helpers.worst_mm(twin, rig.neutral, offsets, 301, step=30) < 0.15


def test_five_minutes_stay_light(
    scene: bpy.types.Scene, head: bpy.types.Object, rig: FaceRig, addon: Addon, tmp_path: Path
) -> None:
    frames = 9000
    motion = addon("bake.run").Motion
    rng = np.random.default_rng(0)
    targets = 0.25 * rng.random((frames // 4 + 2, 21)) * (rng.random((frames // 4 + 2, 21)) < 0.5)
    at = np.arange(frames) / 4
    low = at.astype(int)
    part = (1 - np.cos(np.pi * (at - low)))[:, None] / 2
    weights = (targets[low] * (1 - part) + targets[low + 1] * part).astype(np.float32)
    names = fake_worker.SPEECH_SHAPES
    long = motion(30.0, names, rig.select(names), weights)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "before.blend"))
    report = addon("write.apply").write_motion(head, long, "long", 1, tolerance_mm=0.1)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "after.blend"))
    assert report.error_mm <= 0.1
    offsets = np.tensordot(weights[::1111], rig.select(names), 1)
    worst = [
        np.abs(helpers.evaluated_points(head, 1 + 1111 * i) - rig.neutral - offset).max()
        for i, offset in enumerate(offsets)
    ]
    assert max(worst) < 0.00015
    grown = (tmp_path / "after.blend").stat().st_size - (tmp_path / "before.blend").stat().st_size
    assert grown < 8_000_000
