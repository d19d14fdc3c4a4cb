"""Check the types of core, add-on and tools: ``python -m tools.type_check [options of mypy]``.

The add-on reaches model_core through the extension's root, as Blender loads it, so mypy has to see
that root as a package, whatever folder the checkout is in: it does through a link.
"""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_PACKAGE = "jambatalk"
CHECKED = ("model_core", "jambatalk_addon", "tools")


def check(root: Path, *options: str) -> int:
    """Print what mypy finds in a checkout, by the files' own paths, and return its exit code.

    Args:
        root: the checkout; its settings are in its ``pyproject.toml``.
        options: further ones of mypy's.

    Raises:
        OSError: the link cannot be made.
    """
    from mypy import api

    os.chdir(root)
    link = make_link(root)
    os.environ["MYPYPATH"] = str(link.parent)
    packages = (word for name in CHECKED for word in ("-p", f"{_PACKAGE}.{name}"))
    found, failed, code = api.run([*packages, *options])
    print(found.replace(f"{link}{os.sep}", ""), end="")
    print(failed, end="", file=sys.stderr)
    return code


def make_link(root: Path) -> Path:
    """Return a link to a checkout that is called as the extension is, relative to it."""
    link = Path(".cache", "types", _PACKAGE)
    place = root / link
    if not place.is_symlink():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(Path("..", ".."), target_is_directory=True)
    return link


def main() -> int:
    """Check this checkout."""
    try:
        return check(ROOT, *sys.argv[1:])
    except OSError as error:
        print(f"type check: no link to {ROOT} can be made in it ({error}).", file=sys.stderr)
        if sys.platform == "win32":
            print("Turn on Windows' Developer Mode, which allows links.", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
