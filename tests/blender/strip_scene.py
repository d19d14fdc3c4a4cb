"""Save a scene with a packed-in sound strip: ``python strip_scene.py OUT.blend`` (with bpy)."""

import os
import sys
from pathlib import Path

import bpy
import helpers

path = Path(sys.argv[1])
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
sound = helpers.write_wav(path.with_suffix(".wav"), 4.0)
bpy.context.scene.render.fps = 30
strip = helpers.strip_collection(bpy.context.scene).new_sound("Line", str(sound), 1, 11)
strip.frame_offset_start = 6
bpy.ops.wm.save_as_mainfile(filepath=str(path))
os._exit(0)
