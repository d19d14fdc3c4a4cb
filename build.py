#!/usr/bin/env python3
"""Set up, test, demonstrate, package and measure JambaTalk. Needs nothing but Python 3.11+.

python3 build.py setup     make .venv with pinned dependencies (CPU torch where there is no GPU)
python3 build.py test      lint, types, core tests, then the add-on in every Blender at hand
                           (--windows: Debian's Blenders with a window instead)
python3 build.py demo      bake the demo head in Blender, render a film and a contact sheet
python3 build.py package   build and validate the extension zip
python3 build.py bench     measure speed and memory
"""

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from model_core.console import run_printing
from tools.extension_zip import (
    CPU_TORCH,
    PLATFORMS,
    PackagingError,
    build_bundle,
    build_platform_zips,
    build_zip,
    check_size,
    write_index,
)

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
# What a bare Debian lacks: Blender's own libraries, software OpenGL, voices for the corpus tests.
DEBIAN_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libXi.so.6": "libxi6",
    "libXxf86vm.so.1": "libxxf86vm1",
    "libXfixes.so.3": "libxfixes3",
    "libXrender.so.1": "libxrender1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libSM.so.6": "libsm6",
}
DEBIAN_PROGRAMS = {"flite": "flite", "espeak-ng": "espeak-ng", "ffmpeg": "ffmpeg"}


class Blender(NamedTuple):
    """A Blender as a Python module: its wheel, the Python it is built for, its NumPy."""

    wheel: str
    python: str
    numpy: str


BLENDERS = {
    "4.2": Blender("bpy==4.2.23", "3.11", "numpy==1.26.4"),
    "4.5": Blender("bpy==4.5.15", "3.11", "numpy==1.26.4"),
    "5.0": Blender("bpy==5.0.1", "3.11", "numpy==1.26.4"),
    "5.2": Blender("bpy==5.2.3", "3.13", "numpy==2.4.6"),
}


def main() -> int:
    """Run one command; the exit code is that of the first step that failed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="make .venv").set_defaults(run=setup)
    add_test_parser(commands)
    commands.add_parser("demo", help="bake and render the demo").set_defaults(run=demo)
    add_package_parser(commands)
    commands.add_parser("bench", help="measure speed and memory").set_defaults(run=bench)
    arguments = parser.parse_args()
    try:
        arguments.run(arguments)
    except subprocess.CalledProcessError as error:
        print(f"build: failed: {' '.join(map(str, error.cmd))}", file=sys.stderr)
        return error.returncode if error.returncode > 0 else 1
    except PackagingError as error:
        print(f"build: {error}", file=sys.stderr)
        return 1
    return 0


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


def setup(_: argparse.Namespace) -> None:
    """Make the environment for prediction, training and development."""
    ensure_environment("train", "dev")
    print(f"Ready: {python_of(VENV)} -m model_core predict SPEECH.wav -o MOTION.npz")


def test(arguments: argparse.Namespace) -> None:
    """Run ruff, mypy and pytest, then the add-on's tests in each Blender."""
    if arguments.windows:
        test_windows()
        return
    install_debian_packages(DEBIAN_LIBRARIES, DEBIAN_PROGRAMS)
    ensure_environment("train", "dev")
    python = python_of(VENV)
    if not arguments.no_core:
        run(python, "-m", "ruff", "check", ".")
        run(python, "-m", "ruff", "format", "--check", ".")
        run(python, "-m", "mypy")
        run(python, "-m", "pytest", "--ignore=tests/blender")
    environments = [f"{v}={python_of(ensure_blender(v))}" for v in chosen(arguments.blender)]
    run(python, "tests/blender/run_all.py", *environments)


def test_windows() -> None:
    """Try the zip for Linux in Debian's Blenders with a window; pictures go to dist/windows."""
    install_debian_packages({}, {"debootstrap": "debootstrap"})
    python, dist = python_of(ensure_blender(newest_blender())), ROOT / "dist"
    (package,) = (p for p in build_platform_zips(python, dist) if p.stem.endswith("linux_x64"))
    run(sys.executable, "tests/blender/gui_smoke.py", package, dist / "windows")


def demo(_: argparse.Namespace) -> None:
    """Bake the demo head with the shipped model and render it."""
    install_debian_packages(DEBIAN_LIBRARIES, {})
    ensure_environment()
    blender = python_of(ensure_blender(newest_blender()))
    run(blender, "-m", "jambatalk_addon", "demo", "--output", "demo", worker=python_of(VENV))


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


def bench(_: argparse.Namespace) -> None:
    """Measure the speed and memory of prediction on this machine."""
    ensure_environment()
    run(python_of(VENV), "-m", "model_core", "bench")


