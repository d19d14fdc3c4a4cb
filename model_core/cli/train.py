"""``python -m model_core train``: train the default model or one of the paper's presets."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..models.glditalker.options import GldOptions
from ..models.talking_head.options import PaperOptions
from ..training.mambatalk.options import MambaTalkOptions
from ..training.performer.options import PerformerOptions
from ..training.registry import RECIPES, train
from ..training.streaming.options import StreamingOptions
from ..training.tracked.options import TrackedOptions
from .dataclass_arguments import add_fields, settings_of

if TYPE_CHECKING:
    from ..training.loop import TrainingProgress

BAR = 20  # characters of the progress bar


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser("train", help="train a model", description=__doc__)
    parser.add_argument("--config", choices=RECIPES, default="default", help="what to train")
    parser.add_argument("--data", type=Path, help="training data (default: see docs/training.md)")
    parser.add_argument("--output", type=Path, help="where to write (default .cache/runs/CONFIG)")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="for prepared data")
    parser.add_argument("--steps", type=int, help="number of steps (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=0, help="of weights and batches")
    parser.add_argument("--workers", type=int, default=2, help="processes that prepare data")
    paper = parser.add_argument_group("vocaset, biwi and motions; the defaults are the paper's")
    add_fields(paper, PaperOptions)
    add_fields(parser.add_argument_group("tracked"), TrackedOptions)
    add_fields(parser.add_argument_group("streaming"), StreamingOptions)
    add_fields(parser.add_argument_group("performer"), PerformerOptions)
    add_fields(parser.add_argument_group("gld-vocaset, gld-biwi and gld-motions"), GldOptions)
    add_fields(parser.add_argument_group("mambatalk"), MambaTalkOptions)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Train; a run that was interrupted goes on where it stopped."""
    from ..training.loop import is_first
    from ..training.options import TrainingOptions

    options = TrainingOptions(
        recipe=args.config,
        data=args.data or Path(RECIPES[args.config].data),
        output=args.output or Path(".cache/runs") / args.config,
        cache=args.cache,
        steps=args.steps,
        seed=args.seed,
        workers=args.workers,
        report=_show,
        say=_say,
        paper=settings_of(PaperOptions, args),
        tracked=settings_of(TrackedOptions, args),
        streaming=settings_of(StreamingOptions, args),
        performer=settings_of(PerformerOptions, args),
        gld=settings_of(GldOptions, args),
        mambatalk=settings_of(MambaTalkOptions, args),
    )
    made = train(options)
    if is_first():
        print(made)
    return 0


def _show(progress: "TrainingProgress") -> None:
    """Rewrite one line on a terminal; print every tenth step elsewhere."""
    live = sys.stderr.isatty()
    if not live and progress.step % 10 and progress.step != progress.steps:
        return
    terms = " ".join(f"{name} {value:.4g}" for name, value in progress.terms.items())
    left = f"{progress.seconds_left / 60:.0f} min left"
    done = round(BAR * progress.step / progress.steps)
    bar = "#" * done + "." * (BAR - done)
    line = f"[{bar}] step {progress.step}/{progress.steps}  {left}  {terms}"
    print(f"\r{line}" if live else line, end="" if live else "\n", file=sys.stderr, flush=True)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
