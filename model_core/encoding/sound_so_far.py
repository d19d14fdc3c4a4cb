"""Sound as it comes: what of it is still needed, at its place in the whole."""

from collections.abc import Iterable

import numpy as np

from ..base.errors import UserError
from ..speech.audio import Samples


class SoundSoFar:
    """The end of a sound that is still needed.

    Chunks are joined when they are looked at, so that many short ones cost no more than few; a
    single one is never copied.

    Attributes:
        origin: index of its first sample in the whole sound.
        end: how many samples came in all.
        ended: whether no more will come.
    """

    def __init__(self) -> None:
        self._parts: list[Samples] = []
        self.origin = self.end = 0
        self.ended = False

    @property
    def samples(self) -> Samples:
        """Those from `origin` to `end`, (n,)."""
        if len(self._parts) != 1:
            self._parts = [np.concatenate([np.empty(0, np.float32), *self._parts])]
        return self._parts[0]

    def append(self, chunk: Samples) -> None:
        """Take in the next samples (n,)."""
        self._parts.append(chunk)
        self.end += len(chunk)

    def close(self) -> None:
        """Know that no more will come. Raises `UserError` if nothing came."""
        if not self.end:
            raise UserError("The sound must be one channel with at least one sample.")
        self.ended = True

    def forget(self, before: int) -> None:
        """Let go of the samples before an index in the whole sound."""
        passed = min(max(0, before - self.origin), self.end - self.origin)
        self._parts = [self.samples[passed:]]
        self.origin += passed


def gathered(chunks: Iterable[Samples]) -> Samples:
    """Return all chunks as one sound (N,). Raises `UserError` if they hold nothing."""
    sound = SoundSoFar()
    for chunk in chunks:
        sound.append(chunk)
    sound.close()
    return sound.samples
