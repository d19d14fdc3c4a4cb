"""``python -m model_core predict``: sound files to motion files of any format there is."""

import argparse
import os
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from ..base.errors import UserError
from ..formats.registry import (
    MOTION_FORMATS,
    described,
    motion_suffixes,
    motion_writer,
    write_motion,
)
from ..performance.option_arguments import add_arguments, from_arguments
from ..performance.options import CAPTURE, EXPRESSION, TAKE, names_at
from .interrupt import interrupt_later
from .model_arguments import add_checkpoint, add_device, add_engine, add_fps

if TYPE_CHECKING:
    from ..models.predictor import Predictor
    from ..performance.options import BakeOptions

_DONE, _FAILED, _BAD_INPUT = 0, 1, 2


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "predict",
        help="turn speech into face motion",
        description="Write one file a sound file: its motion, in the format asked for or that of "
        f"the file's suffix. There are {described(MOTION_FORMATS)}.",
    )
    parser.add_argument("audio", nargs="+", type=Path, help="sound files (wav, flac, ogg, mp3)")
    _add_output(parser)
    parser.add_argument("--start", type=float, default=0.0, help="second to start at (default 0)")
    parser.add_argument("--end", type=float, help="second to stop at (default: the end)")
    add_fps(parser)
    parser.add_argument("--style", help="speaking style (default: the model's first, neutral)")
    parser.add_argument(
        "--seed", type=int, default=0, help="of life, and of models that draw random numbers"
    )
    add_arguments(parser, TAKE)
    add_device(parser)
    add_engine(parser)
    add_checkpoint(parser)
    parser.add_argument("--dense", action="store_true", help="also write vertex offsets (T, V, 3)")
    add_arguments(parser.add_argument_group("life and mood"), EXPRESSION)
    add_arguments(parser.add_argument_group("recorded face"), names_at(CAPTURE))
    parser.set_defaults(func=run)


def _add_output(parser: argparse.ArgumentParser) -> None:
    """Describe where the results go, and as what."""
    target = parser.add_mutually_exclusive_group()
    target.add_argument(
        "-o",
        "--output",
        type=Path,
        help=f"file to write, for one sound file: {motion_suffixes()}",
    )
    target.add_argument(
        "--output-dir",
        type=Path,
        default=Path(),
        help="folder to write NAME.npz, or what the format's files end in, to (default: .)",
    )
    parser.add_argument(
        "--format",
        choices=MOTION_FORMATS,
        help="of what is written (default: by the suffix; a .csv is plain)",
    )


def run(args: argparse.Namespace) -> int:
    """Predict every file; a bad one is reported and the rest go on.

    Returns:
        0; 2 if a file was bad; 1 if something failed.
    """
    jobs = list(_jobs(args))
    for _, output in jobs:
        motion_writer(output, args.format, dense=args.dense)  # refuses before anything is computed
    with interrupt_later():
        from ..models.predictor import Predictor

        predictor = Predictor.load(args.checkpoint, args.device, args.engine)
        if life := _life_model(from_arguments(args), args):
            life.require_life()
    found = {_attempt(predictor, audio, output, args) for audio, output in jobs}
    return next((status for status in (_FAILED, _BAD_INPUT) if status in found), _DONE)


def _attempt(predictor: "Predictor", audio: Path, output: Path, args: argparse.Namespace) -> int:
    """Predict one file, tell of it, and return its status."""
    try:
        print(_predict(predictor, audio, output, args), flush=True)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return _BAD_INPUT
    except Exception as error:  # the others are not to be lost with it
        traceback.print_exc()
        print(f"failed: {audio}: {error or type(error).__name__}", file=sys.stderr, flush=True)
        return _FAILED
    return _DONE


def _jobs(args: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """Yield each sound file and the file to write. Raises `UserError` if two are the same."""
    if args.output is not None:
        if len(args.audio) > 1:
            raise UserError("-o takes one sound file; use --output-dir for several.")
        yield args.audio[0], args.output
        return
    stems = Counter(os.path.normcase(path.stem) for path in args.audio)
    twice = [stem for stem, count in stems.items() if count > 1]
    suffix = MOTION_FORMATS[args.format or "npz"].suffix
    if twice:
        raise UserError(f"Several sound files would be written to {twice[0]}{suffix}; rename one.")
    for path in args.audio:
        yield path, args.output_dir / f"{path.stem}{suffix}"


def _predict(predictor: "Predictor", audio: Path, output: Path, args: argparse.Namespace) -> str:
    """Predict one file and return what to say of it."""
    from ..performance.capture import with_capture
    from ..performance.expression import express, notes_on_expression
    from ..performance.silence import notes_on, with_loudness
    from ..speech.audio import SAMPLE_RATE, read_sound

    started, options = perf_counter(), replace(from_arguments(args), seed=args.seed)
    sound = read_sound(audio, args.start, args.end)
    motion = predictor.predict(
        sound.samples,
        args.fps,
        args.style,
        args.seed,
        take=options.take,
        variation=options.variation,
    )
    life = _life_model(options, args)
    told = life.life(sound.samples, options.seed, options.varied_take) if life else None
    motion = express(with_loudness(motion, sound.samples), sound.samples, options, told=told)
    motion, captured = with_capture(motion, sound.samples, options)
    lost = write_motion(motion, output, args.format, dense=args.dense)
    said = [*predictor.notes_on_take(options.varied_take), *notes_on_expression(motion, options)]
    spoken = dict.fromkeys([*predictor.notes, *(life.notes if life else ())])
    for note in [*notes_on(sound), *spoken, *said, *captured, *lost]:
        print(f"note: {note}", file=sys.stderr, flush=True)
    seconds = len(sound.samples) / SAMPLE_RATE
    return (
        f"{output}: {motion.frames} frames at {args.fps:g} fps, "
        f"{seconds:.2f} s of sound in {perf_counter() - started:.2f} s "
        f"({predictor.runtime.describe()})"
    )


def _life_model(options: "BakeOptions", args: argparse.Namespace) -> "Predictor | None":
    """Return the model that tells life, where there is to be some and one is named."""
    if not options.life or not options.life_model:
        return None
    return _loaded(options.life_model, args.device, args.engine)


@cache
def _loaded(folder: str, device: str, engine: str) -> "Predictor":
    from ..models.predictor import Predictor

    return Predictor.load(folder, device, engine)
