"""Print what a batch costs and survives: `python tests/blender/measure_batch.py FOLDER SOUNDS...`.

Run with the model's Python, from the repository. Sounds are files of speech; scenes of four kinds
of faces at three frame rates are made for them, and one job in twenty is poisoned. The table is run
undisturbed, then in a folder of its own while its driver is killed three times; all motions and
actions must be the same. Times are processor seconds of all processes, so that other work on the
machine hardly counts.
"""

import argparse
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

KINDS = ("flame", "arkit", "visemes", "bones")
RATES = (24, 30, 60)
MESH = {"bones": "Skin"}
POISONS = ("no sound", "broken sound", "no such mesh", "output is a folder", "no such scene")


def build(folder: Path) -> None:
    """Save a scene for each kind of face and frame rate; in Blender."""
    import bpy
    import helpers

    from jambatalk_addon.__main__ import load_extension
    from tests.blender.bone_puppet import Puppet
    from tests.named_heads import arkit_keys, flame_head, pose_keys

    load_extension().register()
    from jambatalk.jambatalk_addon.headless.cli import run_command

    head = flame_head()
    keys = {"arkit": arkit_keys(head, "CC4"), "visemes": pose_keys(head, "Oculus")}
    for kind in KINDS:
        for rate in RATES:
            bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
            bpy.context.scene.render.fps = rate
            path = folder / f"{kind}{rate}.blend"
            if kind == "bones":
                poses = folder / "poses.json"
                poses.write_text(json.dumps(Puppet(head).act()))
            else:
                obj = helpers.make_head(head.points, head.triangles)
                if kind in keys:
                    helpers.add_keys(obj, keys[kind])
            bpy.ops.wm.save_as_mainfile(filepath=str(path))
            if kind == "bones":
                stored = ["--armature", "Rig", "--poses", str(poses), "--output", str(path)]
                assert run_command(["calibrate", str(path), *stored]) == 0


def digests(folder: Path) -> None:
    """Print the digest of every motion and of all curves in every scene of a folder; in Blender."""
    import bpy

    found = {}
    for path in sorted(folder.glob("*.npz")):
        with np.load(path) as arrays:
            parts = [each.encode() + arrays[each].tobytes() for each in sorted(arrays.files)]
        found[path.name] = hashlib.sha256(b"".join(parts)).hexdigest()
    for path in filter(Path.is_file, sorted(folder.glob("*.blend"))):
        bpy.ops.wm.open_mainfile(filepath=str(path))
        found[path.name] = hashlib.sha256(repr(_curves(bpy)).encode()).hexdigest()
    print("DIGESTS" + json.dumps(found))


def _curves(bpy: object) -> list[object]:
    """Return the keys of all actions of the open file."""
    found = []
    for action in bpy.data.actions:  # type: ignore[attr-defined]
        if hasattr(action, "layers"):
            bags = [bag for layer in action.layers for s in layer.strips for bag in s.channelbags]
            curves = [curve for bag in bags for curve in bag.fcurves]
        else:
            curves = list(action.fcurves)
        for curve in curves:
            points = [(*p.co, *p.handle_left, *p.handle_right) for p in curve.keyframe_points]
            found.append((action.name, curve.data_path, curve.array_index, points))
    return sorted(found, key=repr)


def write_table(folder: Path, sounds: list[Path], scenes: Path) -> Path:
    """Write a table of jobs, one of twenty poisoned, and return it."""
    (folder / "broken.wav").write_bytes(b"RIFF" + random.Random(1).randbytes(4000))
    rows = ["audio,scene,mesh,start,output"]
    for number, sound in enumerate(sounds):
        kind, rate = KINDS[number % 4], RATES[number // 4 % 3]
        row = {"sound": sound, "scene": scenes / f"{kind}{rate}.blend"}
        row["mesh"] = MESH.get(kind, "Head")
        if number % 20 == 7:
            poison(row, POISONS[number // 20 % len(POISONS)], folder / "out" / f"{number}.blend")
        told = f"{row['sound']},{row['scene']},{row['mesh']}"
        rows.append(f"{told},1,out/{number}.blend|out/{number}.npz")
    (folder / "jobs.csv").write_text("\n".join(rows) + "\n")
    return folder / "jobs.csv"


def poison(row: dict[str, object], how: str, output: Path) -> None:
    """Spoil a row."""
    if how == "output is a folder":
        output.mkdir(parents=True)
    row |= {
        "no sound": {"sound": "none.wav"},
        "broken sound": {"sound": "broken.wav"},
        "no such mesh": {"mesh": "Nobody"},
        "no such scene": {"scene": "none.blend"},
    }.get(how, {})


def batch(table: Path, blender: str) -> list[str]:
    """Return the command of a batch."""
    return [sys.executable, "-m", "model_core", "batch", str(table), "--blender", blender]


def in_blender(blender: str, what: str, folder: Path) -> str:
    """Do a part of this in Blender and return what it printed."""
    command = [blender, __file__, str(folder), "--part", what]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def kill_thrice(command: list[str], seconds: float) -> None:
    """Run a batch and kill its driver three times, at random moments of its time."""
    moments = random.Random(3)
    for _ in range(3):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as running:
            time.sleep(moments.uniform(0.1, 0.3) * seconds)
            running.send_signal(signal.SIGKILL)
        time.sleep(1.0)


def measure(folder: Path, sounds: list[Path], blender: str) -> None:
    """Run it all and print the figures."""
    scenes, whole, killed = (folder / name for name in ("scenes", "whole", "killed"))
    for each in (scenes, whole, killed):
        each.mkdir(parents=True)
    in_blender(blender, "build", scenes)
    for each in (whole, killed):
        write_table(each, sounds, scenes)
    seconds = undisturbed(batch(whole / "jobs.csv", blender), sounds)
    command = batch(killed / "jobs.csv", blender)
    kill_thrice(command, seconds)
    last = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(f"killed three times, then: {last.stdout.splitlines()[-1]}")
    told = [in_blender(blender, "digests", each / "out") for each in (whole, killed)]
    one, other = (json.loads(text.partition("DIGESTS")[2].splitlines()[0]) for text in told)
    same = sum(other.get(name) == digest for name, digest in one.items())
    print(f"{same} of {len(one)} motions and scenes have the same digest ({len(other)} there)")
    left = [each.name for each in (killed / "out").iterdir() if each.name.startswith(".")]
    print(f"half files and locks left: {left or 'none'}; load {os.getloadavg()[0]:.1f}")


def undisturbed(command: list[str], sounds: list[Path]) -> float:
    """Run a batch, print its figures and return how many seconds it took."""
    import soundfile

    audio = sum(float(soundfile.info(str(sound)).duration) for sound in sounds)
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    seconds, after = time.monotonic() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{len(sounds)} jobs, {audio:.0f} s of sound: {done.stdout.splitlines()[-1]}")
    print(f"exit status {done.returncode}; {seconds:.0f} s, {used:.0f} s of processors")
    print(f"{audio / used:.2f} s of sound a processor second, {audio / seconds:.2f} a second")
    told = [line for line in done.stdout.splitlines() if "error: " in line or "failed: " in line]
    print("\n".join(f"  {line}" for line in told), flush=True)
    return seconds


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sounds", nargs="*", type=Path)
    parser.add_argument("--blender", default=".venvs/bpy-5.2/bin/python")
    parser.add_argument("--part", choices=("build", "digests"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        {"build": build, "digests": digests}[args.part](args.folder)
        sys.stdout.flush()
        os._exit(0)
    measure(args.folder.resolve(), [sound.resolve() for sound in args.sounds], args.blender)


if __name__ == "__main__":
    main()
