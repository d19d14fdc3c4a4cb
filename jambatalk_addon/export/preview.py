"""A film or a picture of the face alone, for dailies: in Workbench, which needs no lights.

It is made in a scene of its own, so nothing of the artist's is touched. The camera looks at what
speech moves most, from where that faces.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy
import numpy as np
from mathutils import Vector
from numpy.typing import NDArray

from ...model_core.base.errors import UserError
from ...model_core.motion.closures import lip_opening
from ..demo.film import film_settings, picture_settings, use_workbench
from ..sound.strips import top_strips
from .exported import Exported

Points = NDArray[np.float64]

_SIZE = 320  # pixels
_LOOKS = 6  # frames that tell what moves
_MOVING = 0.2  # of the farthest
_ROOM = 2.3  # of the size of what moves: then it is a head
_FAR = 8.0  # of that size: where the camera stands
_HEAD = 2.0  # of that size: how far from there a head goes
_LEVEL = 0.3  # of a direction's length: less, and a face lies on its back
_ABOVE = 0.2  # of that size: where the middle of a head is above what moves
_SIDE = 0.25  # how far it stands to the side, of how far it stands away


def film(path: Path, what: Exported) -> list[str]:
    """Write a film in H.264 with the sound, of all frames that were baked."""
    with _stage(what) as scene:
        scene.frame_start, scene.frame_end = what.first, what.last
        film_settings(scene)
        has_sound = bool(bpy.app.build_options.audaspace)
        if has_sound and what.sound is not None and what.sound.is_file():
            strips = top_strips(scene)
            strips.new_sound("Sound", str(what.sound), channel=1, frame_start=what.origin)
        scene.render.filepath = str(path)
        bpy.ops.render.render(animation=True, scene=scene.name)
    return [] if has_sound else ["The film is silent: this Blender was built without sound."]


def still(path: Path, what: Exported) -> list[str]:
    """Write a picture of the frame at which the mouth is widest."""
    opening = lip_opening(what.motion)
    with _stage(what) as scene:
        picture_settings(scene)
        scene.frame_set(what.first + (0 if opening is None else int(opening.argmax())))
        scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True, scene=scene.name)
    return []


@contextmanager
def _stage(what: Exported) -> Iterator[bpy.types.Scene]:
    """Yield a scene with what speaks and a camera before its face; it is gone afterwards."""
    own = bpy.context.scene
    current = own.frame_current
    place, forward, size = _face(what)
    own.frame_set(current)
    scene = bpy.data.scenes.new("JambaTalk Preview")
    camera = bpy.data.objects.new(scene.name, bpy.data.cameras.new(scene.name))
    try:
        for obj in what.objects:
            scene.collection.objects.link(obj)
        scene.collection.objects.link(camera)
        _aim(camera, place, forward, size)
        scene.camera = camera
        scene.render.fps, scene.render.fps_base = own.render.fps, own.render.fps_base
        scene.render.resolution_x = scene.render.resolution_y = _SIZE
        use_workbench(scene)
        _show(scene)  # or what is rendered would not move
        yield scene
    finally:
        _show(own)
        world, data = scene.world, camera.data
        bpy.data.scenes.remove(scene)
        bpy.data.batch_remove([camera, data, *([world] if world else [])])


def _show(scene: bpy.types.Scene) -> None:
    """Make a scene the one that is looked at and evaluated."""
    if bpy.context.window is not None:
        bpy.context.window.scene = scene
    scene.view_layers[0].update()


def _aim(camera: bpy.types.Object, place: Vector, forward: Vector, size: float) -> None:
    """Have a camera look at a face from slightly to its side."""
    upright = Vector((0.0, 0.0, 1.0))
    side = upright.cross(forward)
    view = (forward + _SIDE * side).normalized()
    camera.location = place + view * size * _FAR
    camera.rotation_euler = view.to_track_quat("Z", "Y").to_euler()
    camera.data.type, camera.data.ortho_scale = "ORTHO", size * _ROOM
    camera.data.clip_start, camera.data.clip_end = size * 0.01, size * _FAR * 4


def _face(what: Exported) -> tuple[Vector, Vector, float]:
    """Return where what moves lies in the world, where it faces, and how large it is.

    Raises:
        UserError: nothing moves that could be seen.
    """
    meshes = [obj for obj in what.objects if obj.type == "MESH"]
    seen = [(obj, *_moved(obj, what)) for obj in meshes]
    seen = [each for each in seen if each[2].max(initial=0.0) > 0]
    if not seen:
        raise UserError("Nothing moves that a film could show.")
    own = [each for each in seen if each[0] == what.speaker]
    _, points, amounts = max(own or seen, key=lambda each: len(each[1]))  # skin, not teeth
    moving = amounts > _MOVING * amounts.max()
    place = points[moving].mean(axis=0)
    size = max(float(np.ptp(points[moving], axis=0).max()), 1e-4)
    head = points[np.linalg.norm(points - place, axis=1) < _HEAD * size]
    forward = Vector((place - head.mean(axis=0)).tolist())  # mouths are before their heads
    if forward.xy.length > _LEVEL * forward.length:
        forward.z = 0.0
    above = Vector((0.0, 0.0, _ABOVE * size))
    return Vector(place.tolist()) + above, forward.normalized(), size


def _moved(obj: bpy.types.Object, what: Exported) -> tuple[Points, Points]:
    """Return a mesh's points (V, 3) in the world at first, and how far each moves (V,)."""
    frames = np.linspace(what.first, what.last, _LOOKS).round().astype(int).tolist()
    shown = [_points(obj, frame) for frame in dict.fromkeys(frames)]
    alike = [points for points in shown if len(points) == len(obj.data.vertices)]
    if len(alike) < len(shown) or len(alike) < 2:  # a modifier makes other points of them
        return np.zeros((0, 3)), np.zeros(0)
    amounts = np.linalg.norm(np.ptp(np.stack(alike), axis=0), axis=1)
    return alike[0], amounts


def _points(obj: bpy.types.Object, frame: int) -> Points:
    """Return the points (V, 3) of a mesh in the world, as they are at a frame."""
    bpy.context.scene.frame_set(frame)
    shown = obj.evaluated_get(bpy.context.evaluated_depsgraph_get())
    flat = np.empty(3 * len(shown.data.vertices), np.float32)
    shown.data.vertices.foreach_get("co", flat)
    place = np.array(shown.matrix_world)
    points: Points = flat.reshape(-1, 3) @ place[:3, :3].T + place[:3, 3]
    return points
