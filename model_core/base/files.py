"""Whole files or none, and files by suffix however a recorder or a camera writes it.

Outputs are written beside their target and renamed when complete.
"""

import glob
import os
import secrets
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep

from .errors import UserError

_LONGEST_STEM = 100  # bytes: a temporary's name is longer than its target's, and 255 is the most
_LONGEST_SUFFIX = 32
_RANDOM = "[0-9a-z_]" * 8  # letters of a temporary's name
_TRIES, _PAUSE_SECONDS = 5, 0.1  # virus scanners hold a new file for a moment


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``, renamed to it on success and removed on failure.

    The temporary keeps the suffix, since writers such as numpy.savez add one they miss. A link is
    written through; a device or a pipe gets the finished bytes.

    Raises:
        UserError: the folder cannot be made or written to, the file is write-protected, or the
            disk is full.
    """
    target = Path(os.path.realpath(path))
    try:
        _check_target(target)
        temporary = _create_beside(target)
    except OSError as error:
        raise UserError(
            f"Cannot write {target}: {error.strerror or error}; choose another place."
        ) from error
    keep = False
    try:
        yield temporary
        keep = not _put(temporary, target)
    except OSError as error:
        raise UserError(f"Cannot write {target}: {error.strerror or error}.") from error
    finally:
        if not keep:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
    if keep:
        raise UserError(
            f"Cannot write {target}, which another program may hold open; the result is kept in "
            f"{temporary}."
        )


@contextmanager
def atomic_folder(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield an empty folder beside ``path``, put in its place on success and removed on failure.

    What was there before goes once the new one is in its place. Killed between the two renames,
    a process leaves the old one under another name; the next one puts it back before it begins.

    Raises:
        UserError: the folder cannot be made, filled or replaced, or a file is in its place; what
            was there is then left whole.
        OSError: as it is, where it is about another file, which was to be read.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not target.is_dir():
        raise UserError(f"Cannot write {target}: it is a file; name a folder.")
    partial, replaced = (target.with_name(f".{target.name}-{of}") for of in ("partial", "replaced"))
    try:
        if replaced.exists() and not target.exists():
            replaced.rename(target)
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        yield partial
        _put_folder(partial, target, replaced)
    except OSError as error:
        if not _is_about(error, partial, target, replaced, *target.parents):
            raise
        raise UserError(
            f"Cannot write {target}: {error.strerror or error}; close what uses it, or choose "
            "another place."
        ) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def find_files(folder: Path, *suffixes: str, nested: bool = False) -> list[Path]:
    """Return a folder's files with one of the suffixes, in capitals or not, in order of names.

    Hidden files are none: macOS leaves a ``._NAME`` beside every file it copies to a foreign disk.

    Args:
        folder: where; without it there are no files.
        suffixes: small letters, with the dot.
        nested: also in its subfolders, hidden ones aside.
    """
    found = folder.rglob("*") if nested else folder.glob("*")
    return sorted(
        path
        for path in found
        if path.suffix.lower() in suffixes
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    )


def files_by_stem(folder: Path, *suffixes: str) -> dict[str, Path]:
    """Return a folder's files with one of the suffixes by their names without it.

    Of files that differ in the suffix alone, the one whose suffix is named first is taken, then the
    one in small letters.
    """
    found = sorted(
        find_files(folder, *suffixes),
        key=lambda path: (-suffixes.index(path.suffix.lower()), path.name),
    )
    return {path.stem: path for path in found}


def discard_partial(path: str | os.PathLike[str]) -> None:
    """Remove what a killed process left of a file that `atomic_path` was to write."""
    target = Path(os.path.realpath(path))
    prefix, suffix = _name_parts(target)
    # No more letters than such a name has: "a-b.blend" may be under way beside "a.blend".
    made = f"{glob.escape(prefix)}{_RANDOM}"
    for name in (made, f".{made}-{_RANDOM}"):  # what writes a temporary may do so by another
        for partial in target.parent.glob(f"{name}{glob.escape(suffix)}"):
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def _check_target(target: Path) -> None:
    """Raise if what is there is not to be replaced: a rename would not ask for permission."""
    if target.is_dir():
        raise UserError(f"Cannot write {target}: it is a folder; name a file.")
    if target.exists() and not os.access(target, os.W_OK):
        raise UserError(
            f"Cannot write {target}: it is write-protected; unlock it or choose another place."
        )


def _create_beside(target: Path) -> Path:
    """Make an empty file in the target's folder, with the permissions that any new file has."""
    folder = target.parent
    if _is_special(target):
        folder = Path(tempfile.gettempdir())
    folder.mkdir(parents=True, exist_ok=True)
    prefix, suffix = _name_parts(target)
    path = folder / f"{prefix}{secrets.token_hex(4)}{suffix}"
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    return path


def _name_parts(target: Path) -> tuple[str, str]:
    """Return the beginning and the end of a temporary's name; they belong to one target."""
    stem, suffix = target.stem, target.suffix
    name = os.fsencode(target.name)
    if len(os.fsencode(stem)) > _LONGEST_STEM:
        stem = f"{os.fsencode(stem)[:_LONGEST_STEM].decode('ascii', 'ignore')}{zlib.crc32(name):x}"
    if len(os.fsencode(suffix)) > _LONGEST_SUFFIX:
        suffix = ""
    return f".{stem}-", suffix


def _put(temporary: Path, target: Path) -> bool:
    """Rename a finished file to its target; where that is refused, copy its bytes into it.

    Returns:
        Whether the target has them.
    """
    if not _is_special(target) and _renamed(temporary, target):
        return True
    try:
        with temporary.open("rb") as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    except OSError:
        return False
    return True


def _is_about(error: OSError, partial: Path, *others: Path) -> bool:
    """Whether an error is about a folder, what is in it, or another; a full disk's names none."""
    named = [
        Path(os.fsdecode(name))
        for name in (error.filename, error.filename2)
        if isinstance(name, str | bytes | os.PathLike)
    ]
    return not named or any(path.is_relative_to(partial) or path in others for path in named)


def _put_folder(partial: Path, target: Path, replaced: Path) -> None:
    """Rename a finished folder to its target; where that fails, the old one is put back."""
    shutil.rmtree(replaced, ignore_errors=True)
    if target.exists():
        target.rename(replaced)
    try:
        partial.rename(target)
    except OSError:
        if replaced.exists():
            replaced.rename(target)
        raise
    shutil.rmtree(replaced, ignore_errors=True)


def _renamed(temporary: Path, target: Path) -> bool:
    """Whether a rename went through; one is refused onto a mounted file or one held open."""
    for _ in range(_TRIES):
        with suppress(OSError):
            temporary.replace(target)
            return True
        if not target.exists():  # nothing is in the way: the reason will not pass
            break
        sleep(_PAUSE_SECONDS)
    return False


def _is_special(path: Path) -> bool:
    """Whether a path is there and no plain file, such as /dev/null."""
    return path.exists() and not path.is_file()
