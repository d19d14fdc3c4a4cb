"""Life in Blender: the head's turns as keys on what the artist chose, and moods that are keyed."""

import json
from pathlib import Path

import bpy
import fake_worker
import helpers
import numpy as np
import pytest
from helpers import Addon, UseWorker
from mathutils import Euler, Matrix

from model_core.base.assets import DEMO_SPEECH
from model_core.demo.head import load_demo_head
from model_core.rig.lids import BLINKS
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import LID_PAIRS
from model_core.rig.turns import rotation

FRAMES, FIRST = 120, 11
SOME = range(0, FRAMES, 17)
UPRIGHT = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])


@pytest.fixture
def face(scene: bpy.types.Scene, tmp_path: Path) -> bpy.types.Object:
    """A FLAME head that looks along -Y with +Z up, and settings that bake 4 s with life onto it."""
    rig = load_face_rig()
    face = helpers.make_head(rig.neutral @ UPRIGHT.T, rig.faces, "Face")
    settings = scene.jambatalk
    settings.mesh, settings.source = face, "FILE"
    settings.sound_file = str(helpers.write_wav(tmp_path / "line.wav", FRAMES / 30))
    settings.start_frame, settings.life = FIRST, 1.0
    return face


def add_empty(name: str = "Neck") -> bpy.types.Object:
    empty = bpy.data.objects.new(name, None)
    bpy.context.collection.objects.link(empty)
    return empty


def add_armature() -> bpy.types.Object:
    """Add an armature that lies askew, with a bone Head that leans on a bone Spine."""
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(armature)
    armature.rotation_euler = (0.3, -0.2, 0.9)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    spine, head = bones.new("Spine"), bones.new("Head")
    spine.tail, head.head, head.tail = (0, 0, 1), (0, 0, 1), (0, -0.4, 1.3)
    head.roll, head.parent = 0.7, spine
    bpy.ops.object.mode_set(mode="OBJECT")
    return armature


def turn_at(t: int) -> Matrix:
    """Return how the face turns in the world at a frame of the motion, by the fake worker."""
    angles = fake_worker.head_at(np.array([t / 30]))[0].astype(float)
    return Matrix((UPRIGHT @ rotation(*angles) @ UPRIGHT.T).tolist())


def eye_at(t: int, eye: int) -> Matrix:
    """Return how an eye turns within the head at a frame of the motion."""
    angles = fake_worker.eyes_at(np.array([t / 30]))[0, eye].astype(float)
    return Matrix((UPRIGHT @ rotation(*angles) @ UPRIGHT.T).tolist())


def seen(obj: bpy.types.Object, bone: str = "") -> Matrix:
    """Return the world's rotation of an object or a bone as Blender shows it now."""
    shown = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    matrix = shown.matrix_world @ shown.pose.bones[bone].matrix if bone else shown.matrix_world
    return matrix.to_quaternion().to_matrix()


def angle(one: Matrix, other: Matrix) -> float:
    """Return the degrees between two rotations."""
    return float(np.degrees((one.inverted() @ other).to_quaternion().angle))


def bake() -> None:
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}


def notes(addon: Addon) -> str:
    return " ".join(addon("bake.status").STATUS.notes)


@pytest.mark.parametrize("mode", ["XYZ", "ZYX", "QUATERNION"])
def test_an_object_turns_as_the_motion_says_and_no_vertex_with_it(
    face: bpy.types.Object, worker: UseWorker, mode: str
) -> None:
    empty = add_empty()
    empty.rotation_mode = mode
    face.parent = empty
    bpy.context.scene.jambatalk.head_object = empty
    bake()
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), turn_at(t)) < 0.1
        assert angle(seen(face), turn_at(t)) < 0.1
    assert face.data.shape_keys.key_blocks.keys() == ["Basis", *fake_worker.SPEECH_SHAPES]
    bake()  # while the face is turned
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), turn_at(t)) < 0.1


def test_the_artists_own_keys_turn_the_object_too_and_outlive_ours(
    face: bpy.types.Object, worker: UseWorker
) -> None:
    empty = add_empty()
    bpy.context.scene.jambatalk.head_object = empty
    for frame, height in ((1, 0.0), (200, 1.0)):
        empty.rotation_euler = (0.0, 0.0, height)
        empty.keyframe_insert("rotation_euler", frame=frame)
    own = {}
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        own[t] = seen(empty).copy()
    bake()
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), turn_at(t) @ own[t]) < 0.1
    action = empty.animation_data.action
    bpy.ops.jambatalk.clear()
    assert empty.animation_data.action == action
    assert "jambatalk_head" not in empty
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), own[t]) < 0.01


