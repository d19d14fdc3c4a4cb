"""Gestures that are made fully or not at all: a bilabial's closure, a labiodental's tuck.

Blending would leave them half made between strong neighbours, so they get envelopes of their own:
held for a stated span, reached and left along a fast smooth ramp.
"""

import numpy as np

from ..base.arrays import Floats


def hold_envelope(holds: Floats, time: Floats, ramp: float) -> Floats:
    """Envelope (T,) that is 1 within each of `holds` (M, 2) and 0 further than `ramp` from any.

    Times are in seconds. Holds so close that the gesture could not be undone between them (less
    than one ramp) run together.
    """
    if not len(holds):
        return np.zeros_like(time)
    merged = _merge(holds, gap=ramp)
    following = np.searchsorted(merged[:, 0], time, "right")
    past = np.concatenate([[-np.inf], merged[:, 1]])[following]
    ahead = np.concatenate([merged[:, 0], [np.inf]])[following]
    since = np.clip((time - past) / ramp, 0.0, 1.0)
    until = np.clip((ahead - time) / ramp, 0.0, 1.0)
    apart: Floats = _smoothstep(since) * _smoothstep(until)
    return 1.0 - apart


def _merge(holds: Floats, gap: float) -> Floats:
    """Holds in time order with those that overlap, or lie less than `gap` apart, joined."""
    ordered = holds[np.argsort(holds[:, 0], kind="stable")]
    reached = np.maximum.accumulate(ordered[:, 1])
    opens = np.concatenate([[True], ordered[1:, 0] - reached[:-1] >= gap])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(ordered)) - 1
    return np.column_stack([ordered[first, 0], reached[last]])


def _smoothstep(values: Floats) -> Floats:
    """Cubic from 0 to 1 with level ends, for `values` within [0, 1]."""
    return values * values * (3.0 - 2.0 * values)
