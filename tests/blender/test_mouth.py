"""Teeth and tongue in any head's mouth: they follow skull and jaw whatever moves those."""

from __future__ import annotations

from math import pi
from pathlib import Path

import bpy
import helpers
import numpy as np
import pytest
from helpers import Addon
from mathutils import Matrix, Vector

from model_core.articulation.rules import articulate
from model_core.articulation.tongue import articulate_tongue
from model_core.motion.motion import Motion
from model_core.rig.arkit import SPEECH_TONGUE, named_basis
from model_core.rig.mouth.follow import JAW, follow
from model_core.rig.rig import FaceRig
from model_core.rig.shapes import SPEECH_SHAPES
from model_core.speech.phones import Phone

MM = 1e-3


@pytest.fixture
def head(scene: bpy.types.Scene, rig: FaceRig) -> bpy.types.Object:
    """A FLAME head whose keys the artist has called otherwise than we do."""
    made = helpers.make_head(rig.neutral, rig.faces)
    keys = {"Open Wide": rig.select(("jawOpen",))[0], "Purse": rig.select(("mouthPucker",))[0]}
    helpers.add_keys(made, keys)
    scene.jambatalk.mesh = made
    return made


def part(head: bpy.types.Object, kind: str) -> bpy.types.Object:
    return next(child for child in head.children if child.get("jambatalk_mouth") == kind)


def shown(obj: bpy.types.Object) -> np.ndarray:
    """Return an object's evaluated points in the world."""
    points = helpers.evaluated_points(obj, bpy.context.scene.frame_current)
    graph = bpy.context.evaluated_depsgraph_get()
    world = np.array(obj.evaluated_get(graph).matrix_world)
    return points @ world[:3, :3].T + world[:3, 3]


def key_names(head: bpy.types.Object) -> list[str]:
    return [block.name for block in head.data.shape_keys.key_blocks]


def set_value(head: bpy.types.Object, name: str, value: float) -> None:
    head.data.shape_keys.key_blocks[name].value = value
    bpy.context.view_layer.update()


def test_teeth_follow_skull_and_jaw_of_a_head_that_is_moved_scaled_and_parented(
    head: bpy.types.Object, rig: FaceRig
) -> None:
    empty = bpy.data.objects.new("Stand", None)
    bpy.context.collection.objects.link(empty)
    empty.matrix_world = Matrix.Translation((1, 2, 3)) @ Matrix.Rotation(0.7, 4, "Z")
    head.parent, head.scale, head.rotation_euler = empty, (2, 2, 2), (pi / 2, 0, 0.3)
    set_value(head, "Open Wide", 0.8)  # fitted at rest all the same
    assert bpy.ops.jambatalk.add_mouth() == {"FINISHED"}
    set_value(head, "Open Wide", 0.0)
    world = np.array(head.matrix_world)
    rest = {kind: shown(part(head, kind)) for kind in ("upper", "lower", "cavity")}
    for kind in ("upper", "lower"):  # where they were modelled, in the head's own space
        local = np.array([vertex.co for vertex in part(head, kind).data.vertices])
        np.testing.assert_allclose(rest[kind], local @ world[:3, :3].T + world[:3, 3], atol=2e-5)
    set_value(head, "Open Wide", 0.5)
    np.testing.assert_allclose(shown(part(head, "upper")), rest["upper"], atol=2e-5)
    moved = rig.neutral + 0.5 * rig.select(("jawOpen",))[0]
    local = np.array([vertex.co for vertex in part(head, "lower").data.vertices])
    wanted = follow(local, rig.neutral, moved, JAW) @ world[:3, :3].T + world[:3, 3]
    np.testing.assert_allclose(shown(part(head, "lower")), wanted, atol=5e-5)
    assert np.linalg.norm(wanted - rest["lower"], axis=1).max() > 2 * 12 * MM
    dropped = np.linalg.norm(shown(part(head, "cavity")) - rest["cavity"], axis=1)
    assert dropped.max() > 2 * 12 * MM  # its floor goes with the jaw


