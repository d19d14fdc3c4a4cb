"""Moods that change over a sound, told as text: ``happy:0.2@0 happy:1@1.5 sad:0.8@4``.

Each is a key: so much of the mood at that second of the sound. Between keys it eases from one to
the next; before the first it comes from what the mood has otherwise, beyond the last it stays.
"""

from collections.abc import Sequence

import numpy as np

from ...base.arrays import Floats
from ...base.errors import UserError
from .moods import MOODS, MOST

Key = tuple[float, float]
"""Second of the sound, and amount from then on."""


def read_changes(text: str) -> dict[str, list[Key]]:
    """Return the keys of each mood that a text names, in order of time.

    Raises:
        UserError: the text is not ``NAME:AMOUNT@SECOND`` once or more.
    """
    found: dict[str, list[Key]] = {}
    for told in text.replace(",", " ").split():
        name, key = _read(told)
        found.setdefault(name, []).append(key)
    return {name: sorted(keys, key=lambda key: key[0]) for name, keys in found.items()}


def changing(keys: Sequence[Key], otherwise: float, at: Floats) -> Floats:
    """Return how much of a mood there is, (T,).

    Args:
        keys: in order of time.
        otherwise: what there is at the start, if no key is there.
        at: (T,) seconds.
    """
    known = [*([(0.0, otherwise)] if keys[0][0] > 0.0 else []), *keys]
    times, amounts = (np.array(each) for each in zip(*known, strict=True))
    after = np.searchsorted(times, at, side="right")
    before, after = np.maximum(after - 1, 0), np.minimum(after, len(times) - 1)
    lasts = np.maximum(times[after] - times[before], 1e-9)
    part = np.clip((at - times[before]) / lasts, 0.0, 1.0)
    eased = part * part * (3.0 - 2.0 * part)
    shown: Floats = amounts[before] + (amounts[after] - amounts[before]) * eased
    return shown


def _read(told: str) -> tuple[str, Key]:
    """Return the mood and the key that one word tells."""
    name, _, rest = told.partition(":")
    amount, _, second = rest.partition("@")
    try:
        key = float(second), float(amount)
    except ValueError:
        raise UserError(
            f"'{told}' is no change of a mood; write it as NAME:AMOUNT@SECOND, as in happy:1@2.5."
        ) from None
    if name.casefold() not in MOODS:
        raise UserError(f"There is no mood '{name}'; choose from {', '.join(MOODS)}.")
    if not (0.0 <= key[0] < np.inf and 0.0 <= key[1] <= MOST):
        raise UserError(
            f"In '{told}' the amount must lie from 0 to {MOST:g}, the second from 0 on."
        )
    return name.casefold(), key