@pytest.mark.parametrize("mode", ["QUATERNION", "YZX", "AXIS_ANGLE"])
def test_a_bone_turns_about_the_faces_axes_and_is_back_at_rest_after_clear(
    face: bpy.types.Object, worker: UseWorker, mode: str
) -> None:
    armature = add_armature()
    bone = armature.pose.bones["Head"]
    bone.rotation_mode = mode
    bone.rotation_quaternion = Euler((0.1, 0.2, 0.0)).to_quaternion()
    bone.rotation_euler = (0.1, 0.2, 0.0)
    bone.rotation_axis_angle = (0.2, 0.6, 0.8, 0.0)
    bpy.context.view_layer.update()
    rest = seen(armature, "Head").copy()
    settings = bpy.context.scene.jambatalk
    settings.head_object, settings.head_bone = armature, "Head"
    bake()
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(armature, "Head"), turn_at(t) @ rest) < 0.1
    bpy.ops.jambatalk.clear()
    bpy.context.view_layer.update()
    assert angle(seen(armature, "Head"), rest) < 0.01
    assert armature.animation_data is None
    assert not [action for action in bpy.data.actions if action.name.startswith("JambaTalk")]


def test_another_bake_replaces_the_turns_wherever_they_are_then(
    face: bpy.types.Object, worker: UseWorker
) -> None:
    first, second = add_empty("First"), add_empty("Second")
    settings = bpy.context.scene.jambatalk
    settings.head_object = first
    bake()
    keys = [len(c.keyframe_points) for c in helpers_curves(first)]
    bake()
    assert [len(c.keyframe_points) for c in helpers_curves(first)] == keys
    settings.head_object = second
    bake()
    assert first.animation_data is None and "jambatalk_head" not in first
    assert len(helpers_curves(second)) == 3
    settings.life = 0.0
    bake()
    assert second.animation_data is None
    assert tuple(second.delta_rotation_euler) == (0.0, 0.0, 0.0)


def helpers_curves(obj: bpy.types.Object) -> list[bpy.types.FCurve]:
    """Return the f-curves of an object."""
    action = obj.animation_data.action
    if not hasattr(action, "slots"):
        return list(action.fcurves)
    bag = action.layers[0].strips[0].channelbag(obj.animation_data.action_slot)
    return list(bag.fcurves)


def test_two_lines_share_a_head_and_one_may_go(
    face: bpy.types.Object, worker: UseWorker, tmp_path: Path, addon: Addon
) -> None:
    empty, settings = add_empty(), bpy.context.scene.jambatalk
    settings.head_object = empty
    bake()
    settings.sound_file = str(helpers.write_wav(tmp_path / "other.wav", FRAMES / 30))
    settings.start_frame = FIRST + FRAMES // 2
    bake()
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + FRAMES // 2 + t)
        assert angle(seen(empty), turn_at(t)) < 0.1
    for t in range(0, FRAMES // 2, 17):
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), turn_at(t)) < 0.1
    takes = addon("write.ownership").takes_of(face)
    later = max(takes, key=lambda take: takes[take].heard)
    addon("write.clear").clear_take(face, later)
    for t in range(0, FRAMES // 2, 17):
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), turn_at(t)) < 0.1
    bpy.ops.jambatalk.clear()
    assert empty.animation_data is None


def test_keys_that_the_artist_moved_are_kept_in_a_copy(
    face: bpy.types.Object, worker: UseWorker, addon: Addon
) -> None:
    empty = add_empty()
    bpy.context.scene.jambatalk.head_object = empty
    bake()
    before = len(bpy.data.actions)
    helpers_curves(empty)[0].keyframe_points[2].co.y += 0.3
    bake()
    assert len(bpy.data.actions) == before + 1
    assert "Your changes to how 'Neck' turns are kept" in notes(addon)
    bpy.context.scene.frame_set(FIRST + 34)
    assert angle(seen(empty), turn_at(34)) < 0.1


