"""The command line: bake a sound, a scene or a table of jobs; tell what a mesh can be spoken with.

Exit codes: 0 done, 2 bad input, 1 failure, 130 stopped by Ctrl-C. A batch ends with 2 if its table
is such that nothing was run, and with 1 if any of its jobs was not done, whatever the reason; the
same is so of the lines of a scene.
"""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from ...model_core.base.console import run_printing
from ...model_core.base.errors import UserError
from ...model_core.batch import jobs_file
from ...model_core.batch.settings import add_settings, settings_of
from ...model_core.performance.option_arguments import add_arguments, from_arguments, given_in
from ..worker.errors import WorkerError
from . import (
    bake_scene,
    batch,
    calibrate,
    console,
    demo,
    job,
    mouth,
    prepare,
    rig_report,
    serve,
    texts,
)

_DONE, _FAILED, _BAD_INPUT = 0, 1, 2


def run_command(arguments: Sequence[str]) -> int:
    """Run ``bake`` or ``batch`` with the file Blender has open, and return the exit code."""
    with console.own_descriptor():
        return _run(_parser("blender [FILE.blend] --command jambatalk"), arguments)


def run_module(arguments: Sequence[str]) -> int:
    """Run ``bake`` or ``batch`` as ``python -m jambatalk_addon`` and return the exit code."""
    return _run(_parser("python -m jambatalk_addon"), arguments)


