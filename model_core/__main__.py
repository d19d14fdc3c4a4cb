"""``python -m model_core COMMAND``: find the command among `model_core.cli` and run it.

Exit status: 0 if all went well, 2 for bad input, after one sentence that starts with ``error:``, 1
for a failure.
"""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from . import __version__, cli
from .base.console import run_printing
from .base.errors import UserError

FAILED = 1
INTERRUPTED = 130  # as shells report Ctrl-C

_SHORT_OF = {
    "MemoryError": "The memory is full; close other programs or give less at once",
    "OutOfMemoryError": "The graphics card's memory is full; free it, or choose the device cpu",
    "AcceleratorError": "The graphics card failed; try again, or choose the device cpu",
}  # torch's types by name: commands without torch must not import it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status."""
    return run_printing(lambda: _run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    args = _parser(given).parse_args(given)
    try:
        status: int = args.func(args)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("error: Interrupted.", file=sys.stderr)
        return INTERRUPTED
    except Exception as error:
        if type(error).__name__ not in _SHORT_OF:
            raise
        print(f"failed: {_SHORT_OF[type(error).__name__]}.", file=sys.stderr)
        return FAILED
    return status


def _parser(given: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that knows the command given, or all of them if none is."""
    parser = argparse.ArgumentParser(
        prog="python -m model_core", description="Speech to face motion."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for module in _commands(given):
        module.add_parser(commands)
    for each in commands.choices.values():
        each.description = _told(each.description)
    return parser


def _told(description: str | None) -> str | None:
    """Return a command's description without its own call, which its usage tells."""
    call, ends, text = (description or "").partition("``: ")
    return text[0].upper() + text[1:] if ends and call.startswith("``") else description


def _commands(given: Sequence[str]) -> list[ModuleType]:
    """Import the modules needed: one command must not wait for the imports of the others."""
    names = [module.name for module in iter_modules(cli.__path__)]
    chosen = given[0].replace("-", "_") if given else ""
    wanted = [chosen] if chosen in names else sorted(names)
    modules = [import_module(f".{name}", cli.__name__) for name in wanted]
    return [module for module in modules if hasattr(module, "add_parser")]


if __name__ == "__main__":
    sys.exit(main())
