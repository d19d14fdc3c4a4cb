"""Print what becomes of spoiled jobs: `python tests/blender/measure_poison.py FOLDER SOUNDS...`.

Run with the model's Python as root, from the repository, on Linux; scenes are those of
`measure_batch.py` in the same folder. One job in twenty (`--every`) is spoiled, in turn in every
way there is below: these must each be told in a sentence, and all others be done.
"""

import argparse
import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from batch_stage import ROOT, batch, left_over, made_scenes, results, rows, write_table

MOST_MIB = 3000  # of a process
SPOILED = {
    "no sound": {"audio": "none.wav"},
    "broken sound": {"audio": "broken.wav"},
    "no such scene": {"scene": "none.blend"},
    "broken scene": {"scene": "broken.blend"},
    "no such mesh": {"mesh": "Nobody"},
    "output is a folder": {"output": "folders/{}.blend"},
    "read-only output": {"output": "readonly/{}.blend"},
    "full disk": {"output": "full/{}.blend|full/{}.npz"},
    "hangs": {"scene": "hanging.blend"},
    "eats memory": {"scene": "eating.blend"},
}


def spoil(folder: Path, wanted: list[dict[str, str]], scenes: Path, every: int) -> dict[str, str]:
    """Spoil one row in some; return how, by the row's output."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "broken.wav").write_bytes(b"RIFF" + random.Random(1).randbytes(4000))
    whole = (scenes / "flame24.blend").read_bytes()
    (folder / "broken.blend").write_bytes(whole[: len(whole) // 2])
    found = {}
    for number, row in list(enumerate(wanted))[every // 3 :: every]:
        how = list(SPOILED)[number // every % len(SPOILED)]
        row |= {name: text.replace("{}", str(number)) for name, text in SPOILED[how].items()}
        if how == "output is a folder":
            (folder / row["output"]).mkdir(parents=True)
        if how in ("hangs", "eats memory"):
            row |= {"scene": f"{scenes / row['scene']}", "mesh": "Head"}
        found[row["output"]] = how
    return found


@contextmanager
def disks(folder: Path) -> Iterator[None]:
    """Have a disk that is read-only and one of 256 KiB in a folder, in the block."""
    kinds = {"readonly": "ro,size=1m", "full": "size=256k"}
    for name, options in kinds.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder / name)]
        subprocess.run(command, check=True)
    try:
        yield
    finally:
        for name in kinds:
            subprocess.run(["umount", str(folder / name)], check=True)


def measure(args: argparse.Namespace) -> None:
    """Run it and print what was told."""
    folder, sounds = args.folder.resolve(), [sound.resolve() for sound in args.sounds]
    scenes = made_scenes(args.blender, folder / "scenes")
    wanted, stage = rows(sounds, scenes), folder / "spoiled"
    spoiled = spoil(stage, wanted, scenes, args.every)
    limits = ("--time-limit", args.seconds, "--memory-limit", MOST_MIB)
    command = batch(write_table(stage, wanted), args.blender, *limits)
    with disks(stage):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    print(done.stdout.splitlines()[-1], f"Exit status {done.returncode}.")
    failed = {
        str(each["row"]["output"]): str(each["sentence"])  # type: ignore[index]
        for each in results(stage / "jobs.csv")
        if each["status"] == "failed"
    }
    for output, how in spoiled.items():
        print(f"  {how}: {failed.pop(output, 'NOT TOLD')}")
    print(
        f"others that failed: {failed or 'none'}; left over: {left_over(stage / 'out') or 'none'}"
    )
    print(f"load {os.getloadavg()[0]:.1f}", *done.stderr.splitlines(), sep="\n  ")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sounds", nargs="+", type=Path)
    parser.add_argument("--blender", default=".venvs/bpy-5.2/bin/python")
    parser.add_argument("--every", type=int, default=20, help="one job in so many is spoiled")
    parser.add_argument("--seconds", type=float, default=60.0, help="that a job may take")
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
