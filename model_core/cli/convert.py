"""``python -m model_core convert``: a motion from a file of any format to any other."""

import argparse
import sys
from pathlib import Path

from ..base.errors import UserError
from ..formats.registry import (
    MOTION_FORMATS,
    described,
    motion_suffixes,
    motion_writer,
    reading_of,
    recognised,
)

_FASTEST = 1000.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "convert",
        help="write a motion in another format",
        description="Read a motion of any format, told by the file's suffix and header, and write "
        f"it in another. There are {described(MOTION_FORMATS)}.",
    )
    parser.add_argument("motion", type=Path, help=f"motion file: {motion_suffixes()}")
    parser.add_argument("output", type=Path, help=f"file to write: {motion_suffixes()}")
    parser.add_argument(
        "--format",
        choices=MOTION_FORMATS,
        help="of what is written (default: by the suffix; a .csv is plain)",
    )
    parser.add_argument(
        "--from", dest="source", choices=MOTION_FORMATS, help="of what is read (default: told)"
    )
    parser.add_argument("--fps", type=_rate, help="frames per second (default: as it is)")
    parser.add_argument(
        "--swap-sides",
        action="store_true",
        help="exchange jawLeft with jawRight and mouthLeft with mouthRight, which some recorders "
        "write under each other's name",
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Convert one motion. Raises `UserError` for files that cannot be read or written."""
    from ..formats.sides import exchange_sides
    from ..motion.resampling import resample

    writer = motion_writer(args.output, args.format)  # refuses before anything is read
    if args.output.resolve() == args.motion.resolve():
        raise UserError(f"{args.output} is the motion itself; name another file to write.")
    source = args.source or recognised(args.motion)
    motion, notes = reading_of(args.motion, source)
    kept = resample(motion, args.fps or motion.fps)
    if args.swap_sides:
        kept = exchange_sides(kept)
    lost = writer(kept, args.output)
    for note in (*notes, *lost):
        print(f"note: {note}", file=sys.stderr, flush=True)
    print(
        f"{args.output}: {kept.frames} frames at {kept.fps:g} fps of {len(kept.names)} channels, "
        f"from {source} of {motion.frames} at {motion.fps:g}"
    )
    return 0


def _rate(text: str) -> float:
    """Return a frame rate, or raise argparse's own error with a sentence."""
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0 < rate <= _FASTEST:
        raise argparse.ArgumentTypeError(f"'{text}' is no frame rate from 0 to {_FASTEST:g}")
    return rate
