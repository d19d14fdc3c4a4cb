"""Builds the demo scene: head, mouth interior, camera and the sound strip."""

from __future__ import annotations

from math import pi

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ...model_core.base.assets import DEMO_SPEECH
from ...model_core.demo.head import load_demo_head
from ..anatomy.materials import make_material
from ..anatomy.mouth import add_mouth
from ..sound.strips import right_handle, top_strips

HEAD_NAME = "Demo Head"
STRIP_NAME = "Demo Speech"
UPRIGHT = (pi / 2, 0.0, 0.0)  # the assets are +Y up, Blender is +Z up
PICTURE_SIZE = 480  # pixels
_MARGIN = 1.06  # of the camera's distance


def build(scene: bpy.types.Scene) -> tuple[bpy.types.Object, bpy.types.Strip]:
    """Add the head and the speech to the active scene and point its camera at them.

    Returns:
        The head, ready to be baked, and the strip it is to say.
    """
    head = add_head(scene.collection)
    strip = add_speech(scene)
    _add_camera(scene, head)
    head.select_set(True)
    bpy.context.view_layer.objects.active = head
    scene.frame_start, scene.frame_end = 1, right_handle(strip) - 1
    scene.frame_set(scene.frame_start)
    scene.sync_mode = "AUDIO_SYNC"
    return head, strip


def add_head(collection: bpy.types.Collection) -> bpy.types.Object:
    """Add the demo head with its eyes' colours and the dark inside of its mouth."""
    demo = load_demo_head()
    head = _add_mesh(collection, HEAD_NAME, demo.vertices, demo.faces)
    head.rotation_euler = UPRIGHT
    _paint(head.data, demo.face_colours())
    add_mouth(head)
    return head


def _add_mesh(
    collection: bpy.types.Collection,
    name: str,
    vertices: NDArray[np.generic],
    faces: NDArray[np.generic],
) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.polygons.foreach_set("use_smooth", np.ones(len(faces), bool))
    mesh.update()
    thing = bpy.data.objects.new(name, mesh)
    collection.objects.link(thing)
    return thing


def _paint(mesh: bpy.types.Mesh, colours: NDArray[np.float64]) -> None:
    """Give a mesh a material for each of the linear RGB colours (F, 3) of its faces."""
    palette, slots = np.unique(colours, axis=0, return_inverse=True)
    for colour in palette:
        mesh.materials.append(make_material(f"{mesh.name} {len(mesh.materials) + 1}", colour))
    mesh.polygons.foreach_set("material_index", slots.astype(np.int32).ravel())


def add_speech(scene: bpy.types.Scene) -> bpy.types.Strip:
    """Add the demo's sound on a strip."""
    path = str(DEMO_SPEECH)
    return top_strips(scene).new_sound(STRIP_NAME, path, channel=1, frame_start=1)


def _add_camera(scene: bpy.types.Scene, head: bpy.types.Object) -> None:
    """Point a camera at a head from slightly to its side, so that all of it is in the picture."""
    scene.render.resolution_x = scene.render.resolution_y = PICTURE_SIZE
    camera = bpy.data.objects.new("Demo Camera", bpy.data.cameras.new("Demo Camera"))
    camera.data.lens = 110.0
    camera.rotation_euler = (pi / 2, 0.0, 0.22)
    scene.collection.objects.link(camera)
    bpy.context.view_layer.update()
    corners = [head.matrix_world @ Vector(corner) for corner in head.bound_box]
    flat = [number for corner in corners for number in corner]
    place, _ = camera.camera_fit_coords(bpy.context.evaluated_depsgraph_get(), flat)
    centre = sum(corners, Vector()) / len(corners)
    camera.location = centre + (place - centre) * _MARGIN
    scene.camera = camera


def show(scene: bpy.types.Scene) -> None:
    """Have 3D views look through the camera, the largest with its sidebar, the sequencer show it.

    Screens are saved with the file, also without a window.
    """
    for screen in bpy.data.screens:
        views = [area for area in screen.areas if area.type == "VIEW_3D"]
        views.sort(key=lambda area: area.width * area.height)
        for area in views:
            area.spaces.active.region_3d.view_perspective = "CAMERA"
            area.spaces.active.show_region_ui = area == views[-1]
    for workspace in bpy.data.workspaces:
        if hasattr(workspace, "sequencer_scene"):  # since 5.0
            workspace.sequencer_scene = scene
