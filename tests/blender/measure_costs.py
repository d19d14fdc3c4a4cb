"""Print what five minutes of speech cost in Blender: ``python tests/blender/measure_costs.py``.

Run with a Python that has bpy. Times are processor seconds of this process, so that other work on
the machine hardly counts.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import bpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from jambatalk_addon.__main__ import load_extension  # noqa: E402
from tests.speech_like import speech_like  # noqa: E402

FRAMES = 9000
PLAYED = 300
LINE = 1800  # frames: what sliders are moved on
MOVES = 10


def timed(work: Callable[[], object]) -> float:
    """Return the processor seconds that work takes."""
    started = process_time()
    work()
    return process_time() - started


def play(scene: bpy.types.Scene) -> None:
    """Step through frames as playback does."""
    for frame in range(1, PLAYED + 1):
        scene.frame_set(frame)


def saved_size(folder: Path) -> int:
    """Return the size of the scene's file."""
    path = folder / "scene.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)
    return path.stat().st_size


def main(folder: Path) -> None:
    """Bake a motion like speech to the demo head and print each cost."""
    load_extension().register()
    from jambatalk.jambatalk_addon.demo.scene import add_head
    from jambatalk.jambatalk_addon.write.apply import write_motion
    from jambatalk.model_core.motion import Motion

    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    head = add_head(scene.collection)
    speech = speech_like(FRAMES)
    motion = Motion(speech.fps, speech.names, speech.basis, speech.weights)
    before, still = saved_size(folder), timed(lambda: play(scene))
    reports = []
    baking = timed(
        lambda: reports.append(write_motion(head, motion, "speech", 1, tolerance_mm=0.1))
    )
    moving, after = timed(lambda: play(scene)), saved_size(folder)
    report = reports[0]
    print(f"Blender {bpy.app.version_string}, {FRAMES} frames, {report.shapes} shapes")
    print(f"  curves and shape keys written in {baking:.2f} s, {report.keys} keys")
    print(f"  within {report.error_mm:.3f} mm of every vertex")
    print(f"  playback {1000 * (moving - still) / PLAYED:.2f} ms a frame")
    print(f"  the file grows by {(after - before) / 1e6:.1f} MB")
    print_sliders(head)


def print_sliders(head: bpy.types.Object) -> None:
    """Print what a move of a slider costs on a line of a minute, while dragged and at its end."""
    from jambatalk.jambatalk_addon.bake import again, dragged
    from jambatalk.jambatalk_addon.write.apply import write_motion
    from jambatalk.jambatalk_addon.write.identity import Line
    from jambatalk.model_core.motion import Motion
    from jambatalk.model_core.performance.options import BakeOptions

    bpy.context.scene.jambatalk.mesh = head
    bpy.ops.jambatalk.clear()
    speech, line = speech_like(LINE), Line("line", origin=1, first=1)
    motion = Motion(speech.fps, speech.names, speech.basis, speech.weights)
    write_motion(head, motion, line, 1, tolerance_mm=0.14)
    take = again.keep(head, line, motion, BakeOptions())
    factors = [1.0 - 0.05 * move for move in range(1, MOVES + 1)]
    drags = [timed(lambda f=f: dragged.follow(head, take, BakeOptions(jaw=f))) for f in factors]
    wholes = [timed(lambda f=f: again.adjust(head, take, BakeOptions(jaw=f))) for f in factors]
    drag, whole = sorted(drags)[MOVES // 2], sorted(wholes)[MOVES // 2]
    print(
        f"  a slider's move on a line of {LINE} frames {1000 * drag:.0f} ms, at its end "
        f"{1000 * whole:.0f} ms ({whole / drag:.1f} times as much)"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary))
    sys.stdout.flush()
    os._exit(0)