@pytest.mark.parametrize("why", ["none", "keys", "driver", "mode", "gone bone"])
def test_a_head_that_cannot_turn_is_said_and_not_reckoned_with(
    face: bpy.types.Object,
    worker: UseWorker,
    addon: Addon,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    why: str,
) -> None:
    monkeypatch.setenv("JAMBATALK_FAKE_LOG", str(tmp_path / "asked.jsonl"))
    settings = bpy.context.scene.jambatalk
    armature = add_armature()
    bone = armature.pose.bones["Head"]
    if why != "none":
        settings.head_object, settings.head_bone = armature, "Head"
    if why == "keys":
        bone.keyframe_insert("rotation_quaternion", frame=1)
    elif why == "driver":
        bone.driver_add("rotation_quaternion", 0)
    elif why == "mode":
        settings.head_object, settings.head_bone = add_empty(), ""
        settings.head_object.rotation_mode = "AXIS_ANGLE"
    elif why == "gone bone":
        settings.head_bone = "Hat"
    bake()
    says = {
        "none": "The head stays still: choose",
        "keys": "has keys of yours",
        "driver": "has a driver",
        "mode": "by axis and angle",
        "gone bone": "has no bone 'Hat'",
    }
    assert says[why] in notes(addon)
    asked = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    options = next(each for each in asked if each["op"] == "predict")["options"]
    assert options["life"] == 1.0
    assert not options["head"] and not options["breathing"]
    assert "jambatalk_head" not in armature


def test_keyed_moods_are_told_frame_by_frame(
    face: bpy.types.Object, worker: UseWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMBATALK_FAKE_LOG", str(tmp_path / "asked.jsonl"))
    settings = bpy.context.scene.jambatalk
    settings.mood_tired = 0.4
    for frame, amount in ((FIRST, 0.0), (FIRST + 60, 1.0)):
        settings.mood_sad = amount
        settings.keyframe_insert("mood_sad", frame=frame)
    bake()
    asked = [json.loads(line) for line in (tmp_path / "asked.jsonl").read_text().splitlines()]
    request = next(each for each in asked if each["op"] == "predict")
    moods = request["moods"]
    assert set(moods) == {"sad"} and len(moods["sad"]) == 61
    assert moods["sad"][0] == 0.0 and moods["sad"][-1] == 1.0
    assert (np.diff(moods["sad"]) >= 0).all()
    assert request["options"]["mood_tired"] == 0.4


def test_the_head_is_there_again_after_saving(
    face: bpy.types.Object, worker: UseWorker, tmp_path: Path
) -> None:
    empty = add_empty()
    bpy.context.scene.jambatalk.head_object = empty
    bake()
    saved = str(tmp_path / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=saved)
    bpy.ops.wm.open_mainfile(filepath=saved)
    empty = bpy.data.objects["Neck"]
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(empty), turn_at(t)) < 0.1
    bpy.ops.jambatalk.clear()
    assert empty.animation_data is None


def test_the_model_brings_life_to_a_head_whose_lids_meet(
    scene: bpy.types.Scene, model_worker: None, addon: Addon
) -> None:
    demo = load_demo_head()
    face = helpers.make_head(demo.vertices, demo.faces)
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.start_frame = face, "FILE", 1
    settings.sound_file, settings.life, settings.seed = str(DEMO_SPEECH), 1.0, 6
    settings.mood_happy, settings.head_object = 0.5, add_empty()
    bake()
    keys = face.data.shape_keys.key_blocks
    assert {*BLINKS, "eyeLookOutLeft", "browInnerUpLeft", "mouthSmileLeft"} <= set(keys.keys())
    curves = helpers.value_curves(face)
    blink = curves[f'key_blocks["{BLINKS[0]}"].value']
    closed = max(range(1, 180), key=blink.evaluate)
    assert blink.evaluate(closed) > 0.85
    gaps = [
        [1000 * (points[upper][1] - points[lower][1]) for upper, lower in LID_PAIRS]
        for points in (helpers.evaluated_points(face, frame) for frame in (closed, 1))
    ]
    assert max(gaps[0]) <= 0.5
    assert min(gaps[1]) > 5.0
    assert len(helpers_curves(settings.head_object)) == 3


def add_face_rig(face: bpy.types.Object) -> bpy.types.Object:
    """Add an armature with a spine, a head on it and eyes in that, which deforms a face."""
    armature = add_armature()
    bpy.ops.object.mode_set(mode="EDIT")
    bones = armature.data.edit_bones
    for name, side in (("eye.L", 0.03), ("eye.R", -0.03), ("eyelid.L", 0.03)):
        bone = bones.new(name)
        bone.head, bone.tail, bone.roll = (side, -0.4, 1.2), (side, -0.45, 1.21), 0.3
        bone.parent = bones["Head"]
    bpy.ops.object.mode_set(mode="OBJECT")
    face.modifiers.new("Armature", "ARMATURE").object = armature
    return armature


