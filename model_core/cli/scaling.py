"""``python -m model_core scaling``: memory and speed of Transformer, Mamba and hybrid by length.

Untrained decoders of equal width on made-up features, on one CPU core: the paper's claim that the
hybrid stays efficient where a Transformer does not, measured.
"""

import argparse
from pathlib import Path

from ..base.errors import UserError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "scaling",
        help="what clips cost as they get longer, by kind of layers",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--frames", nargs="+", type=int, default=[300, 1200, 4800, 14400], help="lengths of clips"
    )
    parser.add_argument("--width", type=int, default=256, help="d_model (256)")
    parser.add_argument("--heads", type=int, default=8, help="query heads (8)")
    parser.add_argument("-o", "--output", type=Path, help="also write scaling.md, .png there")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the table. Raises `UserError` for lengths or sizes that cannot be."""
    from ..base.files import atomic_path
    from ..evaluation.scaling import STACKS, measure, plot, to_markdown

    if min(args.frames) < 64 or args.width % (2 * args.heads):
        raise UserError("Give lengths from 64 frames on, and a width that 2 x heads divides.")
    costs = measure(list(STACKS), sorted(set(args.frames)), args.width, args.heads)
    table = to_markdown(costs)
    if args.output:
        with atomic_path(args.output / "scaling.md") as path:
            path.write_text(table + "\n", encoding="utf-8")
        plot(costs, args.output / "scaling.png")
    print(table)
    return 0