def test_a_head_that_bones_pose_gets_a_mouth_at_rest_and_takes_it_along(
    head: bpy.types.Object, rig: FaceRig
) -> None:
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    bpy.ops.object.mode_set(mode="EDIT")
    bone = armature.data.edit_bones.new("head")
    bone.head, bone.tail = (0, -0.1, 0), (0, 0.1, 0)
    bpy.ops.object.mode_set(mode="OBJECT")
    group = head.vertex_groups.new(name="head")
    group.add(list(range(len(rig.neutral))), 1.0, "REPLACE")
    head.modifiers.new("Rig", "ARMATURE").object = armature
    before = np.array([vertex.co for vertex in head.data.vertices])
    armature.pose.bones["head"].rotation_mode = "XYZ"
    armature.pose.bones["head"].rotation_euler = (0.2, 0.5, 0.0)
    bpy.context.view_layer.update()
    assert bpy.ops.jambatalk.add_mouth() == {"FINISHED"}
    assert head.modifiers["Rig"].show_viewport
    turned = shown(head)
    for kind in ("upper", "lower", "cavity"):
        local = np.array([vertex.co for vertex in part(head, kind).data.vertices])
        solved, *_ = np.linalg.lstsq(np.c_[before, np.ones(len(before))], turned, rcond=None)
        np.testing.assert_allclose(
            shown(part(head, kind)), np.c_[local, np.ones(len(local))] @ solved, atol=4e-4
        )


def test_two_heads_have_mouths_of_their_own_and_one_is_removed_whole(
    head: bpy.types.Object, rig: FaceRig, scene: bpy.types.Scene, addon: Addon
) -> None:
    hat = bpy.data.objects.new("Hat", bpy.data.meshes.new("Hat"))
    scene.collection.objects.link(hat)
    hat.parent = head
    other = helpers.make_head((rig.neutral * 100).astype(np.float32), rig.faces, "Other")
    kept = [len(bpy.data.meshes), len(bpy.data.materials)]
    for each in (head, other):
        scene.jambatalk.mesh = each
        assert bpy.ops.jambatalk.add_mouth() == {"FINISHED"}
    alone = [len(bpy.data.meshes), len(bpy.data.materials)]
    tall = [np.ptp(shown(part(each, "upper")), axis=0)[1] for each in (head, other)]
    assert tall[1] == pytest.approx(100 * tall[0], rel=1e-3)
    assert bpy.ops.jambatalk.remove_mouth() == {"FINISHED"}
    assert [child.name for child in other.children] == []
    assert len(head.children) == 4
    assert [len(bpy.data.meshes), len(bpy.data.materials)] == [alone[0] - 3, alone[1] - 6]
    reason = addon("anatomy.operators").JAMBATALK_OT_remove_mouth.disabled_reason(bpy.context)
    assert reason == "The mesh has no mouth that Add Mouth made."
    scene.jambatalk.mesh = head
    assert bpy.ops.jambatalk.remove_mouth() == {"FINISHED"}
    assert [child.name for child in head.children] == ["Hat"]
    assert [len(bpy.data.meshes), len(bpy.data.materials)] == kept


def test_a_mouth_of_before_teeth_is_made_whole(
    head: bpy.types.Object, addon: Addon, scene: bpy.types.Scene
) -> None:
    old = bpy.data.objects.new("Head Mouth", bpy.data.meshes.new("Head Mouth"))
    scene.collection.objects.link(old)
    old.parent, old["jambatalk_mouth"] = head, True
    assert addon("anatomy.mouth").find_mouth(head) == old
    assert bpy.ops.jambatalk.add_mouth() == {"FINISHED"}
    names = sorted(child.name for child in head.children)
    assert names == ["Head Lower Teeth", "Head Mouth", "Head Upper Teeth"]


def test_a_mouth_is_saved_appended_and_linked_with_its_head(
    head: bpy.types.Object, tmp_path: Path
) -> None:
    bpy.ops.jambatalk.add_mouth()
    set_value(head, "Open Wide", 0.5)
    places = {kind: shown(part(head, kind)) for kind in ("upper", "lower", "cavity")}
    file = tmp_path / "head.blend"
    collection = bpy.data.collections.new("Cast")
    bpy.context.scene.collection.children.link(collection)
    for each in (head, *head.children):
        collection.objects.link(each)
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    bpy.ops.wm.open_mainfile(filepath=str(file))
    again = bpy.data.objects["Head"]
    for kind, place in places.items():
        np.testing.assert_allclose(shown(part(again, kind)), place, atol=2e-5)
    for link in (False, True):
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        with bpy.data.libraries.load(str(file), link=link) as (_, wanted):
            wanted.collections = ["Cast"]
        bpy.context.scene.collection.children.link(bpy.data.collections["Cast"])
        bpy.context.view_layer.update()
        again = bpy.data.objects["Head"]
        for kind, place in places.items():
            np.testing.assert_allclose(shown(part(again, kind)), place, atol=2e-5)


