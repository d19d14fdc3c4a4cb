"""The farms there are, and what is written for each."""

import re
from collections.abc import Callable
from pathlib import Path

from ...base.files import atomic_path
from .farm import Farm
from .flamenco import flamenco
from .opencue import opencue
from .openjd import openjd
from .slurm import slurm

KINDS: dict[str, tuple[str, Callable[[Farm], str]]] = {
    "slurm": (".slurm.sh", slurm),
    "flamenco": (".flamenco.js", flamenco),
    "openjd": (".openjd.json", openjd),
    "opencue": (".opencue.xml", opencue),
}
"""By name: how a file's name ends, and what makes it."""


def name_of(table: Path) -> str:
    """Return what a table's job is called: letters that every farm takes."""
    return f"jambatalk-{re.sub(r'[^A-Za-z0-9_.-]+', '-', table.stem).strip('-.') or 'batch'}"


def write_templates(farm: Farm, folder: Path, kinds: list[str]) -> list[Path]:
    """Write what farms are told into a folder, and return the files.

    Raises:
        UserError: one cannot be written.
    """
    made = []
    for kind in kinds:
        suffix, tell = KINDS[kind]
        made.append(folder / f"{farm.name}{suffix}")
        with atomic_path(made[-1]) as temporary:
            temporary.write_text(tell(farm), "utf-8")
    return made
