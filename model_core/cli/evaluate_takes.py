"""``python -m model_core evaluate-takes``: do takes differ, and does each close its lips as take 0.

Give a corpus folder (`utterances.jsonl`), or a folder of recordings with lips tracked in video,
whose words, where they are known, are aligned with pocketsphinx. Scores and limits are those of
`model_core.evaluation.takes`.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import UserError
from ..models.style_names import NEUTRAL
from .chosen_clips import chosen, counted
from .model_arguments import add_checkpoint, add_device, add_engine, add_fps

if TYPE_CHECKING:
    from ..evaluation.takes import Clip, TakesScores

_FEWEST = 2
_COLUMNS = "name", "plain", "takes", "limit", "held"


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "evaluate-takes",
        help="score how takes differ, and whether lips still close",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--corpus", type=Path, help="a corpus folder")
    source.add_argument("--tracked", type=Path, help="a folder of recordings and tracked lips")
    parser.add_argument("--takes", type=int, default=8, help="how many (default 8)")
    parser.add_argument("--variation", type=float, default=1.0, help="0 to 1.5 (default 1)")
    parser.add_argument("--limit", type=int, help="only that many of a folder, evenly chosen")
    parser.add_argument("--style", default=NEUTRAL, help=f"speaking style (default {NEUTRAL})")
    parser.add_argument("--seed", type=int, default=0, help="what takes are drawn from")
    parser.add_argument(
        "--rules", action="store_true", help="score the articulation rules, in manners that vary"
    )
    add_checkpoint(parser)
    add_fps(parser)
    add_device(parser)
    add_engine(parser)
    parser.add_argument("--json", type=Path, help="also write the scores to this file")
    parser.add_argument(
        "--beside", type=Path, nargs="+", default=[], help="scores of other models, from --json"
    )
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the table. Raises `UserError` for input that cannot be scored."""
    from ..base.files import atomic_path
    from ..evaluation.takes import side_by_side

    if args.takes < _FEWEST:
        raise UserError(f"--takes must be at least {_FEWEST}, not {args.takes}.")
    others, own = _read(args.beside), _called(args)  # which refuse before anything is computed
    if own in others:
        raise UserError(f"A file of --beside is called {own} as what is scored here; rename it.")
    scores = _scores(args)
    for clip in _corpus(args) if args.corpus else _tracked(args):
        if clip.phones or not args.rules:
            scores.add(clip)
    print(scores.to_markdown())
    if args.beside:
        print(f"\n{side_by_side({**others, own: scores.to_json()})}")
    if args.json:
        with atomic_path(args.json) as path:
            path.write_text(json.dumps(scores.to_json(), indent=2) + "\n", encoding="utf-8")
    return 0


def _called(args: argparse.Namespace) -> str:
    """Return what the column of what is scored is called."""
    if args.rules:
        return "rules"
    return args.checkpoint.resolve().name if args.checkpoint else "included"


def _read(paths: list[Path]) -> dict[str, list[dict[str, Any]]]:
    """Return scores of other models by their files' names. Raises `UserError` for other files."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for path in paths:
        if path.stem in tables:
            raise UserError(f"Two files of --beside are called {path.stem}; rename one.")
        try:
            tables[path.stem] = json.loads(path.read_text(encoding="utf-8"))
            _ = [[each[name] for name in _COLUMNS] for each in tables[path.stem]]
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(f"{path} holds no scores of takes; write them with --json.") from error
    return tables


def _scores(args: argparse.Namespace) -> "TakesScores":
    from ..articulation.styles import STYLES
    from ..evaluation.takes import TakesScores, rules_in_manners

    if args.rules:
        return TakesScores(rules_in_manners(args.fps, args.style, args.seed), args.takes)
    known = args.style in STYLES
    drawn = rules_in_manners(args.fps, args.style, args.seed, apart=True) if known else None
    from ..models.predictor import Predictor

    model = Predictor.load(args.checkpoint, args.device, args.engine)
    if note := model.notes_on_take(1):
        raise UserError(*note)
    return TakesScores(
        lambda clip, take: model.predict(
            clip.samples, args.fps, args.style, args.seed, take=take, variation=args.variation
        ),
        args.takes,
        drawn,
    )


def _corpus(args: argparse.Namespace) -> "Iterator[Clip]":
    """Yield the utterances of a corpus."""
    from ..corpus.store import load_samples, read_store
    from ..evaluation.takes import Clip

    for utterance in counted(chosen(read_store(args.corpus), args.limit)):
        yield Clip(load_samples(args.corpus, utterance), utterance.phones)


def _tracked(args: argparse.Namespace) -> "Iterator[Clip]":
    """Yield recordings with lips that were seen, and with phones where their words align."""
    from ..corpus.alignment.closures import snap_closures
    from ..corpus.alignment.sphinx import Aligner
    from ..datasets.tracked import read_tracked
    from ..evaluation.takes import Clip

    aligner = Aligner()
    for clip in counted(chosen(read_tracked(args.tracked), args.limit)):
        samples = clip.samples()
        phones = aligner.align(samples, clip.text) if clip.text else None
        yield Clip(samples, snap_closures(phones, samples) if phones else (), clip)
