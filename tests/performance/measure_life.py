"""Print what life does over sounds, beside what people do: SOUND... [--shared DIR] [--seeds N]

Run from the repository's root with ``PYTHONPATH=.``. The sounds are joined; without any, ten
minutes of the demo's voice in turns are made. Then what a blink leaves open on heads, and what life
and moods do to the lips of the demo's sentence. With the material beside the project, the heads are
of twenty people more, and recorded faces are measured the same way.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model_core.base.arrays import Array
from model_core.base.assets import DEMO_SPEECH
from model_core.datasets.identities import identities
from model_core.demo.head import load_demo_head
from model_core.evaluation.life import ON_OTHER, near_pauses
from model_core.models.predictor import Predictor
from model_core.motion.closures import lip_opening
from model_core.performance.expression import express
from model_core.performance.life import gaze, head
from model_core.performance.life.accents import prominence
from model_core.performance.life.blinks import closed_share
from model_core.performance.life.life import LifeOptions, draw_life
from model_core.performance.life.voice import RATE, Voice, hear_voice
from model_core.performance.mood.moods import MOODS
from model_core.performance.option_values import options_of
from model_core.performance.options import BakeOptions
from model_core.rig.lids import BLINKS, close_lids
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import CLOSED_MM
from model_core.speech.audio import load_audio
from tests.face.test_eyes import seen_mm
from tests.performance.life_speech import conversation

FPS = 60.0


def of_life(voice: Voice, seed: int) -> dict[str, float]:
    """Return what a seed draws over a voice, in figures."""
    life = draw_life(voice, LifeOptions(seed=seed))
    starts = np.array([blink.time for blink in life.blinks])
    ends = voice.phrases[:, 1]
    spoken = starts[[not voice.at(voice.listening, start) for start in starts]]
    at = np.arange(0.0, voice.seconds, 1.0 / RATE)
    on = np.linalg.norm(gaze.directions(life.fixations, at), axis=1) <= ON_OTHER
    listens = voice.listening[: len(at)]
    frames = np.arange(0.0, voice.seconds, 1.0 / FPS)
    angles = head.head_angles(life.head, 0.7 * life.lungs, 1.0, frames)
    heard = prominence(voice, 0.2)
    drive = np.interp(np.arange(len(angles)) / FPS, np.arange(len(heard)) / RATE, heard)
    return {
        "blinks a minute": 60 * len(starts) / voice.seconds,
        "within 0.5 s of a pause": near_pauses(starts, voice.pauses),
        "of those talking, within 0.5 s of a phrase's end": float(
            np.mean(np.abs(spoken[:, None] - ends).min(axis=1) <= 0.5)
        ),
        "least seconds between two": float(np.diff(starts).min()),
        "complete": float(np.mean([blink.depth == 1.0 for blink in life.blinks])),
        "on the other, talking": float(on[~listens].mean()),
        "on the other, listening": float(on[listens].mean()) if listens.any() else np.nan,
        "median fixation (s)": float(np.median(np.diff([f.time for f in life.fixations]))),
        "raises a minute": 60 * len(life.brows) / voice.seconds,
        "raises per accent": len(life.brows) / max(len(life.accents), 1),
        **{
            f"head's {name}: correlation": abs(float(np.corrcoef(angles[:, k], drive)[0, 1]))
            for k, name in enumerate(("yaw", "pitch", "roll"))
        },
        "head's fastest (degrees/s)": float(np.abs(np.diff(angles, axis=0)).max() * FPS),
        "head's mean (degrees)": float(np.abs(angles.mean(axis=0)).max()),
        "head's spread, yaw (degrees)": float(angles[:, 0].std()),
        "seconds a blink is over 0.35 closed": float(
            np.median(lasting(closed_share(life.blinks, at[::3], 0.03), RATE / 3))
        ),
    }


def lasting(share: NDArray[np.floating], fps: float) -> NDArray[np.float64]:
    """Return how long each blink is more than 0.35 closed, in seconds."""
    edges = np.diff(np.pad((share > 0.35).astype(int), 1)).nonzero()[0].reshape(-1, 2)
    lasts = np.diff(edges, axis=1)[:, 0] / fps
    return lasts[lasts < 0.4]


def print_recorded(folder: Path) -> None:
    """Print the same of recorded faces: blinks of iPhone takes, fixations of conversations."""
    with np.load(folder / "data" / "life" / "arkit_takes.npz") as takes:
        column = list(takes["names"]).index("EyeBlinkLeft")
        for take in takes.files[2:]:
            share = takes[take][:, column].astype(float)
            lasts = lasting(share, 30.0)
            rate = len(lasts) / len(share) * 1800
            print(f"recorded {take}: {rate:.1f} blinks a minute, {np.median(lasts):.3f} s each")
    with np.load(folder / "data" / "life" / "fixations.npz") as recorded:
        print("recorded fixations:", list(recorded["names"]), list(recorded["labels"]))


def print_lids(folder: Path | None) -> None:
    """Print how far a blink leaves lids apart, on the mean, the demo head and others."""
    rig = load_face_rig()
    heads = {"FLAME's mean": [rig.neutral], "the demo head": [load_demo_head().vertices]}
    if folder is not None:
        source = folder / "face" / "flame2023_open.npz"
        heads["the worst of 20 people"] = identities(20, np.random.default_rng(1), source)
    for name, faces in heads.items():
        left = [_left_open_mm(points) for points in faces]
        print(f"mm that a blink leaves open, {name:23s} {max(left):8.3f}")


def _left_open_mm(points: Array) -> float:
    """Return how much of the eyeballs is still seen between the lids of a closed face, in mm."""
    rig = load_face_rig()
    blinks = close_lids(points, rig.faces, rig.select(BLINKS), BLINKS)
    return seen_mm(points + blinks.sum(axis=0), rig.faces, rig.regions["eyeballs"])


def print_lips() -> None:
    """Print how much life and moods change the opening of the lips of the demo's sentence."""
    samples = load_audio(DEMO_SPEECH)
    motion = Predictor.load().predict(samples, 30.0)
    before = lip_opening(motion)
    assert before is not None
    chosen = {"life": BakeOptions(life=1.0)}
    chosen |= {m: options_of({"life": 1.0, f"mood_{m}": 0.6}) for m in MOODS}
    for name, options in chosen.items():
        after = lip_opening(express(motion, samples, options))
        assert after is not None
        closed = before < CLOSED_MM
        kept, false = (after[closed] < CLOSED_MM).mean(), (after[~closed] < CLOSED_MM).mean()
        most = np.abs(after - before)[closed].max()
        print(f"lips under {name:10s} closures kept {kept:.3f} (within {most:.3f} mm), ", end="")
        print(f"other frames closed {false:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sounds", nargs="*", type=Path)
    parser.add_argument("--shared", type=Path)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    sounds = [load_audio(path) for path in given.sounds] or [conversation(600.0)]
    voice = hear_voice(np.concatenate(sounds))
    print(
        f"{voice.seconds:.0f} s, {len(voice.phrases)} phrases, "
        f"{voice.speaking.mean():.0%} sounding, {voice.listening.mean():.0%} listening"
    )
    drawn = [of_life(voice, seed) for seed in range(given.seeds)]
    for name in drawn[0]:
        values = [each[name] for each in drawn]
        print(f"{name:50s} {np.mean(values):8.3f}  ({min(values):.3f} to {max(values):.3f})")
    print_lids(given.shared)
    print_lips()
    if given.shared:
        print_recorded(given.shared)


if __name__ == "__main__":
    main()
