"""The command line: bake one scene or a table of jobs.

Exit codes: 0 done, 2 bad input, 1 failure.
"""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from ...model_core.console import run_printing
from ...model_core.errors import UserError
from ..worker.errors import WorkerError
from . import batch, demo, job, jobs_file

_DONE, _FAILED, _BAD_INPUT = 0, 1, 2


def run_command(arguments: Sequence[str]) -> int:
    """Run ``bake`` or ``batch`` with the file Blender has open, and return the exit code."""
    return _run(_parser("blender [FILE.blend] --command jambatalk"), arguments)


def run_module(arguments: Sequence[str]) -> int:
    """Run ``bake`` or ``batch`` as ``python -m jambatalk_addon`` and return the exit code."""
    return _run(_parser("python -m jambatalk_addon"), arguments)


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    return run_printing(lambda: _run_parsed(parser, arguments))


def _run_parsed(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    try:
        options = parser.parse_args(arguments)
    except SystemExit as exit_:  # argparse has said what is wrong
        return _BAD_INPUT if exit_.code else _DONE
    return guarded(lambda: options.run(options))


def guarded(work: Callable[[], int]) -> int:
    """Return the exit code of some work; tell errors in one sentence on standard error."""
    try:
        return work()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return _BAD_INPUT
    except WorkerError as error:
        print(f"failed: {error}", file=sys.stderr)
        return _FAILED
    except Exception as error:
        traceback.print_exc()
        print(f"failed: {error or type(error).__name__}", file=sys.stderr)
        return _FAILED


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(program, description="Speech to shape-key curves.")
    commands = parser.add_subparsers(required=True, metavar="bake|batch|demo")
    bake = commands.add_parser("bake", help="bake one sound onto one mesh and save the scene")
    bake.add_argument("scene", nargs="?", type=Path, help="scene to open; else the open one")
    sound = bake.add_mutually_exclusive_group(required=True)
    sound.add_argument("--strip", help="name of a sound strip")
    sound.add_argument("--audio", type=Path, help="sound file to place at --start")
    bake.add_argument("--start", type=int, default=1, help="scene frame of the file's start")
    bake.add_argument("--mesh", required=True, help="name of the mesh object")
    bake.add_argument("--output", type=Path, help="where to save; else over the scene itself")
    _add_bake_options(bake)
    bake.set_defaults(run=_bake)
    table = commands.add_parser("batch", help="bake a table of jobs, one scene saved for each")
    table.add_argument("jobs", type=Path, help="CSV file: audio, scene, mesh, start, output")
    _add_bake_options(table)
    table.set_defaults(run=_batch)
    show = commands.add_parser("demo", help="bake and render the demo head")
    show.add_argument("--output", type=Path, default=Path("demo"), help="folder for what is made")
    show.set_defaults(run=_demo)
    return parser


def _add_bake_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--style", default="", help="speaking style; the model's own if left out")
    parser.add_argument("--strength", type=float, default=1.0, help="factor on the motion")
    parser.add_argument("--tolerance", type=float, default=0.1, help="vertex error in mm")
    parser.add_argument("--exact", action="store_true", help="one absolute shape key a frame")
    parser.add_argument("--checkpoint", type=Path, help="folder of another trained model")


def _job_options(options: argparse.Namespace) -> job.JobOptions:
    return job.JobOptions(
        style=options.style,
        strength=options.strength,
        tolerance_mm=options.tolerance,
        exact=options.exact,
        checkpoint=options.checkpoint,
    )


def _bake(options: argparse.Namespace) -> int:
    done = job.run(
        jobs_file.Job(
            scene=options.scene,
            mesh=options.mesh,
            strip=options.strip or "",
            audio=options.audio,
            start=options.start,
            output=options.output,
        ),
        _job_options(options),
    )
    print(done)
    return _DONE


def _batch(options: argparse.Namespace) -> int:
    folder = options.jobs.resolve().parent
    failures = batch.run_all(jobs_file.read_rows(options.jobs), folder, _job_options(options))
    return _FAILED if failures else _DONE


def _demo(options: argparse.Namespace) -> int:
    print(demo.run(options.output))
    return _DONE
