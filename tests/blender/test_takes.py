"""Every line keeps its own frames and its identity, whatever is renamed, moved, cut or baked next.

All is measured on the vertices Blender shows, at every frame.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, needs_sound

from model_core.rig.rig import FaceRig

CLOSE_MM = 0.15


@pytest.fixture
def bake_file(scene: bpy.types.Scene, tmp_path: Path) -> Callable[..., None]:
    """Bake a file of so many frames at a scene frame."""

    def bake(name: str, start: int, frames: int = 60) -> None:
        settings = scene.jambatalk
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        settings.source = "FILE"
        settings.sound_file = str(helpers.write_wav(path, frames / 30))
        settings.start_frame = start
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}

    return bake


@pytest.fixture
def bake_strip(scene: bpy.types.Scene) -> Callable[[str], None]:
    def bake(name: str) -> None:
        scene.jambatalk.source = "STRIP"
        scene.jambatalk.strip_name = name
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}

    return bake


def motion(rig: FaceRig, frames: int, since: int = 0) -> np.ndarray:
    weights = fake_worker.weights_at((since + np.arange(frames)) / 30)
    return np.tensordot(weights, rig.select(fake_worker.SPEECH_SHAPES), 1)


def worst(head: bpy.types.Object, rig: FaceRig, first: int, frames: int, since: int = 0) -> float:
    """Return how far a line's every frame is off, in mm."""
    return helpers.worst_mm(head, rig.neutral, motion(rig, frames, since), first, step=1)


def rests(head: bpy.types.Object, rig: FaceRig, *frames: int) -> bool:
    moved = [np.abs(helpers.evaluated_points(head, f) - rig.neutral).max() for f in frames]
    return max(moved) < 1e-5


def heard(head: bpy.types.Object) -> list[tuple[int, int]]:
    """Return the frames that the recorded takes are heard at."""
    takes = json.loads(head.data.shape_keys["jambatalk"])["takes"].values()
    return sorted((take["start"], take["end"]) for take in takes)


@pytest.mark.parametrize("gap", [0, 1, 2, 3, 6])
@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 1, 0)], ids=["first", "second", "again"])
def test_lines_close_to_each_other_keep_every_frame(
    head: bpy.types.Object, rig: FaceRig, bake_file: Callable, gap: int, order: tuple[int, ...]
) -> None:
    lines = [("a.wav", 1), ("b.wav", 61 + gap)]
    for line in order:
        bake_file(*lines[line])
    assert worst(head, rig, 1, 60) < CLOSE_MM
    assert worst(head, rig, 61 + gap, 60) < CLOSE_MM
    assert rests(head, rig, -5, 61 + gap + 65)
    assert heard(head) == [(1, 60), (61 + gap, 120 + gap)]


def test_a_line_with_other_shapes_neither_leaks_nor_is_leaked_into(
    head: bpy.types.Object, rig: FaceRig, addon: Addon
) -> None:
    write, kind = addon("write.apply").write_motion, addon("bake.run").Motion
    names = ("jawOpen", "mouthPucker")
    for index, first in ((0, 1), (1, 31), (0, 61)):
        weights = np.zeros((30, 2), np.float32)
        weights[:, index] = 0.5
        write(
            head, kind(30.0, names, rig.select(names), weights), str(first), first, tolerance_mm=0.1
        )
    for index, first in ((0, 1), (1, 31), (0, 61)):
        offsets = np.repeat(0.5 * rig.select(names)[[index]], 30, axis=0)
        assert helpers.worst_mm(head, rig.neutral, offsets, first, step=1) < CLOSE_MM
    assert rests(head, rig, -5, 96)


@pytest.mark.parametrize("gap", [0, 1, 4])
def test_clearing_one_of_close_lines_leaves_the_others_and_rest(
    head: bpy.types.Object, rig: FaceRig, bake_file: Callable, gap: int
) -> None:
    for number in range(3):
        bake_file(f"{number}.wav", 1 + number * (30 + gap), 30)
    takes = json.loads(head.data.shape_keys["jambatalk"])["takes"]
    middle = next(name for name, take in takes.items() if take["name"] == "1")
    assert bpy.ops.jambatalk.clear_take(take=middle) == {"FINISHED"}
    last = 1 + 2 * (30 + gap)
    assert worst(head, rig, 1, 30) < CLOSE_MM
    assert worst(head, rig, last, 30) < CLOSE_MM
    assert rests(head, rig, *range(35, last - 3), last + 35)


