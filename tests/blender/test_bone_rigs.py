"""Bones however an armature has them: any rotation, any size, renamed, shared, from a library."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from bone_puppet import POSES, Puppet, make_armature
from helpers import Addon, UseWorker
from mathutils import Matrix, Quaternion

from tests.named_heads import flame_head

MODES = ("QUATERNION", "XZY", "YXZ", "YZX", "ZXY", "ZYX", "AXIS_ANGLE")
SOME = range(1, 61, 3)


def bake() -> None:
    assert bpy.ops.jambatalk.bake() == {"FINISHED"}


def poses_over_time(rig: bpy.types.Object, bone: str) -> np.ndarray:
    """Return the (T, 4, 4) transforms of a bone from rest at some frames."""
    found = []
    for frame in SOME:
        bpy.context.scene.frame_set(frame)
        found.append(np.array(rig.pose.bones[bone].matrix_basis))
    return np.array(found)


def told(addon: Addon) -> str:
    return " ".join(addon("bake.status").STATUS.notes)


def test_bones_turn_alike_in_every_rotation_mode(puppet: Puppet, addon: Addon) -> None:
    rig, jaw = puppet.armature, puppet.armature.pose.bones["jaw"]
    moves = addon("write.bone_channels").BoneMoves(rig, addon("bones.calibration").poses_of(rig))
    weights = np.linspace(-0.5, 1.5, 5)[:, None] * np.eye(len(moves.names))[0]
    mixed = moves.mix(weights)
    for mode in MODES:
        jaw.rotation_mode = mode
        channels = (each for each in moves.channels() if each.kind == "rotation")
        channel = next(each for each in channels if each.bone == "jaw")
        for numbers, turn in zip(channel.numbers(mixed), mixed[1][:, channel.index], strict=True):
            channel.bring(numbers.tolist())
            bpy.context.view_layer.update()
            turned = jaw.matrix_basis.to_quaternion()
            assert turned.rotation_difference(Quaternion(turn)).angle < 1e-3, mode


def test_axes_and_angles_are_keyed_without_jumps(puppet: Puppet) -> None:
    rig, jaw = puppet.armature, puppet.armature.pose.bones["jaw"]
    bake()
    expected = poses_over_time(rig, "jaw")
    assert np.ptp(expected, axis=0).max() > 0.05
    bpy.ops.jambatalk.clear()
    jaw.rotation_mode = "AXIS_ANGLE"
    bake()
    assert np.abs(poses_over_time(rig, "jaw") - expected).max() < 2e-3
    bpy.ops.jambatalk.clear()
    assert np.allclose(jaw.matrix_basis, np.eye(4), atol=1e-6)


def test_an_armature_of_another_size_and_place_speaks_alike(puppet: Puppet, addon: Addon) -> None:
    rig = puppet.armature
    bake()
    plain = addon("bones.rigs").known_measure(addon("bones.rigs").rig_of(rig, _options(addon)))
    expected = poses_over_time(rig, "jaw")
    bpy.ops.jambatalk.clear()
    puppet.mesh.parent, puppet.mesh.matrix_parent_inverse = rig, Matrix()
    rig.scale, rig.location, rig.rotation_euler = (30.0, 30.0, 30.0), (4.0, 1.0, 2.0), (0.3, 0, 1.2)
    second = puppet.mesh.modifiers.new("Again", "ARMATURE")  # of a prop it holds, say
    second.object, second.show_viewport = make_armature(flame_head()), False
    bpy.context.view_layer.update()
    bake()
    found = addon("bones.rigs").known_measure(addon("bones.rigs").rig_of(rig, _options(addon)))
    assert found.skin == plain.skin == "Skin"
    assert np.abs(poses_over_time(rig, "jaw") - expected).max() < 2e-3


def _options(addon: Addon) -> object:
    return addon("panel.options").read(bpy.context.scene.jambatalk)


def test_a_renamed_bone_is_said_and_speaks_again_by_its_name(puppet: Puppet, addon: Addon) -> None:
    lip = puppet.armature.pose.bones["lip.B"]
    lip.name = "under"
    assert "lip.B" in addon("bones.calibration").missing(puppet.armature)[0]
    bake()
    assert "no longer has lip.B" in told(addon) and "names back" in told(addon)
    lip.name = "lip.B"
    bake()
    assert "no longer has" not in told(addon)
    assert np.ptp(poses_over_time(puppet.armature, "lip.B"), axis=0).max() > 1e-3


def test_a_head_turns_beside_the_bones_of_its_face(puppet: Puppet, addon: Addon) -> None:
    rig, settings = puppet.armature, bpy.context.scene.jambatalk
    rig.pose.bones["still"].rotation_mode = "AXIS_ANGLE"
    settings.life, settings.head_object, settings.head_bone = 1.0, rig, "still"
    bake()
    assert np.ptp(poses_over_time(rig, "still"), axis=0).max() > 0.05
    assert np.ptp(poses_over_time(rig, "jaw"), axis=0).max() > 0.05
    settings.head_bone = "jaw"
    bake()
    assert "jaw" in told(addon)
    bpy.ops.jambatalk.clear()
    assert rig.animation_data is None


def test_a_mesh_moved_by_a_rig_is_a_character_of_the_table(puppet: Puppet, addon: Addon) -> None:
    names = addon("lines.matching").candidates(bpy.context.scene)
    assert {puppet.mesh, puppet.armature} <= set(names)


def test_what_a_mesh_is_spoken_with_is_reported(
    puppet: Puppet, addon: Addon, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scene = tmp_path / "rig.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(scene))
    for name in ("Skin", "Rig"):
        assert addon("headless.cli").run_command(["rig-report", str(scene), "--mesh", name]) == 0
        said = capfd.readouterr().out
        assert "Bones of 'Rig', by 15 stored poses" in said
        assert "jawOpen" in said
        assert "Missing: eyeBlink, browInnerUp" in said


def override(rig: str, path: Path) -> bpy.types.Object:
    """Return an armature of this scene that is linked from a file, overridden."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(path), link=True) as (stored, linked):
        linked.collections = stored.collections
    collection = linked.collections[0]
    bpy.context.scene.collection.children.link(collection)
    collection.override_hierarchy_create(
        bpy.context.scene, bpy.context.view_layer, do_fully_editable=True
    )
    return next(o for o in bpy.data.objects if o.override_library and o.name == rig)


