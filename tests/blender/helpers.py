"""What the tests build and measure in Blender."""

from __future__ import annotations

import wave
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import bpy
import numpy as np
import pytest

if TYPE_CHECKING:  # what saves the scene with a strip has no other tests
    from tests.named_heads import Head

SOUND_RATE = 16000
STRIP_SECONDS = 6.0
Addon = Callable[[str], ModuleType]
UseWorker = Callable[..., None]
needs_sound = pytest.mark.skipif(
    not bpy.app.build_options.audaspace, reason="this Blender is built without sound"
)


def write_wav(path: Path, seconds: float, channels: int = 1) -> Path:
    """Write a ramp: its value tells the time."""
    count = int(seconds * SOUND_RATE)
    ramp = (np.arange(count) / count * 30000).astype("<i2")
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(channels)
        sound.setsampwidth(2)
        sound.setframerate(SOUND_RATE)
        sound.writeframes(np.repeat(ramp, channels).tobytes())
    return path


def make_head(vertices: np.ndarray, faces: np.ndarray, name: str = "Head") -> bpy.types.Object:
    """Add a mesh object to the scene."""
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    head = bpy.data.objects.new(name, mesh)
    bpy.context.collection.objects.link(head)
    return head


def add_keys(obj: bpy.types.Object, keys: Mapping[str, np.ndarray]) -> None:
    """Give an object relative shape keys by their (V, 3) offsets, all at value 0."""
    if obj.data.shape_keys is None:
        obj.shape_key_add(name="Basis", from_mix=False)
    flat = np.empty(len(obj.data.vertices) * 3, np.float32)
    obj.data.vertices.foreach_get("co", flat)
    for name, offsets in keys.items():
        block = obj.shape_key_add(name=name, from_mix=False)
        block.value = 0.0  # 5.0 and later start at 1
        block.points.foreach_set("co", flat + offsets.astype(np.float32).ravel())


def add_jaw_rig(addon: Addon) -> bpy.types.PoseBone:
    """Add an armature, Bob, whose one bone is a jaw with a pose stored for its opening."""
    rig = bpy.data.objects.new("Bob", bpy.data.armatures.new("Bob"))
    bpy.context.scene.collection.objects.link(rig)
    bpy.context.view_layer.objects.active = rig
    bpy.ops.object.mode_set(mode="EDIT")
    bone = rig.data.edit_bones.new("jaw")
    bone.head, bone.tail = (0, 0, 0), (0, 0.04, 0)
    bpy.ops.object.mode_set(mode="OBJECT")
    jaw = rig.pose.bones["jaw"]
    jaw.rotation_mode, jaw.rotation_euler.x = "XYZ", 0.5
    calibration = addon("bones.calibration")
    calibration.store(rig, "jawOpen", calibration.current(rig))
    jaw.rotation_euler.x = 0.0
    return jaw


def evaluated_points(obj: bpy.types.Object, frame: int) -> np.ndarray:
    """Return the (V, 3) points Blender shows at a frame."""
    bpy.context.scene.frame_set(frame)
    return shown_points(obj)


def shown_points(obj: bpy.types.Object) -> np.ndarray:
    """Return the (V, 3) points Blender shows now."""
    mesh = obj.evaluated_get(bpy.context.evaluated_depsgraph_get()).data
    flat = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def mesh_rest(obj: bpy.types.Object) -> np.ndarray:
    """Return the (V, 3) points of a mesh before any modifier."""
    flat = np.empty(len(obj.data.vertices) * 3, np.float32)
    obj.data.vertices.foreach_get("co", flat)
    return flat.reshape(-1, 3)


def lip_opening(head: Head, obj: bpy.types.Object, frames: int) -> np.ndarray:
    """Return the (T,) rise of the upper over the lower lip above rest in mm, as it is shown."""
    return lip_openings(head, [obj], frames)[0]


def lip_openings(head: Head, objs: Sequence[bpy.types.Object], frames: int) -> np.ndarray:
    """Return (N, T) the same of several heads in one scene."""
    upper, lower = head.pairs.T
    rest = (head.points[upper, 1] - head.points[lower, 1]).mean()
    apart = np.zeros((len(objs), frames))
    for frame in range(frames):
        bpy.context.scene.frame_set(frame + 1)
        for row, points in enumerate(map(shown_points, objs)):
            apart[row, frame] = (points[upper, 1] - points[lower, 1]).mean() - rest
    return apart / head.millimetre


def worst_mm(
    obj: bpy.types.Object, neutral: np.ndarray, offsets: np.ndarray, first: int, step: int = 7
) -> float:
    """Return how far Blender's points are from neutral + offsets (T, V, 3), in mm."""
    distances = [
        np.linalg.norm(evaluated_points(obj, first + t) - neutral - offsets[t], axis=1).max()
        for t in range(0, len(offsets), step)
    ]
    return 1000 * float(max(distances))


def strip_collection(scene: bpy.types.Scene) -> bpy.types.bpy_prop_collection:
    """Return a scene's strips, whatever this Blender calls them."""
    editor = scene.sequence_editor or scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def set_end(strip: bpy.types.Strip, frame: int) -> None:
    """Move a strip's right handle: the first frame after it."""
    setattr(strip, "right_handle" if hasattr(strip, "right_handle") else "frame_final_end", frame)


def set_start(strip: bpy.types.Strip, frame: int) -> None:
    """Move a strip's left handle: its first frame."""
    setattr(strip, "left_handle" if hasattr(strip, "left_handle") else "frame_final_start", frame)


def retime(strip: bpy.types.Strip, percent: float) -> None:
    """Give a strip another speed, by the operator the artist uses."""
    window = bpy.context.window
    area = window.screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = bpy.context.scene
    region = next(region for region in area.regions if region.type == "WINDOW")
    strip.select = True
    bpy.context.scene.sequence_editor.active_strip = strip
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=percent)


def value_curves(obj: bpy.types.Object) -> dict[str, bpy.types.FCurve]:
    """Return the f-curves of a mesh's shape keys by data path."""
    animation = obj.data.shape_keys.animation_data
    action = animation.action
    if not hasattr(action, "slots"):
        return {curve.data_path: curve for curve in action.fcurves}
    bag = action.layers[0].strips[0].channelbag(animation.action_slot)
    return {curve.data_path: curve for curve in bag.fcurves}


def snapshot(obj: bpy.types.Object) -> dict:
    """Return everything about an object that a bake may touch, to compare before and after."""
    key = obj.data.shape_keys
    animation = key.animation_data if key else None
    return {
        "blocks": [
            (block.name, block.value, block.slider_min, block.slider_max, block.mute)
            for block in (key.key_blocks if key else ())
        ],
        "points": [
            np.array([point.co for point in block.data]).tobytes()
            for block in (key.key_blocks if key else ())
        ],
        "properties": sorted(key.keys()) if key else [],
        "relative": key.use_relative if key else None,
        "animation": animation is not None,
        "action": animation.action.name if animation and animation.action else None,
        "curves": {
            path: [tuple(point.co) for point in curve.keyframe_points]
            for path, curve in (value_curves(obj) if animation and animation.action else {}).items()
        },
        "drivers": [driver.data_path for driver in animation.drivers] if animation else [],
        "active": obj.active_shape_key_index,
        "actions": sorted(action.name for action in bpy.data.actions),
        "mesh": np.array([vertex.co for vertex in obj.data.vertices]).tobytes(),
    }