def run(*command: object, worker: Path | None = None) -> None:
    """Run a command in the repository; CalledProcessError says which one failed."""
    print("+", *command, flush=True)
    environment = dict(os.environ)
    if worker:
        environment["JAMBATALK_PYTHON"] = str(worker)
    subprocess.run([str(part) for part in command], cwd=ROOT, env=environment, check=True)


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure_environment(*extras: str) -> None:
    """Make or update .venv so that it has the project's dependencies and these extras."""
    if sys.version_info < (3, 11):  # noqa: UP036 - it is this file that older ones would run
        sys.exit("build: Python 3.11 or newer is needed.")
    stamp = VENV / "-".join((".installed", *extras))
    if any(fresh(made) for made in VENV.glob(".installed*") if serves(made, extras)):
        return
    if not python_of(VENV).exists():
        make_environment(sys.executable, VENV)
    project = f".[{','.join(extras)}]" if extras else "."
    pip(VENV, "-c", CONSTRAINTS, *torch_index(), "-e", project)
    stamp.write_text(recipe(), encoding="utf-8")


def serves(stamp: Path, extras: Sequence[str]) -> bool:
    """Whether the environment of a stamp was made with at least these extras."""
    return set(extras) <= set(stamp.name.split("-")[1:])


def ensure_blender(version: str) -> Path:
    """Make .venvs/bpy-VERSION with Blender as a module; return it."""
    blender, folder = BLENDERS[version], ROOT / ".venvs" / f"bpy-{version}"
    stamp = folder / ".installed"
    if fresh(stamp):
        return folder
    if not python_of(folder).exists():
        make_environment(find_python(blender.python), folder)
    pip(folder, blender.wheel, blender.numpy, "pytest>=9,<10")
    stamp.write_text(recipe(), encoding="utf-8")
    return folder


def make_environment(interpreter: object, folder: Path) -> None:
    """Make a virtual environment, without pip's own noise."""
    run(interpreter, "-m", "venv", folder)
    pip(folder, "--upgrade", "pip")


def pip(environment: Path, *arguments: object) -> None:
    """Install into an environment."""
    run(python_of(environment), "-m", "pip", "install", "--quiet", *arguments)


def recipe() -> str:
    """Return a digest of everything that decides what is installed."""
    parts = (ROOT / "pyproject.toml", CONSTRAINTS, Path(__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def fresh(stamp: Path) -> bool:
    """Whether an environment was made from today's recipe."""
    return stamp.exists() and stamp.read_text(encoding="utf-8") == recipe()


def torch_index() -> Sequence[str]:
    """Point pip at CPU builds of torch where there is no GPU to use the default ones on."""
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return ()
    try:
        urllib.request.urlopen(f"{CPU_TORCH}/torch/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return ()  # the default index has torch too, only larger
    return ("--extra-index-url", CPU_TORCH)


def chosen(versions: Sequence[str] | None) -> Sequence[str]:
    """Return the Blenders to test: those asked for, else all whose Python is at hand."""
    if versions:
        return versions
    found = [version for version in BLENDERS if find_python(BLENDERS[version].python)]
    for version in BLENDERS.keys() - set(found):
        print(f"build: no Python {BLENDERS[version].python}: Blender {version} is not tested")
    return found


def newest_blender() -> str:
    """Return the newest Blender whose Python is at hand."""
    found = chosen(None)
    if not found:
        sys.exit("build: Blender's module needs Python 3.11 or 3.13; install one of them.")
    return found[-1]


def find_python(version: str) -> str | None:
    """Return an interpreter of a Python version: this one, on the path, or pyenv's."""
    pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    for candidate in (sys.executable, shutil.which(f"python{version}"), *map(str, pyenv)):
        if candidate and version_of(candidate) == version:
            return candidate
    return None


def version_of(interpreter: str) -> str:
    """Return MAJOR.MINOR of an interpreter, or nothing when it does not start (a bare shim)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    result = subprocess.run([interpreter, "-c", code], capture_output=True, text=True, check=False)
    return result.stdout.strip()


def install_debian_packages(libraries: dict[str, str], programs: dict[str, str]) -> None:
    """Install the system packages that are missing, or say which."""
    if sys.platform != "linux":
        return
    known = subprocess.run(["ldconfig", "-p"], capture_output=True, text=True, check=False).stdout
    missing = [name for library, name in libraries.items() if library not in known]
    missing += [name for program, name in programs.items() if not shutil.which(program)]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        run("apt-get", "update", "-qq")
        run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)
    else:
        print(f"build: please install: {' '.join(missing)} (Debian's names)", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(run_printing(main))
