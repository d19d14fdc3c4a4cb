"""Build and validate extension zips with Blender's own tool.

The plain zip has no wheels and runs on every platform; a platform's zip adds the wheels of the
light runtime, a bundle those of torch. Blender installs of several Pythons' wheels those of its
own.
"""

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from .lock_wheels import VARIANTS, read_pins

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "jambatalk_addon" / "installer" / "wheels.json"
WHEELS = ROOT / ".cache" / "wheels"
PLATFORMS = {"linux-x64": ("manylinux", "x86_64"), "windows-x64": ("win_", "amd64")}
PLATFORMS |= {"macos-arm64": ("macosx_", "arm64")}
PROVIDED_BY_BLENDER = ("numpy-",)
CPU_TORCH = "https://download.pytorch.org/whl/cpu"
BLENDERS = {"cp311": ("4.2.0", "5.1.0"), "cp313": ("5.1.0", "6.0.0")}
"""The first Blender with a Python, and the one after the last."""
LIMIT_SECONDS = 900
LIMIT_BYTES = {"plain": 64_000_000, "light": 120_000_000}
_WHERE_BPY_IS = (
    "import importlib.util as u; print(u.find_spec('bpy').submodule_search_locations[0])"
)

Wheel = dict[str, Any]


class PackagingError(Exception):
    """A zip that cannot be built; the message is one sentence."""


def build_zip(python: Path, folder: Path, source: Path = ROOT) -> Path:
    """Build and validate the plain zip; return it.

    Args:
        python: interpreter that has bpy, which brings the tool along.
        folder: where to write.
        source: the extension's root.
    """
    folder.mkdir(parents=True, exist_ok=True)
    built = _build(python, source, folder)
    return built[0]


def build_platform_zips(python: Path, folder: Path) -> list[Path]:
    """Build and validate a zip for each platform with the light runtime's wheels; return them."""
    with tempfile.TemporaryDirectory(prefix="jambatalk-package-") as temporary:
        staging = _unpacked(build_zip(python, Path(temporary) / "plain"), Path(temporary) / "tree")
        wheels = [fetch(w) for platform in PLATFORMS for w in locked_wheels("light", platform)]
        _add_wheels(staging, wheels, PLATFORMS)
        return _build(python, staging, folder, "--split-platforms")


def build_bundle(python: Path, folder: Path, platform: str, own: Path | None = None) -> Path:
    """Build and validate a platform's zip that has torch as well; return it.

    Args:
        python: interpreter that has bpy.
        folder: where to write.
        platform: one of PLATFORMS.
        own: folder of torch's wheels without CUDA for Linux, which PyPI does not have. Where those
            for one Python are missing, the zip is for the Blenders with the other.

    Raises:
        PackagingError: there is no torch for the platform.
    """
    with tempfile.TemporaryDirectory(prefix="jambatalk-package-") as temporary:
        staging = _unpacked(build_zip(python, Path(temporary) / "plain"), Path(temporary) / "tree")
        torch = cpu_torch(own) if platform == "linux-x64" else {}
        locked = [fetch(wheel) for wheel in _beside_torch(torch, platform)]
        _add_wheels(staging, [*torch.values(), *locked], [platform])
        _limit_blenders(staging, list(torch or BLENDERS))
        (built,) = _build(python, staging, Path(temporary) / "built", "--split-platforms")
        target = folder / built.name.replace(platform.replace("-", "_"), f"{platform}-torch")
        return Path(shutil.move(built, target))


def cpu_torch(folder: Path | None) -> dict[str, Path]:
    """Return the wheels of torch without CUDA for Linux in a folder, by tag of their Python.

    Raises:
        PackagingError: there are none of the locked version, or one is damaged.
    """
    pin = read_pins(ROOT / "constraints.txt")["torch"]
    if folder is None:
        raise PackagingError(
            "PyPI's torch for Linux is the CUDA build (3 GB with its libraries); get the other by "
            f"`pip download {pin} --no-deps --only-binary=:all: --python-version 3.11 --index-url "
            f"{CPU_TORCH} -d FOLDER`, the same for 3.13, and give --wheels FOLDER."
        )
    stem = pin.replace("==", "-")
    found = {tag: [*folder.glob(f"{stem}+cpu-{tag}-{tag}-*linux*_x86_64.whl")] for tag in BLENDERS}
    wheels = {tag: paths[0] for tag, paths in found.items() if paths}
    if not wheels:
        raise PackagingError(f"{folder} has no {stem}+cpu for Python 3.11 or 3.13 on Linux.")
    for path in wheels.values():
        if not zipfile.is_zipfile(path):
            raise PackagingError(f"{path} is damaged; download it again.")
    return wheels


def _beside_torch(torch: Collection[str], platform: str) -> list[Wheel]:
    """Return a bundle's locked wheels, without those of CUDA; torch itself if none is given."""
    names = {*VARIANTS["torch"]} - ({"torch"} if torch else set())
    return [
        wheel
        for wheel in locked_wheels("torch", platform)
        if _for_python(wheel, torch or BLENDERS) and wheel["filename"].split("-")[0] in names
    ]


