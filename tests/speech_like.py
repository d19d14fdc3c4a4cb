"""Motions that move as speech does, made without a model."""

import numpy as np

from model_core.motion.motion import Motion
from model_core.rig.rig import load_face_rig
from model_core.rig.shapes import SPEECH_SHAPES

FPS = 30.0


def speech_like(frames: int, seed: int = 0) -> Motion:
    """A motion of phones of 50 to 140 ms with sealed lips now and then, smoothed like speech."""
    rng = np.random.default_rng(seed)
    targets = 0.4 * rng.random((12, 21)) * (rng.random((12, 21)) < 0.3)
    targets[:, :3] = np.stack([0.45 * rng.random(12), np.zeros(12), np.zeros(12)], axis=1)
    targets[0] = 0.0
    targets[1, [0, 2]] = 0.12  # lips sealed over an open jaw
    lengths = rng.integers(2, 5, frames)
    track = np.repeat(rng.integers(0, 12, frames), lengths)[:frames]
    kernel = np.array([0.2, 0.6, 0.2])
    weights = np.stack([np.convolve(column, kernel, "same") for column in targets[track].T], axis=1)
    basis = load_face_rig().select(SPEECH_SHAPES)
    return Motion(FPS, SPEECH_SHAPES, basis, weights.astype(np.float32))
