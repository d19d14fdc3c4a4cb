"""Opening a scene and saving it whole, as Blender itself would but for a half-written file."""

import os
import shutil
import stat
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import bpy

from ...model_core.base.errors import UserError
from ...model_core.base.files import atomic_path

_COMPRESSED = (b"\x28\xb5\x2f\xfd", b"\x1f\x8b")  # zstd, gzip

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH  # asked for as well: root may write to all


def open_scene(path: Path) -> None:
    """Open a file with all that is in it, its windows and workspaces too.

    Raises:
        UserError: there is none, or Blender cannot open it.
    """
    if not path.is_file():
        raise UserError(f"There is no scene at {path}.")
    try:
        # Without its interface, what is saved afterwards would have lost the artist's workspaces.
        bpy.ops.wm.open_mainfile(filepath=str(path.resolve()), load_ui=True)
    except RuntimeError as error:
        reason = str(error).removeprefix("Error: ").strip().rstrip(".")
        raise UserError(f"{path} is not a scene Blender can open ({reason}).") from error


def check_output(path: Path) -> None:
    """Raise `UserError` if a scene cannot be saved there, before any work is done for it."""
    if path.suffix.lower() != ".blend":
        raise UserError(f"The output {path} must end in .blend.")
    check_place(path)


def check_place(path: Path) -> None:
    """Raise `UserError` if no file can be written there, before any work is done for it."""
    if path.is_dir():
        raise UserError(f"The output {path} is a folder; name a file.")
    if path.exists() and not (path.stat().st_mode & _WRITABLE and os.access(path, os.W_OK)):
        raise UserError(f"The output {path} is read-only; make it writable or save elsewhere.")
    folder = next(folder for folder in path.resolve().parents if folder.exists())
    if not folder.is_dir():
        raise UserError(f"Cannot write {path}: {folder} is not a folder; choose another place.")
    if not os.access(folder, os.W_OK):
        raise UserError(f"Cannot write {path}: {folder} is read-only; choose another place.")


def preferred_versions() -> int:
    """Return how many older versions of a file Blender keeps when it saves (.blend1, .blend2)."""
    return bpy.context.preferences.filepaths.save_version


def save_scene(path: Path, versions: int | None = None) -> None:
    """Save the open scene whole or not at all, compressed if its own file is.

    Args:
        path: where; through a link, its target. Relative paths in the scene stay true.
        versions: how many versions of what is replaced to keep; by default as Blender would.

    Raises:
        UserError: it cannot be written.
    """
    target = path.resolve()
    with atomic_path(target) as temporary:
        temporary.unlink()  # else Blender takes it for an older version and keeps it as .blend1
        try:
            bpy.ops.wm.save_as_mainfile(
                filepath=str(temporary), copy=True, check_existing=False, compress=_compressed()
            )
        except RuntimeError as error:
            reason = str(error).removeprefix("Error: ").strip().rstrip(".")
            raise UserError(
                f"Cannot write {path} ({reason}); free some space or choose another place."
            ) from error
        finally:
            temporary.with_name(temporary.name + "@").unlink(missing_ok=True)  # Blender's own
        keep_versions(target, preferred_versions() if versions is None else versions)


def _compressed() -> bool:
    """Return whether the scene's file is compressed; for a new one, whether Blender would."""
    with suppress(OSError), Path(bpy.data.filepath).open("rb") as file:
        return file.read(4).startswith(_COMPRESSED)
    return bpy.context.preferences.filepaths.use_file_compression


def keep_versions(path: Path, count: int) -> None:
    """Name what is about to be replaced as Blender does: .blend1, older ones .blend2 and so on."""
    if not count or not path.exists():
        return
    older = [path.with_name(f"{path.name}{number}") for number in range(1, count + 1)]
    for newer, place in reversed(list(pairwise(older))):
        if newer.exists():
            newer.replace(place)
    older[0].unlink(missing_ok=True)
    try:
        older[0].hardlink_to(path)  # the file itself is in its place until it is replaced
    except OSError:  # a file system without links
        shutil.copy2(path, older[0])