def _limit_blenders(root: Path, pythons: list[str]) -> None:
    """Name in a manifest the Blenders that have one of these Pythons, if not all."""
    if set(pythons) == set(BLENDERS):
        return
    first, end = BLENDERS[pythons[0]][0], BLENDERS[pythons[-1]][1]
    print(f"Torch for one Python only: the zip is for Blender {first} to before {end}.")
    manifest = root / "blender_manifest.toml"
    lines = f'blender_version_min = "{first}"\nblender_version_max = "{end}"\n'
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(re.sub(r"blender_version_min = .*\n", lines, text), encoding="utf-8")


def write_index(python: Path, packages: Iterable[Path], folder: Path) -> Path:
    """Fill a folder with zips and their static index, to be put on any web server; return it.

    No two of the zips may be for the same platform.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for package in packages:
        shutil.copy(package, folder)
    _run(python, "server-generate", "--repo-dir", folder, "--html")
    return folder


def locked_wheels(variant: str, platform: str) -> list[Wheel]:
    """Return a variant's wheels for a platform, without what Blender has itself."""
    lock: dict[str, list[Wheel]] = json.loads(LOCK.read_text(encoding="utf-8"))
    system, machine = PLATFORMS[platform]
    return [
        wheel
        for wheel in lock[variant]
        if wheel["filename"].endswith("-any.whl")
        or (system in wheel["filename"] and machine in wheel["filename"])
        if not wheel["filename"].startswith(PROVIDED_BY_BLENDER)
    ]


def _for_python(wheel: Wheel, pythons: Collection[str]) -> bool:
    """Whether a wheel is for one of these Pythons or for any."""
    tag = wheel["filename"].split("-")[-3]
    return tag in pythons or tag.startswith("py") or "-abi3-" in wheel["filename"]


def fetch(wheel: Wheel) -> Path:
    """Return a wheel's file, downloaded once and checked against its hash.

    Raises:
        PackagingError: it cannot be downloaded, or is another file than the lock says.
    """
    path = WHEELS / wheel["filename"]
    if not path.exists():
        WHEELS.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".part")
        try:
            with (
                urllib.request.urlopen(wheel["url"], timeout=60) as answer,
                partial.open("wb") as f,
            ):
                shutil.copyfileobj(answer, f)
        except (urllib.error.URLError, OSError) as error:
            raise PackagingError(f"Cannot download {wheel['filename']}: {error}.") from error
        partial.replace(path)
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != wheel["sha256"]:
            path.unlink()
            raise PackagingError(f"{wheel['filename']} is not the file of wheels.json; try again.")
    return path


def extension_tool(python: Path) -> Path:
    """Return Blender's extension tool, which its wheel brings along."""
    found = subprocess.run(
        [python, "-c", _WHERE_BPY_IS], check=True, capture_output=True, text=True
    )
    tools = Path(found.stdout.strip()).glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py")
    return next(tools)


def _unpacked(package: Path, folder: Path) -> Path:
    with zipfile.ZipFile(package) as archive:
        archive.extractall(folder)
    return folder


def _add_wheels(root: Path, wheels: Iterable[Path], platforms: Iterable[str]) -> None:
    """Put wheels into an extension's tree and name them in its manifest."""
    (root / "wheels").mkdir()
    names = sorted({Path(shutil.copy(wheel, root / "wheels")).name for wheel in wheels})
    manifest = root / "blender_manifest.toml"
    paths = "".join(f'    "./wheels/{name}",\n' for name in names)
    lines = f"platforms = {json.dumps(list(platforms))}\nwheels = [\n{paths}]\n"
    head, table, rest = manifest.read_text(encoding="utf-8").partition("[permissions]")
    manifest.write_text(f"{head}{lines}\n{table}{rest}", encoding="utf-8")


def _build(python: Path, source: Path, folder: Path, *options: str) -> list[Path]:
    """Build into an empty folder, validate, check the sizes and move to `folder`."""
    with tempfile.TemporaryDirectory(prefix="jambatalk-build-") as temporary:
        _run(python, "build", "--source-dir", source, "--output-dir", temporary, *options)
        built = sorted(Path(temporary).glob("*.zip"))
        for package in built:
            _run(python, "validate", package)
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.move(package, folder / package.name)) for package in built]


def check_size(package: Path, kind: str) -> Path:
    """Return a zip that is no larger than its kind may be.

    Raises:
        PackagingError: it is larger.
    """
    size = package.stat().st_size
    if size > LIMIT_BYTES[kind]:
        raise PackagingError(f"{package} has {size / 1e6:.0f} MB, too many for a {kind} zip.")
    return package


def _run(python: Path, *arguments: object) -> None:
    """Run Blender's extension tool."""
    command = [str(part) for part in (python, extension_tool(python), *arguments)]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=LIMIT_SECONDS
    )
    if done.returncode:
        print(done.stdout, done.stderr)
        raise PackagingError(f"Blender's tool refused: {' '.join(map(str, arguments))}.")