@pytest.mark.parametrize("carried", [False, True])
def test_eyes_that_are_bones_turn_within_the_head_and_a_chest_breathes(
    face: bpy.types.Object, worker: UseWorker, carried: bool
) -> None:
    armature, settings = add_face_rig(face), bpy.context.scene.jambatalk
    settings.turned_eyes = "ALWAYS"  # this mesh gets shapes that turn its own
    settings.head_object, settings.head_bone = armature, "Head"
    settings.chest_object, settings.chest_bone = armature, "Spine"
    if carried:  # as props are: the mesh hangs on the bone of the head
        face.modifiers.clear()
        face.parent, face.parent_type, face.parent_bone = armature, "BONE", "Head"
        face.matrix_world = Matrix.Identity(4)
    bpy.context.view_layer.update()
    rests = {name: seen(armature, name).copy() for name in ("Spine", "Head", "eye.L", "eye.R")}
    for _ in range(2):  # again while all of it is turned
        bake()
        for t in SOME:
            bpy.context.scene.frame_set(FIRST + t)
            tilt = fake_worker.breath_at(np.array([t / 30]))[0] * np.radians(-1.5)
            chest = Matrix((UPRIGHT @ rotation(0.0, float(tilt)) @ UPRIGHT.T).tolist())
            assert angle(seen(armature, "Spine"), chest @ rests["Spine"]) < 0.1
            assert angle(seen(armature, "Head"), chest @ turn_at(t) @ rests["Head"]) < 0.15
            for eye, name in enumerate(("eye.L", "eye.R")):
                wanted = chest @ turn_at(t) @ eye_at(t, eye) @ rests[name]
                assert angle(seen(armature, name), wanted) < 0.2
    assert not any("eyelid" in curve.data_path for curve in helpers_curves(armature))
    bpy.ops.jambatalk.clear()
    assert armature.animation_data is None


def test_eyeballs_beside_shapes_that_look_are_left_alone_unless_asked_for(
    face: bpy.types.Object, worker: UseWorker
) -> None:
    looks = "eyeLookOutLeft"
    helpers.add_keys(face, {looks: np.zeros((len(face.data.vertices), 3))})
    ball = add_empty("Face Eye Left")
    ball.parent, settings = face, bpy.context.scene.jambatalk
    settings.head = settings.breathing = False
    settings.turned_eyes = "NEVER"
    bake()
    assert ball.animation_data is None
    settings.turned_eyes = "ALWAYS"
    bake()
    for t in SOME:
        bpy.context.scene.frame_set(FIRST + t)
        assert angle(seen(ball), eye_at(t, 0)) < 0.1
    settings.turned_eyes = "NEVER"
    bake()
    assert ball.animation_data is None


def asked_of(folder: Path) -> dict:
    """Return the last prediction that was asked for."""
    lines = (folder / "asked.jsonl").read_text().splitlines()
    return [each for each in map(json.loads, lines) if each["op"] == "predict"][-1]


def test_the_eyes_are_told_where_somebody_is_who_walks_by(
    face: bpy.types.Object, worker: UseWorker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JAMBATALK_FAKE_LOG", str(tmp_path / "asked.jsonl"))
    settings, other, neck = bpy.context.scene.jambatalk, add_empty("Other"), add_empty("Neck")
    settings.look_at, settings.head_object = other, neck
    face.parent = neck
    for frame, left in ((FIRST, 0.0), (FIRST + 60, 2.0)):  # the face's left is +X
        other.location = (left, -2.0, 0.03)
        other.keyframe_insert("location", frame=frame)
    bpy.context.scene.frame_set(FIRST + 30)
    told = []
    for _ in range(2):  # again while the head is turned
        bake()
        told.append(np.array(asked_of(tmp_path)["other"]))
    np.testing.assert_allclose(told[0], told[1], atol=1e-4)
    yaw, pitch = np.degrees(told[0]).T
    assert abs(yaw[0]) < 1.0 and yaw[60] == pytest.approx(45.0, abs=3.0)
    assert np.abs(pitch).max() < 3.0 and (np.diff(yaw) > -0.01).all()
    assert bpy.context.scene.frame_current == FIRST + 30
    neck.rotation_euler = (0.0, 0.0, np.radians(30.0))  # turned by the artist to its left
    bake()
    assert np.degrees(asked_of(tmp_path)["other"])[0][0] == pytest.approx(-30.0, abs=3.0)
