"""Articulation rules: timed phones (and loudness) to weights of the speech shapes.

Coarticulated blends (`dominance`) of per-phone targets (`targets`) carry jaw, rounding and
spreading; bilabial closures and labiodental tucks are imposed on top (`holds`) so that nothing can
leave them half made; `gestures` turns the result into shape weights on the rig.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from ..base.units import frame_count
from ..speech.phones import BILABIALS, LABIODENTALS, PAUSE, VOWELS, Phone
from .dominance import Segments, blend
from .gestures import Gestures, shape_weights
from .holds import hold_envelope
from .smoothing import control_times, smooth
from .styles import DEFAULT_STYLE, Style, find_style
from .targets import DIPHTHONGS, TARGETS, VOICELESS, Target
from .timeline import fill_pauses

# Columns of the blended targets, with their reach in seconds before and after a segment. Rounding
# is anticipated furthest (Lubker and Gay 1982 find up to several hundred ms), the jaw least.
_COLUMNS = ("voiced_jaw", "jaw", "round", "flare", "spread", "apart", "aperture")
_BEFORE = np.array([0.075, 0.075, 0.180, 0.120, 0.100, 0.070, 0.045])
_AFTER = np.array([0.075, 0.075, 0.100, 0.090, 0.080, 0.070, 0.045])
_REST_REACH = 0.115
"""How long before speech the lips begin to part, and after it come to rest, in seconds."""

_STRESSED, _UNSTRESSED = 1.08, 0.88
_SHORTEST_CLOSURE = 0.050
_STOP_CLOSURE_SHARE = 0.80
"""Of a p or b: the rest is its release."""
_REST_CLOSURE = 0.090
_REST_CLOSURE_SHARE = 0.5
"""A closure next to a pause begins from, or ends in, lips at rest, so it lasts into the pause."""
_TUCK_RAMP = 0.060
_USUAL_DB = -2.5
"""Level of a vowel, against a clip's loud level, at which it opens as `targets` says."""
_GAIN_RANGE = (0.20, 1.40)


def articulate(
    phones: Sequence[Phone],
    duration: float,
    fps: float = 60.0,
    style: str | Style = DEFAULT_STYLE,
    loudness: NDArray[np.floating] | None = None,
    targets: Mapping[str, Target] = TARGETS,
) -> NDArray[np.float32]:
    """Weights (T, K) of `SPEECH_SHAPES` for `phones` in time order, T = `frame_count`.

    Time without a phone is a pause. `loudness` (T,) from `loudness_envelope` scales the jaw's
    opening; without it every phone is at its usual loudness. Raises `UserError` for an unknown
    style.
    """
    manner = style if isinstance(style, Style) else find_style(style)
    time = np.arange(frame_count(duration, fps)) / fps
    timeline = fill_pauses(phones, float(time[-1]) + 1.0 / fps)
    gain = _loudness_gain(loudness, manner) if loudness is not None else np.ones(len(time))
    curves = _blended(_segments(timeline, manner, targets), time, gain)
    closure = hold_envelope(_closures(timeline), time, manner.closing)
    return shape_weights(
        Gestures(
            **dict(zip(_COLUMNS[1:], curves.T, strict=True)),
            closure=closure,
            tuck=hold_envelope(_tucks(timeline), time, _TUCK_RAMP),
            press=manner.press * closure**2,
        )
    )


def jaw_shares(
    phones: Sequence[Phone],
    symbols: Sequence[str],
    duration: float,
    fps: float,
    loudness: NDArray[np.floating],
) -> Floats:
    """How much of each symbol's jaw target is in the opening of each frame, (T, P).

    Symbols as in `targets`, where a diphthong is two; the rest as of `articulate`. Openings are
    about `jaw_shares @ targets`: lips that a closure, or a phone's aperture, holds are not in it.
    """
    manner = find_style(DEFAULT_STYLE)
    time = np.arange(frame_count(duration, fps)) / fps
    timeline = fill_pauses(phones, float(time[-1]) + 1.0 / fps)
    parts = [part for phone in timeline for part in parts_of(phone)]
    own = np.array([[part.symbol == symbol for symbol in symbols] for part in parts])
    whole = _segments(timeline, manner, TARGETS)
    jaw = _COLUMNS.index("jaw")
    spread = replace(
        whole,
        targets=own * _stress_factors(parts)[:, None],
        **{name: getattr(whole, name)[:, [jaw]] for name in ("strength", "before", "after")},
    )
    control = control_times(time)
    gain = np.interp(control, time, _loudness_gain(loudness, manner))[:, None]
    voiced = np.array([symbol not in VOICELESS for symbol in symbols])
    shares = smooth(blend(spread, control) * np.where(voiced, gain, 1.0), time)
    closure = hold_envelope(_closures(timeline), time, manner.closing)
    return shares * (1.0 - closure)[:, None]


