"""What a pretrained speech encoder is to the rest: samples in, frames of features out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator

import numpy as np

from ..base.arrays import Array
from ..speech.audio import Samples


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

    def encode(self, samples: Samples) -> Array:
        """Return the features (T, C) of samples (N,)."""
        return np.concatenate(list(self.blocks(samples)))
