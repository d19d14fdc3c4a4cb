"""Builds the demo scene: head, mouth interior, camera and the sound strip."""

from __future__ import annotations

from math import pi
from pathlib import Path

import bpy
import numpy as np
from numpy.typing import NDArray

from ...model_core.face.demo_head import load_demo_head
from ..sound.strips import right_handle

ASSETS = Path(__file__).resolve().parents[2] / "model_core" / "assets"
HEAD_NAME = "Demo Head"
STRIP_NAME = "Demo Speech"
UPRIGHT = (pi / 2, 0.0, 0.0)  # the assets are +Y up, Blender is +Z up
FACE_HEIGHT = -0.022  # metres, between brow and chin
MOUTH_COLOUR = (0.010, 0.003, 0.004)  # linear RGB
_DARK = 0.15


def build(scene: bpy.types.Scene) -> tuple[bpy.types.Object, bpy.types.Strip]:
    """Add the head and the speech to a scene and point its camera at them.

    Returns:
        The head, ready to be baked, and the strip it is to say.
    """
    head = add_head(scene)
    strip = _add_speech(scene)
    _add_camera(scene)
    scene.frame_start, scene.frame_end = 1, right_handle(strip) - 1
    return head, strip


def add_head(scene: bpy.types.Scene) -> bpy.types.Object:
    """Add the demo head with its eyes' colours and the dark inside of its mouth."""
    demo = load_demo_head()
    head = _add_mesh(scene, HEAD_NAME, demo.vertices, demo.faces)
    head.rotation_euler = UPRIGHT
    _paint(head.data, demo.face_colours())
    mouth = _add_mesh(scene, "Demo Mouth", demo.mouth_vertices, demo.mouth_faces)
    _paint(mouth.data, np.tile(MOUTH_COLOUR, (len(demo.mouth_faces), 1)))
    mouth.parent = head
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


def _paint(mesh: bpy.types.Mesh, colours: NDArray[np.float64]) -> None:
    """Give a mesh a material for each of the linear RGB colours (F, 3) of its faces."""
    palette, slots = np.unique(colours, axis=0, return_inverse=True)
    for colour in palette:
        mesh.materials.append(_material(f"{mesh.name} {len(mesh.materials) + 1}", colour))
    mesh.polygons.foreach_set("material_index", slots.astype(np.int32).ravel())


def _material(name: str, colour: NDArray[np.float64]) -> bpy.types.Material:
    material = bpy.data.materials.new(name)
    material.diffuse_color = (*colour, 1.0)  # what the Solid view and Workbench show
    # Workbench gives metals highlights of their own colour: a white shine fills a dark mouth.
    material.metallic = 1.0 if max(colour) < _DARK else 0.0
    material.use_nodes = True
    principled = material.node_tree.nodes["Principled BSDF"]
    principled.inputs["Base Color"].default_value = (*colour, 1.0)
    principled.inputs["Roughness"].default_value = 0.5
    return material


def _add_speech(scene: bpy.types.Scene) -> bpy.types.Strip:
    editor = scene.sequence_editor or scene.sequence_editor_create()
    strips = editor.strips if hasattr(editor, "strips") else editor.sequences
    path = str(ASSETS / "demo_speech.flac")
    return strips.new_sound(STRIP_NAME, path, channel=1, frame_start=1)


def _add_camera(scene: bpy.types.Scene) -> None:
    camera = bpy.data.objects.new("Demo Camera", bpy.data.cameras.new("Demo Camera"))
    camera.data.lens = 110.0
    camera.location = (0.14, -0.64, FACE_HEIGHT)
    camera.rotation_euler = (pi / 2, 0.0, 0.22)
    scene.collection.objects.link(camera)
    scene.camera = camera