def _blended(segments: Segments, time: Floats, gain: Floats) -> Floats:
    """Smooth gesture curves (T, G - 1): `_COLUMNS`, the jaw with `gain` times the voiced jaw."""
    control = control_times(time)
    curves = blend(segments, control)
    curves[:, 1] += curves[:, 0] * np.interp(control, time, gain)
    return smooth(curves[:, 1:], time)


def _segments(timeline: Sequence[Phone], style: Style, table: Mapping[str, Target]) -> Segments:
    """Segments of `timeline`, diphthongs in two, with targets (N, G) in the order of _COLUMNS."""
    parts = [part for phone in timeline for part in parts_of(phone)]
    stress = _stress_factors(parts)
    rows = [table[part.symbol] for part in parts]
    voiced = np.array([part.symbol not in VOICELESS for part in parts])
    jaw = np.array([row.jaw for row in rows]) * style.jaw
    targets = np.column_stack(
        [
            np.where(voiced, jaw * stress, 0.0),
            np.where(voiced, 0.0, jaw),
            np.array([row.round for row in rows]) * style.rounding,
            np.array([row.flare for row in rows]) * style.rounding,
            np.array([row.spread for row in rows]) * style.spreading,
            np.array([row.apart for row in rows]) * style.apart,
            np.array([row.aperture for row in rows]),
        ]
    )
    jaw_strength = np.array([row.jaw_strength for row in rows])
    lip_strength = np.array([row.lip_strength for row in rows])
    strength = np.column_stack([jaw_strength] * 2 + [lip_strength] * 3 + [jaw_strength] * 2)
    before, after = _reaches(parts, style)
    start, end = np.array([part[1:3] for part in parts]).T
    return Segments(start, end, targets, strength, before, after)


def parts_of(phone: Phone) -> list[Phone]:
    """The phone itself, or the two targets of a diphthong as phones."""
    if phone.symbol not in DIPHTHONGS:
        return [phone]
    first, second, share = DIPHTHONGS[phone.symbol]
    turn = phone.start + share * phone.duration
    return [phone._replace(symbol=first, end=turn), phone._replace(symbol=second, start=turn)]


def _stress_factors(parts: Sequence[Phone]) -> Floats:
    """Factor (N,) on each segment's jaw; all 1 when no phone carries a stress mark."""
    stress = np.array([part.stress for part in parts])
    if not stress.any():
        return np.ones(len(parts))
    vowel = np.array([part.symbol in VOWELS for part in parts])
    return np.select([stress == 1, (stress == 0) & vowel], [_STRESSED, _UNSTRESSED], 1.0)


def _reaches(parts: Sequence[Phone], style: Style) -> tuple[Floats, Floats]:
    """Reach (N, G) in seconds of each segment before and after itself."""
    pause = np.array([part.symbol == PAUSE for part in parts])
    after_pause = np.concatenate([[False], pause[:-1]])[:, None]
    before_pause = np.concatenate([pause[1:], [False]])[:, None]
    return (
        np.where(after_pause, _REST_REACH, _BEFORE * style.reach),
        np.where(before_pause, _REST_REACH, _AFTER * style.reach),
    )


def _closures(timeline: Sequence[Phone]) -> Floats:
    """Spans (M, 2) in seconds over which lips are sealed for p, b and m."""
    padded = [None, *timeline, None]
    spans = [
        _closure(phone, before, after)
        for before, phone, after in zip(padded, timeline, padded[2:], strict=False)
        if phone.symbol in BILABIALS
    ]
    return np.array(spans).reshape(-1, 2)


def _closure(phone: Phone, before: Phone | None, after: Phone | None) -> tuple[float, float]:
    """Span of one bilabial's closure, between the phones `before` and `after` it."""
    share = 1.0 if phone.symbol == "m" else _STOP_CLOSURE_SHARE
    start, end = phone.start, phone.start + share * phone.duration
    lacking = max(_SHORTEST_CLOSURE - (end - start), 0.0)
    start, end = start - 0.4 * lacking, end + 0.6 * lacking
    if before is not None and before.symbol == PAUSE:
        start -= min(_REST_CLOSURE, _REST_CLOSURE_SHARE * before.duration)
    if after is not None and after.symbol == PAUSE and phone.symbol == "m":
        end += min(_REST_CLOSURE, _REST_CLOSURE_SHARE * after.duration)
    return start, end


def _tucks(timeline: Sequence[Phone]) -> Floats:
    """Spans (M, 2) in seconds over which the lower lip is held to the upper teeth."""
    spans = [
        (phone.start + 0.2 * phone.duration, phone.end - 0.2 * phone.duration)
        for phone in timeline
        if phone.symbol in LABIODENTALS
    ]
    return np.array(spans).reshape(-1, 2)


def _loudness_gain(loudness: NDArray[np.floating], style: Style) -> Floats:
    """Factor (T,) on the jaw of voiced phones: amplitude to the power of the style's loudness."""
    decibels = style.loudness * (loudness.astype(np.float64) - _USUAL_DB)
    return np.clip(10.0 ** (decibels / 20.0), *_GAIN_RANGE)
