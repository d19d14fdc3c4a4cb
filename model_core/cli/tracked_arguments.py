"""Arguments of ``train`` that only the recipe `tracked` reads."""

import argparse
from pathlib import Path

from ..training.tracked.options import TrackedOptions


def add_tracked_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe an argument for each of `TrackedOptions`, with its default."""
    given = TrackedOptions()
    group = parser.add_argument_group("tracked")
    group.add_argument(
        "--anchors",
        type=Path,
        nargs="+",
        default=given.anchors,
        metavar="FOLDER",
        help=f"corpora or folders of sounds of many other voices (default {given.anchors[0]})",
    )
    group.add_argument(
        "--minutes", type=float, default=given.minutes, help="of anchors (default %(default)s)"
    )
    group.add_argument(
        "--teacher",
        type=Path,
        default=given.teacher,
        help="the model that is tuned (default: the one included)",
    )
    group.add_argument("--start", type=Path, help="a model tuned before, to go on from")
    group.add_argument(
        "--hold-out", nargs="+", default=(), metavar="SPEAKER", help="kept aside, for scoring"
    )
    group.add_argument(
        "--amplitude",
        type=float,
        default=given.amplitude,
        help="spread of opening and height against the teacher's own (default %(default)s)",
    )
    _add_finish(group, given)


def _add_finish(group: "argparse._ArgumentGroup", given: TrackedOptions) -> None:
    """What becomes of the tuned weights."""
    group.add_argument(
        "--blend",
        type=float,
        default=given.blend,
        help="share of the tuned weights, the teacher's being the rest (default %(default)s)",
    )
    group.add_argument(
        "--lean",
        type=float,
        default=given.lean,
        help="added to the log odds that lips meet (default %(default)s)",
    )
    group.add_argument(
        "--upper-lip",
        type=float,
        default=given.upper_lip,
        metavar="SHARE",
        help="of the opening that the upper lip takes over from the jaw (default %(default)s)",
    )


def tracked_options(args: argparse.Namespace) -> TrackedOptions:
    """Return the options that arguments give."""
    return TrackedOptions(
        anchors=tuple(args.anchors),
        minutes=args.minutes,
        teacher=args.teacher,
        start=args.start,
        hold_out=tuple(args.hold_out),
        amplitude=args.amplitude,
        blend=args.blend,
        lean=args.lean,
        upper_lip=args.upper_lip,
    )
