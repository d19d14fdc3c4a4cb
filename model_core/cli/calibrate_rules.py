"""``python -m model_core calibrate-rules``: fit the articulation rules' jaw to tracked lips.

FOLDER is one of recordings with lips tracked in video, as `evaluate-lips --tracked` takes, with
`words.json` beside the tracks: {CLIP: {"text": "what is said"}}, in English. Phones are aligned by
pocketsphinx. Printed are each phone's jaw target and mean opening before and after, and how well
rules so fitted to two thirds of the speakers agree with the others. The table itself is
`model_core/articulation/targets.py`.
"""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..articulation.calibration import Calibration, SeenSpeech

_FOLDS = 3
_SHOWN_SECONDS = 1.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "calibrate-rules",
        help="fit the articulation rules to tracked lips",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="recordings with tracked lips and words.json")
    parser.add_argument("--limit", type=int, help="only that many clips of a speaker")
    parser.add_argument(
        "--prior", type=float, default=1.2, metavar="MM", help="how far a figure may well be off"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Fit and print. Raises `UserError` for recordings without words, or that do not align."""
    from ..articulation.calibration import calibrate
    from ..base.files import atomic_path

    if not args.prior > 0 or (args.limit is not None and args.limit < 1):
        raise UserError("Give a --prior above 0 and a --limit of at least 1.")
    speech = _seen(args.folder, args.limit)
    whole = calibrate(speech, args.prior)
    folds = _kept_aside(speech, args.prior)
    print(_table(whole))
    print(f"\nr of the opening in speech: {whole.before:.3f} -> {whole.after:.3f}, fitted to all")
    for fold in folds:
        print(
            f"{', '.join(fold['speakers'])} kept aside: {fold['before']:.3f} -> {fold['after']:.3f}"
        )
    if args.json:
        figures = {symbol: asdict(figure) for symbol, figure in whole.figures.items()}
        with atomic_path(args.json) as path:
            path.write_text(json.dumps({"phones": figures, "folds": folds}, indent=2) + "\n")
    return 0


def _seen(folder: Path, limit: int | None) -> "list[SeenSpeech]":
    """Clips whose words are known and align."""
    from ..articulation.calibration import SeenSpeech
    from ..corpus.alignment.closures import snap_closures
    from ..corpus.alignment.sphinx import Aligner
    from ..datasets.tracked import read_tracked
    from ..speech.loudness import loudness_envelope

    counted: dict[str, int] = {}
    aligner, found = Aligner(), []
    clips = [clip for clip in read_tracked(folder) if clip.text and len(clip.lips) > 1]
    for clip in clips:
        counted[clip.speaker] = counted.get(clip.speaker, 0) + 1
        if limit is not None and counted[clip.speaker] > limit:
            continue
        samples = clip.samples()
        if phones := aligner.align(samples, clip.text):
            timed = tuple(snap_closures(phones, samples))
            level = loudness_envelope(samples, len(clip.lips), clip.fps)
            found.append(SeenSpeech(clip.speaker, timed, level, clip.lips[:, 0], clip.fps))
        if sys.stderr.isatty():
            print(f"\r{len(found)} aligned", end="", file=sys.stderr, flush=True)
    if not found:
        raise UserError(
            f"No clip of {folder} can be used: words.json must tell what is said, in English, and "
            "the words must align."
        )
    return found


def _kept_aside(speech: "Sequence[SeenSpeech]", prior: float) -> list[dict[str, Any]]:
    """Agreement of rules fitted without a third of the speakers with that third."""
    from ..articulation.calibration import agreement, calibrate
    from ..articulation.targets import TARGETS

    speakers = sorted({one.speaker for one in speech})
    folds = []
    for aside in (speakers[index::_FOLDS] for index in range(_FOLDS)):
        rest = [one for one in speech if one.speaker not in aside]
        own = [one for one in speech if one.speaker in aside]
        if rest and own:
            fitted = calibrate(rest, prior).targets
            scores = {"before": agreement(own, TARGETS), "after": agreement(own, fitted)}
            folds.append({"speakers": aside, **scores})
    return folds


def _table(calibration: "Calibration") -> str:
    rows = ["| phone | s | jaw, mm | fitted | opening by rules | seen | after |"]
    rows.append("|---|---:|---:|---:|---:|---:|---:|")
    ranked = sorted(calibration.figures.items(), key=lambda item: -item[1].seconds)
    for symbol, figure in ranked:
        if figure.seconds >= _SHOWN_SECONDS:
            seconds, *others = asdict(figure).values()
            cells = [f"{seconds:.0f}", *(f"{value:.1f}" for value in others)]
            rows.append(f"| {symbol} | {' | '.join(cells)} |")
    return "\n".join(rows)
