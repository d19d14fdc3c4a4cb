"""What measurements of batches share: scenes of four kinds of faces, tables, and digests.

Run by them in Blender as `batch_stage.py FOLDER build|digests`; import it from the model's Python.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

KINDS = ("flame", "arkit", "visemes", "bones")
RATES = (24, 30, 60)
MESH = {"bones": "Skin"}
HEADER = "audio,scene,mesh,start,output"


def build(folder: Path) -> None:
    """Save a scene for each kind of face and frame rate, and two that spoil a bake; in Blender."""
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
    hanging(folder, folder / f"flame{RATES[0]}.blend")
    eating(folder, folder / f"flame{RATES[0]}.blend")


def alike(blender: str, one: Path, other: Path) -> tuple[int, int, int]:
    """Return how many motions and scenes two tables made alike, and how many each made."""
    with ThreadPoolExecutor() as pool:
        outputs = (table.parent / "out" for table in (one, other))
        first, second = pool.map(partial(digests_in, blender), outputs)
    same = sum(second.get(name) == digest for name, digest in first.items())
    return same, len(first), len(second)


def run_measure(about: str | None, measure: Callable[[Path, list[Path], str], None]) -> None:
    """Run a measurement on the folder, the sounds and the Blender that a command line names."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--blender", default=".venvs/bpy-5.2/bin/python")
    args = parser.parse_args()
    measure(args.folder.resolve(), [sound.resolve() for sound in args.sounds], args.blender)


def hanging(folder: Path, scene: Path) -> Path:
    """Save a scene that is never open, as its library lies on a disk that does not answer."""
    import bpy

    library, path = folder / "far.blend", folder / "hanging.blend"
    bpy.ops.wm.open_mainfile(filepath=str(scene))
    prop = bpy.data.objects.new("Far", None)
    bpy.data.libraries.write(str(library), {prop})
    bpy.data.objects.remove(prop)
    with bpy.data.libraries.load(str(library), link=True) as (_, wanted):
        wanted.objects = ["Far"]
    bpy.context.scene.collection.objects.link(wanted.objects[0])
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    library.unlink()
    os.mkfifo(library)  # whoever opens it waits
    return path


def eating(folder: Path, scene: Path) -> Path:
    """Save a scene with a grid of two hundred million points, as a slip of the hand makes one."""
    import bpy

    path = folder / "eating.blend"
    bpy.ops.wm.open_mainfile(filepath=str(scene))
    tree = bpy.data.node_groups.new("Grid", "GeometryNodeTree")
    tree.interface.new_socket("Geometry", in_out="OUTPUT", socket_type="NodeSocketGeometry")
    grid, out = (tree.nodes.new(each) for each in ("GeometryNodeMeshGrid", "NodeGroupOutput"))
    for side in ("Vertices X", "Vertices Y"):
        grid.inputs[side].default_value = 15_000
    tree.links.new(grid.outputs[0], out.inputs[0])
    floor = bpy.data.objects.new("Floor", bpy.data.meshes.new("Floor"))
    floor.modifiers.new("Grid", "NODES").node_group = tree
    bpy.context.scene.collection.objects.link(floor)
    # Saving it as the open file would make all those points here.
    bpy.data.libraries.write(str(path), {bpy.context.scene})
    return path


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


def made_scenes(blender: str, folder: Path) -> Path:
    """Return the folder in which Blender saved the scenes; it does so once."""
    if not (folder / "eating.blend").exists():
        folder.mkdir(parents=True, exist_ok=True)
        in_blender(blender, "build", folder)
    return folder


def digests_in(blender: str, folder: Path) -> dict[str, str]:
    """Return the digest of every output in a folder, by its name."""
    told = in_blender(blender, "digests", folder).partition("DIGESTS")[2]
    return dict(json.loads(told.splitlines()[0]))


def in_blender(blender: str, what: str, folder: Path) -> str:
    """Do a part of this in Blender and return what it printed."""
    done = subprocess.run(
        [blender, __file__, str(folder), what],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def rows(sounds: Sequence[Path], scenes: Path) -> list[dict[str, str]]:
    """Return a row for each sound, its scene in turn of another kind and frame rate."""
    found = []
    for number, sound in enumerate(sounds):
        kind, rate = KINDS[number % 4], RATES[number // 4 % 3]
        output = f"out/{number}.blend|out/{number}.npz"
        scene, mesh = f"{scenes / f'{kind}{rate}.blend'}", MESH.get(kind, "Head")
        row = {"audio": f"{sound}", "scene": scene, "mesh": mesh, "start": "1", "output": output}
        found.append(row)
    return found


def write_table(folder: Path, wanted: Sequence[dict[str, str]]) -> Path:
    """Write a table of jobs and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [",".join(row[name] for name in HEADER.split(",")) for row in wanted]
    (folder / "jobs.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    return folder / "jobs.csv"


def batch(table: Path, blender: str, *options: object) -> list[str]:
    """Return the command of a batch."""
    command = [sys.executable, "-m", "model_core", "batch", table, "--blender", blender, *options]
    return [str(word) for word in command]


def results(table: Path) -> list[dict[str, object]]:
    """Return what a batch kept, in the order it did."""
    text = table.with_name(f"{table.name}.results.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]


def left_over(folder: Path) -> list[str]:
    """Return the names of half files and locks in a folder."""
    return [each.name for each in folder.iterdir() if each.name.startswith(".")]


if __name__ == "__main__":
    {"build": build, "digests": digests}[sys.argv[2]](Path(sys.argv[1]))
    sys.stdout.flush()
    os._exit(0)
