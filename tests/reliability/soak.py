#!/usr/bin/env python3
"""Bake a thousand times in one Blender and see whether memory grows.

PYTHON_WITH_BPY tests/reliability/soak.py [--bakes 1000] [--seconds 1.0] [--checkpoint FOLDER]

The add-on runs from its source tree with the worker that JAMBATALK_PYTHON names. Prints the memory
of both processes; exits with 1 if either grows by over 5 % after the first tenth.
"""

import argparse
import os
import sys
import time
from pathlib import Path

import bpy

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from jambatalk_addon.__main__ import leave, load_extension  # noqa: E402

GROWTH = 1.05


def main() -> int:
    """Bake, clear and measure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bakes", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=1.0, help="of speech a bake")
    parser.add_argument("--checkpoint", default="")
    args = parser.parse_args()
    load_extension().register()
    from jambatalk.jambatalk_addon.demo import scene as demo
    from jambatalk.jambatalk_addon.worker import session

    scene = bpy.context.scene
    head, _ = demo.build(scene)
    settings = scene.jambatalk
    settings.mesh, settings.source, settings.checkpoint = head, "FILE", args.checkpoint
    settings.sound_file = _short_sound(demo.ASSETS / "demo_speech.flac", args.seconds)
    started, memory = time.monotonic(), []
    for number in range(1, args.bakes + 1):
        assert bpy.ops.jambatalk.bake() == {"FINISHED"}
        if number % 10 == 0:
            assert bpy.ops.jambatalk.clear() == {"FINISHED"}
        if number % max(1, args.bakes // 10) == 0:
            memory.append((_megabytes(os.getpid()), _megabytes(session.warm_worker().pid)))
            print(f"| {number} | {memory[-1][0]:.1f} | {memory[-1][1]:.1f} |", flush=True)
    grown = [last / first for first, last in zip(memory[0], memory[-1], strict=True)]
    print(
        f"{args.bakes} bakes in {time.monotonic() - started:.0f} s; memory grew to "
        f"{grown[0]:.3f} (Blender) and {grown[1]:.3f} (worker) of that after the first tenth"
    )
    return int(max(grown) > GROWTH)


def _short_sound(source: Path, seconds: float) -> str:
    """Return a WAV file with the first seconds of a FLAC file, written by Blender's own decoder."""
    import aud

    target = Path(bpy.app.tempdir) / "soak.wav"
    aud.Sound.file(str(source)).limit(0, seconds).write(str(target))
    return str(target)


def _megabytes(process: int) -> float:
    """Return a process's resident memory (Linux)."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    leave(main())
