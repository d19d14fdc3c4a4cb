"""``python -m model_core evaluate-lips``: does the mouth do what the phones say, or the lips seen.

Give a corpus folder (`utterances.jsonl`), or one recording and its phones: text lines of
`symbol start end` or a JSON list of `[symbol, start, end]`, X-SAMPA symbols, `_` for a pause,
times in seconds. Scores are defined in `model_core.evaluation.metrics.lips`. With --second only
labels count that another alignment bears out (`model_core.evaluation.metrics.label_agreement`).
With --speakers each speaker of a corpus has a row, and those whose labels look wrong are left out
of the scores (`model_core.evaluation.metrics.lip_speakers`).
With --conditions the same speech is scored again among other voices, music and noise, in a far
room, through a telephone, too loud and at other speeds (`model_core.corpus.conditions`).

Or give a folder of recordings with lips tracked in video (--tracked); docs/research.md describes
it, and `model_core.evaluation.metrics.tracked_lips` the scores.
"""

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import UserError
from ..models.style_names import NEUTRAL
from .chosen_clips import chosen, counted
from .model_arguments import add_checkpoint, add_device, add_fps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..datasets.tracked import TrackedClip
    from ..motion.motion import Motion
    from ..speech.phones import Phone

    Clip = tuple[str, NDArray[np.float32], Sequence[Phone], Sequence[Phone] | None]
    Predict = Callable[["NDArray[np.float32]", Sequence[Phone]], Motion]
    Scored = tuple[str, dict[str, Any]]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "evaluate-lips",
        help="score lips against phone times or tracked lips",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("audio", nargs="?", type=Path, help="one recording")
    parser.add_argument("phones", nargs="?", type=Path, help="its phones file")
    parser.add_argument("--corpus", type=Path, help="a corpus folder, instead of one recording")
    parser.add_argument("--tracked", type=Path, help="a folder of recordings and tracked lips")
    parser.add_argument(
        "--motions",
        type=Path,
        metavar="FOLDER",
        help="with --tracked: score SPEAKER/NAME.npz in it, of any system, instead of a model",
    )
    parser.add_argument(
        "--second",
        type=Path,
        help="another alignment: a corpus of the same utterances, or a phones file",
    )
    parser.add_argument("--speakers", action="store_true", help="score each speaker of a corpus")
    parser.add_argument("--conditions", action="store_true", help="score in hard conditions too")
    parser.add_argument("--limit", type=int, help="only that many of a folder, evenly chosen")
    parser.add_argument("--rules", action="store_true", help="score the articulation rules")
    add_checkpoint(parser)
    parser.add_argument("--style", default=NEUTRAL, help=f"speaking style (default {NEUTRAL})")
    add_fps(parser)
    add_device(parser)
    parser.add_argument("--json", type=Path, help="also write the scores to this file")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the scores as Markdown. Raises `UserError` for input that cannot be scored."""
    from ..base.files import atomic_path

    given = [bool(args.corpus), bool(args.tracked), bool(args.audio or args.phones)]
    if sum(given) != 1 or bool(args.audio) != bool(args.phones):
        raise UserError(
            "Give either --corpus FOLDER, --tracked FOLDER or a recording and its phones file."
        )
    _check_choices(args)
    score = _tracked if args.tracked else _conditions if args.conditions else _phones
    table, content = score(args)
    print(table)
    if args.json:
        with atomic_path(args.json) as path:
            path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return 0


def _check_choices(args: argparse.Namespace) -> None:
    """Raise `UserError` for choices that do not go together."""
    if args.tracked and (args.rules or args.conditions or args.second):
        raise UserError(
            "--rules, --conditions and --second need phones; leave them out with --tracked."
        )
    if args.motions and not args.tracked:
        raise UserError("--motions go with --tracked; for phones, score a model.")
    if args.conditions and (args.rules or args.second):
        raise UserError("--conditions go with a model and one alignment: no --rules, no --second.")
    if args.speakers and (args.conditions or not args.corpus):
        raise UserError("--speakers go with a --corpus as it is; leave out --conditions.")


def _phones(args: argparse.Namespace) -> "Scored":
    """Scores against phone times."""
    from ..articulation.rule_motion import rule_motion
    from ..evaluation.metrics.lip_speakers import SpeakerScores
    from ..evaluation.metrics.lips import LipAccumulator

    predict = _predictor(args)
    scores, speakers = LipAccumulator(), SpeakerScores()
    for speaker, samples, phones, second in _clips(args):
        motion = predict(samples, phones)
        rules = rule_motion(phones, samples, motion.duration, args.fps)
        if args.speakers:
            speakers.add(speaker, motion, phones, samples, rules, second)
        else:
            scores.add(motion, phones, samples, rules, second)
    result = speakers if args.speakers else scores.finish()
    return result.to_markdown(), result.to_json()


def _conditions(args: argparse.Namespace) -> "Scored":
    """Scores against phone times in each condition."""
    from ..evaluation.metrics.conditions import ConditionScores

    clips = [(samples, phones) for _, samples, phones, _ in _clips(args)]
    scores = ConditionScores(_predictor(args), clips)
    for name in scores.names:
        scores.score(name)
        print(f"{name}: done", file=sys.stderr)
    return scores.to_markdown(), scores.to_json()


def _tracked(args: argparse.Namespace) -> "Scored":
    """Scores against tracked lips."""
    from ..datasets.tracked import read_tracked
    from ..evaluation.metrics.tracked_lips import TrackedAccumulator

    made = None if args.motions else _predictor(args)
    scores = TrackedAccumulator()
    for clip in counted(chosen(read_tracked(args.tracked), args.limit)):
        motion = made(clip.samples(), ()) if made else _motion_of(args.motions, clip)
        scores.add(motion, clip)
    return scores.to_markdown(), scores.to_json()


def _motion_of(folder: Path, clip: "TrackedClip") -> "Motion":
    """A clip's motion, of its speaker's folder or of one for all."""
    from ..motion.motion import Motion

    own = folder / clip.speaker / f"{clip.name}.npz"
    return Motion.load(own if own.exists() else folder / f"{clip.name}.npz")


def _predictor(args: argparse.Namespace) -> "Predict":
    """What is scored: the rules on the true phones, or a model on the sound alone."""
    from ..articulation.rule_motion import rule_motion
    from ..speech.audio import SAMPLE_RATE

    if args.rules:
        return lambda samples, phones: rule_motion(
            phones, samples, len(samples) / SAMPLE_RATE, args.fps, args.style
        )
    from ..models.predictor import Predictor

    model = Predictor.load(args.checkpoint, device=args.device)
    return lambda samples, phones: model.predict(samples, fps=args.fps, style=args.style)


def _clips(args: argparse.Namespace) -> "Iterator[Clip]":
    """Speaker, samples, phones and, if asked for, a second alignment of what there is to score."""
    if args.corpus:
        yield from _corpus_clips(args.corpus, args.second, args.limit)
    else:
        from ..speech.audio import load_audio
        from ..speech.phone_file import read_phones

        phones = read_phones(args.phones)
        second = read_phones(args.second) if args.second else None
        yield "", load_audio(args.audio), phones, second


def _corpus_clips(folder: Path, second: Path | None, limit: int | None) -> "Iterator[Clip]":
    """Utterances of a corpus; those that a second alignment lacks are left out, and counted."""
    from ..corpus.store import load_samples, read_store

    utterances = read_store(folder)
    others = {one.id: one.phones for one in read_store(second)} if second else None
    if others is not None:
        known = [utterance for utterance in utterances if utterance.id in others]
        if lacking := len(utterances) - len(known):
            print(f"{lacking} of {len(utterances)} have no second alignment", file=sys.stderr)
        utterances = known
    for utterance in counted(chosen(utterances, limit)):
        again = others[utterance.id] if others is not None else None
        yield utterance.speaker, load_samples(folder, utterance), utterance.phones, again
