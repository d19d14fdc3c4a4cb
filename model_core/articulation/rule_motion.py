"""Articulation rules as a Motion on the product's face rig."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..base.units import frame_count
from ..motion.motion import Motion
from ..rig.arkit import SPEECH_TONGUE, named_basis
from ..rig.shapes import SPEECH_SHAPES
from ..speech.loudness import loudness_envelope
from ..speech.phones import Phone
from .rules import articulate
from .styles import DEFAULT_STYLE
from .tongue import articulate_tongue


def rule_motion(
    phones: Sequence[Phone],
    samples: NDArray[np.floating] | None,
    duration: float,
    fps: float,
    style: str = DEFAULT_STYLE,
) -> Motion:
    """What the rules make of `phones` and the loudness of `samples` (N,) at 16 kHz, if given."""
    loudness = None
    if samples is not None:
        loudness = loudness_envelope(samples, frame_count(duration, fps), fps)
    lips = articulate(phones, duration, fps, style, loudness)
    weights = np.concatenate([lips, articulate_tongue(phones, duration, fps)], axis=1)
    names = (*SPEECH_SHAPES, *SPEECH_TONGUE)
    return Motion(fps, names, named_basis(names), weights)
