"""Takes: other performances of one line, by a walk among a model's styles, lips as exact as before.

A take adds smooth noise to the style, frame by frame: a constant of its own and a slow drift, whose
shares add to 0, so that the styles' still add to 1. Lips then do more or less of everything, as
they do from take to take of one speaker, and between closures a little earlier or later; where the
plain prediction closes them, or tucks the lower one under the teeth, every take does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from ..base.arrays import Array, Floats
from ..motion.channels import weights_by_name, with_channels
from ..motion.closures import lip_opening
from ..motion.motion import Motion
from ..rig.lip_geometry import opening_per_unit
from ..rig.shapes import CLOSED_MM

CONSTANT, DRIFT = 0.5, 0.75
"""Deviation of a style's share from take to take, and within one, that counts as variation 1."""
KNOTS = 0.5
"""Seconds between the noise's knots: it keeps its course for about as long."""
_MOST_LATE = 0.012  # s, that a frame of a take may come later or earlier
_FREE_MM = 5.0  # from where lips keep their time to where they are as late as may be
_RESTRAINT = 0.65  # share of what lips part further that is taken back
_FADE_MM = 0.8  # from closed lips to those that a take may part as it likes
_APART_MM = 0.4  # so far from closed a take stays where the plain prediction is open
_TUCK, _FADE_TUCK = 0.2, 0.15  # of mouthRollLower, where a tuck begins and how soon it is one
_SPLINE = np.array([[1, 4, 1, 0], [-3, 0, 3, 0], [3, -6, 3, 0], [-1, 3, -3, 1]]) / 6.0
"""Powers of the time since a knot -> shares of the four knots around it: a uniform cubic spline."""


class SlowNoise:
    """Smooth noise of deviation 1, told frame after frame; however it is asked for, it is the same.

    Args:
        random: what it draws from.
        columns: how many independent ones.
        fps: frames a second.
    """

    def __init__(self, random: np.random.Generator, columns: int, fps: float) -> None:
        self._random, self._columns, self._fps = random, columns, fps
        self._knots = self._draw(4)  # (n, columns), from half a second before the first frame
        self._told = 0

    def rows(self, frames: int) -> Floats:
        """Return the next frames (frames, columns)."""
        at = (self._told + np.arange(frames)) / (self._fps * KNOTS)
        self._told += frames
        first = at.astype(int)
        missing = int(first.max(initial=0)) + 4 - len(self._knots)
        if missing > 0:
            self._knots = np.concatenate([self._knots, self._draw(missing)])
        powers = (at - first)[:, None] ** np.arange(4)
        shares = powers @ _SPLINE  # (frames, 4)
        shares /= np.linalg.norm(shares, axis=1, keepdims=True)  # as much noise between the knots
        around = self._knots[first[:, None] + np.arange(4)]  # (frames, 4, columns)
        noise: Floats = np.einsum("fk,fkc->fc", shares, around)
        return noise

    def _draw(self, knots: int) -> Floats:
        return self._random.standard_normal((knots, self._columns))


class StyleWalk:
    """The drift of a take among styles, frame after frame.

    Args:
        random: what it draws from, and nobody else.
        styles: how many there are.
        fps: frames a second.
    """

    def __init__(self, random: np.random.Generator, styles: int, fps: float) -> None:
        self._constant = _centred(random.standard_normal((1, styles)))
        self._noise = SlowNoise(random, styles, fps)

    def rows(self, frames: int) -> Array:
        """Return what the next frames add to the shares of the styles: (frames, styles)."""
        drift = _centred(self._noise.rows(frames))
        return (CONSTANT * self._constant + DRIFT * drift).astype(np.float32)


class TimeWalk:
    """How late a take is, frame after frame: smoothly more or less, and not at all where lips meet.

    Args:
        random: what it draws from, and nobody else.
        fps: frames a second.
    """

    def __init__(self, random: np.random.Generator, fps: float) -> None:
        self._noise, self._most = SlowNoise(random, 1, fps), min(1.0, _MOST_LATE * fps)

    def retimed(self, plain: Motion, take: Array) -> Array:
        """Return the next frames (T, K) of a take as late as they are.

        Args:
            plain: the prediction, T frames.
            take: (T + 2, K), with the frames before and after.
        """
        opening, late = _known_opening(plain), np.tanh(self._noise.rows(plain.frames)[:, 0])
        if opening is None:
            return take[1:-1]
        free = np.clip((opening - CLOSED_MM - _FADE_MM) / _FREE_MM, 0.0, 1.0)
        late = (self._most * free * late).astype(np.float32)[:, None]  # frames
        beside = np.where(late > 0, take[:-2], take[2:])
        return take[1:-1] + abs(late) * (beside - take[1:-1])


def with_neighbours(blocks: Iterable[Array]) -> Iterator[Array]:
    """Yield consecutive rows (n, C) as (m + 2, C), with those before and after; at the ends twice.

    All rows come once as one of the m; a block's last waits for the next.
    """
    held = np.empty((0, 0), np.float32)
    for block in blocks:
        before = held if len(held) else block[:1]
        held = np.concatenate([before, block])
        if len(held) > 2:
            yield held
            held = held[-2:]
    yield np.concatenate([held, held[-1:]])


def _centred(shares: Floats) -> Floats:
    """Return shares (n, styles) that add to nothing."""
    centred: Floats = shares - shares.mean(axis=1, keepdims=True)
    return centred