def test_the_last_take_cleared_leaves_nothing(head: bpy.types.Object, bake_file: Callable) -> None:
    before = helpers.snapshot(head)
    bake_file("a.wav", 1)
    bake_file("b.wav", 201)
    for _ in range(2):
        take = next(iter(json.loads(head.data.shape_keys["jambatalk"])["takes"]))
        assert bpy.ops.jambatalk.clear_take(take=take) == {"FINISHED"}
    assert helpers.snapshot(head) == before
    assert not bpy.ops.jambatalk.clear_take.poll()


def test_a_take_that_is_gone_is_refused_in_a_sentence(
    head: bpy.types.Object, bake_file: Callable
) -> None:
    bake_file("a.wav", 1)
    for operator in (bpy.ops.jambatalk.clear_take, bpy.ops.jambatalk.show_take):
        with pytest.raises(RuntimeError, match="no longer on the mesh"):
            operator(take="none")


def test_show_goes_to_the_take(
    scene: bpy.types.Scene, head: bpy.types.Object, bake_file: Callable
) -> None:
    bake_file("a.wav", 201)
    take = next(iter(json.loads(head.data.shape_keys["jambatalk"])["takes"]))
    bpy.ops.jambatalk.show_take(take=take)
    assert scene.frame_current == 201


@pytest.mark.parametrize(("start", "frames"), [(31, 60), (41, 20), (-29, 60), (-29, 150)])
def test_the_later_bake_has_the_frames_it_is_heard_at_and_the_other_the_rest(
    head: bpy.types.Object, rig: FaceRig, bake_file: Callable, start: int, frames: int
) -> None:
    bake_file("a.wav", 1, 90)
    bake_file("b.wav", start, frames)
    assert worst(head, rig, start, frames) < CLOSE_MM
    end = start + frames
    if start > 1:
        assert worst(head, rig, 1, start - 1) < CLOSE_MM
    if end < 91:
        assert worst(head, rig, end, 91 - end, since=end - 1) < CLOSE_MM
    assert all(one[1] < other[0] for one, other in zip(heard(head), heard(head)[1:], strict=False))


def test_the_outcome_says_which_line_gave_way(
    head: bpy.types.Object, bake_file: Callable, addon: Addon
) -> None:
    bake_file("first line.wav", 1, 90)
    bake_file("b.wav", 31, 30)
    assert "'first line' gave way in frames 31 to 60." in addon("bake.status").STATUS.notes
    bake_file("c.wav", -19, 120)
    notes = addon("bake.status").STATUS.notes
    assert "'first line' gave way in frames 1 to 30 and 61 to 90." in notes
    assert "'b' gave way in frames 31 to 60." in notes


def test_files_of_one_name_and_one_file_at_two_places_are_takes_of_their_own(
    head: bpy.types.Object, rig: FaceRig, bake_file: Callable
) -> None:
    bake_file("ep1/line_01.wav", 1)
    bake_file("ep2/line_01.wav", 201)
    bake_file("ep2/line_01.wav", 401)
    bake_file("ep2/line_01.wav", 201)
    assert heard(head) == [(1, 60), (201, 260), (401, 460)]
    for first in (1, 201, 401):
        assert worst(head, rig, first, 60) < CLOSE_MM


def test_a_file_moved_a_little_is_the_same_take(
    head: bpy.types.Object, rig: FaceRig, bake_file: Callable
) -> None:
    bake_file("line.wav", 1)
    bake_file("line.wav", 21)
    assert heard(head) == [(21, 80)]
    assert worst(head, rig, 21, 60) < CLOSE_MM
    assert rests(head, rig, 1, 10, 17)


def add_strip(
    scene: bpy.types.Scene, folder: Path, name: str, first: int, frames: int = 60, channel: int = 1
) -> bpy.types.Strip:
    path = helpers.write_wav(folder / f"{name}.wav", frames / 30)
    return helpers.strip_collection(scene).new_sound(name, str(path), channel, first)


@needs_sound
def test_a_renamed_and_moved_strip_takes_its_motion_along(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    rig: FaceRig,
    bake_strip: Callable,
    tmp_path: Path,
) -> None:
    strip = add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    strip.name, strip.frame_start = "Hello", 301
    saved = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=saved)
    bpy.ops.wm.open_mainfile(filepath=saved)
    scene, head = bpy.context.scene, bpy.data.objects["Head"]
    scene.jambatalk.strip_name = "Hello"
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert heard(head) == [(301, 360)]
    assert worst(head, rig, 301, 60) < CLOSE_MM
    assert rests(head, rig, *range(8, 75))


@needs_sound
@pytest.mark.parametrize("order", ["LR", "RL", "LRLR"])
def test_a_strip_cut_in_two_is_two_takes(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    rig: FaceRig,
    bake_strip: Callable,
    tmp_path: Path,
    order: str,
) -> None:
    strip = add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    strip.split(41, "SOFT")
    names = {"L": "Line", "R": "Line.001"}
    for half in order:
        bake_strip(names[half])
    assert heard(head) == [(11, 40), (41, 70)]
    assert worst(head, rig, 11, 60) < CLOSE_MM


