"""Debian's own Blender with a window, on a virtual screen, without a network; needs root.

Each suite has a chroot that debootstrap fills once (1.7 GB); what runs in it sees no network and
leaves no process and no mount behind, for it has namespaces of its own.
"""

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterable
from pathlib import Path

CHROOTS = Path(__file__).resolve().parents[1] / ".cache" / "debian"
SUITES = {"trixie": "4.3", "sid": "5.2"}
"""Debian's suites and the Blender each has."""
SESSION = Path("/tmp/session")
"""Where the files of a session lie inside the chroot, whose /tmp is emptied before."""

_MIRROR = "http://deb.debian.org/debian"
_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_PACKAGES = (
    *("blender", "python3-numpy", "python3-requests", "python3-zstandard"),
    "python3-cattr",  # Blender's extension manager imports it, Debian's package does not name it
    *("xvfb", "libgl1-mesa-dri", "libegl1", "fonts-dejavu-core"),
    *("imagemagick", "xdotool"),  # pictures and key presses
)
_FILL = """
set -e
debootstrap --variant=minbase --keyring="$KEYRING" "$SUITE" "$ROOT" "$MIRROR"
printf '#!/bin/sh\\nexit 101\\n' > "$ROOT/usr/sbin/policy-rc.d"  # start no services
chmod +x "$ROOT/usr/sbin/policy-rc.d"
cp /etc/resolv.conf /etc/hosts "$ROOT/etc/"
chroot "$ROOT" apt-get install -y --no-install-recommends $PACKAGES
"""
_ENTER = """
mount -t proc proc "$ROOT/proc"
mount -t sysfs sys "$ROOT/sys"
mkdir -p "$ROOT/dev/shm"
mount -t tmpfs tmpfs "$ROOT/dev/shm"
exec timeout "$LIMIT" chroot "$ROOT" sh -c "$INSIDE"
"""
_SCREEN = """
mkdir -m 700 "$HOME" "$XDG_RUNTIME_DIR"
Xvfb "$DISPLAY" -screen 0 1600x900x24 +extension GLX -nolisten tcp > /tmp/session/screen.log 2>&1 &
until [ -e /tmp/.X11-unix/X77 ]; do sleep 0.1; done
exec blender --factory-startup --window-geometry 0 0 1600 900 \\
    --python /tmp/session/session.py > /tmp/session/out/blender.log 2>&1
"""
_INSIDE = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/tmp/session/home",
    "XDG_RUNTIME_DIR": "/tmp/session/run",
    "DISPLAY": ":77",
    "LIBGL_ALWAYS_SOFTWARE": "1",
    "LC_ALL": "C.UTF-8",
}


class NotPossibleError(Exception):
    """What this machine lacks; the message is one sentence."""


def run_session(suite: str, script: Path, files: Iterable[Path], output: Path, limit: int) -> str:
    """Run a script in a Blender with a window and no network; return what Blender printed.

    Args:
        suite: one of SUITES.
        script: run inside Blender, beside the files; it is to quit Blender at the end.
        files: copied into SESSION under their own names, except that a zip is called extension.zip.
        output: folder that gets what the script wrote to SESSION / "out".
        limit: seconds after which it is ended.

    Raises:
        NotPossibleError: the machine cannot make the chroot.
    """
    root = ensure_chroot(suite)
    inside = root / SESSION.relative_to("/")
    for left in (inside.parent, output):  # by the session before, the screen's lock among it
        shutil.rmtree(left, ignore_errors=True)
    (inside / "out").mkdir(parents=True)
    shutil.copy(script, inside / "session.py")
    for path in files:
        shutil.copy(path, inside / ("extension.zip" if path.suffix == ".zip" else path.name))
    variables = {**_INSIDE, "ROOT": str(root), "INSIDE": _SCREEN, "LIMIT": str(limit)}
    _in_namespaces(_ENTER, variables, "--net")
    shutil.copytree(inside / "out", output)
    return (output / "blender.log").read_text(encoding="utf-8", errors="replace")


def ensure_chroot(suite: str) -> Path:
    """Return the chroot of a suite, filled if it is not there yet.

    Raises:
        NotPossibleError: it cannot be made here.
    """
    root = CHROOTS / suite
    ready = root / ".ready"
    _check_machine(filled=ready.exists())
    if ready.exists():
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    variables = {"ROOT": str(root), "SUITE": suite, "MIRROR": _MIRROR, "KEYRING": _KEYRING}
    variables |= {"PACKAGES": " ".join(_PACKAGES), "DEBIAN_FRONTEND": "noninteractive"}
    log = CHROOTS / f"{suite}.log"
    with log.open("w", encoding="utf-8") as file:
        if _in_namespaces(_FILL, {**os.environ, **variables}, output=file.fileno()):
            raise NotPossibleError(f"Debian {suite} cannot be installed; {log} says why.")
    ready.touch()
    return root


def _check_machine(filled: bool) -> None:
    """Raise NotPossibleError with the first thing this machine lacks."""
    if sys.platform != "linux" or os.geteuid() != 0:
        raise NotPossibleError("Debian's Blenders in windows need Linux and root.")
    if filled:
        return
    if not shutil.which("debootstrap") or not Path(_KEYRING).exists():
        raise NotPossibleError("Debian's Blenders need debootstrap and debian-archive-keyring.")
    try:
        urllib.request.urlopen(f"{_MIRROR}/dists/sid/InRelease", timeout=30).close()
    except (urllib.error.URLError, OSError) as error:
        raise NotPossibleError(f"Debian's mirror {_MIRROR} is out of reach ({error}).") from error


def _in_namespaces(
    script: str, variables: dict[str, str], *options: str, output: int | None = None
) -> int:
    """Run a shell script whose processes and mounts end with it; return its exit status."""
    command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", *options]
    return subprocess.run(
        [*command, "sh", "-c", script],
        check=False,
        env=variables,
        stdout=output,
        stderr=subprocess.STDOUT,
    ).returncode
