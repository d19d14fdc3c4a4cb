"""Life that a model tells instead of statistics: a motion of eyes, brows, lids and head.

What is drawn knows what it means: a look, a blink, a turn. A model tells weights, in which eyes
make up for the head, lids follow the eyes, and a blink closes what is left of them. Here the
meaning is found again, so that amounts and the one who is looked at act as on drawn life. Moods
shape the face, but do not change how often a model blinks or looks away.
"""

import numpy as np

from ...base.arrays import Array, Floats
from ...motion.channels import weights_by_name
from ...motion.motion import Motion
from ...motion.resampling import interpolate
from ...rig.gaze import SIDES, turning
from ...rig.shapes import UPPER_FACE
from . import breathing, gaze, lids
from .life import DIP, LifeOptions, Shown, draw_lungs, show
from .voice import RATE, Voice

_LEAST = 0.3  # weight of a whole blink on lids that something else has nearly closed
_EYES = tuple(f"eye{what}" for what in ("Blink", "Look", "Wide"))


def live_by_model(
    motion: Motion, told: Motion, voice: Voice, options: LifeOptions, other: Floats | None = None
) -> Motion:
    """Return a motion with the life that a model told of its sound; breathing is drawn.

    Blinks come as the model has them or, with an amount of 0, not at all.

    Args:
        motion: of the sound, at any frame rate.
        told: the model's, at its own rate: weights of brows and eyes, and a head that turns.
        voice: what is heard.
        options: how much of each part, and the seed of breathing.
        other: as of `life.animate`.
    """
    at = np.arange(motion.frames) * (told.fps / motion.fps)
    weights = {name: interpolate(it, at) for name, it in weights_by_name(told).items()}
    head = interpolate(_head_of(told), at).astype(np.float64)
    lungs = draw_lungs(voice, options)
    seconds = np.arange(motion.frames) / motion.fps
    lifts = options.of("breathing") * np.interp(seconds, np.arange(len(lungs)) / RATE, lungs)
    turned = options.of("head") * head
    turned[:, 1] -= np.radians(breathing.LIFT) * lifts
    share = _share(weights) if options.of("blinks") else np.zeros(motion.frames)
    shown = Shown(share, turned, _looked(weights, head), _brows(weights, options.of("brows")))
    return show(motion, shown, lungs, options, other)


def _head_of(told: Motion) -> Array:
    return np.zeros((told.frames, 3), np.float32) if told.head is None else told.head


def _share(weights: dict[str, Array]) -> Floats:
    """Return how far the lids are down, (T,), whatever else holds them open or closed."""
    others = {name: it for name, it in weights.items() if not name.startswith("eyeBlink")}
    frames = len(next(iter(weights.values())))
    whole = lids.blink_weights(np.ones(frames), others)
    shares = [weights[name] / np.maximum(it, _LEAST) for name, it in whole.items()]
    return np.clip(np.mean(shares, axis=0), 0.0, 1.0).astype(np.float64)


def _looked(weights: dict[str, Array], head: Floats) -> Floats:
    """Return where the eyes rest, (T, 2) degrees, from how they turn within the head."""
    within = np.zeros((len(head), 2))
    for name, values in weights.items():
        found = turning(name)
        if found is not None:
            within += values[:, None] * found[1] / len(SIDES)
    looked = np.degrees(within + head[:, :2])
    looked[:, 1] -= DIP * _share(weights)
    size = np.linalg.norm(looked, axis=1, keepdims=True)
    capped: Floats = looked * np.minimum(1.0, gaze.LARGEST / np.maximum(size, 1e-9))
    return capped


def _brows(weights: dict[str, Array], amount: float) -> dict[str, Floats]:
    """Return what else of the upper face moves, by name: brows and squints."""
    return {
        name: amount * it.astype(np.float64)
        for name, it in weights.items()
        if name.startswith(UPPER_FACE) and not name.startswith(_EYES)
    }
