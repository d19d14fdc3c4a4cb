"""Which wheels make a runtime, by machine and Python; needs no Blender."""

import json
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...model_core.base.errors import UserError

LOCK = Path(__file__).with_name("wheels.json")

_SYSTEMS = {"Linux": "linux", "Windows": "windows", "Darwin": "macos"}
_MACHINES = {"x86_64": "x64", "amd64": "x64", "arm64": "arm64", "aarch64": "arm64"}
_PLATFORM_TAGS = {  # start and end of a wheel's platform tag
    "linux-x64": ("manylinux", "x86_64"),
    "windows-x64": ("win_", "amd64"),
    "macos-arm64": ("macosx_", "arm64"),
}
_TORCH_TITLES = {
    "linux-x64": "torch with CUDA",
    "windows-x64": "torch on the processor",
    "macos-arm64": "torch with Metal",
}


@dataclass(frozen=True)
class Target:
    """What wheels are chosen for.

    Attributes:
        platform: as Blender names it, such as linux-x64.
        python: version, such as (3, 11).
    """

    platform: str
    python: tuple[int, int]


@dataclass(frozen=True)
class Wheel:
    """A wheel of the lock.

    Attributes:
        filename: its name, with the tags that say where it runs.
        url: where it is downloaded from.
        sha256: hash of its content, in hexadecimal.
        size: in bytes.
    """

    filename: str
    url: str
    sha256: str
    size: int

    def fits(self, target: Target) -> bool:
        """Whether it installs on a target."""
        python, abi, system = self.filename.removesuffix(".whl").split("-")[-3:]
        start, end = _PLATFORM_TAGS[target.platform]
        own = f"cp{target.python[0]}{target.python[1]}"
        stable = abi == "abi3" and int(python.removeprefix("cp3")) <= target.python[1]
        right_system = system == "any" or (system.startswith(start) and system.endswith(end))
        return right_system and (stable or python == own or "py3" in python.split("."))


@dataclass(frozen=True)
class Variant:
    """A runtime that can be installed.

    Attributes:
        name: light or torch.
        title: what it is, for the artist.
        wheels: what it consists of.
    """

    name: str
    title: str
    wheels: tuple[Wheel, ...]

    @property
    def size(self) -> int:
        """Bytes to download."""
        return sum(wheel.size for wheel in self.wheels)

    @property
    def complete(self) -> bool:
        """Whether the engine itself is among the wheels."""
        engine = "onnxruntime-" if self.name == "light" else "torch-"
        return any(wheel.filename.startswith(engine) for wheel in self.wheels)

    @property
    def label(self) -> str:
        """Title and size."""
        return f"{self.title}, {readable_size(self.size)}"


def this_target() -> Target:
    """Return the machine and the Python that run this."""
    system = _SYSTEMS.get(platform.system(), platform.system().lower())
    machine = _MACHINES.get(platform.machine().lower(), platform.machine().lower())
    return Target(f"{system}-{machine}", sys.version_info[:2])


def variants(target: Target, lock: Path = LOCK) -> list[Variant]:
    """Return the runtimes there are for a target, the one to recommend first.

    Raises:
        UserError: there are none.
    """
    content = json.loads(lock.read_text(encoding="utf-8"))
    titles = {"light": "onnxruntime on the processor", "torch": _TORCH_TITLES.get(target.platform)}
    found = [
        Variant(name, title, tuple(_fitting(content[name], target)))
        for name, title in titles.items()
        if title is not None
    ]
    found = [variant for variant in found if variant.complete]
    if not found:
        version = ".".join(map(str, target.python))
        raise UserError(
            f"There is no runtime for Python {version} on {target.platform}; name a Python that "
            "has torch or onnxruntime in the preferences."
        )
    return found[::-1] if _has_graphics_card(target) else found


def readable_size(size: int) -> str:
    """Return a number of bytes as MB or GB."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def _fitting(entries: list[dict[str, Any]], target: Target) -> Iterator[Wheel]:
    """Yield the wheels of a lock's list that install on a target."""
    if target.platform in _PLATFORM_TAGS:
        yield from (wheel for wheel in (Wheel(**each) for each in entries) if wheel.fits(target))


def _has_graphics_card(target: Target) -> bool:
    """Whether torch would find a graphics card that it can use."""
    if target.platform == "linux-x64":
        return Path("/proc/driver/nvidia").exists() or shutil.which("nvidia-smi") is not None
    return target.platform == "macos-arm64"
