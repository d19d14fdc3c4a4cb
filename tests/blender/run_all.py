#!/usr/bin/env python3
"""Run the add-on's tests in every Blender given, installed from the zip as an artist would.

python tests/blender/run_all.py VERSION=PYTHON ...   each PYTHON has bpy and pytest

Each Blender runs in a process of its own under a time limit, since a wheel can hang at exit.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tools.extension_zip import build_zip  # noqa: E402

LIMIT_SECONDS = 900
# Leaving by os._exit skips the wheels' own exit, in which 4.2 crashes and 4.5 hangs.
_TEST = "import os, sys, pytest; c = pytest.main(sys.argv[1:]); sys.stdout.flush(); os._exit(c)"


def main() -> int:
    """Return 0 if everything passed."""
    blenders = [argument.split("=", 1) for argument in sys.argv[1:]]
    with tempfile.TemporaryDirectory(prefix="jambatalk-tests-") as folder:
        package = build_zip(Path(blenders[-1][1]), Path(folder))
        scenes = Path(folder) / "strips.blend"
        make_strip_scene(blenders, scenes)
        failed = [
            version
            for version, python in blenders
            if not run_tests(version, Path(python), package, scenes)
        ]
    print(f"Failed in Blender {', '.join(failed)}" if failed else "Passed in every Blender.")
    return 1 if failed else 0


def make_strip_scene(blenders: list[list[str]], path: Path) -> None:
    """Save a scene with a sound strip by the oldest wheel that has sound; 4.2's has none."""
    for version, python in sorted(blenders, key=lambda pair: [int(n) for n in pair[0].split(".")]):
        if version != "4.2":
            command = [python, HERE / "strip_scene.py", path]
            subprocess.run(command, check=True, timeout=LIMIT_SECONDS, stdout=subprocess.DEVNULL)
            return


def run_tests(version: str, python: Path, package: Path, scenes: Path) -> bool:
    """Run pytest in one Blender; return whether it passed."""
    print(f"== Blender {version}", flush=True)
    environment = os.environ | {
        "JAMBATALK_ZIP": str(package),
        "JAMBATALK_STRIP_SCENE": str(scenes),
        "JAMBATALK_MODEL_PYTHON": sys.executable,
    }
    command = [python, "-c", _TEST, "-o", f"faulthandler_timeout={LIMIT_SECONDS // 3}", HERE]
    try:
        done = subprocess.run(
            command, check=False, cwd=ROOT, env=environment, timeout=LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        print(f"Blender {version} did not end within {LIMIT_SECONDS} s", flush=True)
        return False
    return done.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
