"""What an animator turns up and down after a prediction, without the model: jaw, lips, time.

Every control is neutral at its default, where a motion stays the same bits. Closed lips stay closed
under all of them but the one that is about closing.
"""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..base.arrays import Array
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from ..motion.resampling import at_frames
from ..rig.shapes import CLOSED_MM, UPPER_FACE
from .closing import as_closed
from .nearness import speech_share
from .options import CONTROLS, SILENT_DB, BakeOptions, options

_ROUNDING = ("mouthFunnel", "mouthPucker")
_WIDTH = ("mouthStretch", "mouthSmile", "mouthDimple")
_UPPER = ("mouthUpperUp", "mouthShrugUpper", "mouthRollUpper")
_OF_STYLES = ("blend_style", "style_blend")  # see `style_mix`
_TIGHTER_MM = 1.5  # what one step of the closing control brings closed lips together
_PRESS = 0.3  # what it adds to mouthPress then
_LEAD, _HANG, _EASE = 0.12, 0.1, 0.12  # s around what is loud enough, and from there to rest
_LOPSIDED = 0.6  # of a side's weight, what full asymmetry takes from one and gives the other
_EVEN_MM, _UNEVEN_MM = CLOSED_MM, CLOSED_MM + 4.0  # openings where sides are alike, and may differ


def performed(motion: Motion, frames: int | None, chosen: BakeOptions) -> Motion:
    """Return the first frames of a motion (all if None) as the options of a bake want it.

    Args:
        motion: as a model predicts it, not placed on a mesh yet.
        frames: how many are wanted.
        chosen: its strength and controls count.
    """
    portion = motion.portion(frames, chosen.strength)
    if not _turned(chosen) or not portion.frames:
        return portion
    timed = _shifted(_hushed(portion, chosen.silence_db), chosen.offset_ms)
    smooth = _smoothed(timed, chosen.smoothing_ms)
    even = replace(smooth, weights=smooth.weights * _gains(smooth.names, chosen))
    return _closed(timed, _lopsided(even, timed, chosen.asymmetry), chosen.closing)


def notes_on(motion: Motion, chosen: BakeOptions) -> tuple[str, ...]:
    """Return a sentence if a motion lacks the shapes that a control of the lips is about."""
    about_shapes = set(_turned(chosen)) - {"offset_ms", "smoothing_ms", "silence_db"}
    if not about_shapes or "jawOpen" in motion.names:
        return ()
    labels = ", ".join(options()[name][1].label for name in sorted(about_shapes))
    return (f"The model moves no named shapes, so this changes nothing: {labels}.",)


def _turned(chosen: BakeOptions) -> list[str]:
    """Return the controls that are not at their defaults, but for the mixing of styles."""
    own = [name for name in chosen.own() if options()[name][1].place == CONTROLS]
    return [name for name in own if name not in _OF_STYLES]


def _gains(names: tuple[str, ...], chosen: BakeOptions) -> Array:
    """Return what each shape's weight is multiplied by: (K,)."""
    groups: Mapping[str, float] = {
        **dict.fromkeys(_ROUNDING, chosen.rounding),
        **dict.fromkeys(_WIDTH, chosen.width),
        **dict.fromkeys(_UPPER, chosen.upper_lip),
    }
    return np.array([_gain(name, chosen, groups) for name in names], np.float32)


def _gain(name: str, chosen: BakeOptions, groups: Mapping[str, float]) -> float:
    if name.startswith("jaw") or name == "mouthClose":  # which is a corrective to the jaw
        return chosen.jaw
    if name.startswith("mouth"):
        part = name.removesuffix("Left").removesuffix("Right")
        return chosen.lips * groups.get(part, 1.0)
    return 0.0 if chosen.mouth_only else 1.0


def _hushed(motion: Motion, threshold_db: float) -> Motion:
    """Return a motion whose mouth rests where the sound is below a level, but for what is brief."""
    if motion.loudness is None or threshold_db <= SILENT_DB:
        return motion
    share = speech_share(motion.loudness >= threshold_db, motion.fps, _LEAD, _HANG, _EASE)
    spoken = [not name.startswith(UPPER_FACE) for name in motion.names]
    factors = np.where(spoken, share[:, None], 1.0).astype(np.float32)
    return replace(motion, weights=motion.weights * factors)


def _shifted(motion: Motion, later_ms: float) -> Motion:
    """Return a motion some milliseconds later, of as many frames."""
    if not later_ms:
        return motion
    at = np.arange(motion.frames) - later_ms / 1000 * motion.fps
    return at_frames(motion, at.clip(0, None))


def _smoothed(motion: Motion, width_ms: float) -> Motion:
    """Return a motion averaged over a bell of some milliseconds (its standard deviation)."""
    sigma = width_ms / 1000 * motion.fps
    if sigma <= 0:
        return motion
    reach = int(np.ceil(3 * sigma))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(motion.weights, ((reach, reach), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(bell), axis=0)
    smooth = (windows @ (bell / bell.sum())).astype(np.float32)
    quick = [name.startswith(UPPER_FACE) for name in motion.names]  # blinks are to close, eyes jump
    return replace(motion, weights=np.where(quick, motion.weights, smooth))


def _lopsided(motion: Motion, before: Motion, asymmetry: float) -> Motion:
    """Return a motion whose left does more than its right, or less, where the lips are open."""
    opening = lip_opening(before)
    if not asymmetry or opening is None:
        return motion
    share = np.clip((opening - _EVEN_MM) / (_UNEVEN_MM - _EVEN_MM), 0.0, 1.0)
    sides = np.array([_side(name) for name in motion.names], np.float32)
    factors = 1 + _LOPSIDED * asymmetry * share[:, None] * sides
    return replace(motion, weights=(motion.weights * factors).astype(np.float32))


def _side(name: str) -> int:
    """Return 1 for a shape of the mouth's left, -1 for one of its right, 0 for others."""
    if not name.startswith("mouth") or name in {"mouthLeft", "mouthRight"}:
        return 0
    return int(name.endswith("Left")) - int(name.endswith("Right"))


def _closed(before: Motion, after: Motion, closing: float) -> Motion:
    """Return a motion whose lips close where they did: as much, more or less."""
    opening = lip_opening(before)
    if opening is None or "jawOpen" not in after.names:
        return after
    more = closing - 1.0
    pressed = np.where(opening < CLOSED_MM, _PRESS * max(more, 0.0), 0.0).astype(np.float32)
    press = np.array([name.startswith("mouthPress") for name in after.names], np.float32)
    return as_closed(
        before,
        replace(after, weights=after.weights + pressed[:, None] * press),
        more * _TIGHTER_MM,
    )
