"""FLAME's head on an armature of a jaw and two lips, with poses stored: speech on bones."""

from __future__ import annotations

from pathlib import Path

import bpy
import helpers
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from model_core.rig.rig import load_face_rig
from tests.named_heads import Head, flame_head

RIG = load_face_rig()
JAW_DEGREES = 30.0
LIPS = {"lip.T": 0, "lip.B": 1}  # column of a head's pairs
LIP_METRES = 0.012
POSES = (
    *("jawOpen", "jawForward", "mouthClose", "mouthPucker", "mouthFunnel", "mouthSmile"),
    *("mouthUpperUp", "mouthLowerDown", "mouthRollUpper", "mouthRollLower", "mouthStretch"),
    *("mouthPress", "mouthShrugUpper", "mouthShrugLower", "mouthDimple"),
)


def offsets_of(pose: str) -> np.ndarray:
    """Return the (V, 3) offsets of a pose on our face."""
    names = (pose,) if pose in RIG.names else (f"{pose}Left", f"{pose}Right")
    return RIG.select(names).sum(axis=0)


class Puppet:
    """FLAME's head on an armature of a jaw and a bone for each lip, its skin made by hand.

    The jaw turns about its joint and carries the chin; a lip's bone carries its lip, less and less
    away from its inner rim. Poses turn the jaw, and move the lips as our shapes move them there.
    """

    def __init__(self, head: Head) -> None:
        self.head = head
        self.mesh = helpers.make_head(head.points, head.triangles, "Skin")
        self.armature = make_armature(head)
        self.armature.pose.bones["lip.T"].rotation_mode = "QUATERNION"
        self._skin()

    def _skin(self) -> None:
        jaw = np.linalg.norm(offsets_of("jawOpen"), axis=1)
        chin = np.clip((jaw / jaw.max() - 0.3) / 0.4, 0.0, 1.0)
        shares = {"jaw": chin, "still": np.full(len(jaw), 1e-4)}
        for name, region in (("lip.T", "inner_lips_upper"), ("lip.B", "inner_lips_lower")):
            shares[name] = near(self.head, RIG.regions[region], LIP_METRES)
        lips = shares["lip.T"] + shares["lip.B"]
        for name in LIPS:
            shares[name] = shares[name] / np.maximum(lips, 1.0)
        shares["jaw"] *= 1 - np.minimum(lips, 1.0)
        for name, share in shares.items():
            group = self.mesh.vertex_groups.new(name=name)
            for vertex in np.flatnonzero(share > 1e-5).tolist():
                group.add([vertex], float(share[vertex]), "REPLACE")
        self.mesh.modifiers.new("Armature", "ARMATURE").object = self.armature

    def act(self) -> dict[str, dict[str, object]]:
        """Key each pose at a frame of an action; return what a calibration reads."""
        bones, named = self.armature.pose.bones, {}
        for frame, pose in enumerate(POSES, start=10):
            self.pose(pose)
            for bone in bones:
                quaternions = bone.rotation_mode == "QUATERNION"
                for path in ("location", f"rotation_{'quaternion' if quaternions else 'euler'}"):
                    bone.keyframe_insert(path, frame=frame)
            named[pose] = {"action": self.armature.animation_data.action.name, "frame": frame}
        self.armature.animation_data.action.use_fake_user = True
        self.armature.animation_data_clear()
        for bone in bones:
            bone.matrix_basis = Matrix()
        return named

    def pose(self, pose: str) -> None:
        """Bring the bones to a pose."""
        bones = self.armature.pose.bones
        turn = np.radians(JAW_DEGREES if pose == "jawOpen" else 0.0)
        bones["jaw"].matrix_basis = Quaternion((1, 0, 0), turn).to_matrix().to_4x4()
        for name, column in LIPS.items():
            move = offsets_of(pose)[self.head.pairs[:, column]].mean(axis=0)
            own = bones[name].bone.matrix_local.to_3x3().inverted()
            bones[name].matrix_basis = Matrix.Translation(own @ Vector(move.tolist()))


def near(head: Head, vertices: np.ndarray, reach: float) -> np.ndarray:
    """Return (V,) 1 at some vertices, less along the skin away from them, 0 from a reach on."""
    edges = np.concatenate([head.triangles[:, [0, 1]], head.triangles[:, [1, 2]]])
    edges = np.concatenate([edges, edges[:, ::-1]])
    lengths = np.linalg.norm(head.points[edges[:, 0]] - head.points[edges[:, 1]], axis=1)
    away = np.full(len(head.points), np.inf)
    away[vertices] = 0.0
    for _ in range(30):  # edges, more than there are in reach
        np.minimum.at(away, edges[:, 1], away[edges[:, 0]] + lengths)
    share: np.ndarray = np.clip(1 - away / reach, 0.0, 1.0)
    return share


def make_armature(head: Head, mode: str = "XYZ") -> bpy.types.Object:
    """Add an armature of a jaw, whose joint is before the ears, two lips, and a still bone."""
    armature = bpy.data.objects.new("Rig", bpy.data.armatures.new("Rig"))
    bpy.context.collection.objects.link(armature)
    bpy.context.view_layer.objects.active = armature
    middle = head.pairs[len(head.pairs) // 2]
    places = {name: head.points[middle[column]] for name, column in LIPS.items()}
    places["jaw"] = places["lip.B"] + [0, 0.04, -0.07]
    places["still"] = places["jaw"]
    bpy.ops.object.mode_set(mode="EDIT")
    for name, at in places.items():
        bone = armature.data.edit_bones.new(name)
        bone.head, bone.tail = at, np.add(at, (0, 0, 0.02))
    bpy.ops.object.mode_set(mode="OBJECT")
    for bone in armature.pose.bones:
        bone.rotation_mode = mode
    return armature


def stored_puppet(scene: bpy.types.Scene, sound: Path) -> Puppet:
    """Return a puppet with poses stored, chosen to speak two seconds that are written to a file."""
    made = Puppet(flame_head())
    made.act()
    scene.jambatalk.mesh = made.armature
    for pose in POSES:
        made.pose(pose)
        assert bpy.ops.jambatalk.store_pose(pose=pose) == {"FINISHED"}
    for bone in made.armature.pose.bones:
        bone.matrix_basis = Matrix()
    scene.jambatalk.source = "FILE"
    scene.jambatalk.sound_file = str(helpers.write_wav(sound, 2.0))
    return made
