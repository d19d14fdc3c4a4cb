"""``python -m model_core rig-report``: which shape keys of a mesh speech can move, by their names.

Give the names: one a line, a JSON list of texts, or the file of a mesh that the add-on wrote
(.npz). Nothing goes by a key's number. Exit status 2 where the keys cannot speak.
"""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import UserError

if TYPE_CHECKING:
    from ..targets.rig_target import Geometry


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "rig-report",
        help="tell which shape keys of a mesh speech can move",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", type=Path, help="file of names (.txt, .json) or of a mesh (.npz)")
    parser.add_argument("--map", type=Path, help="also write the map that the names tell, as JSON")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the report. Raises `UserError` for files that are none and keys that cannot speak."""
    from ..targets.naming.detection import detect
    from ..targets.preference import PREPARE
    from ..targets.shape_map import write_map

    found = detect(_names(args.names))
    print("\n".join(found.lines()))
    if found.mouth is None:
        raise UserError(
            f"No set of mouth shapes was recognised in {args.names}; name the keys as a set in use "
            f"does, map them by hand, or give the head others: {PREPARE}, or the command transfer."
        )
    if args.map is not None:
        write_map(found.shape_map, args.map)
    return 0


def _names(path: Path) -> list[str]:
    """Return the names a file holds."""
    if path.suffix.lower() == ".npz":
        from ..targets.target_file import read_geometry

        geometry: Geometry = read_geometry(path)
        return list(geometry.keys)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text ({error}); choose another file.") from error
    names = _json_names(path, text) if path.suffix.lower() == ".json" else text.splitlines()
    found = [name.strip() for name in names if name.strip()]
    if not found:
        raise UserError(f"{path} holds no names; write one a line.")
    return found


def _json_names(path: Path, text: str) -> list[str]:
    try:
        names = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON ({error}); write a list of names.") from error
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise UserError(f"{path} holds no list of names; write one as JSON.")
    return names
