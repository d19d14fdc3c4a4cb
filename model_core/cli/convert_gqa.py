"""``python -m model_core convert-gqa``: pool a trained model's key and value heads.

MODEL is a checkpoint or the folder of a run of `train`. A run can be trained on with fewer heads:
`train --initial OUTPUT --kv-heads N`.
"""

import argparse
from pathlib import Path

from ..base.errors import UserError


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "convert-gqa",
        help="give a trained model fewer key and value heads",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", type=Path, help="folder of a checkpoint or of a run")
    parser.add_argument("output", type=Path, help="a new folder")
    parser.add_argument("--kv-heads", type=int, required=True, help="how many, of those it has")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Convert. Raises `UserError` for what is no model, and for a folder that is there already."""
    from ..models.checkpoint import load_checkpoint
    from ..models.shared_heads import convert_checkpoint, convert_run
    from ..models.talking_head.run import RUN_FILE

    if args.output.exists():
        raise UserError(f"{args.output} is there already; choose a new folder.")
    if (args.model / RUN_FILE).exists():
        convert_run(args.model, args.kv_heads, args.output)
    else:
        convert_checkpoint(load_checkpoint(args.model), args.kv_heads, args.output)
    print(args.output)
    return 0
