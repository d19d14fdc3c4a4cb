"""The environments that `build.py` makes: .venv for the model, one of .venvs for each Blender.

What programs print meanwhile goes to .cache/setup.log; a line says what is done and about how long.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from .extension_zip import CPU_TORCH

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
CONSTRAINTS = ROOT / "constraints.txt"
LOG = ROOT / ".cache" / "setup.log"
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
DEBIAN_PROGRAMS = {
    "flite": "flite",
    "espeak-ng": "espeak-ng",
    "ffmpeg": "ffmpeg",
    "chromium": "chromium",  # opens the pages that are made
}


class SetupError(Exception):
    """An environment that cannot be made; the message is one sentence."""


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


def python_of(environment: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def ensure_environment(*extras: str) -> Path:
    """Make or update .venv so that it has the project's dependencies and these extras; return it.

    Raises:
        SetupError: it cannot be made.
    """
    stamp = VENV / "-".join((".installed", *extras))
    if any(_fresh(made) for made in VENV.glob(".installed*") if _serves(made, extras)):
        return VENV
    project = f".[{','.join(extras)}]" if extras else "."
    what = "torch and what the model and its tests need" if extras else "torch and the model"
    with _Step(f"Making .venv: {what} (1.7 GB; 2 minutes on a fast line)"):
        _make_environment(sys.executable, VENV)
        _pip(VENV, "-c", CONSTRAINTS, *_torch_index(), "-e", project)
    stamp.write_text(_recipe(), encoding="utf-8")
    return VENV


def ensure_blender(version: str) -> Path:
    """Make .venvs/bpy-VERSION with Blender as a module; return it.

    Raises:
        SetupError: its Python is not at hand, or it cannot be made.
    """
    blender, folder = BLENDERS[version], ROOT / ".venvs" / f"bpy-{version}"
    stamp = folder / ".installed"
    if _fresh(stamp):
        return folder
    python = find_python(blender.python)
    if python is None:
        raise SetupError(f"There is no Python {blender.python} for Blender {version}.")
    with _Step(f"Making .venvs/{folder.name}: Blender {version} (1 GB; a minute on a fast line)"):
        _make_environment(python, folder)
        _pip(folder, blender.wheel, blender.numpy, "pytest>=9,<10")
    stamp.write_text(_recipe(), encoding="utf-8")
    return folder


def newest_blender() -> str:
    """Return the newest Blender whose Python is at hand.

    Raises:
        SetupError: there is none.
    """
    found = [version for version in BLENDERS if find_python(BLENDERS[version].python)]
    if not found:
        raise SetupError("Blender's module needs Python 3.11 or 3.13; install one of them.")
    return found[-1]


def find_python(version: str) -> str | None:
    """Return an interpreter of a Python version: this one, on the path, or pyenv's."""
    pyenv = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    for candidate in (sys.executable, shutil.which(f"python{version}"), *map(str, pyenv)):
        if candidate and _version_of(candidate) == version:
            return candidate
    return None


def install_debian_packages(libraries: Mapping[str, str], programs: Mapping[str, str]) -> None:
    """Install the system packages that are missing, as root where there is apt, or say which.

    What cannot be installed ends nothing: the tests that need it are skipped, with the reason.

    Args:
        libraries: the package of each library.
        programs: the package of each program.
    """
    if sys.platform != "linux":
        return
    missing = _missing_packages(libraries, programs)
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        _say(f"Please install (Debian's names): {' '.join(missing)}")
        return
    try:
        with _Step(f"Installing with apt-get: {' '.join(missing)} (half a minute)"):
            _run("apt-get", "update", "-qq")
            _run("apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing)
    except SetupError as error:
        _say(str(error))


def _missing_packages(libraries: Mapping[str, str], programs: Mapping[str, str]) -> list[str]:
    """Return the Debian packages of what this machine lacks."""
    missing = [name for program, name in programs.items() if not shutil.which(program)]
    if importlib.util.find_spec("ensurepip") is None:
        missing.append("python3-venv")
    ldconfig = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if ldconfig:
        known = subprocess.run([ldconfig, "-p"], capture_output=True, text=True, check=False).stdout
        missing += [name for library, name in libraries.items() if library not in known]
    return missing


class _Step:
    """Says what the block does, and when it has ended, how long it took."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._begun = time.monotonic()

    def __enter__(self) -> None:
        _say(f"{self._what} ...")

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            what = self._what.partition(" (")[0]  # others may say things meanwhile
            _say(f"{what}: done in {time.monotonic() - self._begun:.0f} s")


def _say(text: str) -> None:
    print(f"build: {text}", flush=True)


def _make_environment(interpreter: object, folder: Path) -> None:
    """Make a virtual environment if it is not there whole."""
    packages = (*folder.glob("lib/python*/site-packages"), folder / "Lib" / "site-packages")
    if python_of(folder).exists() and any((place / "pip").exists() for place in packages):
        return
    shutil.rmtree(folder, ignore_errors=True)  # what an attempt that failed has left
    _run(interpreter, "-m", "venv", folder)
    _pip(folder, "--upgrade", "pip")


def _pip(environment: Path, *arguments: object) -> None:
    """Install into an environment; modules are compiled as they are imported, which few are."""
    manner = ("--quiet", "--disable-pip-version-check", "--no-input", "--no-compile")
    _run(python_of(environment), "-m", "pip", "install", *manner, *arguments)


def _run(*command: object) -> None:
    """Run a command in the repository, with what it prints in the log.

    Raises:
        SetupError: it failed.
    """
    LOG.parent.mkdir(exist_ok=True)
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise SetupError(f"{words[0]} cannot be run ({error.strerror}).") from error
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"+ {' '.join(words)}\n{done.stdout}\n")
    if done.returncode:
        reason = next((x.strip() for x in done.stdout.splitlines() if "rror:" in x), "")
        detail = f" ({reason})" if reason else ""
        raise SetupError(f"`{' '.join(words)}` failed{detail}; all it said is in {LOG}.")


def _serves(stamp: Path, extras: Sequence[str]) -> bool:
    """Whether the environment of a stamp was made with at least these extras."""
    return set(extras) <= set(stamp.name.split("-")[1:])


def _fresh(stamp: Path) -> bool:
    """Whether an environment was made from today's recipe."""
    return stamp.exists() and stamp.read_text(encoding="utf-8") == _recipe()


def _recipe() -> str:
    """Return a digest of everything that decides what is installed."""
    parts = (ROOT / "pyproject.toml", CONSTRAINTS, Path(__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _torch_index() -> Sequence[str]:
    """Point pip at CPU builds of torch where there is no GPU to use the default ones on."""
    if sys.platform != "linux" or shutil.which("nvidia-smi"):
        return ()
    try:
        urllib.request.urlopen(f"{CPU_TORCH}/torch/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        return ()  # the default index has torch too, only larger
    return ("--extra-index-url", CPU_TORCH)


def _version_of(interpreter: str) -> str:
    """Return MAJOR.MINOR of an interpreter, or nothing when it does not start (a bare shim)."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        result = subprocess.run(
            [interpreter, "-c", code], capture_output=True, text=True, check=False
        )
    except OSError:
        return ""
    return result.stdout.strip()
