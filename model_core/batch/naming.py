"""What a row says in general, made particular: the sounds a pattern means, the names in braces."""

import glob
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..base.errors import UserError
from .paths import PATHS_APART, named_path
from .rows import Row

_FIELD = re.compile(r"\{([A-Za-z_]+)\}")
_NOT_IN_NAMES = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # of files, on one system or another
_OF_SOUND = ("stem", "folder", "line")


class NothingYetError(UserError):
    """No sound is called as a pattern says, so far."""


def particular(row: Row, folder: Path) -> list[Row]:
    """Return the rows that a row stands for: one for each sound its pattern means.

    Args:
        row: ``audio`` may be a pattern such as ``takes/**/*.wav``; other columns may hold
            ``{stem}`` and ``{folder}``, the names of the sound and of its folder, and ``{line}``;
            ``output`` besides any column in braces.
        folder: what paths are relative to.
    """
    if row.problem:
        return [row]
    try:
        sounds = _sounds(row.values["audio"], folder)
    except NothingYetError as error:
        return [replace(row, problem=str(error), awaits=True)]
    except UserError as error:
        return [replace(row, problem=str(error))]
    return [_of_sound(replace(row, values=row.values | {"audio": each})) for each in sounds]


def _of_sound(row: Row) -> Row:
    """Return a row of one sound with what its braces mean, or why they mean nothing."""
    try:
        return _filled(row)
    except UserError as error:
        return replace(row, problem=f"{error} Its sound is {row.values['audio']}.")


def _sounds(text: str, folder: Path) -> list[str]:
    """Return the sounds a cell means, by name."""
    if not glob.has_magic(text) or os.path.lexists(named_path(text, folder)):
        return [text]
    pattern = os.path.expanduser(text if os.name == "nt" else text.replace("\\", "/"))  # noqa: PTH111
    found = glob.glob(pattern, root_dir=folder, recursive=True)  # noqa: PTH207
    sounds = sorted(each for each in found if os.path.isfile(folder / each))  # noqa: PTH113
    if not sounds:
        raise NothingYetError(f"No file is called as '{text}' says, in {folder}.")
    return sounds


def _filled(row: Row) -> Row:
    """Return a row with what its braces mean."""
    sound = PurePosixPath(row.values["audio"].replace("\\", "/"))
    known = {"stem": sound.stem, "folder": sound.parent.name, "line": str(row.line)}
    values = {
        name: text if name in {"audio", "output"} else _known_filled(text, known)
        for name, text in row.values.items()
    }
    scene = PurePosixPath(values["scene"].replace("\\", "/")).stem
    fields = values | {"scene": scene} | known
    outputs = row.values["output"].split(PATHS_APART)
    values["output"] = PATHS_APART.join(_filled_output(each, fields) for each in outputs)
    return replace(row, values=values)


def _known_filled(text: str, known: Mapping[str, str]) -> str:
    """Return a text with the fields that there are; other braces may belong to a name."""
    return _FIELD.sub(lambda found: known.get(found[1].lower(), found[0]), text)


def _filled_output(text: str, fields: Mapping[str, str]) -> str:
    """Return an output's name with what its fields are in the row; raises `UserError`."""

    def value(found: re.Match[str]) -> str:
        name = found[1].lower()
        told = fields.get(name, "")
        if not told:
            having = ", ".join(f"{{{each}}}" for each, text in fields.items() if text)
            raise UserError(f"The output '{text}' has no {found[0]} in this row; it has {having}.")
        return _NOT_IN_NAMES.sub("_", told)

    return _FIELD.sub(value, text)
