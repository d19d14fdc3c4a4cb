"""``python -m model_core evaluate-life``: what life does over sounds, drawn or told by a model.

The sounds are joined. Figures are means over seeds; those of people stand beside, where known.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.errors import UserError
from .model_arguments import add_device

if TYPE_CHECKING:
    from ..models.predictor import Predictor
    from ..motion.motion import Motion
    from ..performance.life.voice import Voice
    from ..speech.audio import Samples

_FPS = 30.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser(
        "evaluate-life",
        help="measure blinks, gaze and head, drawn or told by a model",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("sounds", nargs="+", type=Path, help="sound files")
    parser.add_argument(
        "--life-model", type=Path, help="folder of a model of `train --config mambatalk`, beside"
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many (default 3)")
    add_device(parser)
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Print the table. Raises `UserError` for input that cannot be measured."""
    import numpy as np

    from ..evaluation.life import PEOPLE, life_figures
    from ..evaluation.metrics.beats import onsets
    from ..performance.life.voice import hear_voice
    from ..speech.audio import load_audio

    if args.seeds < 1:
        raise UserError(f"--seeds must be at least 1, not {args.seeds}.")
    samples = np.concatenate([load_audio(sound) for sound in args.sounds])
    voice, begins = hear_voice(samples), onsets(samples)
    columns = {"drawn": [_drawn(voice, seed) for seed in range(args.seeds)]}
    if args.life_model:
        model = _model(args.life_model, args.device)
        columns["model"] = [_told(model, samples, voice, seed) for seed in range(args.seeds)]
    figures = {
        name: [life_figures(motion, voice, begins) for motion in motions]
        for name, motions in columns.items()
    }
    seeds = "1 seed" if args.seeds == 1 else f"{args.seeds} seeds"
    print(f"| {voice.seconds:.0f} s, {seeds} | {' | '.join(figures)} | people |")
    print("|---|" + "---:|" * (len(figures) + 1))
    for measure in figures["drawn"][0]:
        means = [np.mean([each[measure] for each in made]) for made in figures.values()]
        told = " | ".join(f"{value:.3g}" for value in means)
        print(f"| {measure} | {told} | {PEOPLE.get(measure, '')} |")
    return 0


def _model(folder: Path, device: str) -> "Predictor":
    from ..models.predictor import Predictor

    return Predictor.load(folder, device)


def _drawn(voice: "Voice", seed: int) -> "Motion":
    """Return a face that is at rest but for the life that is drawn of a seed."""
    from ..performance.life.life import LifeOptions, animate, draw_life

    life = LifeOptions(seed=seed)
    return animate(_still(voice), draw_life(voice, life), life)


def _told(model: "Predictor", samples: "Samples", voice: "Voice", seed: int) -> "Motion":
    """Return a face that is at rest but for the life that a model tells of a seed."""
    from ..performance.life.by_model import live_by_model
    from ..performance.life.life import LifeOptions

    told = model.life(samples, seed)
    return live_by_model(_still(voice), told, voice, LifeOptions(seed=seed))


def _still(voice: "Voice") -> "Motion":
    """Return a face that does not move over a voice."""
    import numpy as np

    from ..base.units import frame_count
    from ..motion.motion import Motion
    from ..rig.arkit import named_basis

    names = ("jawOpen",)
    weights = np.zeros((frame_count(voice.seconds, _FPS), 1), np.float32)
    return Motion(_FPS, names, named_basis(names), weights)
