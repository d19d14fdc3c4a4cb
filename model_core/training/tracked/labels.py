"""A teacher set right by phones: bilabials that he left open, and other phones that he closed.

A tuned model cannot close what its teacher does not, unless somebody knows better. Where the phones
are known, the articulation rules do. Aligners err by a frame or two, so near the ends of a closure
the teacher, who heard it, is believed. Labiodentals are tucked as far as the rules do.

Phones also tell what to learn with more care (`marks`).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...articulation.rules import articulate
from ...articulation.styles import STYLES
from ...articulation.timeline import fill_pauses
from ...base.arrays import Array, Floats
from ...rig.lip_geometry import opening_per_unit
from ...rig.rig import load_face_rig
from ...rig.shapes import CLOSED_MM, SPEECH_SHAPES
from ...speech.phones import BILABIALS, LABIODENTALS, PAUSE, ROUNDED, SPREAD, VOWELS, Phone

_EDGE = 2  # frames at either end of a closure in which the teacher is believed
_NEAR = 4  # frames around a closure in which lips may be together
_OPEN_MM = 2.0 * CLOSED_MM
_RAMP = 3  # frames over which a correction comes and goes
_TUCK = [SPEECH_SHAPES.index(name) for name in ("mouthRollLower", "mouthShrugUpper")]
_CODA_CARE = 3.0  # a bilabial after a vowel that none follows is heard least
_MIDDLE = 0.3  # of a phone's length on each side of its centre


class Marks(NamedTuple):
    """What phones say of frames beside where lips meet."""

    care: NDArray[np.float32]  # (T,) how much the gate's error counts; 1 is usual
    rounded: NDArray[np.float32]  # (T,) 1 in a rounded phone's middle, -1 in a spread one's, or 0


def marks(phones: Sequence[Phone], frames: int, fps: float) -> Marks:
    """What the phones of a sound, perhaps none, say of its frames."""
    care, rounded = np.ones(frames, np.float32), np.zeros(frames, np.float32)
    for before, phone, after in zip([None, *phones], phones, [*phones[1:], None], strict=False):
        if phone.symbol in BILABIALS and _vowel(before) and not _vowel(after):
            care[_frames(phone.start, phone.end, fps)] = _CODA_CARE
        if phone.symbol in ROUNDED | SPREAD:
            centre, reach = (phone.start + phone.end) / 2, _MIDDLE * phone.duration
            middle = _frames(centre - reach, centre + reach, fps)
            rounded[middle] = 1.0 if phone.symbol in ROUNDED else -1.0
    return Marks(care, rounded)


def _vowel(phone: Phone | None) -> bool:
    return phone is not None and phone.symbol in VOWELS


def _frames(start: float, end: float, fps: float) -> slice:
    """The frames of a span in seconds, at least one."""
    first = max(0, round(start * fps))
    return slice(first, max(first, round(end * fps)) + 1)


def corrected(
    motion: Array, gate: Array, phones: Sequence[Phone], level: NDArray[np.floating], fps: float
) -> tuple[Array, Array]:
    """A teacher's motion and gate, corrected where the phones say otherwise.

    Args:
        motion: (S, T, K) weights of `SPEECH_SHAPES` in the first S named styles.
        gate: (S, T) probability that lips meet.
        phones: what is said, in time order; pauses are left to the teacher.
        level: (T,) dB, as of `loudness_envelope`.
        fps: frames a second.

    Returns:
        Both, of the same shapes.
    """
    frames = motion.shape[1]
    spoken, bilabial = _spans(phones, frames, fps)
    pairs = [
        _one_style(own, odds, style, spoken, bilabial, (phones, level, fps))
        for own, odds, style in zip(motion, gate, STYLES, strict=False)
    ]
    return np.stack([own for own, _ in pairs]), np.stack([odds for _, odds in pairs])


def _one_style(
    motion: Array,
    gate: Array,
    style: str,
    spoken: NDArray[np.bool_],
    bilabial: NDArray[np.bool_],
    said: tuple[Sequence[Phone], NDArray[np.floating], float],
) -> tuple[Array, Array]:
    phones, level, fps = said
    rules = articulate(phones, len(motion) / fps, fps, style, level.astype(np.float64))
    opening: Floats = rules @ opening_per_unit(load_face_rig().select(SPEECH_SHAPES))
    closed = bilabial & (opening < CLOSED_MM)
    sure = _sure(closed, gate > 0.5)
    near = ndimage.binary_dilation(closed, iterations=_NEAR)
    apart = spoken & (opening > _OPEN_MM) & ~near
    known = np.where(sure, 1.0, np.where(apart, 0.0, gate))
    wrong = (sure & (gate < 0.5)) | (apart & (gate > 0.5))
    share = ndimage.uniform_filter1d(
        ndimage.binary_dilation(wrong, iterations=_RAMP).astype(np.float64), 2 * _RAMP + 1
    )
    mended = motion + share[:, None] * (rules - motion)
    mended[:, _TUCK] = _tucked(mended, rules, phones, fps)[:, _TUCK]
    return mended.astype(np.float32), known.astype(np.float32)


def _tucked(motion: Array, rules: Array, phones: Sequence[Phone], fps: float) -> Array:
    """Motion (T, K) that is tucked at least as the rules are where a labiodental is said."""
    near = np.zeros(len(motion), bool)
    for phone in phones:
        if phone.symbol in LABIODENTALS:
            near[_frames(phone.start, phone.end, fps)] = True
    share = ndimage.uniform_filter1d(near.astype(np.float64), 2 * _RAMP + 1)[:, None]
    more: Array = motion + share * np.maximum(rules - motion, 0.0)
    return more


def _sure(closed: NDArray[np.bool_], heard: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Closures (T,) without their ends, or whole where the teacher heard nothing of them."""
    labelled, count = ndimage.label(closed)
    heard_of = np.zeros(count + 1, bool)  # by closure; 0 is what is none
    heard_of[labelled[heard]] = True
    missed = closed & ~heard_of[labelled]
    inner = ndimage.binary_erosion(closed, iterations=_EDGE)
    return missed | inner


def _spans(
    phones: Sequence[Phone], frames: int, fps: float
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Whether each frame (T,) lies in a phone that is no pause, and in or beside a bilabial."""
    timeline = fill_pauses(phones, frames / fps)
    starts = np.array([phone.start for phone in timeline])
    index = np.searchsorted(starts, np.arange(frames) / fps, "right") - 1
    spoken = np.array([phone.symbol != PAUSE for phone in timeline])[index.clip(0)]
    lips = np.array([phone.symbol in BILABIALS for phone in timeline])[index.clip(0)]
    beside: NDArray[np.bool_] = ndimage.binary_dilation(lips, iterations=_EDGE)
    return spoken, beside
