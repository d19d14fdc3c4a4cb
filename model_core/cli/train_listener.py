"""``train-listener``: what hears the phones of a line, trained on speech with known times."""

import argparse
import sys
from pathlib import Path
from typing import Any


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Describe the command."""
    parser = subparsers.add_parser("train-listener", help="train what hears the phones of a line")
    parser.add_argument("stores", nargs="+", type=Path, help="speech with phone times, see corpus")
    parser.add_argument("-o", "--output", type=Path, required=True, help="file to write, .npz")
    parser.add_argument("--steps", type=int, default=260, help="of the training (260)")
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (0)")
    parser.add_argument("--workers", type=int, default=1, help="processes that hear speech (1)")
    parser.set_defaults(func=run)


def run(args: argparse.Namespace) -> int:
    """Train and write."""
    import numpy as np

    from ..base.files import atomic_path
    from ..corpus.alignment.aligner_training import known_frames
    from ..corpus.alignment.phone_classifier import (
        ClassifierTraining,
        LabelledFrames,
        to_arrays,
        train_classifier,
    )
    from ..corpus.store import read_store

    parts = [known_frames(s, read_store(s), args.seed, args.workers) for s in args.stores]
    training = ClassifierTraining(steps=args.steps, crops=24, learning_rate=3e-3)
    model = train_classifier(LabelledFrames.join(parts), training, args.seed)
    with atomic_path(args.output) as temporary, temporary.open("wb") as stream:
        arrays: dict[str, Any] = dict(to_arrays(model))
        np.savez(stream, **arrays)
    print(f"Wrote {args.output}.", file=sys.stderr)
    return 0
