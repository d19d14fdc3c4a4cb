"""A head that says a sound file, with Blender as a module: bake_in_blender.py SPEECH.wav OUT"""

import os
import sys
from importlib import import_module
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from jambatalk_addon.__main__ import load_extension


def main(speech: str, output: str) -> None:
    """Add the demo head to an empty scene, bake the speech onto it and save."""
    extension = load_extension()
    extension.register()
    try:
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        scene = bpy.context.scene
        demo = import_module(f"{extension.__name__}.jambatalk_addon.demo.scene")
        settings = scene.jambatalk
        settings.mesh = demo.add_head(scene.collection)
        settings.source, settings.sound_file = "FILE", str(Path(speech).resolve())
        bpy.ops.jambatalk.bake()
        bpy.ops.wm.save_as_mainfile(filepath=str(Path(output).resolve()))
    finally:
        extension.unregister()


if __name__ == "__main__":
    main(*sys.argv[1:])
    sys.stdout.flush()
    os._exit(0)  # the modules of 4.2 and 4.5 crash or hang in Python's own exit
