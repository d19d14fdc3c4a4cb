"""Paths as people write them into tables, and which of them are one file."""

import os
import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ..base.errors import UserError

_OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\")
_FOLDS_CASE = sys.platform in {"win32", "darwin"}

# Spaces, quotes, and the unseen marks that Windows' dialogs put before a copied path.
_AROUND = ' \t\r\n\u00a0"\u200b\u200e\u200f\u202a\u202c\ufeff'

PATHS_APART = "|"
"""Between several outputs in one cell; no name on Windows has it."""

Place = tuple[object, ...]


def named_path(text: str, folder: Path) -> Path:
    """Return the path a cell names: the first of its spellings that exists, else the plainest.

    Quotes around it, ``~``, a Windows table's backslashes, another Unicode form and a name in
    another encoding than the table's are understood.

    Args:
        text: what the cell says.
        folder: what it is relative to.

    Raises:
        UserError: it cannot be a path on this machine.
    """
    text = text.strip(_AROUND)
    if any(unicodedata.category(character) == "Cc" for character in text):
        raise UserError(f"The path {text!r} holds a line break or another control character.")
    if os.name != "nt" and _OF_WINDOWS.match(text):
        raise UserError(f"'{text}' is a path of Windows; write where the file is on this machine.")
    spellings = [folder / os.path.expanduser(spelling) for spelling in _spellings(text)]  # noqa: PTH111
    return next((path for path in spellings if os.path.lexists(path)), spellings[0])


def _spellings(text: str) -> Iterator[str]:
    plain = text if os.name == "nt" else text.replace("\\", "/")
    yield plain
    yield text
    yield unicodedata.normalize("NFC", plain)
    yield unicodedata.normalize("NFD", plain)
    try:
        yield os.fsdecode(plain.encode("cp1252"))  # the very bytes, if they were read as cp1252
    except UnicodeEncodeError:
        return


def spelled_alike(text: str) -> str:
    """Return one spelling for all that name the same file of the same folder in a table."""
    slashed = text.strip(_AROUND).replace("\\", "/")
    return unicodedata.normalize("NFC", os.path.normpath(PurePosixPath(slashed)))


def place(path: Path) -> Place:
    """Return what is equal for two paths to one file, through links and other spellings.

    The file and its folders need not exist.

    Raises:
        UserError: its links lead nowhere.
    """
    try:
        resolved = path.resolve()
        folders = (resolved, *resolved.parents)
        known = next((folder for folder in folders if os.path.isdir(folder)), resolved)  # noqa: PTH112
        found = known.stat()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links; no drive; no text
        raise UserError(f"{path} cannot be reached; write another place.") from error
    rest = resolved.relative_to(known).as_posix()
    return found.st_dev, found.st_ino, _folded(rest) if _FOLDS_CASE else rest


def place_anywhere(path: Path) -> Place:
    """Return `place` as systems see it that do not tell capitals or Unicode forms apart."""
    device, inode, rest = place(path)
    return device, inode, _folded(str(rest))


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