def varied(plain: Motion, take: Motion, variation: float) -> Motion:
    """Return a motion so far from the plain prediction towards a take, its lips as closed.

    Args:
        plain: the prediction.
        take: of the same shapes and frames.
        variation: 0 is the prediction, 1 the take; more goes beyond.
    """
    towards = plain.weights + np.float32(variation) * (take.weights - plain.weights)
    mixed = replace(plain, weights=np.maximum(towards, np.float32(0.0)))
    opening = _known_opening(plain)
    if opening is None:
        return mixed
    return _closed(_restrained(_tucked(plain, mixed), opening), opening)


def as_closed_as(plain: Motion, changed: Motion) -> Motion:
    """Return a changed motion whose lips are closed, and tucked, just where the plain one's are."""
    opening = _known_opening(plain)
    return changed if opening is None else _closed(_tucked(plain, changed), opening)


def _known_opening(plain: Motion) -> Array | None:
    """Return the opening (T,) of lips that can be closed; None where they are not known."""
    if not {"jawOpen", "mouthClose", "mouthRollLower"} <= set(plain.names):
        return None
    return lip_opening(plain)


def stilled(plain: Motion, differences: Array, share: float) -> Array:
    """Return what a take adds to the plain weights, (T, K), with less where those close the lips.

    Args:
        plain: the prediction.
        differences: (T, K or fewer).
        share: that is taken away where lips are closed.
    """
    opening = _known_opening(plain)
    if opening is None:
        return differences
    kept: Array = differences * (1.0 - share * _held(opening))[:, None].astype(np.float32)
    return kept


def _held(opening: Array) -> Array:
    """Return (T,) how far lips so many mm open (T,) are to be as closed in a take, 0 to 1."""
    held: Array = np.clip((CLOSED_MM + _FADE_MM - opening) / _FADE_MM, 0.0, 1.0)
    return held


def _tucked(plain: Motion, mixed: Motion) -> Motion:
    """Return a motion whose lower lip is under the teeth as far as it was in the plain one."""
    roll = plain.names.index("mouthRollLower")
    was, weights = plain.weights[:, roll], mixed.weights.copy()
    held = np.clip((was - _TUCK) / _FADE_TUCK, 0.0, 1.0).astype(np.float32)
    weights[:, roll] += held * np.maximum(was - weights[:, roll], 0.0)
    return replace(mixed, weights=weights)


def _restrained(mixed: Motion, opening: Array) -> Motion:
    """Return a motion that parts the lips further than the plain opening (T,) by less.

    Lips that part further are faster, and a speaker's are so only so much.
    """
    now, weights, jaw = lip_opening(mixed), mixed.weights.copy(), mixed.names.index("jawOpen")
    assert now is not None  # of the same shapes
    surplus = _RESTRAINT * np.maximum(now - opening, 0.0)
    lower = surplus / opening_per_unit(mixed.basis[[jaw]])[0]
    weights[:, jaw] -= np.minimum(lower, weights[:, jaw])
    return replace(mixed, weights=weights)


def _closed(mixed: Motion, opening: Array) -> Motion:
    """Return a motion whose lips are closed where the plain opening (T,) is, and nowhere else.

    There they are as far apart as in the plain one. What parts them further is taken back with
    mouthClose and, where that is full, with jawOpen; what closes them more, with jawOpen.
    """
    now = lip_opening(mixed)
    assert now is not None  # of the same shapes
    surplus = _held(opening) * np.maximum(now - opening, 0.0)  # mm
    missing = np.maximum(np.minimum(opening, CLOSED_MM + _APART_MM) - now, 0.0)
    names, weights = mixed.names, mixed.weights.copy()
    close, jaw = names.index("mouthClose"), names.index("jawOpen")
    per_close, per_jaw = opening_per_unit(mixed.basis[[close, jaw]])
    closing = np.minimum(surplus / -per_close, np.maximum(1.0 - weights[:, close], 0.0))
    weights[:, close] += closing
    left = np.minimum((surplus + closing * per_close) / per_jaw, weights[:, jaw])
    weights[:, jaw] += missing / per_jaw - left
    return replace(mixed, weights=weights)


def blended(one: Motion, other: Motion, share: float, later: int = 0) -> Motion:
    """Return a motion between two takes of one line; lips that both close stay closed.

    Args:
        one: whose frames it has.
        other: at the same frame rate; where it has no frame, the first alone counts.
        share: of the other, 0 to 1.
        later: how many frames after the first's the other's first is.
    """
    at = np.arange(one.frames) - later
    there = (at >= 0) & (at < other.frames)
    shares = np.where(there, share, 0.0).astype(np.float32)
    rows = at.clip(0, max(0, other.frames - 1))
    still = {n: np.zeros(one.frames, np.float32) for n in other.names if n not in one.names}
    whole = with_channels(one, still)
    columns, nothing = weights_by_name(other), np.zeros(other.frames, np.float32)
    theirs = np.stack([columns.get(name, nothing)[rows] for name in whole.names], axis=1)
    tracks: dict[str, Any] = {
        name: _between(track, other.tracks()[name][rows], shares)
        for name, track in one.tracks().items()
        if name in other.tracks()
    }
    return replace(whole, weights=_between(whole.weights, theirs, shares), **tracks)


def _between(one: Array, other: Array, shares: Array) -> Array:
    """Return what lies between two arrays (T, ...) by shares (T,) of the other."""
    mixed: Array = one + shares.reshape(-1, *[1] * (one.ndim - 1)) * (other - one)
    return mixed
