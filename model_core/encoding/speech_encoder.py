"""What a pretrained speech encoder is to the rest: samples in, frames of features out."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

import numpy as np

from ..base.arrays import Array
from ..speech.audio import Samples
from .loudness import Loudness
from .sound_so_far import gathered


class SpeechEncoder(ABC):
    """Samples at 16 kHz -> frames of features, whatever the length.

    Attributes:
        channels: features a frame, C.
        rate: frames a second.
        delay: time in seconds of the middle of what frame 0 hears.
    """

    channels: int
    rate: float = 50.0
    delay: float = 0.0

    @abstractmethod
    def blocks(self, samples: Samples) -> Iterator[Array]:
        """Yield the features of samples (N,) as consecutive blocks (n, C), all the clip in all."""

    def stream(
        self, chunks: Iterable[Samples], _loudness: Loudness, _step: float
    ) -> Iterator[Array]:
        """Yield the features of a sound that comes in chunks (n,), as blocks (n, C).

        Here all chunks are gathered first: most encoders attend to the whole clip, or count it
        against statistics of their own. One whose frames depend on a stretch of the sound yields
        them once that was heard.

        Args:
            chunks: consecutive, of any length.
            _loudness: of the sound; whoever gives the chunks keeps it up with them.
            _step: seconds of sound to wait for before the next block.

        Raises:
            UserError: the chunks hold nothing.
        """
        yield from self.blocks(gathered(chunks))

    def encode(self, samples: Samples) -> Array:
        """Return the features (T, C) of samples (N,)."""
        return np.concatenate(list(self.blocks(samples)))
