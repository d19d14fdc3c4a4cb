#!/usr/bin/env python3
"""Write jambatalk_addon/installer/wheels.json: every wheel that a runtime consists of, by hash.

python3 -m tools.lock_wheels      asks PyPI through pip; run it when constraints.txt changes

pip resolves for each platform and Python; nothing is downloaded. The environment markers that pip
reads are this machine's, so run it on Linux: only torch's wheels for Linux have such dependencies.
"""

import json
import re
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "jambatalk_addon" / "installer" / "wheels.json"
PLATFORM_TAGS = {
    "linux-x64": (
        *(f"manylinux_2_{glibc}_x86_64" for glibc in range(28, 16, -1)),
        "manylinux2014_x86_64",
    ),
    "windows-x64": ("win_amd64",),
    "macos-arm64": ("macosx_14_0_arm64", "macosx_11_0_arm64"),
}
PYTHONS = ("3.11", "3.13", "3.14")  # Blender 4.2-5.0, 5.1 on, and Debian's own
LIGHT = ("onnxruntime", "soundfile", "soxr", "cffi", "typing_extensions", "numpy")
TORCH = ("torch", "safetensors", "soundfile", "soxr", "cffi", "typing_extensions", "numpy")
TORCH_NEEDS = ("filelock", "sympy", "mpmath", "networkx", "jinja2", "markupsafe", "fsspec")
VARIANTS = {"light": LIGHT, "torch": (*TORCH, *TORCH_NEEDS, "setuptools")}

Wheel = dict[str, Any]


def main() -> None:
    """Resolve all variants and write the lock."""
    pins = read_pins(ROOT / "constraints.txt")
    lock: dict[str, list[Wheel]] = {}
    for variant, packages in VARIANTS.items():
        found: dict[str, Wheel] = {}
        for platform in PLATFORM_TAGS:
            for python in PYTHONS:
                with_needs = (variant, platform) == ("torch", "linux-x64")
                wanted = [pins.get(name, name) for name in packages]
                for wheel in resolve(wanted, platform, python, with_needs):
                    found[wheel["filename"]] = wheel
                print(f"{variant} {platform} {python}: {len(found)} wheels so far", flush=True)
        lock[variant] = sorted(found.values(), key=lambda wheel: wheel["filename"])
    TARGET.write_text(json.dumps(lock, indent=1) + "\n", encoding="utf-8")


def read_pins(path: Path) -> dict[str, str]:
    """Return ``name==version`` by name."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return {line.split("==")[0]: line for line in lines if "==" in line}


def resolve(
    packages: Iterable[str], platform: str, python: str, with_needs: bool
) -> Iterator[Wheel]:
    """Yield the wheels that pip would install; none if a package has none for the platform."""
    tags = [f"--platform={tag}" for tag in PLATFORM_TAGS[platform]]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--isolated"]
        command += ["--disable-pip-version-check"]
        command += ["--ignore-installed", "--only-binary=:all:", f"--report={report}"]
        command += [f"--target={folder}", f"--python-version={python}", *tags]
        command += [] if with_needs else ["--no-deps"]
        done = subprocess.run([*command, *packages], check=False, capture_output=True, text=True)
        if done.returncode:
            print(f"no wheels for {platform} {python}: {done.stderr.strip().splitlines()[-1]}")
            return
        content = json.loads(report.read_text(encoding="utf-8"))
    for entry in content["install"]:
        info = entry["download_info"]
        yield {
            "filename": re.sub(r".*/|#.*", "", info["url"]).replace("%2B", "+"),
            "url": info["url"],
            "sha256": info["archive_info"]["hashes"]["sha256"],
            "size": size_of(info["url"]),
        }


def size_of(url: str) -> int:
    """Return how many bytes a download has, without downloading it."""
    with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=30) as answer:
        return int(answer.headers["Content-Length"])


if __name__ == "__main__":
    main()
