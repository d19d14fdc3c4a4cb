"""``python -m model_core bench``: speed and memory here, against others in the same run.

Prints a Markdown table; every row that compares has both of its sides from this run. References
have random weights, which cost the same as trained ones.
"""

import argparse
import os
import sys
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path

from ..base.errors import UserError

_LENGTHS, _QUICK_LENGTHS = (10.0, 60.0, 600.0, 3600.0), (2.0, 6.0)


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "bench",
        help="measure speed and memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="seconds instead of minutes: a check")
    parser.add_argument(
        "--lengths", type=float, nargs="+", help="seconds of speech (default: 10 60 600 3600)"
    )
    parser.add_argument("--repeats", type=int, help="the best of so many (default: 3; quick: 1)")
    parser.add_argument("--busy", action="store_true", help="while as many processes spin as cores")
    parser.add_argument("--blender", type=Path, help="a Python with bpy, to measure writing")
    parser.add_argument("--json", type=Path, help="file to write the rows to as well")
    parser.add_argument("--page", type=Path, help="Markdown page whose marked rows are replaced")
    parser.add_argument("--plot", type=Path, help="picture of time and memory against length")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the table. Raises `UserError` for bad input."""
    lengths = args.lengths or (_QUICK_LENGTHS if args.quick else _LENGTHS)
    repeats = args.repeats or (1 if args.quick else 3)
    if repeats < 1 or min(lengths) <= 0:
        raise UserError("Lengths must be above 0 s, and --repeats 1 or more.")
    if args.blender is not None and not args.blender.exists():
        raise UserError(f"There is no Python at {args.blender}; give one with bpy, or none.")
    if args.page is not None and not args.page.exists():
        raise UserError(f"There is no page at {args.page}; name one, or none.")
    from ..evaluation.speed import lengths as by_length
    from ..evaluation.speed.rows import machine, markdown, put_table, write_json
    from ..evaluation.speed.table import busy, cores, measured

    with busy(cores()) if args.busy else nullcontext():
        rows, costs = measured(
            lengths,
            repeats,
            quick=args.quick,
            blender=args.blender,
            told=lambda what: print(f"measuring: {what}", file=sys.stderr),
        )
    about = ", ".join(f"{name} {value}" for name, value in machine().items())
    table = f"{markdown(rows)}\n\nMeasured on: {about}."
    print(table)
    if args.plot and find_spec("matplotlib") is None:
        print("note: no picture is drawn, for Matplotlib is not installed", file=sys.stderr)
    elif args.plot:
        by_length.plot(costs, args.plot)
    if args.page:
        picture = args.plot and args.plot.exists() and _picture(args.plot, args.page)
        put_table(args.page, "bench", f"{table}\n\n{picture}" if picture else table)
    if args.json:
        write_json(args.json, rows)
    return 0


def _picture(path: Path, page: Path) -> str:
    """Return the link of a page to a picture."""
    where = Path(os.path.relpath(path, page.parent)).as_posix()
    return f"![Time and memory against the length of the speech]({where})"
