"""What life there is in a motion, whoever made it: figures that people's can be set against."""

from collections.abc import Mapping

import numpy as np

from ..base.arrays import Flags, Floats
from ..base.runs import runs
from ..base.statistics import pearson
from ..motion.channels import weights_by_name
from ..motion.motion import Motion
from ..performance.life import gaze
from ..performance.life.accents import prominence
from ..performance.life.voice import RATE, Voice
from ..rig.gaze import SIDES, turning
from .metrics.beats import beat_constancy, slow_moments

_DOWN = 0.35  # share of lids at which a blink counts
_UP = 0.1  # weight at which a brow is raised
_NEAR = 0.5  # s
ON_OTHER = gaze.FACE + 0.4
"""Degrees from the other one within which the eyes are on him."""
_FOLLOWED = 0.2  # s, of the smoothing of pitch and loudness

PEOPLE: Mapping[str, str] = {
    "blinks a minute": "26 in conversation, 17 at rest",
    "blinks within 0.5 s of a pause (share)": "most",
    "on the other while talking (share)": "0.41",
    "on the other while listening (share)": "0.75",
}
"""What is known of people: Bentivoglio 1997, Nakano and Kitazawa 2010, Lee et al. 2002."""


def life_figures(motion: Motion, voice: Voice, begins: Floats) -> dict[str, float]:
    """Return figures of a motion of a voice in whose sound something begins at seconds (N,)."""
    weights, turned = weights_by_name(motion), _turned(motion)
    starts = _starts(_mean(weights, "eyeBlink", motion.frames) > _DOWN, motion.fps)
    on = np.linalg.norm(_looked(motion), axis=1) <= ON_OTHER
    listens = _at_frames(voice.listening.astype(np.float64), motion) > 0.5
    minutes, rests = motion.duration / 60.0, slow_moments(turned, motion.fps)
    raises = _starts(_mean(weights, "browInnerUp", motion.frames) > _UP, motion.fps)
    return {
        "blinks a minute": len(starts) / minutes,
        "blinks within 0.5 s of a pause (share)": near_pauses(starts, voice.pauses),
        "on the other while talking (share)": _share(on, ~listens),
        "on the other while listening (share)": _share(on, listens),
        "brow raises a minute": len(raises) / minutes,
        **_of_head(motion, turned, voice),
        "head: rests a second": len(rests) / motion.duration,
        "head: beat constancy": beat_constancy(begins, rests),
    }


def _of_head(motion: Motion, turned: Floats, voice: Voice) -> dict[str, float]:
    """Return how the head (T, 3), in degrees, follows a voice, how far it goes and how fast."""
    heard = _at_frames(prominence(voice, _FOLLOWED), motion)
    figures = {}
    for axis, name in enumerate(("yaw", "pitch", "roll")):
        r = pearson(turned[:, axis], heard)  # none where the head is still
        figures[f"head: {name} with the voice (r)"] = abs(float(np.nan_to_num(r)))
    steps = np.abs(np.diff(turned, axis=0))
    fastest = float(steps.max(initial=0.0)) * motion.fps
    spread = float(turned.std(axis=0).mean())
    return {**figures, "head: spread (degrees)": spread, "head: fastest (degrees/s)": fastest}


def _turned(motion: Motion) -> Floats:
    """Return how the head turns, (T, 3) in degrees."""
    still = np.zeros((motion.frames, 3))
    return still if motion.head is None else np.degrees(motion.head.astype(np.float64))


def _looked(motion: Motion) -> Floats:
    """Return where the eyes look, (T, 2) degrees, whatever the head does."""
    looked = _turned(motion)[:, :2].copy()
    for name, values in weights_by_name(motion).items():
        found = turning(name)
        if found is not None:
            looked += values[:, None] * np.degrees(found[1]) / len(SIDES)
    return looked


def _mean(weights: Mapping[str, np.ndarray], name: str, frames: int) -> Floats:
    sides = [weights.get(f"{name}{side}", np.zeros(frames)) for side in SIDES]
    return np.mean(sides, axis=0, dtype=np.float64)


def _starts(flags: Flags, fps: float) -> Floats:
    """Return the seconds at which runs of flags (T,) begin."""
    return runs(flags)[:, 0] / fps


def near_pauses(starts: Floats, pauses: Floats) -> float:
    """Return the share of moments (N,) within 0.5 s of pauses (Q, 2), in seconds; NaN of none."""
    if not len(starts):
        return float("nan")
    away = np.maximum(pauses[None, :, 0] - starts[:, None], starts[:, None] - pauses[None, :, 1])
    return float(np.mean(away.min(axis=1, initial=np.inf) <= _NEAR))


def _share(flags: Flags, among: Flags) -> float:
    return float(flags[among].mean()) if among.any() else float("nan")


def _at_frames(values: Floats, motion: Motion) -> Floats:
    at = np.arange(motion.frames) / motion.fps
    found: Floats = np.interp(at, np.arange(len(values)) / RATE, values)
    return found
