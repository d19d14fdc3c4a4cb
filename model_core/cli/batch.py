"""``python -m model_core batch``: run a table of jobs in Blenders that are not this process."""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from ..base.errors import UserError
from ..performance.option_arguments import add_arguments, from_arguments

_ROOT = Path(__file__).resolve().parents[2]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    from ..batch.settings import add_settings

    parser = subparsers.add_parser(
        "batch",
        help="bake a table of jobs in Blenders",
        description="Bake a table of jobs: CSV, JSON lines or TOML with audio, scene, mesh, start, "
        "output and any option below. What was done is kept beside it and is not done again. Exit "
        "status: 0 done, 1 if any job was not done, 2 if nothing was run, 130 stopped by Ctrl-C.",
    )
    parser.add_argument("jobs", type=Path, help="the table")
    parser.add_argument(
        "--blender",
        default="blender",
        help="Blender in which JambaTalk is installed, or a Python that has bpy (blender)",
    )
    add_settings(parser, least_blenders=1)
    _add_ray(parser)
    add_arguments(parser)
    parser.set_defaults(func=run)


def _add_ray(parser: argparse.ArgumentParser) -> None:
    """Add the flags of a cluster."""
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="bake on a cluster of Ray: HOST:PORT, auto, or local for one of this machine; "
        "--blenders is then of all of it, each with a model of its own",
    )
    for name, usual, text in (
        ("cpus", 1.0, "cores of the cluster that a Blender with its model takes"),
        ("gpus", 0.0, "graphics cards that it takes, such as 0.5"),
    ):
        help_text = f"{text} ({usual:g})"
        parser.add_argument(
            f"--ray-{name}", type=_share, default=usual, metavar="N", help=help_text
        )


def _share(text: str) -> float:
    if not re.fullmatch(r"\d{1,4}(\.\d{1,4})?", text):
        raise argparse.ArgumentTypeError(f"'{text}' is no number such as 2 or 0.5")
    return float(text)


def run(args: argparse.Namespace) -> int:
    """Run a batch and return the exit code. Raises `UserError` where nothing was run."""
    from ..batch.ray_cluster import Cluster
    from ..batch.run import Start, run_table
    from ..batch.settings import settings_of
    from ..batch.stations import Command

    environment = dict(os.environ)
    python = os.environ.get("JAMBATALK_PYTHON") or sys.executable
    model = Command(
        (python, "-m", "model_core.worker"),
        _ROOT,
        environment | {"OMP_WAIT_POLICY": "passive", "PYTHONUTF8": "1"},
    )
    blender = Command(_serving(args.blender), _ROOT, environment)
    cluster = Cluster(args.ray, args.ray_cpus, args.ray_gpus) if args.ray else None
    start = Start(blender, model, cluster=cluster)
    say = partial(print, file=sys.stdout, flush=True)  # this very stream: Ray's words go elsewhere
    return run_table(args.jobs, from_arguments(args), settings_of(args), start, say)


def _serving(named: str) -> Sequence[str]:
    """Return the command of a Blender that waits for work.

    Raises:
        UserError: there is no such program.
    """
    program = shutil.which(os.path.expanduser(named))  # noqa: PTH111
    if program is None:
        raise UserError(f"There is no program '{named}'; name Blender's with --blender.")
    program = os.path.abspath(program)  # noqa: PTH100 - a virtual environment's link stays
    if Path(program).stem.lower().startswith("python"):
        return program, "-m", "jambatalk_addon", "serve"
    return program, "--background", "--command", "jambatalk", "serve"
