"""``import-release``: turn the authors' released ``.pth`` into a checkpoint of this product."""

import argparse
from pathlib import Path

from ..models.release.releases import RELEASES


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "import-release",
        help="import a checkpoint released by JambaTalk's authors",
        description="Read a released .pth without running anything in it, drop what only training "
        "needs, and write a checkpoint that predict and the Blender add-on take like any other.",
    )
    parser.add_argument("file", type=Path, help="the released .pth")
    parser.add_argument("--dataset", choices=RELEASES, required=True)
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to write")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Import and tell what came of it."""
    from ..models.release.face import save
    from ..models.release.importer import read_release

    config, weights = read_release(args.file, args.dataset)
    save(args.output, config, weights)
    size = sum(value.numel() for value in weights.values())
    print(
        f"{args.output}: {args.dataset} release, layers {config.decoder.order}, "
        f"{size / 1e6:.1f} M weights, {config.fps:g} frames a second."
    )
    return 0
