"""``python -m jambatalk_addon``: bake without Blender's window, with the bpy wheel."""

import importlib
import importlib.util
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import NoReturn

_PACKAGE = "jambatalk"


def load_extension() -> ModuleType:
    """Import the extension's root as a package, as Blender does, and return it."""
    root = Path(__file__).resolve().parents[1]
    spec = importlib.util.spec_from_file_location(
        _PACKAGE, root / "__init__.py", submodule_search_locations=[str(root)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"There is no extension at {root}.")
    extension = importlib.util.module_from_spec(spec)
    sys.modules[_PACKAGE] = extension
    spec.loader.exec_module(extension)
    return extension


def main() -> int:
    """Run the command in the bpy wheel, whose own messages go to standard error."""
    extension = load_extension()
    console = importlib.import_module(f"{_PACKAGE}.jambatalk_addon.headless.console")
    with console.own_descriptor():  # before bpy is imported, which has things to say too
        return _run_in_wheel(extension)


def _run_in_wheel(extension: ModuleType) -> int:
    """Register the add-on, run the command, and leave nothing registered."""
    try:
        import bpy  # noqa: F401
    except ImportError:
        print(
            "error: this needs Blender's Python module; install it with pip install bpy.",
            file=sys.stderr,
        )
        return 2
    extension.register()
    try:
        cli = importlib.import_module(f"{_PACKAGE}.jambatalk_addon.headless.cli")
        return cli.run_module(sys.argv[1:])
    finally:
        extension.unregister()


def leave(code: int) -> NoReturn:
    """End the process at once: the bpy wheels of 4.2 and 4.5 crash or hang in Python's own exit."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # there is none, or nobody reads it
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    leave(main())
