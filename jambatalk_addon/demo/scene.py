"""Builds the demo scene: head, mouth interior, camera and the sound strip."""

from __future__ import annotations

from collections.abc import Mapping
from math import pi
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ..sound.strips import frames_per_second, right_handle

ASSETS = Path(__file__).resolve().parents[2] / "model_core" / "assets"
HEAD_NAME = "Demo Head"
STRIP_NAME = "Demo Speech"
UPRIGHT = (pi / 2, 0.0, 0.0)  # the assets are +Y up, Blender is +Z up
EYE_HEIGHT = -0.012
COLOURS = {
    "Skin": (0.76, 0.54, 0.44, 1.0),
    "Eye": (0.88, 0.87, 0.85, 1.0),
    "Iris": (0.12, 0.22, 0.28, 1.0),
    "Pupil": (0.01, 0.01, 0.01, 1.0),
    "Mouth": (0.10, 0.02, 0.02, 1.0),
}


def build(scene: bpy.types.Scene) -> tuple[bpy.types.Object, bpy.types.Strip]:
    """Add the head and the speech to a scene and point its camera at them.

    Returns:
        The head, ready to be baked, and the strip it is to say.
    """
    with np.load(ASSETS / "demo_head.npz", allow_pickle=False) as arrays:
        parts = {name: arrays[name] for name in arrays.files}
    head = _add_head(scene, parts)
    mouth = _add_mesh(scene, "Demo Mouth", parts["mouth_vertices"], parts["mouth_faces"])
    mouth.data.materials.append(_material("Mouth"))
    mouth.parent = head
    strip = _add_speech(scene)
    _add_camera(scene)
    scene.frame_start, scene.frame_end = 1, right_handle(strip) - 1
    return head, strip


def _add_head(scene: bpy.types.Scene, parts: Mapping[str, NDArray[np.generic]]) -> bpy.types.Object:
    head = _add_mesh(scene, HEAD_NAME, parts["vertices"], parts["faces"])
    head.rotation_euler = UPRIGHT
    colours = ("Skin", "Eye", "Iris", "Pupil")
    for name in colours:
        head.data.materials.append(_material(name))
    slots = np.zeros(len(parts["faces"]), np.int32)
    for slot, name in enumerate(colours[1:], 1):
        slots[parts[f"{name.lower()}_faces"]] = slot
    head.data.polygons.foreach_set("material_index", slots)
    return head


def _add_mesh(
    scene: bpy.types.Scene, name: str, vertices: NDArray[np.generic], faces: NDArray[np.generic]
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.update()
    thing = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(thing)
    return thing


def _material(name: str) -> bpy.types.Material:
    material = bpy.data.materials.new(f"Demo {name}")
    material.diffuse_color = COLOURS[name]  # what the Solid view and Workbench show
    material.use_nodes = True
    principled = material.node_tree.nodes["Principled BSDF"]
    principled.inputs["Base Color"].default_value = COLOURS[name]
    principled.inputs["Roughness"].default_value = 0.15 if name in ("Iris", "Pupil") else 0.55
    return material


def _add_speech(scene: bpy.types.Scene) -> bpy.types.Strip:
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    path = str(ASSETS / "demo_speech.flac")
    return strips.new_sound(STRIP_NAME, path, channel=1, frame_start=1)


def _add_camera(scene: bpy.types.Scene) -> None:
    camera = bpy.data.objects.new("Demo Camera", bpy.data.cameras.new("Demo Camera"))
    camera.data.lens = 85.0
    camera.location = (0.18, -0.80, EYE_HEIGHT)
    camera.rotation_euler = (pi / 2, 0.0, 0.22)
    scene.collection.objects.link(camera)
    scene.camera = camera


def seconds(scene: bpy.types.Scene) -> float:
    """Return how long the scene plays."""
    return (scene.frame_end - scene.frame_start + 1) / frames_per_second(scene)
