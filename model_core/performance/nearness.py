"""How near to what sounds each moment is, eased: what is far from it rests."""

import numpy as np

from ..base.arrays import Flags, Floats

RATE = 100.0  # levels a second, each of 20 ms
LEAD, HANG = 0.7, 0.5  # s around what sounds: lips open before the voice and close after it
EASE = 0.3  # s from rest to speech and back


def speech_share(
    sounding: Flags,
    rate: float = RATE,
    lead: float = LEAD,
    hang: float = HANG,
    ease: float = EASE,
) -> Floats:
    """Return the share (n,) of motion to keep: 1 near what sounds, 0 far from it, eased.

    Args:
        sounding: (n,) where something sounds.
        rate: values a second.
        lead: seconds before it that are near.
        hang: seconds after it that are near.
        ease: seconds from near to far.
    """
    frames = np.arange(len(sounding))
    if not sounding.any():
        return np.zeros(len(sounding))
    at = sounding.nonzero()[0]
    behind = np.searchsorted(at, frames, side="right") - 1
    ahead = np.searchsorted(at, frames)
    since = np.where(behind >= 0, frames - at[behind], np.inf)
    until = np.where(ahead < len(at), at[np.minimum(ahead, len(at) - 1)] - frames, np.inf)
    beyond = np.minimum(since / rate - hang, until / rate - lead)
    part = np.clip(beyond / ease, 0.0, 1.0)
    share: Floats = 1.0 - part * part * (3.0 - 2.0 * part)
    return share
