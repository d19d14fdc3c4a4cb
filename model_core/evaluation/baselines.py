"""Two plain ways to move a mouth by a sound, as rivals in studies: visemes in time, and loudness.

Rhubarb Lip Sync (github.com/DanielSWolf/rhubarb-lip-sync) hears nine mouth shapes, A to H and X,
and writes when each begins. They are posed as on characters that have them (`targets.naming`).
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..base.arrays import Floats
from ..base.errors import UserError
from ..base.units import frame_count
from ..motion.motion import Motion
from ..rig.rig import load_face_rig
from ..rig.shapes import SPEECH_SHAPES
from ..speech.audio import SAMPLE_RATE, Samples
from ..speech.loudness import loudness_envelope
from ..targets.naming.pose_sets import POSES
from ..targets.naming.postures import POSTURES

_FADE_SECONDS = 0.08  # from one mouth to the next, around the time that is told
_QUIET_DB, _LOUD_DB, _WIDE_OPEN = -30.0, 0.0, 0.35  # jawOpen is 0 below, and this at the loudest


class Cue(NamedTuple):
    """A mouth shape, A to H or X, and the second it begins."""

    start: float
    shape: str


def read_cues(path: Path) -> list[Cue]:
    """Read what Rhubarb writes as JSON or as tab-separated text, in order of time.

    Raises:
        UserError: it is missing or something else.
    """
    try:
        text = path.read_text(encoding="utf-8")
        cues = _of_json(text) if text.lstrip().startswith("{") else _of_lines(text)
    except OSError:
        raise UserError(f"There is no file {path} with mouth cues.") from None
    except (ValueError, KeyError, TypeError):
        raise UserError(f"{path} does not hold mouth cues as Rhubarb writes them.") from None
    unknown = sorted({cue.shape for cue in cues if f"rhubarb/{cue.shape}" not in POSES})
    if unknown or not cues:
        raise UserError(
            f"{path} holds no mouth shapes A to H and X: {', '.join(unknown) or 'none'}."
        )
    return sorted(cues)


def viseme_motion(cues: Sequence[Cue], seconds: float, fps: float) -> Motion:
    """Return a motion that holds each mouth until the next, and fades between them."""
    starts = np.array([cue.start for cue in cues])
    ends = np.append(starts[1:], max(seconds, starts[-1]))
    reach = np.minimum(_FADE_SECONDS, ends - starts) / 2  # a short one is reached all the same
    times = np.column_stack([starts + reach, ends - reach]).reshape(-1)
    poses = np.repeat([_weights(cue.shape) for cue in cues], 2, axis=0)  # (2 cues, K)
    at = np.arange(frame_count(seconds, fps)) / fps
    return _spoken(np.column_stack([np.interp(at, times, shape) for shape in poses.T]), fps)


def energy_jaw(samples: Samples, fps: float) -> Motion:
    """Return a motion that opens the jaw by the decibels of samples (N,), and does nothing else."""
    frames = frame_count(len(samples) / SAMPLE_RATE, fps)
    level = loudness_envelope(samples, frames, fps)
    weights = np.zeros((frames, len(SPEECH_SHAPES)))
    opened = ((level - _QUIET_DB) / (_LOUD_DB - _QUIET_DB)).clip(0.0, 1.0)
    weights[:, SPEECH_SHAPES.index("jawOpen")] = _WIDE_OPEN * opened
    return _spoken(weights, fps)


def _of_json(text: str) -> list[Cue]:
    return [Cue(float(cue["start"]), str(cue["value"])) for cue in json.loads(text)["mouthCues"]]


def _of_lines(text: str) -> list[Cue]:
    pairs = (line.split() for line in text.splitlines() if line.strip())
    return [Cue(float(start), shape) for start, shape in pairs]


def _weights(shape: str) -> Floats:
    """Return the weights (K,) of a mouth shape."""
    posture = POSTURES[POSES[f"rhubarb/{shape}"].posture]
    return np.array([posture.get(name, 0.0) for name in SPEECH_SHAPES])


def _spoken(weights: Floats, fps: float) -> Motion:
    """Return weights (T, K) of the shapes of speech as a motion of the face rig."""
    basis = load_face_rig().select(SPEECH_SHAPES)
    return Motion(fps, SPEECH_SHAPES, basis, weights.astype(np.float32))
