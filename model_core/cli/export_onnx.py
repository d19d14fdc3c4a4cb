"""``python -m model_core export-onnx``: graphs for the light runtime beside a model's weights."""

import argparse
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from ..base.assets import DEFAULT_CHECKPOINT
from ..base.errors import UserError
from ..models.checkpoint import load_checkpoint


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "export-onnx",
        help="let a model run without torch",
        description="Write encoder.onnx and decoder.onnx beside the weights, for onnxruntime.",
    )
    parser.add_argument(
        "--checkpoint",
        type=Path,
        default=DEFAULT_CHECKPOINT,
        help="model folder (default: the one included)",
    )
    parser.add_argument(
        "-o", "--output", type=Path, help="write a copy of the model there, leaving it as it is"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Export and say what was written."""
    from ..models.performer.face import own_config
    from ..models.registry import GLD_TAKES, MAMBATALK, STREAMING

    checkpoint = load_checkpoint(args.checkpoint)
    if args.output is not None:
        checkpoint = load_checkpoint(_copy(checkpoint.folder, args.output))
    checkpoint = replace(checkpoint, config=own_config(checkpoint))  # performers need no graph
    kind = checkpoint.config.get("kind")
    if kind == STREAMING:
        from ..models.streaming.export import export_streaming as export_graphs
    elif kind == GLD_TAKES:
        from ..models.gld_takes.export import export_gld_takes as export_graphs
    elif kind == MAMBATALK:
        from ..models.mambatalk.export import export_mambatalk as export_graphs

        print("A graph of so many layers takes a minute or more to make.", file=sys.stderr)
    else:
        from ..models.jambatalk.export import export_graphs
    for path in export_graphs(checkpoint):
        print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")
    return 0


def _copy(folder: Path, target: Path) -> Path:
    """Return a new folder with a checkpoint's files."""
    try:
        return Path(shutil.copytree(folder, target))
    except FileExistsError:
        raise UserError(f"{target} is there already; choose a new folder.") from None
    except (OSError, shutil.Error) as error:
        raise UserError(f"Cannot copy the model to {target}: {error}.") from error