def _run(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    return run_printing(lambda: _run_parsed(parser, arguments))


def _run_parsed(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> int:
    if arguments[:1] == ["--"]:  # as Blender's own command line has it before a script's options
        arguments = arguments[1:]
    try:
        options = parser.parse_args(arguments)
    except SystemExit as exit_:  # argparse has said what is wrong
        return _BAD_INPUT if exit_.code else _DONE
    with console.stoppable(), console.others_apart():
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
    except KeyboardInterrupt:
        print("stopped; what was not finished was not saved.", file=sys.stderr)
        return console.INTERRUPTED
    except Exception as error:
        traceback.print_exc()
        print(f"failed: {error or type(error).__name__}", file=sys.stderr)
        return _FAILED


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(program, description="Speech to shape-key curves.")
    metavar = "bake|bake-scene|batch|prepare|mouth|calibrate|demo|rig-report|texts"
    commands = parser.add_subparsers(required=True, metavar=metavar)
    bake = commands.add_parser("bake", help="bake one sound onto one mesh and save the scene")
    bake.add_argument("scene", nargs="?", type=_path, help="scene to open; else the open one")
    sound = bake.add_mutually_exclusive_group(required=True)
    sound.add_argument("--strip", type=_filled, help="name of a sound strip")
    sound.add_argument("--audio", type=_path, help="sound file to place at --start")
    bake.add_argument("--start", type=_frame, help="scene frame of --audio's start (1)")
    bake.add_argument("--mesh", type=_filled, required=True, help="mesh, or armature with poses")
    bake.add_argument("--output", type=_path, help="where to save; else over the scene itself")
    add_arguments(bake)
    bake.set_defaults(run=_bake)
    _add_bake_scene(commands)
    report = commands.add_parser("rig-report", help="tell which shape keys speech can move")
    report.add_argument("scene", nargs="?", type=_path, help="scene to open; else the open one")
    report.add_argument("--mesh", type=_filled, required=True, help="name of the mesh object")
    report.add_argument("--map", type=_path, help="also write the list that the names tell, JSON")
    report.set_defaults(run=_rig_report)
    _add_batch(commands)
    head = commands.add_parser("prepare", help="give a head without shape keys those of speech")
    head.add_argument("scene", nargs="?", type=_path, help="scene to open; else the open one")
    head.add_argument("--mesh", type=_filled, required=True, help="name of the mesh object")
    head.add_argument("--output", type=_path, help="where to save; else over the scene itself")
    head.set_defaults(run=_prepare)
    _add_mouth(commands)
    _add_calibrate(commands)
    _add_demo(commands)
    _add_texts(commands)
    commands.add_parser("serve").set_defaults(run=_serve)  # for batches: it has no help
    return parser


def _add_bake_scene(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command that bakes every line of a scene."""
    lines = commands.add_parser(
        "bake-scene",
        help="bake every sound strip of a scene onto its character and save the scene",
        description="Bake the lines of the scene's table onto their characters. Strips that the "
        "table lacks are added and matched by name, channel or marker, as Match Strips does; "
        "options that are not given are as the scene has them.",
    )
    lines.add_argument("scene", nargs="?", type=_path, help="scene to open; else the open one")
    lines.add_argument(
        "--cast",
        nargs="+",
        type=_filled,
        default=[],
        metavar="STRIP:MESH",
        help="who speaks a strip, or all strips that a pattern such as anna_* matches",
    )
    lines.add_argument("--output", type=_path, help="where to save; else over the scene itself")
    add_arguments(lines)
    lines.set_defaults(run=_bake_scene)


def _add_batch(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command that runs a table."""
    table = commands.add_parser("batch", help="bake a table of jobs, a scene saved for each")
    table.add_argument(
        "jobs",
        type=_path,
        help="CSV, JSON lines or TOML with audio, scene, mesh, start, output, and besides any of "
        "the options below by its name, for its row alone; what was done is kept beside it in a "
        "file called as it with .results.jsonl, and is not done again",
    )
    add_settings(table)
    add_arguments(table)
    table.set_defaults(run=_batch)


def _add_mouth(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command that fits teeth and tongue."""
    inside = commands.add_parser("mouth", help="give a FLAME head teeth, tongue and a dark mouth")
    inside.add_argument("scene", nargs="?", type=_path, help="scene to open; else the open one")
    inside.add_argument("--mesh", type=_filled, required=True, help="name of the mesh object")
    inside.add_argument("--remove", action="store_true", help="take off what was given to it")
    inside.add_argument("--output", type=_path, help="where to save; else over the scene itself")
    inside.set_defaults(run=_mouth)


def _add_calibrate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command that stores poses."""
    bones = commands.add_parser("calibrate", help="store poses of a face that bones move")
    bones.add_argument("scene", nargs="?", type=_path, help="scene to open; else the open one")
    bones.add_argument("--armature", type=_filled, required=True, help="name of the armature")
    bones.add_argument(
        "--poses",
        type=_path,
        required=True,
        help='JSON file that says which frame shows each: {"jawOpen": {"action": "Face", "frame": '
        "10}, ...}",
    )
    bones.add_argument("--output", type=_path, help="where to save; else over the scene itself")
    bones.set_defaults(run=_calibrate)


def _add_demo(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command that shows what a bake is."""
    show = commands.add_parser("demo", help="bake and render the demo head")
    show.add_argument("--output", type=_path, default=Path("demo"), help="folder for what is made")
    show.set_defaults(run=_demo)


def _add_texts(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command for translators."""
    words = commands.add_parser("texts", help="write what the add-on says, to be translated")
    words.add_argument("--output", type=_path, required=True, help="LOCALE.json, such as de_DE")
    words.set_defaults(run=_texts)


def _filled(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _path(text: str) -> Path:
    return Path(_filled(text))


def _frame(text: str) -> int:
    try:
        return jobs_file.frame_number(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _bake(options: argparse.Namespace) -> int:
    if options.strip and options.start is not None:
        raise UserError("A strip is baked where it lies: --start goes with --audio only.")
    done = job.run(
        jobs_file.Job(
            scene=options.scene,
            mesh=options.mesh,
            strip=options.strip or "",
            audio=options.audio,
            start=1 if options.start is None else options.start,
            output=options.output,
        ),
        from_arguments(options),
    )
    console.say(str(done))
    return _DONE


def _bake_scene(options: argparse.Namespace) -> int:
    wishes = bake_scene.Wishes(options.scene, options.output, options.cast, given_in(options))
    return _FAILED if bake_scene.run(wishes) else _DONE


def _rig_report(options: argparse.Namespace) -> int:
    rig_report.run(options.scene, options.mesh, options.map)
    return _DONE


def _batch(options: argparse.Namespace) -> int:
    return batch.run(options.jobs, from_arguments(options), settings_of(options))


def _serve(_options: argparse.Namespace) -> int:
    return serve.run()


def _prepare(options: argparse.Namespace) -> int:
    console.say(prepare.run(options.scene, options.mesh, options.output))
    return _DONE


def _mouth(options: argparse.Namespace) -> int:
    made = mouth.run(options.scene, options.mesh, options.output, remove=options.remove)
    console.say(made)
    return _DONE


def _calibrate(options: argparse.Namespace) -> int:
    made = calibrate.run(options.scene, options.armature, options.poses, options.output)
    console.say(made)
    return _DONE


def _demo(options: argparse.Namespace) -> int:
    console.say(demo.run(options.output))
    return _DONE


def _texts(options: argparse.Namespace) -> int:
    console.say(texts.run(options.output))
    return _DONE