def test_undo_takes_a_mouth_back_and_leaves_the_rest(head: bpy.types.Object) -> None:
    bpy.ops.ed.undo_push(message="before")
    bpy.ops.jambatalk.add_mouth()
    bpy.ops.ed.undo_push(message="after")
    bpy.ops.ed.undo()
    again = bpy.data.objects["Head"]
    assert len(again.children) == 0
    assert again.data.shape_keys.key_blocks.keys() == ["Basis", "Open Wide", "Purse"]


def test_the_command_line_fits_and_removes(
    head: bpy.types.Object, addon: Addon, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file, made = tmp_path / "scene.blend", tmp_path / "made.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(file))
    run = addon("headless.cli").run_module
    assert run(["mouth", str(file), "--mesh", "Head", "--output", str(made)]) == 0
    assert "'Head' has teeth and a tongue now. Saved" in capfd.readouterr().out
    assert run(["mouth", str(made), "--mesh", "Head"]) == 2
    assert "error: 'Head' has the mouth 'Head Mouth' already." in capfd.readouterr().err
    assert run(["mouth", str(made), "--mesh", "Head", "--remove"]) == 0
    bpy.ops.wm.open_mainfile(filepath=str(made))
    assert len(bpy.data.objects["Head"].children) == 0
    assert run(["mouth", str(made), "--mesh", "Head", "--remove"]) == 2
    assert "has no mouth that was added" in capfd.readouterr().err


def test_tongue_keys_rest_and_move_the_tongue_alone(head: bpy.types.Object) -> None:
    bpy.ops.jambatalk.add_mouth()
    lower = part(head, "lower")
    blocks = lower.data.shape_keys.key_blocks
    assert all(block.value == 0.0 for block in blocks[1:])
    rest = shown(lower)
    blocks["tongueTipUp"].value = 1.0
    bpy.context.view_layer.update()
    risen = (shown(lower) - rest) @ Vector((0, 1, 0))
    assert risen.max() > 8 * MM
    assert (np.abs(risen) > 0.1 * MM).mean() < 0.1


def test_one_bake_moves_the_tongue_of_the_mouth_and_makes_no_keys_of_it_on_the_head(
    scene: bpy.types.Scene, rig: FaceRig, addon: Addon
) -> None:
    head = helpers.make_head(rig.neutral, rig.faces)
    plain = helpers.make_head(rig.neutral, rig.faces, "Plain")
    scene.jambatalk.mesh = head
    bpy.ops.jambatalk.add_mouth()
    phones = [Phone(s, i * 0.15, (i + 1) * 0.15) for i, s in enumerate("_AtATAkA_")]
    seconds, names = phones[-1].end, (*SPEECH_SHAPES, *SPEECH_TONGUE)
    parts = [articulate(phones, seconds, 30.0), articulate_tongue(phones, seconds, 30.0)]
    motion = Motion(30.0, names, named_basis(names), np.concatenate(parts, axis=1))
    write = addon("write.apply").write_motion
    report = write(head, motion, "Line", 1, tolerance_mm=0.14)
    assert not report.notes  # nobody need be told of our own teeth
    write(plain, motion, "Line", 1, tolerance_mm=0.14)
    for each in (head, plain):
        assert not any("tongue" in name for name in key_names(each))
    lower = part(head, "lower")
    blocks = lower.data.shape_keys.key_blocks
    for which, name in ((2, "tongueTipUp"), (4, "tongueOut"), (6, "tongueUp")):
        scene.frame_set(1 + round(phones[which].centre * 30))
        bpy.context.view_layer.update()
        values = {key.name: key.value for key in blocks[1:]}
        assert values[name] > 0.7, name
        assert max(values, key=lambda each: values[each]) == name
    addon("write.clear").clear(head)
    animation = lower.data.shape_keys.animation_data
    assert animation is None or animation.action is None or not helpers.value_curves(lower)
