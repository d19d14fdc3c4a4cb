"""Make and remove the runtime: a virtual environment with a variant's wheels; needs no Blender."""

import errno
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ...model_core.base.errors import UserError
from ...model_core.base.lock import exclusive
from ..worker.python import own_python, venv_python
from .download import obtain
from .variants import Variant, readable_size

Report = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and a message; what it raises stops the work."""

_DOWNLOAD_SHARE = 0.8  # of the time
_UNPACKED = 3.5  # bytes a wheel's byte takes on the disk, itself included
_VENV_SECONDS = 120
_BUSY = "Another Blender is installing or removing the runtime; wait until it is done."
_VENV_BYTES = 1 << 20


def install(
    variant: Variant,
    folder: Path,
    report: Report,
    offline: Path | None = None,
    base: Path | None = None,
) -> Path:
    """Build the environment and return its Python; an older one is replaced only at the end.

    What was downloaded before it is stopped is kept, so a second call goes on from there.

    Args:
        variant: what to install.
        folder: where the environment goes; what `beside` names lies beside it.
        report: told of progress.
        offline: folder of wheels to use instead of the network.
        base: Python to base it on; the one that runs this if None.

    Raises:
        UserError: a wheel cannot be had, the disk is full or not writable, Python has no venv, or
            another Blender is at it.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with exclusive(_lock_file(folder), _BUSY):
            return _install(variant, folder, report, offline, base or own_python())
    except OSError as error:
        raise UserError(_disk_sentence(folder, error)) from error


def _install(
    variant: Variant, folder: Path, report: Report, offline: Path | None, base: Path
) -> Path:
    """Install while nobody else does."""
    downloads, partial, _ = beside(folder)
    shutil.rmtree(partial, ignore_errors=True)  # of one that was killed
    downloads.mkdir(exist_ok=True)
    _check_space(variant, downloads)
    wheels = _obtain_all(variant, downloads, offline, report)
    try:
        _make_environment(base, partial)
        _unpack_all(wheels, _site_packages(partial), report)
        _put_in_place(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(downloads, ignore_errors=True)
    return venv_python(folder)


def _put_in_place(folder: Path) -> None:
    """Replace the older environment by the new one; where it is in use, it stays whole."""
    _, partial, replaced = beside(folder)
    shutil.rmtree(replaced, ignore_errors=True)
    if folder.exists():
        folder.rename(replaced)
    partial.rename(folder)
    shutil.rmtree(replaced, ignore_errors=True)


def remove(folder: Path) -> None:
    """Remove the environment and everything kept for it.

    Raises:
        UserError: a file is in use or may not be removed, or another Blender is installing.
    """
    try:
        with exclusive(_lock_file(folder), _BUSY):
            for path in owned(folder):
                shutil.rmtree(path)
    except OSError as error:
        path = error.filename or folder
        raise UserError(f"Cannot remove {path} ({error.strerror}); close what uses it.") from error


def owned(folder: Path) -> list[Path]:
    """Return what an environment takes room with: itself, and what is kept to make it."""
    return [path for path in (folder, *beside(folder)) if path.exists()]


def beside(folder: Path) -> tuple[Path, Path, Path]:
    """Return where downloads are kept, an environment is built and an older one is put aside."""
    return folder.with_name("downloads"), folder.with_name("partial"), folder.with_name("replaced")


def _lock_file(folder: Path) -> Path:
    return folder.with_name("lock")


def _check_space(variant: Variant, folder: Path) -> None:
    """Refuse to start where the disk has too little room beside what is downloaded already."""
    here = sum(path.stat().st_size for path in folder.iterdir())
    needed, free = variant.size * _UNPACKED - here, shutil.disk_usage(folder).free
    if free < needed:
        raise UserError(
            f"The runtime needs {readable_size(int(needed))} on the disk of {folder}, which has "
            f"{readable_size(free)} left; make room."
        )


def _obtain_all(variant: Variant, folder: Path, offline: Path | None, report: Report) -> list[Path]:
    """Return the files of all wheels."""
    done, paths = 0, []
    for wheel in variant.wheels:
        name = wheel.filename.split("-")[0]

        def tell(size: int, before: int = done, name: str = name) -> None:
            report(_DOWNLOAD_SHARE * (before + size) / variant.size, f"Downloading {name}")

        paths.append(obtain(wheel, folder, offline, tell))
        done += wheel.size
    return paths


def _make_environment(base: Path, folder: Path) -> None:
    """Make a virtual environment without pip, which needs no more than Python itself."""
    command = [str(base), "-I", "-m", "venv", "--without-pip", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=_VENV_SECONDS)
    except (subprocess.SubprocessError, OSError) as error:
        if shutil.disk_usage(folder.parent).free < _VENV_BYTES:
            raise OSError(errno.ENOSPC, "the disk is full") from error
        raise UserError(
            f"The Python at {base} cannot make an environment; name another in the preferences."
        ) from error


def _site_packages(environment: Path) -> Path:
    return next(environment.glob("[Ll]ib/**/site-packages"))


def _unpack_all(wheels: list[Path], target: Path, report: Report) -> None:
    """Unpack wheels, which are zips of what goes into site-packages."""
    total, done = sum(path.stat().st_size for path in wheels), 0
    for path in wheels:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                report(_DOWNLOAD_SHARE + (1 - _DOWNLOAD_SHARE) * done / total, "Unpacking")
                unpacked = Path(archive.extract(entry, target))
                if (entry.external_attr >> 16) & 0o111 and unpacked.is_file():
                    with suppress(OSError):  # not every file system lets one
                        unpacked.chmod(0o755)  # helper programs, such as CUDA's assembler
                done += entry.compress_size
    report(1.0, "Installed")


def _disk_sentence(folder: Path, error: OSError) -> str:
    if error.errno == errno.ENOSPC:
        return f"The disk of {folder} is full; make room and install again."
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{folder} may not be written to; close what uses it, or change its permissions."
    return f"The runtime cannot be written to {folder} ({error.strerror or error})."