@pytest.mark.every_blender
def test_poses_of_a_library_override_are_kept_with_the_scene(
    puppet: Puppet, addon: Addon, worker: UseWorker, tmp_path: Path
) -> None:
    sound = bpy.context.scene.jambatalk.sound_file
    whole = bpy.data.collections.new("Puppet")
    for obj in (puppet.mesh, puppet.armature):
        whole.objects.link(obj)
    bpy.context.scene.collection.children.link(whole)
    bpy.context.scene.jambatalk.mesh = puppet.armature
    bpy.ops.jambatalk.remove_pose(pose="mouthDimple")
    library, shot = tmp_path / "library.blend", tmp_path / "shot.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(library))
    content = library.read_bytes()
    rig = override("Rig", library)
    settings = bpy.context.scene.jambatalk
    settings.mesh, settings.source, settings.sound_file = rig, "FILE", sound
    names = addon("bones.calibration").names_of
    assert set(names(rig)) == {*POSES} - {"mouthDimple"}
    rig.pose.bones["jaw"].matrix_basis = Matrix.Rotation(0.1, 4, "X")
    bpy.ops.jambatalk.store_pose(pose="mouthDimple")
    rig.pose.bones["jaw"].matrix_basis = Matrix()
    bpy.ops.jambatalk.remove_pose(pose="jawForward")
    bake()
    expected = poses_over_time(rig, "jaw")
    assert np.ptp(expected, axis=0).max() > 0.05
    rig.name = "Renamed"
    bpy.ops.wm.save_as_mainfile(filepath=str(shot))
    bpy.ops.wm.open_mainfile(filepath=str(shot))
    rig = next(o for o in bpy.data.objects if o.override_library and o.type == "ARMATURE")
    assert set(names(rig)) == {*POSES} - {"jawForward"}
    assert np.allclose(poses_over_time(rig, "jaw"), expected, atol=1e-4)
    assert addon("write.bone_record").read(rig) is not None
    bake()
    assert np.allclose(poses_over_time(rig, "jaw"), expected, atol=2e-3)
    assert library.read_bytes() == content
