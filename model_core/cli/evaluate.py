"""``python -m model_core evaluate``: score models on VOCASET, BIWI or a folder of motions.

A model is the folder of a training run, a checkpoint, or a folder of predictions that another
program wrote (NAME.npy, positions as in vertices_npy/; or motions: NAME.npz, .csv, .json). Each is
a row of the paper's tables.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import UserError
from ..datasets.registry import DATASETS
from .model_arguments import add_device

if TYPE_CHECKING:
    from ..datasets.dataset import FaceDataset
    from ..evaluation.scores import Regions, Row


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "evaluate",
        help="score models on a dataset of scanned faces",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="+", type=Path, help="folders, one row each")
    parser.add_argument("--config", choices=DATASETS, default="vocaset", help="kind of dataset")
    parser.add_argument("--data", type=Path, required=True, help="the dataset's folder")
    parser.add_argument("--split", default="test", help="train, val, test; BIWI also test-b")
    parser.add_argument("--lips", help="lip vertices: FLAME_masks.pkl, lve.txt, FILE.pkl:MASK+MASK")
    parser.add_argument("--upper", help="upper-face vertices, in the same forms (fdd.txt)")
    parser.add_argument(
        "--predictions-fps",
        type=float,
        metavar="FPS",
        help="frame rate of .npy predictions, where it is not the dataset's; they are resampled",
    )
    parser.add_argument(
        "--takes", type=int, default=0, metavar="N", help="compare N takes of each sentence too"
    )
    parser.add_argument("--output", type=Path, help="also write scores.md, .csv and .png there")
    add_device(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the tables. Raises `UserError` for a model or dataset that cannot be scored."""
    from ..evaluation.scores import choose_regions
    from ..evaluation.tables import to_markdown

    missing = [str(model) for model in args.models if not model.is_dir()]
    if missing:
        raise UserError(f"There is no folder {', '.join(missing)}.")
    dataset = DATASETS[args.config].open(args.data)
    regions = choose_regions(dataset, args.lips, args.upper)
    rows = [_score(model, dataset, regions, args) for model in args.models]
    unit = "m" if dataset.metres_per_unit == 1.0 else "unit"
    text = to_markdown(rows, unit, regions.source, args.config)
    if args.output:
        _write(args.output, rows, unit, text)
    print(text)
    return 0


def _score(
    model: Path, dataset: "FaceDataset", regions: "Regions", args: argparse.Namespace
) -> "Row":
    """Score one model, with a counter on a terminal."""
    from ..evaluation.candidates import open_candidate
    from ..evaluation.scores import score

    def show(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{model.name}: {done}/{total}", end="", file=sys.stderr, flush=True)

    candidate = open_candidate(model, dataset, args.device, args.predictions_fps)
    return score(candidate, dataset, args.split, regions, args.takes, show)


def _write(folder: Path, rows: "list[Row]", unit: str, text: str) -> None:
    """Write the three forms."""
    from ..base.files import atomic_path
    from ..evaluation.tables import plot, to_csv

    for suffix, content in (("md", text + "\n"), ("csv", to_csv(rows, unit))):
        with atomic_path(folder / f"scores.{suffix}") as temporary:
            temporary.write_text(content, encoding="utf-8")
    plot(rows, unit, folder / "scores.png")
