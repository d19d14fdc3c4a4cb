"""``python -m model_core evaluate-lips``: does the mouth do what the phones say.

Give a corpus folder (`utterances.jsonl`), or one recording and its phones: text lines of
`symbol start end` or a JSON list of `[symbol, start, end]`, X-SAMPA symbols, `_` for a pause,
times in seconds. Scores are defined in `model_core.metrics.lips`.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..articulation.phones import Phone
    from ..motion import Motion

    Clip = tuple[NDArray[np.float32], Sequence[Phone]]
    Predict = Callable[["NDArray[np.float32]", Sequence[Phone]], Motion]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "evaluate-lips",
        help="score lips against phone times",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", nargs="?", type=Path, help="one recording")
    parser.add_argument("phones", nargs="?", type=Path, help="its phones file")
    parser.add_argument("--corpus", type=Path, help="a corpus folder, instead of one recording")
    parser.add_argument("--limit", type=int, help="only that many of the corpus, evenly chosen")
    parser.add_argument("--rules", action="store_true", help="score the articulation rules")
    parser.add_argument("--checkpoint", type=Path, help="model folder (default: the one included)")
    parser.add_argument("--style", default="neutral", help="speaking style (default neutral)")
    parser.add_argument("--fps", type=float, default=30.0, help="frames per second (default 30)")
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or mps")
    parser.add_argument("--json", type=Path, help="also write the scores to this file")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the scores as Markdown. Raises `UserError` for input that cannot be scored."""
    from ..articulation.rule_motion import rule_motion
    from ..files import atomic_path
    from ..metrics.lips import LipAccumulator

    if bool(args.corpus) == bool(args.audio and args.phones):
        raise UserError("Give either --corpus FOLDER or a recording and its phones file.")
    predict = _predictor(args)
    scores = LipAccumulator()
    for samples, phones in _clips(args):
        motion = predict(samples, phones)
        reference = rule_motion(phones, samples, motion.duration, args.fps)
        scores.add(motion, phones, samples, reference)
    result = scores.finish()
    print(result.to_markdown())
    if args.json:
        with atomic_path(args.json) as path:
            path.write_text(json.dumps(result.to_json(), indent=2) + "\n", encoding="utf-8")
    return 0


def _predictor(args: argparse.Namespace) -> "Predict":
    """What is scored: the rules on the true phones, or a model on the sound alone."""
    from ..articulation.rule_motion import rule_motion
    from ..audio import SAMPLE_RATE

    if args.rules:
        return lambda samples, phones: rule_motion(
            phones, samples, len(samples) / SAMPLE_RATE, args.fps, args.style
        )
    from ..predictor import Predictor

    model = Predictor.load(args.checkpoint, device=args.device)
    return lambda samples, phones: model.predict(samples, fps=args.fps, style=args.style)


def _clips(args: argparse.Namespace) -> "Iterator[Clip]":
    """Samples and phones of what there is to score."""
    if args.corpus:
        yield from _corpus_clips(args.corpus, args.limit)
    else:
        from ..articulation.phone_file import read_phones
        from ..audio import load_audio

        phones = read_phones(args.phones)
        yield load_audio(args.audio), phones


def _corpus_clips(folder: Path, limit: int | None) -> "Iterator[Clip]":
    """Utterances of a corpus, with a counter on a terminal."""
    from ..corpus.store import load_samples, read_store

    utterances = read_store(folder)
    if limit is not None:
        if limit < 1:
            raise UserError(f"--limit must be at least 1, not {limit}.")
        utterances = utterances[:: max(1, -(-len(utterances) // limit))]
    for number, utterance in enumerate(utterances, 1):
        yield load_samples(folder, utterance), utterance.phones
        if sys.stderr.isatty():
            print(f"\r{number}/{len(utterances)}", end="", file=sys.stderr, flush=True)
