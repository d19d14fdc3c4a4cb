"""Articulation rules of the tongue: timed phones to weights of its channels.

What of it lips and teeth let see: the tip at the ridge behind the upper teeth (t d n l), between
the teeth (th), the back at the soft palate (k g ng), and what vowels and glides do. Blended by
dominance as the lips are (`dominance`); sounds made elsewhere hardly count.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Floats
from ..base.units import frame_count
from ..rig.arkit import SPEECH_TONGUE
from ..speech.phones import SYMBOLS, Phone
from .dominance import Segments, blend
from .rules import parts_of
from .smoothing import control_times, smooth
from .targets import DIPHTHONGS
from .timeline import fill_pauses

_REACH = 0.075  # s before and after a segment


def _table(text: str) -> dict[str, tuple[float, ...]]:
    """Return rows of `phones | targets | strength` by phone."""
    rows = (line.split("|") for line in text.strip().splitlines())
    return {
        phone: tuple(float(figure) for figure in (targets + strength).split())
        for phones, targets, strength in rows
        for phone in phones.split()
    }


# phones         | tip up  up  out   in | strength
_TARGETS = _table(
    r"""
    i i: j       |  .00   .45  .00  .00 |  1.0
    I 1 e y Y 2  |  .00   .25  .00  .00 |  0.7
    E { 9 @ 3 3: |  .00   .05  .00  .00 |  0.5
    a A A: 6 V Q |  .00   .00  .00  .20 |  0.6
    @`           |  .20   .10  .00  .35 |  0.8
    M 7 U } 8    |  .00   .20  .00  .30 |  0.7
    u u: o O O: w |  .00  .25  .00  .50 |  0.9
    H            |  .00   .35  .00  .10 |  0.8
    t d n        | 1.00   .00  .00  .00 |  3.0
    l            | 1.00   .00  .00  .00 |  2.6
    4 r          |  .90   .00  .00  .00 |  2.6
    T D          |  .00   .00 1.00  .00 |  3.0
    s z ts dz    |  .60   .15  .00  .00 |  2.2
    S Z tS dZ    |  .45   .40  .00  .10 |  2.0
    s\ z\        |  .30   .55  .00  .00 |  2.0
    r\           |  .35   .10  .00  .60 |  2.0
    R            |  .00   .60  .00  .40 |  1.6
    L J          |  .30   .80  .00  .00 |  2.4
    c J\ C       |  .00   .85  .00  .00 |  2.4
    k g N x G    |  .00  1.00  .00  .25 |  3.0
    p b m B P    |  .00   .00  .00  .00 |  .03
    f v F h ?    |  .00   .00  .00  .00 |  .03
    _            |  .00   .00  .00  .00 |  0.6
    """
)

assert set(_TARGETS) | set(DIPHTHONGS) == SYMBOLS, "every X-SAMPA symbol needs a target"


def articulate_tongue(
    phones: Sequence[Phone], duration: float, fps: float = 60.0
) -> NDArray[np.float32]:
    """Weights (T, 4) of `SPEECH_TONGUE` for `phones` in time order, T = `frame_count`.

    Time without a phone is a pause, in which the tongue rests.
    """
    time = np.arange(frame_count(duration, fps)) / fps
    timeline = fill_pauses(phones, float(time[-1]) + 1.0 / fps)
    curves = smooth(blend(_segments(timeline), control_times(time)), time)
    return np.clip(curves, 0.0, 1.0).astype(np.float32)


def _segments(timeline: Sequence[Phone]) -> Segments:
    """Segments of a timeline, diphthongs in two."""
    parts = [part for phone in timeline for part in parts_of(phone)]
    rows = np.array([_TARGETS[part.symbol] for part in parts])
    shape = (len(parts), len(SPEECH_TONGUE))
    strength: Floats = np.broadcast_to(rows[:, -1:], shape)
    start, end = np.array([part[1:3] for part in parts]).T
    reach = np.full(shape, _REACH)
    return Segments(start, end, rows[:, :-1], strength, reach, reach)
