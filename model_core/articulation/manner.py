"""A stochastic teacher: the rules as a speaker who says a line a little differently each time.

A manner is drawn for a clip: two styles near the one that is meant, between which a slow process
wanders, boundaries of phones that fall a little early or late, a mouth that does more on one side,
and a smile. Closures and pauses stay where they are. Blinks, brows and nods are life's
(`performance.life`), which draws its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..base.arrays import Array
from ..performance.manners import FACTORS, OF_RULES, Amounts, wandering
from ..performance.takes import SlowNoise
from ..rig.shapes import SPEECH_SHAPES
from ..speech.phones import BILABIALS, PAUSE, Phone
from .rules import articulate
from .styles import Style

SPREAD = 0.2
"""Deviation of the logarithm of a style's factors from take to take."""
_JITTER = 0.012  # s, deviation of a boundary
_MOST_OF_A_PHONE = 0.4  # that a boundary may take
_ASYMMETRY, _SMILE = 0.12, 0.3  # deviation of a side's factor; the widest smile


@dataclass(frozen=True, eq=False)
class Manner:
    """How a clip is spoken.

    Attributes:
        styles: two, between which it wanders.
        asymmetry: how much more the left does than the right, as a factor.
        smile: weight of mouthSmile where lips are not rounded.
        random: what the wandering and the boundaries are drawn from.
    """

    styles: tuple[Style, Style]
    asymmetry: float
    smile: float
    random: np.random.Generator


def draw_manner(style: Style, random: np.random.Generator, amounts: Amounts = OF_RULES) -> Manner:
    """Return a manner near a style, of which there is so much."""
    spread = SPREAD * amounts.factors
    return Manner(
        (_near(style, random, spread), _near(style, random, spread)),
        float(amounts.asymmetry * _ASYMMETRY * random.standard_normal()),
        float(amounts.smile * random.uniform(0.0, _SMILE)),
        random,
    )


def _near(style: Style, random: np.random.Generator, spread: float) -> Style:
    """Return a style whose factors are log-normally about another's, by a deviation."""
    factors = np.exp(spread * random.standard_normal(len(FACTORS)))
    varied = {n: getattr(style, n) * f for n, f in zip(FACTORS, factors.tolist(), strict=True)}
    return replace(style, **varied)


def speak(
    phones: Sequence[Phone], duration: float, fps: float, manner: Manner, loudness: Array | None
) -> Array:
    """Return the weights (T, K) of the speech shapes in a manner; arguments as of `articulate`."""
    return _spoken(_jittered(phones, manner.random), duration, fps, manner, loudness)[0]


def speak_and_tell(
    phones: Sequence[Phone],
    duration: float,
    fps: float,
    style: Style,
    random: np.random.Generator,
    loudness: Array | None,
) -> tuple[Array, Array]:
    """Speak in a manner drawn near a style, at the phones' own times, and tell it.

    Returns:
        Weights (T, K), and the `MANNERS` (T, M) that they are spoken in.
    """
    manner = draw_manner(style, random)
    weights, share = _spoken(phones, duration, fps, manner, loudness)
    one, other = (_counted(style, each) for each in manner.styles)
    sides = np.tile([manner.asymmetry / _ASYMMETRY, manner.smile / _SMILE], (len(weights), 1))
    told = np.concatenate([one + share * (other - one), sides], axis=1)
    return weights, told.astype(np.float32)


def _counted(style: Style, near: Style) -> Array:
    """Return how a style near another differs: logarithms of `FACTORS` in deviations."""
    factors = [getattr(near, name) / getattr(style, name) for name in FACTORS]
    return (np.log(factors) / SPREAD).astype(np.float32)


def _spoken(
    phones: Sequence[Phone], duration: float, fps: float, manner: Manner, loudness: Array | None
) -> tuple[Array, Array]:
    """Return the weights (T, K) of phones in a manner, and the share (T, 1) of its second style."""
    one, other = (articulate(phones, duration, fps, style, loudness) for style in manner.styles)
    share = wandering(SlowNoise(manner.random, 1, fps).rows(len(one))).astype(np.float32)
    mixed = _smiling(one + share * (other - one), manner.smile)
    return _sided(mixed, manner.asymmetry), share


def _jittered(phones: Sequence[Phone], random: np.random.Generator) -> list[Phone]:
    """Return phones whose boundaries are moved, but those of pauses and of lips that meet."""
    moved = list(phones)
    for index in range(1, len(moved)):
        before, after = moved[index - 1], moved[index]
        by = float(_JITTER * random.standard_normal())
        fixed = {before.symbol, after.symbol} & (BILABIALS | {PAUSE})
        if fixed or before.end != after.start:
            continue
        by = min(max(by, -_MOST_OF_A_PHONE * before.duration), _MOST_OF_A_PHONE * after.duration)
        moved[index - 1] = before._replace(end=before.end + by)
        moved[index] = after._replace(start=after.start + by)
    return moved


def _smiling(weights: Array, smile: float) -> Array:
    """Return weights with a smile, as far as lips are neither rounded nor already smile."""
    rounded = weights[:, [SPEECH_SHAPES.index(n) for n in ("mouthPucker", "mouthFunnel")]]
    room = np.clip(1.0 - 2.0 * rounded.sum(axis=1), 0.0, 1.0)
    changed = weights.copy()
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        changed[:, SPEECH_SHAPES.index(name)] += smile * room
    return np.minimum(changed, np.float32(1.0))


def _sided(weights: Array, asymmetry: float) -> Array:
    """Return weights whose left does more than their right, or less; the opening stays."""
    sides = np.array([_side(name) for name in SPEECH_SHAPES])
    sided: Array = np.clip(weights * (1.0 + asymmetry * sides), 0.0, 1.0).astype(np.float32)
    return sided


def _side(name: str) -> int:
    """Return 1 for a shape of the mouth's left, -1 for one of its right, 0 for others."""
    return int(name.endswith("Left")) - int(name.endswith("Right"))
