"""``python -m model_core curves``: a motion file to few keys, as a bake makes them in Blender."""

import argparse
from pathlib import Path

from ..base.errors import UserError
from ..formats.registry import CURVE_FORMATS, described, motion_suffixes
from ..performance.option_arguments import add_arguments, from_arguments
from ..performance.options import CONTROLS, names_at


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "curves",
        help="reduce a motion to light curves",
        description="Write the curves of a motion with as few keys as a tolerance allows; no lip "
        f"closure is lost. Formats of curves: {described(CURVE_FORMATS)}.",
    )
    parser.add_argument("motion", type=Path, help=f"motion file: {motion_suffixes()}")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        help=f"file to write: {', '.join(CURVE_FORMATS)}",
    )
    add_arguments(parser, ("strength", *names_at(CONTROLS), "curves", "tolerance_mm"))
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Reduce one motion. Raises `UserError` for files that cannot be read or written."""
    from ..formats.curve_set import CurveSet
    from ..formats.registry import curve_format, read_motion
    from ..performance.controls import performed

    options = from_arguments(args)
    chosen = curve_format(args.output)  # refuses before anything is computed
    if args.output.resolve() == args.motion.resolve():
        raise UserError(f"{args.output} is the motion itself; name another file to write.")
    motion = performed(read_motion(args.motion), None, options)
    curves, error_mm = options.reduction.curves(motion)
    chosen.write(CurveSet(motion.fps, curves, error_mm), args.output)
    keys = sum(len(curve.frames) for curve in curves.values())
    print(
        f"{args.output}: {len(curves)} curves with {keys} keys for {motion.frames} frames at "
        f"{motion.fps:g} fps; no vertex strays more than {error_mm:.3f} mm"
    )
    return 0
