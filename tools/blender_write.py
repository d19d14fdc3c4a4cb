"""Prints the seconds that Blender takes to write a motion: ``blender_write.py SECONDS``.

Run with a Python that has bpy. The motion is the waves of a talking mouth on the demo head.
"""

import sys
from pathlib import Path
from time import perf_counter

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from jambatalk_addon.__main__ import load_extension

_FPS = 30.0
_SYLLABLES = 4.0  # a second


def main(seconds: float) -> None:
    """Write a motion of so many seconds as shape keys and curves."""
    load_extension().register()
    from jambatalk.jambatalk_addon.demo.scene import add_head
    from jambatalk.jambatalk_addon.write.apply import write_motion
    from jambatalk.model_core.motion.motion import Motion
    from jambatalk.model_core.motion.reduction import Reduction
    from jambatalk.model_core.rig.rig import load_face_rig
    from jambatalk.model_core.rig.shapes import SPEECH_SHAPES

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    head, phase = add_head(bpy.context.scene.collection), np.arange(len(SPEECH_SHAPES))
    at = np.arange(round(seconds * _FPS))[:, None] / _FPS
    weights = 0.1 + 0.1 * np.sin(2 * np.pi * (_SYLLABLES + 0.1 * phase) * at / 2 + phase)
    basis = load_face_rig().select(SPEECH_SHAPES)
    motion = Motion(_FPS, SPEECH_SHAPES, basis, weights.astype(np.float32))
    curves = Reduction(0.5).curves(motion)  # the model's process does that
    started = perf_counter()
    write_motion(head, motion, "waves", 1, tolerance_mm=0.5, reduced=curves)
    print(perf_counter() - started, flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]))
    import os

    os._exit(0)  # some wheels hang at exit
