"""Rigify's face with a real skin: FLAME's head, bound to it by Blender's automatic weights."""

from __future__ import annotations

from collections.abc import Callable

import bpy
import helpers
import numpy as np
from mathutils import Matrix, Quaternion, Vector

from model_core.rig.rig import load_face_rig
from tests.named_heads import Head

JAW_DEGREES = 20.0
CONTROLS = {
    "upper": ("lip.T", "lip.T.L.001", "lip.T.R.001"),
    "lower": ("lip.B", "lip.B.L.001", "lip.B.R.001"),
    "left": ("lips.L",),
    "right": ("lips.R",),
    "lids": (
        "lid.T.L.002",
        "lid.T.R.002",
        "lid.T.L.001",
        "lid.T.R.001",
        "lid.T.L.003",
        "lid.T.R.003",
    ),
}
# Metres that controls move by in the world: X the character's left, -Y forward, Z up.
POSES: dict[str, dict[str, tuple[float, float, float]]] = {
    "mouthPucker": {
        "left": (-0.014, -0.006, 0),
        "right": (0.014, -0.006, 0),
        "upper": (0, -0.01, 0),
        "lower": (0, -0.01, 0),
    },
    "mouthFunnel": {
        "left": (-0.008, 0, 0),
        "right": (0.008, 0, 0),
        "upper": (0, -0.006, 0.006),
        "lower": (0, -0.006, -0.006),
    },
    "mouthStretch": {"left": (0.01, 0.003, -0.002), "right": (-0.01, 0.003, -0.002)},
    "mouthSmile": {"left": (0.01, 0.004, 0.01), "right": (-0.01, 0.004, 0.01)},
    "mouthRollLower": {"lower": (0, 0.005, 0.004)},
    "mouthUpperUp": {"upper": (0, 0, 0.008)},
    "mouthLowerDown": {"lower": (0, 0, -0.008)},
    "eyeBlink": {"lids": (0, 0, -0.012)},
}


def bound_face(head: Head) -> tuple[bpy.types.Object, bpy.types.Object]:
    """Return the armature that Rigify makes, and the head bound to it."""
    rig = generated()
    mesh = helpers.make_head(placed(head, rig), head.triangles, "Skin")
    for obj in bpy.context.selected_objects:
        obj.select_set(False)
    for obj in (mesh, rig):
        obj.select_set(True)
    bpy.context.view_layer.objects.active = rig
    assert bpy.ops.object.parent_set(type="ARMATURE_AUTO") == {"FINISHED"}
    return rig, mesh


def generated() -> bpy.types.Object:
    """Return what Rigify makes of the face of its human, on a neck and a skull."""
    bpy.ops.object.armature_human_metarig_add()
    meta = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    bones = meta.data.edit_bones
    kept = {"spine.004", "spine.006", "face", *(b.name for b in bones["face"].children_recursive)}
    for bone in [bone for bone in bones if bone.name not in kept]:
        bones.remove(bone)
    bones["spine.006"].use_connect = bones["spine.004"].use_connect = False
    bones["spine.006"].parent = bones["spine.004"]
    bpy.ops.object.mode_set(mode="OBJECT")
    for name in ("spine.004", "spine.006"):
        meta.pose.bones[name].rigify_type = "basic.super_copy"
    before = set(bpy.data.objects)
    bpy.ops.pose.rigify_generate()
    return next(o for o in set(bpy.data.objects) - before if o.type == "ARMATURE")


def placed(head: Head, rig: bpy.types.Object) -> np.ndarray:
    """Return a head's points where a rig has its eyes and mouth (Umeyama 1991)."""
    regions, points = load_face_rig().regions, head.points
    inner = points[regions["inner_lips"]]
    eyes = [points[regions[f"eyeball_{side}"]].mean(axis=0) for side in ("left", "right")]
    corners = inner[inner[:, 0].argmax()], inner[inner[:, 0].argmin()]
    ours = np.array([*eyes, points[head.pairs].mean(axis=(0, 1)), *corners])
    at = {bone.name: np.array(bone.head_local) for bone in rig.data.bones}
    middle = (at["DEF-lip.T.L"] + at["DEF-lip.B.L"]) / 2
    theirs = np.array([at["master_eye.L"], at["master_eye.R"], middle, at["lips.L"], at["lips.R"]])
    a, b = ours - ours.mean(axis=0), theirs - theirs.mean(axis=0)
    left, sizes, right = np.linalg.svd(b.T @ a)
    flip = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    turn, scale = left * flip @ right, (sizes * flip).sum() / (a**2).sum()
    moved: np.ndarray = scale * (points - ours.mean(axis=0)) @ turn.T + theirs.mean(axis=0)
    return moved


class Face:
    """The controls of a bound face, and its lips."""

    def __init__(self, rig: bpy.types.Object, mesh: bpy.types.Object, head: Head) -> None:
        self.rig, self.mesh, self.pairs = rig, mesh, head.pairs
        self.rest = self.opening()

    def opening(self) -> float:
        """Return how far the lips are apart now, in metres."""
        bpy.context.view_layer.update()
        mesh = self.mesh.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
        places = [[mesh.vertices[int(v)].co.z for v in pair] for pair in self.pairs]
        return float(np.subtract(*np.mean(places, axis=0)))

    def relax(self) -> None:
        for bone in self.rig.pose.bones:
            bone.matrix_basis = Matrix()

    def jaw(self, degrees: float = JAW_DEGREES) -> None:
        turn = Quaternion((1, 0, 0), np.radians(degrees))
        self.rig.pose.bones["jaw_master"].matrix_basis = turn.to_matrix().to_4x4()

    def move(self, group: str, by: tuple[float, float, float]) -> None:
        for name in CONTROLS[group]:
            bone = self.rig.pose.bones[name]
            own = bone.bone.matrix_local.to_3x3().inverted()
            bone.matrix_basis = Matrix.Translation(own @ Vector(by))

    def close(self) -> None:
        """Open the jaw, and bring the lips together with their controls."""
        self.relax()
        self.jaw()
        low, high = 0.0, 0.06
        for _ in range(12):
            middle = (low + high) / 2
            self.move("lower", (0, 0, middle))
            self.move("upper", (0, 0, -0.1 * middle))
            low, high = (middle, high) if self.opening() > self.rest else (low, middle)

    def store(self, store: Callable[[str], object]) -> None:
        """Pose all that speech needs, and have each stored."""
        self.relax()
        self.jaw()
        store("jawOpen")
        self.close()
        store("mouthClose")
        for pose, moves in POSES.items():
            self.relax()
            for group, by in moves.items():
                self.move(group, by)
            store(pose)
        self.relax()