@needs_sound
def test_a_duplicated_strip_is_another_take_also_in_another_scene(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    rig: FaceRig,
    bake_strip: Callable,
    tmp_path: Path,
) -> None:
    strip = add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    copied = strip["jambatalk_take"]
    other = add_strip(scene, tmp_path, "Copy", 201)
    other["jambatalk_take"] = copied  # what duplicating does
    bake_strip("Copy")
    assert heard(head) == [(11, 70), (201, 260)]
    assert other["jambatalk_take"] != copied == strip["jambatalk_take"]
    bake_strip("Line")
    assert heard(head) == [(11, 70), (201, 260)]
    elsewhere = bpy.data.scenes.new("Shot")
    elsewhere.render.fps = 30
    third = add_strip(elsewhere, tmp_path, "Line", 401)
    third["jambatalk_take"] = copied
    elsewhere.jambatalk.mesh = head
    elsewhere.jambatalk.strip_name = "Line"
    with bpy.context.temp_override(scene=elsewhere):
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    assert heard(head) == [(11, 70), (201, 260), (401, 460)]


@needs_sound
def test_a_scene_copied_with_its_head_has_the_take_too(
    scene: bpy.types.Scene, head: bpy.types.Object, bake_strip: Callable, tmp_path: Path
) -> None:
    add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    before = head.data.shape_keys["jambatalk"]
    bpy.ops.scene.new(type="FULL_COPY")
    twin = bpy.context.scene
    assert twin != scene
    twin.jambatalk.strip_name = helpers.strip_collection(twin)[0].name
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}
    taken = list(json.loads(twin.jambatalk.mesh.data.shape_keys["jambatalk"])["takes"])
    assert taken == list(json.loads(before)["takes"])
    assert head.data.shape_keys["jambatalk"] == before


@needs_sound
def test_a_deleted_strip_made_anew_is_the_same_take_and_a_deleted_one_can_be_cleared(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    rig: FaceRig,
    bake_strip: Callable,
    tmp_path: Path,
) -> None:
    strip = add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    helpers.strip_collection(scene).remove(strip)
    add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    assert heard(head) == [(11, 70)]
    helpers.strip_collection(scene).remove(helpers.strip_collection(scene)["Line"])
    take = next(iter(json.loads(head.data.shape_keys["jambatalk"])["takes"]))
    assert bpy.ops.jambatalk.clear_take(take=take) == {"FINISHED"}
    assert head.data.shape_keys is None


@needs_sound
def test_a_record_of_an_earlier_version_opens_and_its_line_is_replaced(
    scene: bpy.types.Scene,
    head: bpy.types.Object,
    rig: FaceRig,
    bake_strip: Callable,
    tmp_path: Path,
) -> None:
    strip = add_strip(scene, tmp_path, "Line", 11)
    bake_strip("Line")
    key = head.data.shape_keys
    record = json.loads(key["jambatalk"])
    (take,) = record["takes"].values()
    old = {name: take[name] for name in ("first", "last", "shapes")}
    kept = ("made_reference", "made_animation", "absolute")
    key["jambatalk"] = json.dumps({name: record[name] for name in kept} | {"takes": {"Line": old}})
    del key["jambatalk_written"], strip["jambatalk_take"]
    strip.frame_start = 201
    bake_strip("Line")
    assert heard(head) == [(201, 260)]
    assert worst(head, rig, 201, 60) < CLOSE_MM
    assert rests(head, rig, *range(8, 75))


def test_a_record_of_a_later_version_opens(head: bpy.types.Object, bake_file: Callable) -> None:
    bake_file("a.wav", 1)
    key = head.data.shape_keys
    record = json.loads(key["jambatalk"])
    record["mood"] = "new"
    for take in record["takes"].values():
        take["colour"] = [1, 2, 3]
    key["jambatalk"] = json.dumps(record)
    bake_file("b.wav", 201)
    assert heard(head) == [(1, 60), (201, 260)]


def test_undo_brings_a_cleared_take_back(
    head: bpy.types.Object, rig: FaceRig, bake_file: Callable
) -> None:
    bake_file("a.wav", 1)
    bake_file("b.wav", 201)
    take = next(iter(json.loads(head.data.shape_keys["jambatalk"])["takes"]))
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.jambatalk.clear_take(take=take)
    bpy.ops.ed.undo_push(message="Clear Take")
    bpy.ops.ed.undo()
    head = bpy.data.objects["Head"]
    assert heard(head) == [(1, 60), (201, 260)]
    assert worst(head, rig, 1, 60) < CLOSE_MM
