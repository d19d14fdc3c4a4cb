#!/usr/bin/env python3
"""Set up, test, demonstrate, package and measure JambaTalk. Needs nothing but Python 3.11+.

python3 build.py setup     make .venv with pinned dependencies (CPU torch where there is no GPU)
python3 build.py test      lint, types, core tests, then the add-on in every Blender at hand
                           (--windows: Debian's Blenders with a window instead)
python3 build.py demo      bake the demo head in Blender, render a film and a contact sheet
python3 build.py package   build and validate the extension zip
python3 build.py gpu       measure a graphics card and keep the rows (--dry-run: try it here)
python3 build.py bench     measure speed and memory against others (--quick: try it)
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036 - it is this file that older ones would run
    sys.exit("build: Python 3.11 or newer is needed.")

from model_core.base.console import run_printing
from tests.blender.run_all import run_blenders
from tools.environments import (
    BLENDERS,
    DEBIAN_LIBRARIES,
    DEBIAN_PROGRAMS,
    VENV,
    SetupError,
    ensure_blender,
    ensure_environment,
    find_python,
    install_debian_packages,
    newest_blender,
    python_of,
)
from tools.extension_zip import (
    PLATFORMS,
    PackagingError,
    build_bundle,
    build_platform_zips,
    build_zip,
    check_size,
    write_index,
)
from tools.parts import FAILED, SKIPPED, Result, any_failed, run_part, table, usable_cores

ROOT = Path(__file__).resolve().parent


def main() -> int:
    """Run one command; the exit code is 0 if all of it succeeded."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="make .venv").set_defaults(run=setup)
    add_test_parser(commands)
    commands.add_parser("demo", help="bake and render the demo").set_defaults(run=demo)
    add_package_parser(commands)
    add_bench_parser(commands)
    card = commands.add_parser("gpu", help="measure a CUDA card; nothing is downloaded")
    card.add_argument("--dry-run", action="store_true", help="on the CPU, with narrow sizes")
    card.set_defaults(run=gpu)
    arguments = parser.parse_args()
    try:
        return arguments.run(arguments) or 0
    except subprocess.CalledProcessError as error:
        print(f"build: failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return error.returncode if error.returncode > 0 else 1
    except (PackagingError, SetupError) as error:
        print(f"build: {error}", file=sys.stderr)
        return 1


def add_test_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe `test`, which can be narrowed while working."""
    testing = commands.add_parser("test", help="run every check")
    testing.add_argument(
        "--blender", nargs="*", choices=BLENDERS, help="which Blenders (default: all at hand)"
    )
    testing.add_argument("--no-core", action="store_true", help="only the Blender tests")
    testing.add_argument(
        "--windows", action="store_true", help="only Debian's Blenders with a window (Linux, root)"
    )
    testing.set_defaults(run=test)


def add_package_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe `package`."""
    packaging = commands.add_parser("package", help="build the extension zips")
    packaging.add_argument(
        "--split-platforms", action="store_true", help="also a zip a platform, with onnxruntime"
    )
    packaging.add_argument(
        "--bundle", metavar="PLATFORM", choices=PLATFORMS, help="also a zip with torch for one"
    )
    packaging.add_argument(
        "--wheels", metavar="FOLDER", type=Path, help="with torch's CPU builds, for linux-x64"
    )
    packaging.add_argument(
        "--index", action="store_true", help="also a repository of them to host oneself"
    )
    packaging.set_defaults(run=package)


def add_bench_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe `bench`."""
    measuring = commands.add_parser("bench", help="measure speed and memory")
    measuring.add_argument("--quick", action="store_true", help="seconds instead of minutes")
    measuring.add_argument("--busy", action="store_true", help="while every core has other work")
    measuring.set_defaults(run=bench)


def setup(_: argparse.Namespace) -> None:
    """Make the environment for prediction, training and development."""
    ensure_environment("train", "dev")
    print(f"Ready: {python_of(VENV)} -m model_core predict SPEECH.wav -o MOTION.npz")


def test(arguments: argparse.Namespace) -> int:
    """Run every check to its end, whatever becomes of the others, and say how each ended."""
    if arguments.windows:
        test_windows()
        return 0
    install_debian_packages(DEBIAN_LIBRARIES, DEBIAN_PROGRAMS)
    results = []
    try:
        ensure_environment("train", "dev")
    except SetupError as error:
        results.append(Result(VENV.name, FAILED, 0.0, str(error)))
    blenders = begin_blenders(arguments.blender or [*BLENDERS])  # while the core is tested
    if not arguments.no_core:
        results += test_core(ready=not results)
    results += test_blenders(blenders, asked=bool(arguments.blender))
    print(f"\n{table(results)}")
    return 1 if any_failed(results) else 0


def test_core(*, ready: bool) -> list[Result]:
    """Run ruff, mypy and the tests that need no Blender, in as many processes as is useful."""
    pytest: list[object] = ["pytest", "--ignore=tests/blender", "--durations=12"]
    alone = {}
    if (workers := usable_cores()) > 1:
        pytest += ["-n", workers, "--dist", "loadscope"]
        alone = {"OMP_NUM_THREADS": "1"}
    parts: dict[str, list[object]] = {
        "ruff check": ["ruff", "check", "."],
        "ruff format": ["ruff", "format", "--check", "."],
        "mypy": ["tools.type_check"],
        "core tests": pytest,
    }
    if not ready:
        return [Result(name, SKIPPED, 0.0, f"there is no {VENV.name}") for name in parts]
    python = python_of(VENV)
    with ThreadPoolExecutor(workers) as pool:  # one core checks types beside the tests
        begun = [
            pool.submit(run_part, name, [python, "-m", *words], alone)
            for name, words in parts.items()
        ]
    return [each.result() for each in begun]


def begin_blenders(versions: Sequence[str]) -> dict[str, Future[Path]]:
    """Begin to make each Blender's environment, one after the other."""
    pool = ThreadPoolExecutor(1)
    made = {version: pool.submit(ensure_blender, version) for version in versions}
    pool.shutdown(wait=False)
    return made


def test_blenders(made: Mapping[str, Future[Path]], *, asked: bool) -> list[Result]:
    """Run the add-on's tests in each of these Blenders; one that was asked for must be there."""
    results, ready = [], {}
    for version, each in made.items():
        try:
            ready[version] = python_of(each.result())
        except SetupError as error:
            absent = not asked and find_python(BLENDERS[version].python) is None
            outcome = SKIPPED if absent else FAILED
            results.append(Result(f"Blender {version}", outcome, 0.0, str(error)))
    return results + (run_blenders(ready, python_of(VENV)) if ready else [])


def test_windows() -> None:
    """Try the zip for Linux in Debian's Blenders with a window; pictures go to dist/windows."""
    install_debian_packages({}, {"debootstrap": "debootstrap"})
    python, dist = python_of(ensure_blender(newest_blender())), ROOT / "dist"
    (package,) = (p for p in build_platform_zips(python, dist) if p.stem.endswith("linux_x64"))
    run(sys.executable, "tests/blender/gui_smoke.py", package, dist / "windows")


def demo(_: argparse.Namespace) -> None:
    """Bake the demo head with the shipped model and render it."""
    install_debian_packages(DEBIAN_LIBRARIES, {})
    worker = python_of(ensure_environment())
    blender = python_of(ensure_blender(newest_blender()))
    print("build: Baking and rendering the demo: 2 minutes on two cores", flush=True)
    run(blender, "-m", "jambatalk_addon", "demo", "--output", "demo", worker=worker)


def package(arguments: argparse.Namespace) -> None:
    """Build dist/jambatalk-VERSION.zip and its kin, validated by Blender's own tool."""
    python = python_of(ensure_blender(newest_blender()))
    dist = ROOT / "dist"
    built, per_platform = [check_size(build_zip(python, dist), "plain")], []
    if arguments.split_platforms or arguments.index:
        per_platform = [check_size(each, "light") for each in build_platform_zips(python, dist)]
    built += per_platform
    if arguments.bundle:
        built.append(build_bundle(python, dist, arguments.bundle, arguments.wheels))
    for path in built:
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size / 1e6:.1f} MB")
    if arguments.index:
        print(write_index(python, per_platform, dist / "repository").relative_to(ROOT))


