"""``python -m model_core make-vocaset``: a small made-up dataset in VOCASET's exact format.

Twelve subjects with VOCASET's names and splits speak synthetic sentences, so that training and
evaluation can be tried without VOCASET. Figures on it mean nothing about the paper's.
"""

import argparse
from pathlib import Path

from ..base.errors import UserError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "make-vocaset",
        help="make a small dataset in VOCASET's format",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="where to write the four files")
    parser.add_argument(
        "--sentences", type=int, default=4, help="of each subject, 1 to 20 (default 4, 0.6 GB)"
    )
    parser.add_argument("--corpus", type=Path, help="a corpus folder to take speech from")
    parser.add_argument(
        "--identities", type=Path, help="flame2023_open.npz, for faces from FLAME's identity shapes"
    )
    parser.add_argument("--seed", type=int, default=0, help="of faces, voices and habits")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Make it. Raises `UserError` without speech or room for it."""
    from ..datasets.synthetic import Recipe, make_vocaset

    if not 1 <= args.sentences <= 20:
        raise UserError(f"--sentences must lie from 1 to 20, not {args.sentences}.")
    recipe = Recipe(args.sentences, args.corpus, args.identities, args.seed)
    print(f"{make_vocaset(args.folder, recipe)} sentences in {args.folder}")
    return 0
