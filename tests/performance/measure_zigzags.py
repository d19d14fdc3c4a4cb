"""Zigzags of take 0 and of takes, by where within a frame a motion is sampled.

python -m tests.performance.measure_zigzags CORPUS [TAKES [CLIPS]] [--checkpoint FOLDER]

A zigzag in a held vowel (`metrics.lips`) is a few events in minutes of speech, and most are real
movements that happen to turn from frame to frame. Sampled a part of a frame later, the same motion
has others: so much a difference between two motions must exceed to mean anything. What no sampling
makes is jitter at the model's own rate, in the last column.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from model_core.cli.chosen_clips import chosen, counted
from model_core.corpus.store import Utterance, load_samples, read_store
from model_core.evaluation.metrics.lips import held_zigzags
from model_core.models.predictor import Predictor
from model_core.motion.closures import lip_opening
from model_core.speech.phones import Phone

OWN, SHOWN = 60.0, 30.0  # frames a second, of the model and of a scene
PARTS = 4  # of a shown frame


def main() -> None:
    """Print a table, a row a take."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("takes", type=int, nargs="?", default=3)
    parser.add_argument("clips", type=int, nargs="?")
    parser.add_argument("--checkpoint", type=Path)
    args = parser.parse_args()
    model = Predictor.load(args.checkpoint, "cpu")
    utterances = counted(chosen(read_store(args.corpus), args.clips))
    found = np.sum([_clip(model, args.corpus, each, args.takes) for each in utterances], axis=0)
    places = " | ".join(f"+{part}/{PARTS} frame" for part in range(PARTS))
    print(f"| zigzags a s | {places} | of all | at {OWN:g} frames a s |")
    print(f"|---|{'---:|' * (PARTS + 2)}")
    for name, rows in (("take 0", found[:1]), ("takes", found[1:])):
        events, seconds = rows[..., 0].sum(axis=0), rows[..., 1].sum(axis=0)
        shown = [*events[:PARTS] / seconds[:PARTS], events[:PARTS].sum() / seconds[:PARTS].sum()]
        shown += [events[PARTS] / seconds[PARTS]]
        print(f"| {name} | {' | '.join(f'{value:.3f}' for value in shown)} |")


def _clip(model: Predictor, corpus: Path, utterance: Utterance, takes: int) -> np.ndarray:
    """Return zigzags and the seconds looked at, (takes + 1, PARTS + 1, 2), of one utterance."""
    samples = load_samples(corpus, utterance)
    motions = (model.predict(samples, OWN, take=take) for take in range(takes + 1))
    openings = (lip_opening(each) for each in motions)
    return np.array([_counts(each, utterance.phones) for each in openings if each is not None])


def _counts(opening: np.ndarray, phones: Sequence[Phone]) -> list[tuple[float, float]]:
    """Return zigzags and seconds of an opening at `OWN`, sampled at each part, and as it is."""
    every, at = OWN / SHOWN, np.arange(len(opening))
    rows: list[tuple[np.ndarray, float, float]] = []
    for part in range(PARTS):
        later = every * part / PARTS
        sampled = np.interp(np.arange(later, len(opening) - every, every), at, opening)
        rows.append((sampled, SHOWN, later / OWN))
    return [_zigzags(each, phones, fps, late) for each, fps, late in [*rows, (opening, OWN, 0.0)]]


def _zigzags(
    opening: np.ndarray, phones: Sequence[Phone], fps: float, late: float
) -> tuple[float, float]:
    """Return zigzags in held vowels, and the seconds of these, of an opening so many s late."""
    moved = [phone._replace(start=phone.start - late, end=phone.end - late) for phone in phones]
    found = held_zigzags(opening, moved, fps)
    return float(found.sum()), len(found) / fps


if __name__ == "__main__":
    main()