def bench(arguments: argparse.Namespace) -> None:
    """Measure speed and memory on this machine: a table, docs/performance.md, dist/bench.json."""
    ensure_environment()
    (ROOT / "dist").mkdir(exist_ok=True)
    command = ["-m", "model_core", "bench", "--json", "dist/bench.json"]
    chosen = [f"--{name}" for name in ("quick", "busy") if getattr(arguments, name)]
    command += chosen or ["--page", "docs/performance.md", "--plot", "docs/images/speed.png"]
    try:
        command += ["--blender", str(python_of(ensure_blender(newest_blender())))]
    except SetupError as error:
        print(f"build: Blender is not measured: {error}", file=sys.stderr)
    run(python_of(VENV), *command)


def gpu(arguments: argparse.Namespace) -> int:
    """Measure a CUDA card by this Python if it has torch, else by .venv's; nothing is fetched."""
    python = Path(sys.executable) if find_spec("torch") else python_of(VENV)
    command = [str(python), "-m", "tools.gpu_bench"]
    wheels = sorted((ROOT.parent / "shared" / "gpu").glob("*.whl"))
    folders = [os.environ.get("PYTHONPATH", "")]
    if arguments.dry_run:
        command += ["--dry-run", "--page", str(_dry_page())]
    elif wheels and find_spec("mamba_ssm") is None:
        folders.insert(0, str(ROOT / ".cache" / "gpu"))
        unpack = [str(python), "-m", "pip", "install", "-q", "--no-index", "--no-deps", "--upgrade"]
        run(*unpack, "--target", folders[0], *wheels)
    paths = os.pathsep.join(filter(None, folders))
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


def _dry_page() -> Path:
    """Return a page for rows that are not to be kept."""
    page = ROOT / "dist" / "performance.md"
    page.parent.mkdir(exist_ok=True)
    page.write_text("", encoding="utf-8")
    return page


def run(*command: object, worker: Path | None = None) -> None:
    """Run a command in the repository; CalledProcessError says which one failed."""
    environment = dict(os.environ)
    if worker:
        environment["JAMBATALK_PYTHON"] = str(worker)
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=True)


if __name__ == "__main__":
    sys.exit(run_printing(main))
