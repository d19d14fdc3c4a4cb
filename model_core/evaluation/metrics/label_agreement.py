"""Where two alignments of one recording agree: only there is a lip score the model's own.

Aligners err by 10 to 80 ms and, where words run together, by whole phones; lips that follow the
sound then count as wrong. So a label counts if another aligner's labels bear it out:

- a bilabial, if the other has one whose centre is within 80 ms;
- any other phone as one that lips must not close for, if the other has no bilabial within 25 ms of
  its centre;
- a phone of a class (open vowels, spread, rounded, pauses), if at its centre the other has one of
  the class too.
"""

from collections.abc import Collection, Sequence

import numpy as np

from ...speech.phones import BILABIALS, Phone

_NEAR_BILABIAL = 0.080
_AWAY_FROM_BILABIAL = 0.025


class SecondOpinion:
    """Another alignment: phones in time order."""

    def __init__(self, phones: Sequence[Phone]) -> None:
        self._phones = phones
        self._starts = np.array([phone.start for phone in phones])
        bilabials = [phone for phone in phones if phone.symbol in BILABIALS]
        self._bilabials = np.array([(p.start, p.end) for p in bilabials]).reshape(-1, 2)

    def closes(self, phone: Phone) -> bool:
        """Whether a bilabial is one here too."""
        centres = self._bilabials.mean(axis=1)
        return bool((np.abs(centres - phone.centre) <= _NEAR_BILABIAL).any())

    def parts(self, phone: Phone) -> bool:
        """Whether no bilabial is near a phone here either."""
        before = self._bilabials[:, 0] - phone.centre
        after = phone.centre - self._bilabials[:, 1]
        return bool((np.maximum(before, after) > _AWAY_FROM_BILABIAL).all())

    def has(self, phone: Phone, symbols: Collection[str]) -> bool:
        """Whether one of the symbols is spoken at the phone's centre here too."""
        index = int(np.searchsorted(self._starts, phone.centre, "right")) - 1
        if index < 0:
            return False
        here = self._phones[index]
        return here.symbol in symbols and phone.centre <= here.end
