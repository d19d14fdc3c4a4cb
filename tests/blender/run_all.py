#!/usr/bin/env python3
"""Run the add-on's tests in every Blender given, installed from the zip as an artist would.

python tests/blender/run_all.py VERSION=PYTHON ...   each PYTHON has bpy and pytest

Each Blender runs in a process of its own under a time limit, since a wheel can hang at exit, as
many at a time as there are cores; what one prints is shown when it has ended.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from operator import itemgetter
from pathlib import Path
from threading import Lock

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))

from tests.blender.choice import LEFT_OUT  # noqa: E402
from tests.blender.crashes import PROGRESS, run_files  # noqa: E402
from tools.extension_zip import PackagingError, build_zip  # noqa: E402
from tools.parts import (  # noqa: E402
    FAILED,
    Result,
    any_failed,
    ended,
    table,
    usable_cores,
)

LIMIT_SECONDS = 1800
# Leaving by os._exit skips the wheels' own exit, in which 4.2 crashes and 4.5 hangs.
_TEST = "import os, sys, pytest; c = pytest.main(sys.argv[1:]); sys.stdout.flush(); os._exit(c)"
# Files of tests that take long, and are about what no Blender changes: run in the newest one ...
_NEWEST = (
    "batch", "bone_rigs", "capture", "controls", "demo", "demo_scene", "example", "live_takes",
    "model", "mouth", "options", "own_keys_speak", "prepare", "queue", "sliders", "translation",
    "words",
)  # fmt: skip
# ... and in the oldest too, so that all of it ends in time. A test marked `every_blender` is.
_ENDS = (
    "bones", "edits", "export", "follow", "headless", "life", "lines", "live", "outcome",
    "own_keys", "performances", "refusals",
)  # fmt: skip
_SLOWEST = ("--durations=12", "--durations-min=5")  # seconds, to know what to look at
_printing = Lock()


def main() -> int:
    """Return 0 if everything passed."""
    pairs = (argument.split("=", 1) for argument in sys.argv[1:])
    results = run_blenders({version: Path(python) for version, python in pairs}, sys.executable)
    print(table(results))
    return 1 if any_failed(results) else 0


def run_blenders(blenders: Mapping[str, Path], model_python: object) -> list[Result]:
    """Test the zip in each Blender.

    Args:
        blenders: each version's interpreter, the oldest first; what fails in one, or while the
            files all of them need are made, is in the results.
        model_python: interpreter that can run the model; tests of it are skipped where it is not.
    """
    with tempfile.TemporaryDirectory(prefix="jambatalk-tests-") as folder:
        try:
            package = build_zip([*blenders.values()][-1], Path(folder))
        except (PackagingError, OSError, subprocess.SubprocessError) as error:
            reason = f"the zip to test cannot be built: {_last_line(error)}"
            return [Result(f"Blender {version}", FAILED, 0.0, reason) for version in blenders]
        environment = {"JAMBATALK_ZIP": str(package), "JAMBATALK_MODEL_PYTHON": str(model_python)}
        results = make_strip_scene(blenders, Path(folder) / "strips.blend")
        if (Path(folder) / "strips.blend").exists():  # else the tests that need it skip
            environment["JAMBATALK_STRIP_SCENE"] = str(Path(folder) / "strips.blend")
        test = partial(run_tests, folder=Path(folder), environment=environment)
        with ThreadPoolExecutor(usable_cores()) as pool:  # what takes longest begins first
            begun = {
                version: pool.submit(test, version, blenders[version], left_out=left_out)
                for version, left_out in sorted(_left_out(blenders).items(), key=itemgetter(1))
            }
        return [*results, *(begun[version].result() for version in blenders)]


def _left_out(blenders: Mapping[str, Path]) -> dict[str, tuple[str, ...]]:
    """Return which files of tests not to run in each Blender, the oldest first."""
    oldest, *others = blenders
    between = dict.fromkeys(others, _NEWEST + _ENDS)
    return {oldest: _NEWEST} | between | {[*blenders][-1]: ()}


def make_strip_scene(blenders: Mapping[str, Path], path: Path) -> list[Result]:
    """Save a scene with a sound strip by the oldest wheel that has sound; return what failed."""
    speaking = [version for version in blenders if version != "4.2"]  # whose wheel has no sound
    for version in speaking[:1]:
        command = [blenders[version], HERE / "strip_scene.py", path]
        try:
            subprocess.run(
                command, check=True, timeout=LIMIT_SECONDS, capture_output=True, text=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            return [Result("Scene with a strip", FAILED, 0.0, f"{version}: {_last_line(error)}")]
    return []


def run_tests(
    version: str,
    python: Path,
    left_out: Sequence[str],
    folder: Path,
    environment: dict[str, str],
) -> Result:
    """Run pytest in one Blender, but for some files, and show what it printed when it has ended."""
    without = f", but {', '.join(left_out)}" if left_out else ""
    with _printing:
        print(f"Blender {version}: testing{without} ...", flush=True)
    files = sorted(HERE.glob("test_*.py"))
    log, progress, begun = folder / f"{version}.log", folder / f"{version}.txt", time.monotonic()
    threads = {"OMP_NUM_THREADS": "1"} if usable_cores() > 1 else {}
    told = {LEFT_OUT: " ".join(left_out), PROGRESS: str(progress)}
    environment = {**os.environ, **threads, **environment, **told}
    code, problem, crashed = 1, "", []
    with log.open("wb") as stream:
        run = partial(_pytest, python, environment=environment, output=stream.fileno())
        try:
            code, crashed = run_files(run, files, progress)
        except subprocess.TimeoutExpired:
            problem = f"did not end within {LIMIT_SECONDS} s"
        except OSError as error:
            problem = str(error)
    output, seconds = log.read_text(encoding="utf-8", errors="replace"), time.monotonic() - begun
    with _printing:
        print(f"== Blender {version}\n{output}{problem}", flush=True)
    if problem:
        return Result(f"Blender {version}", FAILED, seconds, problem)
    result = ended(f"Blender {version}", code, seconds, output)
    return result._replace(remark=result.remark + _told(crashed))


def _pytest(python: Path, files: Sequence[Path], environment: dict[str, str], output: int) -> int:
    """Run files of tests to their end and return the exit code."""
    return subprocess.run(
        [
            python,
            "-c",
            _TEST,
            "-o",
            f"faulthandler_timeout={LIMIT_SECONDS // 3}",
            *_SLOWEST,
            *files,
        ],
        check=False,
        cwd=ROOT,
        env=environment,
        timeout=LIMIT_SECONDS,
        stdout=output,
        stderr=subprocess.STDOUT,
    ).returncode


def _told(crashed: Sequence[str]) -> str:
    """Return what the table says of crashes."""
    return f"; after Blender crashed in {', '.join(crashed)}" if crashed else ""


def _last_line(error: Exception) -> str:
    """Return what an error says in one line; of a command's, the last line it printed."""
    printed = (getattr(error, "stderr", None) or getattr(error, "output", None) or "").strip()
    return (printed.splitlines() or [str(error)])[-1]


if __name__ == "__main__":
    sys.exit(main())
