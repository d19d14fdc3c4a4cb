"""``python -m model_core farm``: write what a render farm is told to run a table of jobs."""

import argparse
import shlex
import sys
from pathlib import Path

from ..base.errors import UserError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    from ..batch.farm.templates import KINDS

    parser = subparsers.add_parser(
        "farm",
        help="write what a render farm is told to run a table of jobs",
        description="Write, for a table in parts that a farm's machines share: a script for Slurm, "
        "a job type of Flamenco, a template of Open Job Description and one of OpenCue's jobs.",
    )
    parser.add_argument("jobs", type=Path, help="the table, where all machines see it")
    parser.add_argument("--parts", type=_whole, required=True, metavar="N", help="tasks")
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="which farms (all)"
    )
    parser.add_argument("-o", "--output", type=Path, help="folder to write to (the table's)")
    parser.add_argument(
        "--python", default=sys.executable, help="Python with model_core on the farm (this one)"
    )
    parser.add_argument(
        "--blender", default="blender", help="Blender, or a Python with bpy, on the farm (blender)"
    )
    _add_needs(parser)
    parser.add_argument(
        "--options", default="", metavar="TEXT", help='more flags of batch, as "--retries 2"'
    )
    parser.set_defaults(func=run)


def _add_needs(parser: argparse.ArgumentParser) -> None:
    """Add what a task needs."""
    for name, usual, text in (
        ("blenders", 2, "Blenders that bake at once in a task"),
        ("cores", 2, "CPU cores of a task"),
        ("memory", 4096, "MiB of memory of a task"),
        ("minutes", 720, "minutes for which a task may run"),
    ):
        help_text = f"{text} ({usual})"
        parser.add_argument(f"--{name}", type=_whole, default=usual, metavar="N", help=help_text)


def run(args: argparse.Namespace) -> int:
    """Write the files. Raises `UserError` for a table that is not there or has too few jobs."""
    from ..batch.farm.farm import Farm
    from ..batch.farm.templates import name_of, write_templates
    from ..batch.jobs_file import read_rows
    from ..batch.order import read_entries

    table = args.jobs.resolve()
    jobs = len(read_entries(read_rows(table), table.parent))
    if jobs < args.parts:
        raise UserError(f"{args.jobs} has {jobs} jobs; more parts than that have nothing to do.")
    farm = Farm(
        name_of(table), table, args.parts, args.python, args.blender, args.blenders, args.cores,
        args.memory, 60 * args.minutes, _options(args.options, table),
    )  # fmt: skip
    made = write_templates(farm, args.output or table.parent, args.kinds)
    for path in made:
        print(f"{path}: {jobs} jobs in {args.parts} parts")
    return 0


def _options(text: str, table: Path) -> list[str]:
    """Return more flags of ``batch``, read as that will read them. Raises `UserError`."""
    from .batch import add_parser as add_batch

    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UserError(f"--options cannot be read ({error}); close what was opened.") from None
    parser = argparse.ArgumentParser("farm --options")
    add_batch(parser.add_subparsers())
    read = parser.parse_args(["batch", str(table), *words])
    if read.shard or read.dry_run or read.watch is not None:
        raise UserError("A farm's tasks are parts: leave --shard, --dry-run and --watch out.")
    return words


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number above 0")
    return int(text)
